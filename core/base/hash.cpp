// XXH3 through the xxHash library, compiled in.
#include "core/base/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace moescope::base {

namespace {

Hash128 from(XXH128_hash_t hash) { return {hash.high64, hash.low64}; }

int digitOf(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

std::optional<std::uint64_t> parse64(std::string_view text) {
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = digitOf(c);
        if (digit < 0) return std::nullopt;
        value = (value << 4) | static_cast<std::uint64_t>(digit);
    }
    return value;
}

}  // namespace

std::uint64_t hash64(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
std::uint64_t hash64(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }
Hash128 hash128(std::span<const std::byte> bytes) { return from(XXH3_128bits(bytes.data(), bytes.size())); }
Hash128 hash128(std::string_view text) { return from(XXH3_128bits(text.data(), text.size())); }

std::string hex(std::uint64_t hash) {
    std::string text(16, '0');
    for (int i = 15; i >= 0; --i, hash >>= 4) text[static_cast<std::size_t>(i)] = "0123456789abcdef"[hash & 15];
    return text;
}

std::string hex(const Hash128& hash) { return hex(hash.high) + hex(hash.low); }

std::optional<Hash128> parseHash128(std::string_view text) {
    if (text.size() != 32) return std::nullopt;
    const auto high = parse64(text.substr(0, 16));
    const auto low = parse64(text.substr(16));
    if (!high || !low) return std::nullopt;
    return Hash128{*high, *low};
}

std::array<std::byte, 16> toBytes(const Hash128& hash) {
    std::array<std::byte, 16> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::byte>(hash.high >> (56 - 8 * i));
        bytes[8 + i] = static_cast<std::byte>(hash.low >> (56 - 8 * i));
    }
    return bytes;
}

struct Hasher128::State {
    XXH3_state_t xxh;
    State() { XXH3_INITSTATE(&xxh); XXH3_128bits_reset(&xxh); }
};

Hasher128::Hasher128() : m_state(std::make_unique<State>()) {}
Hasher128::~Hasher128() = default;
Hasher128::Hasher128(Hasher128&&) noexcept = default;
Hasher128& Hasher128::operator=(Hasher128&&) noexcept = default;

void Hasher128::add(std::span<const std::byte> bytes) { XXH3_128bits_update(&m_state->xxh, bytes.data(), bytes.size()); }
void Hasher128::add(std::string_view text) { XXH3_128bits_update(&m_state->xxh, text.data(), text.size()); }

void Hasher128::addNumber(std::uint64_t value) {
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(value >> (8 * i));
    add(bytes);
}

Hash128 Hasher128::value() const { return from(XXH3_128bits_digest(&m_state->xxh)); }

}  // namespace moescope::base
