// Fuzz target: whatever bytes come, the header is refused, or every tensor lies inside the data and writing it again keeps its meaning.
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. -DMOESCOPE_FUZZ tests/checkpoint/fz_safetensors.cpp core/checkpoint/*.cpp core/base/*.cpp
#include "core/checkpoint/safetensors.hpp"
#include "tests/checkpoint/fuzz_target.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace moescope::checkpoint::testing {

namespace {

void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

void checkAccepted(const ParsedHeader& parsed, base::Bytes data) {
    std::uint64_t next = 0;
    std::vector<NamedTensor> tensors;
    for (const TensorInfo& tensor : parsed.tensors) {
        require(tensor.begin == next && tensor.end <= data.size(), "every view lies inside the data");
        require(tensor.bytes() == byteSize(tensor.dtype, tensor.shape), "shape and bytes agree");
        tensors.push_back({tensor.name, tensor.dtype, tensor.shape, data.subspan(tensor.begin, tensor.bytes())});
        next = tensor.end;
    }
    require(next == data.size(), "sizes sum to the data");
    const std::string again = safetensorsHeader(tensors, parsed.metadata);
    const ParsedHeader second = parseSafetensorsHeader(std::string_view(again).substr(8), data.size(), "again");
    require(second.metadata == parsed.metadata && second.tensors.size() == parsed.tensors.size(), "writing again keeps the meaning");
}

}  // namespace

bool acceptsHeader(base::Bytes file) {
    if (file.size() < 8) return false;
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    const base::Bytes rest = file.subspan(8);
    if (length > rest.size()) return false;
    const std::string_view header(reinterpret_cast<const char*>(rest.data()), length);
    try {
        const ParsedHeader parsed = parseSafetensorsHeader(header, rest.size() - length, "fuzz");
        checkAccepted(parsed, rest.subspan(length));
        return true;
    } catch (const base::Error& error) {
        require(error.exit() == base::ExitCode::badInput, "refused with exit code 3");
        return false;
    }
}

}  // namespace moescope::checkpoint::testing

#ifdef MOESCOPE_FUZZ
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    moescope::checkpoint::testing::acceptsHeader(std::as_bytes(std::span(data, size)));
    return 0;
}
#endif
