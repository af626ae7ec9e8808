// Numbers to and from text without the locale: what is written is read back as the same bits.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moescope::base {

namespace detail {
template <class Number>
std::string shortest(Number value) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return std::string(text, end);
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
    Number value{};
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error != std::errc() || end != last) return std::nullopt;
    return value;
}
}  // namespace detail

// The shortest text that reads back as the same number ("0.1", "1e+30", "nan", "-inf").
inline std::string toText(double value) { return detail::shortest(value); }
inline std::string toText(float value) { return detail::shortest(value); }
inline std::string toText(std::int64_t value) { return detail::shortest(value); }
inline std::string toText(std::uint64_t value) { return detail::shortest(value); }
inline std::string toText(int value) { return detail::shortest(value); }

// With `decimals` digits after the point, correctly rounded.
inline std::string toFixed(double value, int decimals) {
    char text[512];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, decimals);
    return error == std::errc() ? std::string(text, end) : toText(value);
}

// The whole text must be the number: no spaces, no leading '+', no trailing anything; nothing on overflow.
// toDouble accepts "inf" and "nan"; callers who want finite values check.
inline std::optional<double> toDouble(std::string_view text) { return detail::whole<double>(text); }
inline std::optional<std::int64_t> toInt(std::string_view text) { return detail::whole<std::int64_t>(text); }
inline std::optional<std::uint64_t> toUnsigned(std::string_view text) { return detail::whole<std::uint64_t>(text); }

}  // namespace moescope::base
