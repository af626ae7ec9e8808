// Each kind of member of RunConfig to and from Json.
#include "core/config/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"

namespace moescope::config {
namespace {

using base::Problems;

void wanted(std::string_view what, const Json& json, const std::string& key, Problems& problems) {
    problems.push_back({key, fmt::format("{} must be {}, not {}.", base::printable(key), what, describe(json))});
}

// The object's members without the named ones, as free values.
Values rest(const Json::Object& members, std::initializer_list<std::string_view> named, const std::string& key,
            Problems& problems) {
    Values values;
    for (const auto& [name, value] : members) {
        if (std::find(named.begin(), named.end(), name) != named.end()) continue;
        fromJson(value, values[name], key.empty() ? name : key + "." + name, problems);
    }
    return values;
}

void refuseOthers(const Json::Object& members, std::initializer_list<std::string_view> known, const std::string& key,
                  Problems& problems) {
    for (const auto& [name, value] : members) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        problems.push_back({key + "." + name, fmt::format("{} has no field \"{}\"; known are {}.", key,
                                                          base::printable(name), fmt::join(known, ", "))});
    }
}

template <class T>
void readMember(const Json& json, std::string_view name, T& out, const std::string& key, Problems& problems) {
    if (const Json* value = json.member(name)) fromJson(*value, out, key + "." + std::string(name), problems);
}

std::string joined(const std::string& key, std::string_view name) {
    return key.empty() ? std::string(name) : key + "." + std::string(name);
}

void append(Json::Object& members, const Values& values) {
    for (const auto& [name, value] : values)
        members.emplace_back(name, asJson(value));
}

// A command's verb and arguments out of an object; `step` is handled by the caller.
void readCommand(const Json& json, Command& out, std::initializer_list<std::string_view> others, const std::string& key, Problems& problems) {
    const Json* verb = json.member("command");
    if (!verb || !verb->text()) {
        problems.push_back({joined(key, "command"),
                            "A command is an object with its verb in \"command\", such as {\"command\":\"pause\"}."});
        return;
    }
    out = {*verb->text(), rest(*json.object(), others, key, problems)};
}

}  // namespace

Json asJson(const std::vector<std::int64_t>& numbers) { return Json::Array(numbers.begin(), numbers.end()); }
Json asJson(const std::vector<double>& numbers) { return Json::Array(numbers.begin(), numbers.end()); }
Json asJson(const Value& value) {
    return std::visit([](const auto& v) { return asJson(v); }, value);
}
Json asJson(const Values& values) {
    Json::Object members;
    append(members, values);
    return members;
}
Json asJson(const Command& command) {
    Json::Object members{{"command", command.verb}};
    append(members, command.arguments);
    return members;
}
Json asJson(const ScriptedCommand& scripted) {
    Json::Object members{{"step", scripted.step}, {"command", scripted.command.verb}};
    append(members, scripted.command.arguments);
    return members;
}
Json asJson(const DomainConfig& domain) {
    Json::Object members{{"family", domain.family}};
    if (!domain.name.empty()) members.emplace_back("name", domain.name);
    members.emplace_back("weight", domain.weight);
    append(members, domain.options);
    return members;
}
Json asJson(const BalanceTerm& term) {
    return Json::Object{{"kind", term.kind}, {"coefficient", term.coefficient}, {"scope", term.scope}};
}

void fromJson(const Json& json, bool& out, const std::string& key, Problems& problems) {
    if (const bool* b = json.boolean())
        out = *b;
    else
        wanted("true or false", json, key, problems);
}

void fromJson(const Json& json, std::int64_t& out, const std::string& key, Problems& problems) {
    constexpr double exact = 9007199254740992.0;
    if (const auto* i = json.integer())
        out = *i;
    else if (const auto* d = json.real(); d && std::trunc(*d) == *d && std::abs(*d) <= exact)
        out = static_cast<std::int64_t>(*d);
    else
        wanted("a whole number", json, key, problems);
}

void fromJson(const Json& json, double& out, const std::string& key, Problems& problems) {
    if (const auto* d = json.real())
        out = *d;
    else if (const auto* i = json.integer())
        out = static_cast<double>(*i);
    else
        wanted("a number", json, key, problems);
}

void fromJson(const Json& json, std::string& out, const std::string& key, Problems& problems) {
    if (const auto* s = json.text())
        out = *s;
    else if (const auto* i = json.integer())
        out = base::toText(*i);
    else
        wanted("a text", json, key, problems);
}

void fromJson(const Json& json, Value& out, const std::string& key, Problems& problems) {
    if (const auto* b = json.boolean())
        out = *b;
    else if (const auto* i = json.integer())
        out = *i;
    else if (const auto* d = json.real())
        out = *d;
    else if (const auto* s = json.text())
        out = *s;
    else if (json.array()) {
        std::vector<double> numbers;
        fromJson(json, numbers, key, problems);
        out = std::move(numbers);
    } else
        wanted("true, false, a number, a text or a list of numbers", json, key, problems);
}

void fromJson(const Json& json, Values& out, const std::string& key, Problems& problems) {
    if (const auto* members = json.object())
        out = rest(*members, {}, key, problems);
    else
        wanted("an object", json, key, problems);
}

void fromJson(const Json& json, Command& out, const std::string& key, Problems& problems) {
    if (!json.object()) return wanted("an object", json, key, problems);
    const Json* verb = json.member("command");
    const bool goesToStep = verb && verb->text() && *verb->text() == "rewind";
    if (json.member("step") && !goesToStep)
        problems.push_back(
            {joined(key, "step"),
             "A command to a running engine is applied at its next step; leave \"step\" out (it belongs to scripts)."});
    readCommand(json, out, {"command"}, key, problems);
}

void fromJson(const Json& json, ScriptedCommand& out, const std::string& key, Problems& problems) {
    if (!json.object()) return wanted("an object", json, key, problems);
    if (!json.member("step"))
        problems.push_back({joined(key, "step"),
                            "A scripted command names the step before which it is applied, such as \"step\": 150."});
    readMember(json, "step", out.step, key, problems);
    readCommand(json, out.command, {"command", "step"}, key, problems);
}

void fromJson(const Json& json, DomainConfig& out, const std::string& key, Problems& problems) {
    if (!json.object()) return wanted("an object with a family", json, key, problems);
    readMember(json, "family", out.family, key, problems);
    readMember(json, "name", out.name, key, problems);
    readMember(json, "weight", out.weight, key, problems);
    out.options = rest(*json.object(), {"family", "name", "weight"}, key, problems);
}

void fromJson(const Json& json, BalanceTerm& out, const std::string& key, Problems& problems) {
    if (!json.object()) return wanted("an object with kind, coefficient and scope", json, key, problems);
    refuseOthers(*json.object(), {"kind", "coefficient", "scope"}, key, problems);
    readMember(json, "kind", out.kind, key, problems);
    readMember(json, "coefficient", out.coefficient, key, problems);
    readMember(json, "scope", out.scope, key, problems);
}

void wantedList(const Json& json, const std::string& key, Problems& problems) { wanted("a list", json, key, problems); }

}  // namespace moescope::config
