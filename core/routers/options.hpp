// Options of one router: a struct with defaults and `static void visit(Self&, V&&)`, in the form of the field list.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/numbers.hpp"
#include "core/base/problem.hpp"
#include "core/config/fields.hpp"
#include "core/routing/spec.hpp"

namespace moescope::routers {

namespace detail {

/// Puts a free value into a typed member; false if the type does not fit.
template <class T>
bool assign(const config::Value& value, T& member) {
    if (const auto* same = std::get_if<T>(&value)) {
        member = *same;
        return true;
    }
    if constexpr (std::is_same_v<T, double>)
        if (const auto* whole = std::get_if<std::int64_t>(&value)) {
            member = static_cast<double>(*whole);
            return true;
        }
    if constexpr (std::is_same_v<T, std::int64_t>)
        if (const auto* real = std::get_if<double>(&value); real && std::abs(*real) < 1e15 && std::trunc(*real) == *real) {
            member = static_cast<std::int64_t>(*real);
            return true;
        }
    return false;
}

inline bool isChoice(std::string_view choices, std::string_view word) {
    for (std::size_t begin = 0; begin <= choices.size();) {
        const std::size_t end = std::min(choices.find('|', begin), choices.size());
        if (choices.substr(begin, end - begin) == word) return true;
        begin = end + 1;
    }
    return false;
}

template <class T>
std::string valueProblem(const config::Field& field, const T& value) {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
        if (static_cast<double>(value) < field.minimum || static_cast<double>(value) > field.maximum)
            return "must lie between " + base::toText(field.minimum) + " and " + base::toText(field.maximum);
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (!field.choices.empty() && !isChoice(field.choices, value)) return "must be one of " + std::string(field.choices);
    }
    return {};
}

template <class T>
std::string_view typeName() {
    if constexpr (std::is_same_v<T, bool>) return "boolean";
    else if constexpr (std::is_same_v<T, std::string>) return "string";
    else if constexpr (std::is_same_v<T, std::int64_t>) return "integer";
    else return "number";
}

template <class T>
std::string jsonOf(const T& value) {
    if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
    else if constexpr (std::is_same_v<T, std::string>) return '"' + value + '"';
    else return base::toText(static_cast<double>(value));
}

inline std::vector<std::string> splitChoices(std::string_view choices) {
    std::vector<std::string> out;
    while (!choices.empty()) {
        const std::size_t end = std::min(choices.find('|'), choices.size());
        out.emplace_back(choices.substr(0, end));
        choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return out;
}

}  // namespace detail

/// The options in `values`, the others at their defaults. Values must have been checked.
template <class Options>
Options readOptions(const config::Values& values) {
    Options options;
    Options::visit(options, [&](const config::Field& field, auto& member) {
        if (const auto found = values.find(std::string(field.key)); found != values.end()) detail::assign(found->second, member);
    });
    return options;
}

/// Problems of the options of this router in `values`: type and range.
template <class Options>
void checkOptions(const config::Values& values, base::Problems& problems) {
    Options options;
    Options::visit(options, [&](const config::Field& field, auto& member) {
        using T = std::remove_reference_t<decltype(member)>;
        const auto found = values.find(std::string(field.key));
        if (found == values.end()) return;
        std::string key("router.options.");
        key += field.key;
        if (!detail::assign(found->second, member)) {
            problems.push_back({key, std::string("must be a ").append(detail::typeName<T>()).append(".")});
        } else if (const std::string text = detail::valueProblem(field, member); !text.empty()) {
            problems.push_back({key, text + "."});
        }
    });
}

template <class Options>
std::vector<routing::OptionInfo> describeOptions(std::string_view router) {
    std::vector<routing::OptionInfo> out;
    Options options;
    Options::visit(options, [&](const config::Field& field, auto& member) {
        using T = std::remove_reference_t<decltype(member)>;
        out.push_back({std::string(router), "router.options." + std::string(field.key), std::string(detail::typeName<T>()),
                       detail::jsonOf(member), std::string(field.label), std::string(field.help), field.minimum, field.maximum,
                       detail::splitChoices(field.choices)});
    });
    return out;
}

}  // namespace moescope::routers
