// ULIDs as 128-bit numbers in Crockford's base 32.
#include "core/base/ulid.hpp"

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace moescope::base {

namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::uint64_t kLargestTime = (1ull << 48) - 1;
__extension__ using Wide = unsigned __int128;

std::string write(Wide value) {
    std::string text(26, '0');
    for (std::size_t i = 26; i-- > 0; value >>= 5) text[i] = kDigits[static_cast<std::size_t>(value & 31)];
    return text;
}

Wide read(std::string_view ulid) {
    Wide value = 0;
    for (const char c : ulid) value = (value << 5) | kDigits.find(c);
    return value;
}

Wide numberOf(std::string_view bytes) {
    Wide value = 0;
    for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
    return value;
}

std::array<char, 10> entropy() {
    std::array<char, 10> bytes{};
    ssize_t got = -1;
    do got = getrandom(bytes.data(), bytes.size(), 0);
    while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(bytes.size()))
        throw Error(ExitCode::io, "random.unavailable", "the system gives no random numbers", "getrandom", "check the kernel's seccomp rules");
    return bytes;
}

}  // namespace

std::string makeUlidFrom(std::uint64_t milliseconds, std::string_view random, std::string_view floor) {
    const Wide fresh = (Wide{std::min(milliseconds, kLargestTime)} << 80) | (numberOf(random.substr(0, 10)) & ((Wide{1} << 80) - 1));
    if (!isUlid(floor)) return write(fresh);
    const Wide least = read(floor);
    if (fresh > least) return write(fresh);
    if (least == ~Wide{0})
        throw Error(ExitCode::io, "ulid.exhausted", "no greater ULID exists", std::string(floor), "remove the run of that name from the store");
    const Wide step = std::min<Wide>(1 + (fresh & 0xFFFFFFFFu), ~least);
    return write(least + step);
}

std::string makeUlid(std::string_view floor) {
    const auto random = entropy();
    const auto milliseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, wallMicroseconds() / 1000));
    return makeUlidFrom(milliseconds, std::string_view(random.data(), random.size()), floor);
}

bool isUlid(std::string_view text) {
    if (text.size() != 26 || text[0] > '7') return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return kDigits.find(c) != std::string_view::npos; });
}

std::optional<std::uint64_t> ulidMilliseconds(std::string_view ulid) {
    if (!isUlid(ulid)) return std::nullopt;
    return static_cast<std::uint64_t>(read(ulid) >> 80);
}

}  // namespace moescope::base
