// The safetensors reader and writer against hand-written bytes, hostile files, and a second reading of the rules.
#include "core/base/counter_random.hpp"
#include "core/checkpoint/digest.hpp"
#include "core/checkpoint/safetensors.hpp"
#include "tests/checkpoint/fuzz_target.hpp"
#include "tests/checkpoint/header_rules.hpp"
#include "tests/checkpoint/hostile_headers.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>

namespace {

using namespace moescope;
using namespace moescope::checkpoint;
namespace hostile = moescope::checkpoint::testing;

class Safetensors : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "moescope-safetensors-XXXXXX").native();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        m_folder = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(m_folder); }
    base::Path put(const std::string& bytes) {
        const base::Path path = m_folder / "file.safetensors";
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
        return path;
    }
    void expectRefused(const std::vector<hostile::HostileFile>& files) {
        for (const auto& file : files) {
            const base::Path path = put(file.bytes);
            try {
                SafetensorsFile::open(path);
                ADD_FAILURE() << "accepted: " << file.why;
            } catch (const base::Error& error) {
                EXPECT_EQ(error.exit(), base::ExitCode::badInput) << file.why;
                EXPECT_NE(error.where().find("file.safetensors, "), std::string::npos) << file.why << ": " << error.line();
                EXPECT_LT(error.line().size(), 1000u) << file.why;
            }
        }
    }
    base::Path m_folder;
};

base::Bytes bytesOf(const std::vector<float>& values) { return std::as_bytes(std::span(values)); }

std::string readAll(const SafetensorsFile& file, std::string_view name) {
    std::string bytes(file.find(name)->bytes(), '\0');
    file.read(name, std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

// Written by hand from the published description of the format: 8 bytes length, JSON padded with spaces, data.
TEST_F(Safetensors, ReadsAHandWrittenFile) {
    const std::string header = R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I16","shape":[2],"data_offsets":[8,12]},"a\u00e9":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"s":{"dtype":"U8","shape":[],"data_offsets":[12,13]},"e":{"dtype":"F64","shape":[3,0],"data_offsets":[13,13]}}   )";
    std::string bytes = {static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8), 0, 0, 0, 0, 0, 0};
    bytes += header;
    bytes += std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0\x01\x00\xff\xff\x2a", 13);   // 1.0f, -2.0f; 1, -1; 42
    const SafetensorsFile file = SafetensorsFile::open(put(bytes));
    EXPECT_EQ(file.metadata(), (Metadata{{"format", "pt"}}));
    ASSERT_EQ(file.tensors().size(), 4u);
    EXPECT_EQ(file.tensors()[0], (TensorInfo{"a\xC3\xA9", DType::F32, {2, 1}, 0, 8}));
    EXPECT_EQ(file.tensors()[1], (TensorInfo{"b", DType::I16, {2}, 8, 12}));
    std::array<float, 2> a{};
    file.read("a\xC3\xA9", std::as_writable_bytes(std::span(a)));
    EXPECT_EQ(a, (std::array<float, 2>{1.0f, -2.0f}));
    std::array<std::int16_t, 2> b{};
    file.read("b", std::as_writable_bytes(std::span(b)));
    EXPECT_EQ(b, (std::array<std::int16_t, 2>{1, -1}));
    EXPECT_EQ(readAll(file, "s"), "*");
    EXPECT_EQ(readAll(file, "e"), "");
    EXPECT_EQ(file.find("none"), nullptr);
}

TEST_F(Safetensors, WritesTheLayoutOfTheFormat) {
    const std::vector<float> values = {1.0f, -2.0f};
    const std::string one = "*";
    const std::vector<NamedTensor> tensors = {{"byte", DType::U8, {}, base::asBytes(one)}, {"z\"", DType::F32, {2}, bytesOf(values)}};
    writeSafetensors(base::realFiles(), m_folder / "f", tensors, {{"k", "v\n"}});
    const std::string bytes = base::readWhole(m_folder / "f", 1 << 20);
    const std::string json = R"({"__metadata__":{"k":"v\n"},"z\"":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"byte":{"dtype":"U8","shape":[],"data_offsets":[8,9]}})";
    std::string padded = json;
    while (padded.size() % 8 != 0) padded += ' ';
    EXPECT_EQ(bytes, hostile::withLength(padded.size(), padded + std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0*", 9)));
    EXPECT_EQ(safetensorsSize(tensors, {{"k", "v\n"}}), bytes.size());
}

TEST_F(Safetensors, WhatIsWrittenComesBackForRandomSetsOfTensors) {
    const base::RandomStream random({42, base::Purpose::test, 0, 0});
    for (std::uint64_t round = 0; round < 60; ++round) {
        std::vector<std::string> data;
        std::vector<NamedTensor> tensors;
        const std::uint64_t at = round * 1000;
        const std::size_t count = random.below(at, 12);
        data.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto dtype = static_cast<DType>(random.below(at + 20 * i + 1, 10));
            Shape shape(random.below(at + 20 * i + 2, 4));
            for (std::size_t d = 0; d < shape.size(); ++d) shape[d] = static_cast<std::int64_t>(random.below(at + 20 * i + 3 + d, 6));
            std::string bytes(byteSize(dtype, shape), '\0');
            for (std::size_t b = 0; b < bytes.size(); ++b) bytes[b] = static_cast<char>(random.word(at + 20 * i + b));
            data.push_back(std::move(bytes));
            tensors.push_back({"layers." + std::to_string((i * 7) % 12) + ".\xE2\x82\xAC weight", dtype, shape, base::asBytes(data.back())});
        }
        const base::Path path = m_folder / std::to_string(round);
        const base::Hash128 written = writeSafetensors(base::realFiles(), path, tensors);
        EXPECT_EQ(written, base::hash128(base::readWhole(path, 1 << 20)));
        const SafetensorsFile file = SafetensorsFile::open(path);
        ASSERT_EQ(file.tensors().size(), tensors.size());
        for (std::size_t i = 0; i < count; ++i) {
            const TensorInfo* info = file.find(tensors[i].name);
            ASSERT_NE(info, nullptr);
            EXPECT_EQ(info->dtype, tensors[i].dtype);
            EXPECT_EQ(info->shape, tensors[i].shape);
            EXPECT_EQ(info->begin % checkpoint::bytesOf(info->dtype), 0u);
            EXPECT_EQ(readAll(file, tensors[i].name), data[i]);
        }
        EXPECT_EQ(digest(file), digest(tensors));
    }
}

TEST_F(Safetensors, ReadsTensorsLargerThanOnePiece) {
    std::string data((20u << 20) + 5, '\0');
    for (std::size_t i = 0; i < data.size(); i += 997) data[i] = static_cast<char>(i / 997);
    const std::vector<NamedTensor> tensors = {{"big", DType::I8, {static_cast<std::int64_t>(data.size())}, base::asBytes(data)}};
    writeSafetensors(base::realFiles(), m_folder / "f", tensors);
    const SafetensorsFile file = SafetensorsFile::open(m_folder / "f");
    EXPECT_EQ(readAll(file, "big"), data);
    EXPECT_EQ(digest(file), digest(tensors));
    std::array<std::byte, 3> piece{};
    file.readPiece(file.tensors()[0], 997 * 5, piece);
    EXPECT_EQ(piece[0], std::byte{5});
    EXPECT_THROW(file.readPiece(file.tensors()[0], data.size() - 2, piece), std::invalid_argument);
}

TEST_F(Safetensors, TheWriterRefusesWhatTheReaderWould) {
    const std::string four = "abcd";
    const auto header = [&](std::vector<NamedTensor> tensors) { return safetensorsHeader(tensors); };
    EXPECT_THROW(header({{"a", DType::U8, {4}, base::asBytes(four)}, {"a", DType::F32, {1}, base::asBytes(four)}}), std::invalid_argument);
    EXPECT_THROW(header({{"a", DType::U8, {5}, base::asBytes(four)}}), std::invalid_argument);
    EXPECT_THROW(header({{"a", DType::U8, {-4}, base::asBytes(four)}}), std::invalid_argument);
    EXPECT_THROW(header({{"__metadata__", DType::U8, {4}, base::asBytes(four)}}), std::invalid_argument);
    EXPECT_THROW(header({{"a\n", DType::U8, {4}, base::asBytes(four)}}), std::invalid_argument);
    EXPECT_THROW(header({{"\xff", DType::U8, {4}, base::asBytes(four)}}), std::invalid_argument);
    EXPECT_THROW(safetensorsHeader({}, {{"k", "\xff"}}), std::invalid_argument);
}

TEST_F(Safetensors, AskingForTheWrongSizeOrNameIsRefused) {
    const SafetensorsFile file = SafetensorsFile::open(put(hostile::fileOf(hostile::oneTensor("\"F32\"", "[1]", "[0,4]"), 4)));
    std::array<std::byte, 8> bytes{};
    EXPECT_THROW(file.read("t", bytes), base::Error);
    EXPECT_THROW(file.read("u", std::span(bytes).first(4)), base::Error);
}

TEST_F(Safetensors, RefusesLengthsThatCannotBe) { expectRefused(hostile::hostileLengths()); }
TEST_F(Safetensors, RefusesOverlapsGapsAndTensorsOutsideTheFile) { expectRefused(hostile::hostilePlaces()); }
TEST_F(Safetensors, RefusesShapesThatWrapOrDoNotFit) { expectRefused(hostile::hostileShapes()); }
TEST_F(Safetensors, RefusesDuplicateAndIllegalNames) { expectRefused(hostile::hostileNames()); }
TEST_F(Safetensors, RefusesUnknownTypesAndWrongSizes) { expectRefused(hostile::hostileTypes()); }
TEST_F(Safetensors, RefusesOffsetsThatAreNotWholeNumbers) { expectRefused(hostile::hostileOffsets()); }
TEST_F(Safetensors, RefusesBrokenAndDeeplyNestedJson) { expectRefused(hostile::hostileJson()); }

TEST_F(Safetensors, EmptyTensorsAreFineOnBorders) {
    const std::string header = R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"e":{"dtype":"F32","shape":[0,7],"data_offsets":[2,2]},"f":{"dtype":"F32","shape":[0],"data_offsets":[2,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})";
    EXPECT_EQ(SafetensorsFile::open(put(hostile::fileOf(header, 4))).tensors().size(), 4u);
    EXPECT_TRUE(SafetensorsFile::open(put(hostile::fileOf("{}", 0))).tensors().empty());
}

TEST_F(Safetensors, AFileCutAnywhereIsRefusedQuicklyWithByteCounts) {
    const std::vector<float> values(1 << 18, 0.5f);   // 1 MB
    const std::vector<NamedTensor> tensors = {{"a", DType::F32, {1 << 17}, bytesOf(values).first(1 << 19)}, {"b", DType::F32, {1 << 17}, bytesOf(values).subspan(1 << 19)}};
    const base::Path path = m_folder / "file.safetensors";
    writeSafetensors(base::realFiles(), path, tensors);
    const std::uint64_t whole = std::filesystem::file_size(path);
    std::vector<std::uint64_t> cuts;
    for (std::uint64_t cut = whole - (values.size() * 4); cut-- > 0;) cuts.push_back(cut);
    for (std::uint64_t i = 0; i < 1000; ++i) cuts.push_back(base::below({5, base::Purpose::test, 0, 0}, i, whole));
    std::sort(cuts.rbegin(), cuts.rend());
    const std::clock_t start = std::clock();
    for (const std::uint64_t cut : cuts) {
        std::filesystem::resize_file(path, cut);
        try {
            SafetensorsFile::open(path);
            ADD_FAILURE() << "accepted when cut at " << cut;
        } catch (const base::Error& error) {
            EXPECT_EQ(error.exit(), base::ExitCode::badInput);
            EXPECT_NE(error.happened().find("bytes"), std::string::npos) << error.line();
        }
    }
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    EXPECT_LT(seconds / static_cast<double>(cuts.size()), 0.05);
}

// Memory the process holds, in bytes.
std::uint64_t addressSpace() {
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string manyTensors(std::size_t count) {
    std::string header = "{";
    for (std::size_t i = 0; i < count; ++i) header += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    return header + "}";
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;   // they need address space without end
#else
constexpr bool kSanitized = false;
#endif

TEST_F(Safetensors, HugeHeadersStayWithinMemoryAndTime) {
    const std::vector<std::pair<std::string, bool>> cases = {
        {hostile::fileOf(manyTensors(200'000), 0), true}, {hostile::fileOf(manyTensors(200'001), 0), false}, {hostile::fileOf(manyTensors(500'000), 0), false}, {hostile::fileOf(manyTensors(1'000'000), 0), false}};
    for (const auto& [bytes, accepted] : cases) {
        const base::Path path = put(bytes);
        const pid_t child = fork();
        if (child == 0) {
            const rlim_t limit = addressSpace() + (256u << 20);
            const rlimit space{limit, limit};
            if (!kSanitized) setrlimit(RLIMIT_AS, &space);
            const std::clock_t start = std::clock();
            int result = 0;
            try {
                SafetensorsFile::open(path);
                result = 1;
            } catch (const base::Error&) {
                result = 2;
            } catch (...) {
                result = 3;
            }
            if (!kSanitized && std::clock() - start > 2 * CLOCKS_PER_SEC) result = 4;
            _exit(result);
        }
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), accepted ? 1 : 2) << bytes.size();
    }
}

// Mutations of good and bad headers: the reader and the plain second implementation must agree on every one.
TEST_F(Safetensors, AgreesWithASecondReadingOfTheRules) {
    std::vector<std::string> seeds = {R"({"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})",
                                      R"({"__metadata__":{"x":"y"},"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},"z":{"dtype":"F64","shape":[0],"data_offsets":[2,2]}})"};
    for (const auto& file : hostile::allHostileFiles())
        if (file.bytes.size() > 8 && file.bytes.size() < 2000) seeds.push_back(file.bytes.substr(8));
    const std::string alphabet = "{}[]\",:0123456789-.eE \\untrfals_adshopty" + std::string("\0\xff\xc2\x80\n", 5);
    const base::RandomStream random({77, base::Purpose::test, 0, 0});
    std::uint64_t at = 0;
    const auto pick = [&](std::uint64_t n) { return random.below(at++, n); };
    int acceptedCount = 0;
    for (int round = 0; round < 40'000; ++round) {
        std::string header = seeds[pick(3) == 0 ? pick(seeds.size()) : pick(2)];
        for (std::uint64_t edits = pick(3); edits > 0 && !header.empty(); --edits) {
            const std::size_t place = pick(header.size());
            switch (pick(4)) {
                case 0: header[place] = alphabet[pick(alphabet.size())]; break;
                case 1: header.erase(place, 1 + pick(3)); break;
                case 2: header.insert(place, 1, alphabet[pick(alphabet.size())]); break;
                default: header.insert(place, header.substr(pick(header.size()), 1 + pick(30))); break;
            }
        }
        constexpr std::uint64_t sizes[] = {0, 2, 3, 4, 8, 11};
        const std::uint64_t dataBytes = sizes[pick(6)];
        const bool accepted = hostile::acceptsHeader(base::asBytes(hostile::fileOf(header, dataBytes)));
        acceptedCount += accepted;
        ASSERT_EQ(accepted, hostile::obeysTheRules(header, dataBytes)) << header << " with " << dataBytes;
    }
    EXPECT_GT(acceptedCount, 500);   // the comparison has seen both answers
}

TEST(NonFinite, IsCountedPerElementAndType) {
    const float inf = std::numeric_limits<float>::infinity();
    const std::vector<float> floats = {1.0f, NAN, inf, -inf, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::max(), -NAN};
    EXPECT_EQ(countNonFinite(DType::F32, bytesOf(floats)), 4u);
    const std::vector<double> doubles = {0.0, NAN, std::numeric_limits<double>::max()};
    EXPECT_EQ(countNonFinite(DType::F64, std::as_bytes(std::span(doubles))), 1u);
    const std::vector<std::uint16_t> halves = {0x7BFF, 0x7C00, 0xFC01, 0x3C00};   // largest, infinity, NaN, 1
    EXPECT_EQ(countNonFinite(DType::F16, std::as_bytes(std::span(halves))), 2u);
    const std::vector<std::uint16_t> brains = {0x7F7F, 0x7F80, 0xFFC0, 0x7C00};   // largest, infinity, NaN, a number
    EXPECT_EQ(countNonFinite(DType::BF16, std::as_bytes(std::span(brains))), 2u);
    const std::vector<std::int32_t> integers = {0x7F800000, -1};
    EXPECT_EQ(countNonFinite(DType::I32, std::as_bytes(std::span(integers))), 0u);
}

TEST(Digest, DependsOnEverythingButTheOrder) {
    const std::string data = "abcdefgh";
    const std::string other = "abcdefgi";
    const auto of = [](std::vector<NamedTensor> tensors) { return digest(tensors); };
    const NamedTensor a{"a", DType::U8, {8}, base::asBytes(data)};
    const NamedTensor b{"b", DType::U8, {8}, base::asBytes(other)};
    const base::Hash128 both = of({a, b});
    EXPECT_EQ(both, of({b, a}));
    const auto changed = [&](auto change) {
        NamedTensor tensor = a;
        change(tensor);
        return of({tensor, b});
    };
    EXPECT_NE(both, changed([](NamedTensor& t) { t.name = "c"; }));
    EXPECT_NE(both, changed([](NamedTensor& t) { t.dtype = DType::I8; }));
    EXPECT_NE(both, changed([](NamedTensor& t) { t.shape = {2, 4}; }));
    EXPECT_NE(both, changed([&](NamedTensor& t) { t.data = base::asBytes(other); }));
    EXPECT_NE(both, of({a}));
    // Bytes that could be read as the next tensor's head are not mistaken for it.
    EXPECT_NE(of({{"ab", DType::U8, {8}, base::asBytes(data)}}), of({{"a", DType::U8, {8}, base::asBytes(data)}}));
}

}  // namespace
