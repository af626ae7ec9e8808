// XXH3 checksums, which find accidents, not attackers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace moescope::base {

struct Hash128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const Hash128&) const = default;
};

std::uint64_t hash64(std::span<const std::byte> bytes);
std::uint64_t hash64(std::string_view text);
Hash128 hash128(std::span<const std::byte> bytes);
Hash128 hash128(std::string_view text);

// Lower case, 16 and 32 digits, most significant first (as xxhsum prints them).
std::string hex(std::uint64_t hash);
std::string hex(const Hash128& hash);
std::optional<Hash128> parseHash128(std::string_view text);    // exactly 32 lower-case digits
std::array<std::byte, 16> toBytes(const Hash128& hash);        // big-endian, as kept in database blobs

// XXH3-128 of bytes that come in pieces; the pieces' borders do not matter.
class Hasher128 {
public:
    Hasher128();
    ~Hasher128();
    Hasher128(Hasher128&&) noexcept;
    Hasher128& operator=(Hasher128&&) noexcept;
    void add(std::span<const std::byte> bytes);
    void add(std::string_view text);
    void addNumber(std::uint64_t value);                       // eight bytes, little-endian on every machine
    Hash128 value() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace moescope::base
