// What may be asked of a running engine: verbs, their arguments, live settings.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/fields.hpp"
#include "core/config/json_fields.hpp"
#include "core/config/rules.hpp"
#include "core/config/setting_keys.hpp"
#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

using base::Problems;
using rules::refuse;

struct Verb {
    std::string_view name, required, optional, example;  // argument names separated by spaces
};
constexpr Verb kVerbs[] = {
    {"pause", "", "", "pause"},
    {"step", "", "", "step"},
    {"resume", "", "", "resume"},
    {"stop", "", "", "stop"},
    {"checkpoint", "", "", "checkpoint"},
    {"set", "key value", "", "set key=balance.coefficient value=0.05"},
    {"mute", "layer expert", "", "mute layer=0 expert=3"},
    {"unmute", "", "layer expert", "unmute layer=0 expert=3"},
    {"rig", "expert bias", "layer", "rig layer=0 expert=3 bias=6"},
};

bool names(std::string_view list, std::string_view word) {
    const auto words = splitWords(list, ' ');
    return std::ranges::find(words, word) != words.end();
}

const Verb* findVerb(std::string_view name) {
    const auto* found = std::ranges::find(kVerbs, name, &Verb::name);
    return found == std::end(kVerbs) ? nullptr : found;
}

Problems unknownVerb(const std::string& verb) {
    std::vector<std::string_view> known;
    for (const Verb& v : kVerbs)
        known.push_back(v.name);
    return {{"command", fmt::format("There is no command \"{}\"; known are {}.", base::printable(verb, 60),
                                    fmt::join(known, ", "))}};
}

void checkArguments(const Verb& verb, const Values& arguments, Problems& problems) {
    for (const std::string_view name : splitWords(verb.required, ' ')) {
        if (!arguments.contains(std::string(name)))
            refuse(problems, name,
                   fmt::format("The command {} needs {}; for example: {}.", verb.name, name, verb.example));
    }
    for (const auto& [name, value] : arguments) {
        if (names(verb.required, name) || names(verb.optional, name)) continue;
        refuse(problems, base::printable(name, 60),
               fmt::format("The command {} has no argument \"{}\"; for example: {}.", verb.name,
                           base::printable(name, 60), verb.example));
    }
}

std::optional<std::int64_t> integer(const Values& arguments, const std::string& name, Problems& problems) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) return std::nullopt;
    if (const auto* i = std::get_if<std::int64_t>(&found->second)) return *i;
    refuse(problems, name, fmt::format("{} must be a whole number, not {}.", name, describe(asJson(found->second))));
    return std::nullopt;
}

void checkPlace(const RunConfig& c, const Values& arguments, Problems& problems) {
    const auto layers = moeLayers(c);
    const auto layer = integer(arguments, "layer", problems), expert = integer(arguments, "expert", problems);
    if (layer && std::ranges::find(layers, *layer) == layers.end()) {
        return refuse(problems, "layer",
                      fmt::format("Layer {} has no experts; layers with experts are {} (counted from 0).", *layer,
                                  fmt::join(layers, ", ")));
    }
    for (const std::int64_t at : layer ? std::vector{*layer} : layers) {
        const std::int64_t experts = moeShape(c, at).experts;
        if (expert && (*expert < 0 || *expert >= experts))
            return refuse(problems, "expert",
                          fmt::format("Layer {} has no expert {}; its experts are 0 to {}.", at, *expert, experts - 1));
    }
}

void checkBias(const Values& arguments, Problems& problems) {
    const auto found = arguments.find("bias");
    if (found == arguments.end()) return;
    const auto* i = std::get_if<std::int64_t>(&found->second);
    const auto* d = std::get_if<double>(&found->second);
    const double bias = i ? static_cast<double>(*i) : d ? *d : 1e9;
    if (!(bias >= -1000 && bias <= 1000))
        refuse(problems, "bias", "bias must be a number between -1000 and 1000; -8 to 8 is usual.");
}

const Field* liveField(std::string_view key) {
    static const std::vector<Field> live = [] {
        std::vector<Field> found;
        const RunConfig defaults;
        visitFields(defaults, [&](const Field& field, const auto&) {
            if (field.live != Live::no) found.push_back(field);
        });
        return found;
    }();
    const auto at = std::ranges::find(live, key, &Field::key);
    return at == live.end() ? nullptr : &*at;
}

// Why a change that is allowed in principle would do nothing in this run.
std::string whyIdle(const RunConfig& c, std::string_view key) {
    if (c.moe.experts == 0 && !key.starts_with("training.")) return "the run has no experts";
    const std::string& select = c.router.select;
    if (key == "router.noise_scale" && c.router.noise == "none" && select != "top1_random_second" &&
        select != "top1_gumbel_second")
        return "router.noise is none; fork the run with a noise to scale it";
    if (key == "moe.top_k" && select == "all") return "router.select all uses every expert";
    if (key == "moe.top_k" && select == "expert_topC")
        return "with expert choice capacity.factor decides how many experts a token gets";
    if (key == "capacity.factor" && select == "all") return "in a dense mixture every expert works on every token";
    return {};
}

void checkSet(const RunConfig& c, const Values& arguments, Problems& problems) {
    const auto* given = std::get_if<std::string>(&arguments.at("key"));
    const auto key = given ? canonicalKey(*given) : std::nullopt;
    if (!key)
        return refuse(problems, "key",
                      fmt::format("There is no setting \"{}\"; the nearest is {}.",
                                  given ? base::printable(*given) : "", suggestKey(given ? *given : "")));
    if (!liveField(*key))
        return refuse(problems, *key,
                      fmt::format("{} cannot change while a run trains; fork the run to change it.", *key));
    if (const std::string why = whyIdle(c, *key); !why.empty())
        return refuse(problems, *key, fmt::format("{} would have no effect: {}.", *key, why));
    RunConfig changed = c;
    changed.script.clear();
    for (auto& problem : applySetting(changed, *key, dumpJson(asJson(arguments.at("value")))))
        problems.push_back(std::move(problem));
    if (!problems.empty()) return;
    RunConfig before = c;
    before.script.clear();
    const Problems old = validate(before);
    for (auto& problem : validate(changed)) {
        if (std::ranges::find(old, problem) == old.end()) problems.push_back(std::move(problem));
    }
}

}  // namespace

Problems validate(const RunConfig& config, const Command& command) {
    const Verb* verb = findVerb(command.verb);
    if (!verb) return unknownVerb(command.verb);
    Problems problems;
    checkArguments(*verb, command.arguments, problems);
    if (!problems.empty()) return problems;
    if (verb->name == "set") {
        checkSet(config, command.arguments, problems);
    } else if (names(verb->required, "expert") || names(verb->optional, "expert")) {
        if (config.moe.experts == 0) return {{"command", fmt::format("The run has no experts to {}.", verb->name)}};
        const bool halfPlace = command.arguments.contains("layer") != command.arguments.contains("expert");
        if (verb->name == "unmute" && halfPlace)
            return {{"command", "unmute takes both layer and expert, or neither to unmute all."}};
        if (verb->name == "rig" && config.router.net != "linear" && config.router.net != "cosine")
            return {{"command", fmt::format("router.net {} has no logits that a rig could shift.", config.router.net)}};
        checkPlace(config, command.arguments, problems);
        checkBias(command.arguments, problems);
    }
    return problems;
}

bool isCommand(std::string_view verb) { return findVerb(verb) != nullptr; }

void applyLive(RunConfig& config, const Command& command) {
    if (command.verb != "set") return;
    const auto* key = std::get_if<std::string>(&command.arguments.at("key"));
    if (canonicalKey(*key) == "moe.top_k")
        config.model.ffn_width = denseWidth(config);  // dense layers keep the width they have
    applySetting(config, *key, dumpJson(asJson(command.arguments.at("value"))));
}

}  // namespace moescope::config
