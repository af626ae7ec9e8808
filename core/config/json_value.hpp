// A JSON value as a plain type, its checked reading and its writing; what the rest of this layer reads and writes.
//
// Reading is for text from outside: at most 1 MiB, at most 64 levels, no key twice in an object, valid UTF-8, no NaN.
// Whole numbers that fit are int64, all others double. Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace moescope::config {

struct Json {
    using Array = std::vector<Json>;
    using Object = std::vector<std::pair<std::string, Json>>;  // in the order written
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value;

    Json() : value(nullptr) {}
    Json(bool b) : value(b) {}
    Json(std::int64_t i) : value(i) {}
    Json(double d) : value(d) {}
    Json(std::string s) : value(std::move(s)) {}
    Json(const char* s) : value(std::string(s)) {}
    Json(Array a) : value(std::move(a)) {}
    Json(Object o) : value(std::move(o)) {}
    bool operator==(const Json&) const = default;

    const bool* boolean() const { return std::get_if<bool>(&value); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
    const double* real() const { return std::get_if<double>(&value); }
    const std::string* text() const { return std::get_if<std::string>(&value); }
    const Array* array() const { return std::get_if<Array>(&value); }
    const Object* object() const { return std::get_if<Object>(&value); }
    Object* object() { return std::get_if<Object>(&value); }
    /// Member `name` of an object, or null.
    const Json* member(std::string_view name) const;
};

inline constexpr std::size_t kMostJsonBytes = 1 << 20;
inline constexpr std::size_t kMostJsonDepth = 64;

/// Either the value, or (`error` not empty) a sentence that says what is wrong and at which byte.
struct ParsedJson {
    Json value;
    std::string error;
};
ParsedJson parseJson(std::string_view text);

/// JSON text; numbers read back as the same bits, NaN and infinities become null, bad UTF-8 becomes U+FFFD.
std::string dumpJson(const Json& value, int indent = -1);

/// What a value is, for messages: the number 3, the text "x", a list, an object, true, null.
std::string describe(const Json& value);

}  // namespace moescope::config
