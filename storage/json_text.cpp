// JSON read with limits, and typed access to members.
#include "storage/json_text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/utf8.hpp"
#include "storage/bytes.hpp"

namespace moescope::storage {

using nlohmann::json;

namespace {

constexpr int kDepth = 64;

void requireShallow(std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\') ++i;
        else if (c == '"') quoted = !quoted;
        else if (!quoted && (c == '[' || c == '{') && ++depth > kDepth) throw DecodeError("JSON is nested too deeply");
        else if (!quoted && (c == ']' || c == '}')) --depth;
    }
}

const json* member(const json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

}  // namespace

json parseJson(std::string_view text) {
    requireShallow(text);
    json value = json::parse(text, nullptr, false);
    if (value.is_discarded()) throw DecodeError("a text that should be JSON is none");
    return value;
}

std::string dumpJson(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json textToJson(const std::string& text) {
    if (base::isUtf8(text)) return text;
    json bytes = json::array();
    for (const char c : text) bytes.push_back(static_cast<unsigned char>(c));
    return bytes;
}

std::string textFromJson(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    std::string text;
    if (value.is_array())
        for (const json& byte : value)
            if (byte.is_number_integer()) text += static_cast<char>(byte.get<std::int64_t>() & 0xff);
    return text;
}

json numbersToJson(const std::vector<double>& values) {
    json all = json::array();
    for (const double value : values) all.push_back(std::isfinite(value) ? json(value) : json());
    return all;
}

std::vector<double> numbersFromJson(const json& value) {
    std::vector<double> all;
    if (value.is_array())
        for (const json& one : value) all.push_back(one.is_number() ? one.get<double>() : std::numeric_limits<double>::quiet_NaN());
    return all;
}

std::string stringAt(const json& object, const char* key, std::string fallback) {
    const json* found = member(object, key);
    return found && found->is_string() ? found->get<std::string>() : fallback;
}
std::int64_t integerAt(const json& object, const char* key, std::int64_t fallback) {
    const json* found = member(object, key);
    return found && found->is_number_integer() ? found->get<std::int64_t>() : fallback;
}
double numberAt(const json& object, const char* key, double fallback) {
    const json* found = member(object, key);
    return found && found->is_number() ? found->get<double>() : fallback;
}
bool boolAt(const json& object, const char* key, bool fallback) {
    const json* found = member(object, key);
    return found && found->is_boolean() ? found->get<bool>() : fallback;
}
std::vector<std::string> stringsAt(const json& object, const char* key) {
    std::vector<std::string> all;
    const json* found = member(object, key);
    if (found && found->is_array())
        for (const json& one : *found)
            if (one.is_string()) all.push_back(one.get<std::string>());
    return all;
}

}  // namespace moescope::storage
