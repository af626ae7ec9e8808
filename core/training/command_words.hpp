// Reading the arguments of a checked command, and naming layers and experts in what is said of it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/numbers.hpp"
#include "core/config/run_config.hpp"

namespace moescope::training {

inline std::int64_t integer(const config::Command& command, const char* name) { return std::get<std::int64_t>(command.arguments.at(name)); }

inline double number(const config::Command& command, const char* name) {
    const config::Value& value = command.arguments.at(name);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return std::get<double>(value);
}

inline double number(const config::Command& command, const char* name, double otherwise) {
    return command.arguments.contains(name) ? number(command, name) : otherwise;
}

inline std::string word(const config::Command& command, const char* name, const char* otherwise = "") {
    const auto found = command.arguments.find(name);
    return found == command.arguments.end() ? otherwise : std::get<std::string>(found->second);
}

inline std::string layerName(std::int64_t layer) { return "Layer " + base::toText(layer); }
inline std::string expertName(std::int64_t layer, std::int64_t expert) { return layerName(layer) + ": E" + base::toText(expert); }

inline void insertSorted(std::vector<std::int64_t>& list, std::int64_t value) {
    list.insert(std::ranges::lower_bound(list, value), value);
}

}  // namespace moescope::training
