// ULIDs: names that sort by time and never go back within a store (github.com/ulid/spec).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moescope::base {

// 26 upper-case Crockford characters: 48 bits of wall-clock milliseconds, 80 random bits. Greater than `floor` (a ULID or empty) even if
// the clock went back: then it is floor + a random step in the last 32 bits' range. Any thread.
std::string makeUlid(std::string_view floor = {});

// The same from given parts, for tests and simulations: `random` is 10 bytes.
std::string makeUlidFrom(std::uint64_t milliseconds, std::string_view random, std::string_view floor = {});

// Exactly 26 characters of 0-9A-HJKMNP-TV-Z, the first at most '7'. Safe as a file name.
bool isUlid(std::string_view text);

// Milliseconds since 1970 in a valid ULID.
std::optional<std::uint64_t> ulidMilliseconds(std::string_view ulid);

}  // namespace moescope::base
