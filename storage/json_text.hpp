// Small JSON with its dangers removed: depth limited, bytes that are no UTF-8 kept, NaN as null.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::storage {

/// Parses text that may be hostile: at most 64 levels deep; throws DecodeError when it is no JSON.
nlohmann::json parseJson(std::string_view text);
/// One line; invalid UTF-8 becomes U+FFFD.
std::string dumpJson(const nlohmann::json& json);

/// A text as a JSON string, or as an array of byte numbers when it is no UTF-8; and back.
nlohmann::json textToJson(const std::string& text);
std::string textFromJson(const nlohmann::json& json);

/// null is NaN.
nlohmann::json numbersToJson(const std::vector<double>& values);
std::vector<double> numbersFromJson(const nlohmann::json& json);

/// A member of the wanted type, or the fallback.
std::string stringAt(const nlohmann::json& object, const char* key, std::string fallback = {});
std::int64_t integerAt(const nlohmann::json& object, const char* key, std::int64_t fallback = 0);
double numberAt(const nlohmann::json& object, const char* key, double fallback);
bool boolAt(const nlohmann::json& object, const char* key, bool fallback = false);
std::vector<std::string> stringsAt(const nlohmann::json& object, const char* key);

}  // namespace moescope::storage
