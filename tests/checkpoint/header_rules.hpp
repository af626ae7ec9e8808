// The rules for a safetensors header a second time, written from the rules and not from the reader, slowly and plainly.
#pragma once

#include <cstdint>
#include <string_view>

namespace moescope::checkpoint::testing {

bool obeysTheRules(std::string_view header, std::uint64_t dataBytes);

}  // namespace moescope::checkpoint::testing
