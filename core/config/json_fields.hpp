// Each kind of member of RunConfig to and from Json: one pair of functions for each type of visitFields.
//
// `fromJson` leaves `out` alone and adds to `problems` (under `key`, or `key.index.name`) when the value does not fit.
#pragma once

#include <string>
#include <type_traits>

#include "core/base/problem.hpp"
#include "core/config/json_value.hpp"
#include "core/config/run_config.hpp"

namespace moescope::config {

inline Json asJson(bool b) { return Json(b); }
inline Json asJson(std::int64_t i) { return Json(i); }
inline Json asJson(double d) { return Json(d); }
inline Json asJson(const std::string& s) { return Json(s); }
Json asJson(const std::vector<std::int64_t>& numbers);
Json asJson(const std::vector<double>& numbers);
Json asJson(const Value& value);
Json asJson(const Values& values);
Json asJson(const Command& command);
Json asJson(const ScriptedCommand& command);
Json asJson(const DomainConfig& domain);
Json asJson(const BalanceTerm& term);
template <class T>
Json asJson(const std::vector<T>& items) {
    Json::Array out;
    for (const T& item : items)
        out.push_back(asJson(item));
    return out;
}

void fromJson(const Json& json, bool& out, const std::string& key, base::Problems& problems);
/// A number without a fraction is accepted however it is written (600, 6e2).
void fromJson(const Json& json, std::int64_t& out, const std::string& key, base::Problems& problems);
void fromJson(const Json& json, double& out, const std::string& key, base::Problems& problems);
/// A whole number is taken as its digits ("alternate": 16).
void fromJson(const Json& json, std::string& out, const std::string& key, base::Problems& problems);
void fromJson(const Json& json, Value& out, const std::string& key, base::Problems& problems);
void fromJson(const Json& json, Values& out, const std::string& key, base::Problems& problems);
void fromJson(const Json& json, Command& out, const std::string& key, base::Problems& problems);
void fromJson(const Json& json, ScriptedCommand& out, const std::string& key, base::Problems& problems);
void fromJson(const Json& json, DomainConfig& out, const std::string& key, base::Problems& problems);
void fromJson(const Json& json, BalanceTerm& out, const std::string& key, base::Problems& problems);

void wantedList(const Json& json, const std::string& key, base::Problems& problems);
template <class T>
void fromJson(const Json& json, std::vector<T>& out, const std::string& key, base::Problems& problems) {
    const auto* items = json.array();
    if (!items) return wantedList(json, key, problems);
    std::vector<T> read(items->size());
    for (std::size_t i = 0; i < items->size(); ++i)
        fromJson((*items)[i], read[i], key + "." + std::to_string(i), problems);
    out = std::move(read);
}

/// Words for the type of a setting: bool, integer, number, text, list of integers, list of numbers, object, list of
/// objects.
template <class T>
std::string typeName() {
    if constexpr (std::is_same_v<T, bool>)
        return "bool";
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return "integer";
    else if constexpr (std::is_same_v<T, double>)
        return "number";
    else if constexpr (std::is_same_v<T, std::string>)
        return "text";
    else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
        return "list of integers";
    else if constexpr (std::is_same_v<T, std::vector<double>>)
        return "list of numbers";
    else if constexpr (std::is_same_v<T, Values>)
        return "object";
    else
        return "list of objects";
}

}  // namespace moescope::config
