// Files that claim to be safetensors: what is wrong with each, for the reader's tests and the fuzzer's first corpus.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace moescope::checkpoint::testing {

struct HostileFile {
    std::string why;
    std::string bytes;
};

// Length, header, `dataBytes` zero bytes.
std::string fileOf(const std::string& header, std::size_t dataBytes);
std::string withLength(std::uint64_t length, const std::string& rest);

// {"t":{"dtype":...,"shape":...,"data_offsets":...}}
std::string oneTensor(const std::string& dtype, const std::string& shape, const std::string& offsets);

std::vector<HostileFile> hostileLengths();      // B2
std::vector<HostileFile> hostilePlaces();       // B3
std::vector<HostileFile> hostileShapes();       // B4
std::vector<HostileFile> hostileNames();        // B5
std::vector<HostileFile> hostileTypes();        // B6
std::vector<HostileFile> hostileOffsets();      // B7
std::vector<HostileFile> hostileJson();         // syntax and nesting
std::vector<HostileFile> allHostileFiles();

}  // namespace moescope::checkpoint::testing
