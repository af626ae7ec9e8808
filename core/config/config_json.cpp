// RunConfig to JSON and back: walks the one list of settings.
#include "core/config/config_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <type_traits>

#include "core/base/error.hpp"
#include "core/config/fields.hpp"
#include "core/config/json_fields.hpp"
#include "core/config/json_value.hpp"
#include "core/config/setting_keys.hpp"

namespace moescope::config {
namespace {

using base::Problems;

struct Leaf {
    std::string key;
    Json value;
};
using Leaves = std::vector<Leaf>;

Json& childOf(Json& parent, std::string_view name) {
    auto& members = *parent.object();
    for (auto& [key, value] : members) {
        if (key == name) return value;
    }
    return members.emplace_back(std::string(name), Json(Json::Object{})).second;
}

void place(Json& root, std::string_view key, Json value) {
    Json* at = &root;
    for (std::size_t dot; (dot = key.find('.')) != std::string_view::npos; key.remove_prefix(dot + 1))
        at = &childOf(*at, key.substr(0, dot));
    childOf(*at, key) = std::move(value);
}

// Names of other programs that stand for more than another spelling.
void addAlias(std::string_view name, std::string key, const Json& value, Leaves& leaves, Problems& problems) {
    if (name == "norm_topk_prob") {
        bool renormalise = false;
        fromJson(value, renormalise, std::string(name), problems);
        leaves.push_back({std::move(key), Json(renormalise ? "renorm" : "raw")});
    } else if (name == "router_jitter_noise") {
        double scale = 0;
        fromJson(value, scale, std::string(name), problems);
        leaves.push_back({"router.noise", Json(scale == 0 ? "none" : "input_jitter")});
        leaves.push_back({std::move(key), Json(scale)});
    } else {
        leaves.push_back({std::move(key), value});
    }
}

void collect(const Json::Object& members, const std::string& prefix, Leaves& leaves, Problems& problems) {
    for (const auto& [name, value] : members) {
        const std::string path = prefix.empty() ? name : prefix + "." + name;
        const auto* inner = value.object();
        if (path == "router.options" && inner) {
            for (const auto& [option, set] : *inner)
                leaves.push_back({path + "." + option, set});
        } else if (path == "preset" || isSettingKey(path) || isRouterOption(path)) {
            leaves.push_back({path, value});
        } else if (auto key = prefix.empty() ? canonicalKey(name) : std::nullopt) {
            addAlias(name, std::move(*key), value, leaves, problems);
        } else if (inner && isSettingGroup(path)) {
            collect(*inner, path, leaves, problems);
        } else {
            problems.push_back({path, fmt::format("There is no setting \"{}\"; the nearest is {}.",
                                                  base::printable(path), suggestKey(path))});
        }
    }
}

void refuseTwice(const Leaves& leaves, Problems& problems) {
    std::set<std::string_view> seen;
    for (const Leaf& leaf : leaves) {
        if (!seen.insert(leaf.key).second)
            problems.push_back({leaf.key, fmt::format("{} is given twice; keep one of them.", leaf.key)});
    }
}

Problems applyMembers(RunConfig& config, const Json::Object& members) {
    Leaves leaves;
    Problems problems;
    collect(members, "", leaves, problems);
    refuseTwice(leaves, problems);
    RunConfig changed = config;
    for (const Leaf& leaf : leaves) {
        if (leaf.key == "preset")
            fromJson(leaf.value, changed.preset, leaf.key, problems);
        else if (isRouterOption(leaf.key))
            fromJson(leaf.value, changed.router.options[leaf.key.substr(kOptionPrefix.size())], leaf.key, problems);
        else
            visitFields(changed, [&](const Field& field, auto& member) {
                if (field.key == leaf.key) fromJson(leaf.value, member, leaf.key, problems);
            });
    }
    if (problems.empty()) config = std::move(changed);
    return problems;
}

bool isTextSetting(std::string_view key) {
    bool text = false;
    const RunConfig defaults;
    visitFields(defaults, [&](const Field& field, const auto& member) {
        if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::string>) text = text || field.key == key;
    });
    return text;
}

bool looksLikeJson(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && std::string_view("{[\"").find(text[first]) != std::string_view::npos;
}

}  // namespace

std::string toJson(const RunConfig& config, int indent) {
    Json root(Json::Object{});
    if (!config.preset.empty()) place(root, "preset", Json(config.preset));
    visitFields(config, [&](const Field& field, const auto& member) { place(root, field.key, asJson(member)); });
    return dumpJson(root, indent);
}

Problems applyJson(RunConfig& config, std::string_view json) {
    const ParsedJson parsed = parseJson(json);
    if (!parsed.error.empty()) return {{"recipe", fmt::format("The recipe cannot be read: {}.", parsed.error)}};
    const auto* members = parsed.value.object();
    if (!members)
        return {{"recipe", fmt::format("A recipe is a JSON object of settings, not {}.", describe(parsed.value))}};
    return applyMembers(config, *members);
}

Problems applySetting(RunConfig& config, std::string_view key, std::string_view text) {
    ParsedJson parsed = parseJson(text);
    const bool structured = looksLikeJson(text);
    if (!parsed.error.empty() && (structured || text.size() > kMostJsonBytes)) {
        return {
            {std::string(key), fmt::format("The value of {} cannot be read: {}.", base::printable(key), parsed.error)}};
    }
    const auto canonical = canonicalKey(key);
    if (!parsed.error.empty() || (!structured && canonical && isTextSetting(*canonical) && key != "norm_topk_prob"))
        parsed.value = Json(std::string(text));
    return applyMembers(config, {{std::string(key), std::move(parsed.value)}});
}

std::optional<std::string> settingJson(const RunConfig& config, std::string_view key) {
    const auto canonical = canonicalKey(key);
    if (!canonical) return std::nullopt;
    if (isRouterOption(*canonical)) {
        const auto found = config.router.options.find(canonical->substr(kOptionPrefix.size()));
        return found == config.router.options.end() ? std::nullopt : std::optional(dumpJson(asJson(found->second)));
    }
    std::optional<std::string> text;
    visitFields(config, [&](const Field& field, const auto& member) {
        if (field.key == *canonical) text = dumpJson(asJson(member));
    });
    return text;
}

}  // namespace moescope::config
