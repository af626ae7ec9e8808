// What may be asked of a running engine: verbs, their arguments, live settings.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/config/commands.hpp"
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

bool names(std::string_view list, std::string_view word) {
    const auto words = splitWords(list, ' ');
    return std::ranges::find(words, word) != words.end();
}

Problems unknownVerb(const std::string& verb) {
    std::vector<std::string_view> known;
    for (const CommandInfo& command : listCommands()) known.push_back(command.verb);
    return {{"command", fmt::format("There is no command \"{}\"; known are {}.", base::printable(verb, 60),
                                    fmt::join(known, ", "))}};
}

void checkArguments(const CommandInfo& verb, const Values& arguments, Problems& problems) {
    for (const std::string_view name : splitWords(verb.required, ' ')) {
        if (!arguments.contains(std::string(name)))
            refuse(problems, name,
                   fmt::format("The command {} needs {}; for example: {}.", verb.verb, name, verb.example));
    }
    for (const auto& [name, value] : arguments) {
        if (names(verb.required, name) || names(verb.optional, name)) continue;
        refuse(problems, base::printable(name, 60),
               fmt::format("The command {} has no argument \"{}\"; for example: {}.", verb.verb,
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

// One expert of a layer that has experts, or of all of them; null without one that could be checked further.
std::optional<std::int64_t> checkExpert(const RunConfig& c, std::span<const std::int64_t> layers, const Values& arguments,
                                        const std::string& name, Problems& problems) {
    const auto expert = integer(arguments, name, problems);
    if (!expert) return std::nullopt;
    for (const std::int64_t at : layers) {
        const std::int64_t experts = moeShape(c, at).experts;
        if (*expert >= 0 && *expert < experts) continue;
        refuse(problems, name, fmt::format("Layer {} has no expert {}; its experts are 0 to {}.", at, *expert, experts - 1));
        return std::nullopt;
    }
    return expert;
}

void checkPlace(const RunConfig& c, const Values& arguments, Problems& problems) {
    const auto layers = moeLayers(c);
    const auto layer = integer(arguments, "layer", problems);
    if (layer && std::ranges::find(layers, *layer) == layers.end()) {
        return refuse(problems, "layer",
                      fmt::format("Layer {} has no experts; layers with experts are {} (counted from 0).", *layer,
                                  fmt::join(layers, ", ")));
    }
    const std::vector<std::int64_t> meant = layer ? std::vector{*layer} : layers;
    const auto expert = checkExpert(c, meant, arguments, "expert", problems);
    for (const char* name : {"to", "with"}) {
        const auto other = checkExpert(c, meant, arguments, name, problems);
        if (expert && other == expert)
            refuse(problems, name, fmt::format("E{} and E{} are the same expert; name two different ones.", *expert, *other));
    }
}

// A number between two bounds, if it is given.
void checkNumber(const Values& arguments, const std::string& name, double least, double most, std::string_view usual, Problems& problems) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) return;
    const auto* i = std::get_if<std::int64_t>(&found->second);
    const auto* d = std::get_if<double>(&found->second);
    const double value = i ? static_cast<double>(*i) : d ? *d : std::numeric_limits<double>::quiet_NaN();
    if (!(value >= least && value <= most))
        refuse(problems, name, fmt::format("{} must be a number between {} and {}; {} is usual.", name, least, most, usual));
}

void checkWord(const Values& arguments, const std::string& name, std::initializer_list<std::string_view> words, Problems& problems) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) return;
    const auto* text = std::get_if<std::string>(&found->second);
    if (text && std::ranges::find(words, *text) != words.end()) return;
    refuse(problems, name, fmt::format("{} is one of {}, not {}.", name, fmt::join(words, ", "), describe(asJson(found->second))));
}

// freeze names one thing; unfreeze may name none.
void checkWhatIsFrozen(const CommandInfo& verb, const Values& arguments, Problems& problems) {
    const bool expert = arguments.contains("expert"), part = arguments.contains("part"), layer = arguments.contains("layer");
    if (verb.verb == "unfreeze" && !expert && !part && !layer) return;
    if (expert == part || !layer)
        refuse(problems, "command", fmt::format("{} takes a layer and either expert=N or part=router; for example: {}.", verb.verb, verb.example));
}

void checkRewind(const Values& arguments, Problems& problems) {
    const auto step = integer(arguments, "step", problems);
    if (step && *step < 0) refuse(problems, "step", "step is the number of a checkpoint, 0 or more.");
    checkNumber(arguments, "lr_factor", 0.001, 1000, "0.5", problems);
}

bool movesRows(std::string_view verb) { return verb == "duplicate" || verb == "split" || verb == "merge" || verb == "swap"; }

// An oracle and a pinned domain take the place of the router's own choice of k experts for each token.
void checkOverrule(const RunConfig& c, const CommandInfo& verb, const Values& arguments, Problems& problems) {
    checkWord(arguments, "kind", {"round_robin", "random", "none"}, problems);
    const std::string& select = c.router.select;
    const bool ranks = (select == "topk" || select == "top1_random_second") && !c.router.estimator.starts_with("sparsemixer") && rules::hasLogits(c.router);
    if (!ranks)
        refuse(problems, "command", fmt::format("{} takes the place of ranking the experts for each token; router.net {} with router.select {} does not rank.",
                                                verb.verb, c.router.net, select));
    else if (c.router.group_rule == "two_level_top2")
        refuse(problems, "command", fmt::format("{} takes the place of one ranking of all experts, and router.group_rule two_level_top2 ranks groups first and then their members; "
                                                "fork the run with another router.group_rule.", verb.verb));
    else if (verb.verb == "pin" && c.data.source == "random")
        refuse(problems, "domain", "This run's data has no domains, so none can be pinned.");
}

void checkIntervention(const RunConfig& c, const CommandInfo& verb, const Values& arguments, Problems& problems) {
    const bool halfPlace = arguments.contains("layer") != arguments.contains("expert");
    if (verb.verb == "unmute" && halfPlace)
        return refuse(problems, "command", "unmute takes both layer and expert, or neither to unmute all.");
    const bool hasRows = c.router.net == "linear" || c.router.net == "cosine" || c.router.net == "mlp2";
    if (verb.verb == "rig" && !hasRows && c.router.net != "tree")
        return refuse(problems, "command", fmt::format("router.net {} has no logits that a rig could shift.", c.router.net));
    if (movesRows(verb.verb) && !hasRows)
        return refuse(problems, "command", fmt::format("{} needs one router row for each expert; router.net {} has none (linear, cosine and mlp2 do).",
                                                       verb.verb, c.router.net));
    const auto domain = arguments.find("domain");
    if (domain != arguments.end() && !std::holds_alternative<std::string>(domain->second))
        refuse(problems, "domain", "domain is the name of a domain, such as copy.");
    if (verb.verb == "oracle" || verb.verb == "pin") checkOverrule(c, verb, arguments, problems);
    if (verb.verb == "freeze" || verb.verb == "unfreeze") checkWhatIsFrozen(verb, arguments, problems);
    checkWord(arguments, "part", {"router"}, problems);
    checkPlace(c, arguments, problems);
    checkWord(arguments, "from", {"noise", "hottest"}, problems);
    checkNumber(arguments, "noise", 0, 10, "0.01", problems);
    const auto from = arguments.find("from");
    if (verb.verb == "reinitialise" && arguments.contains("noise") && (from == arguments.end() || from->second != Value(std::string("hottest"))))
        refuse(problems, "noise", "noise is what a copy gets on top; it goes with from=hottest. Fresh weights are drawn as at the start of a run.");
    checkNumber(arguments, "bias", -1000, 1000, "-8 to 8", problems);
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
    if (key == "moe.top_k" && select == "slots") return "with slots every expert works on every token";
    if (key == "capacity.factor" && select == "slots") return "with slots every expert reads exactly its slots; fork the run with another router.options.slots";
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
    const CommandInfo* verb = findCommand(command.verb);
    if (!verb) return unknownVerb(command.verb);
    Problems problems;
    checkArguments(*verb, command.arguments, problems);
    if (!problems.empty()) return problems;
    if (verb->kind == CommandKind::knob) checkSet(config, command.arguments, problems);
    if (verb->verb == "rewind") checkRewind(command.arguments, problems);
    if (verb->kind != CommandKind::intervention) return problems;
    if (config.moe.experts == 0) return {{"command", fmt::format("The run has no experts to {}.", verb->verb)}};
    if (isPlane(config) && verb->verb != "mute" && verb->verb != "unmute" && verb->verb != "rig")
        return {{"command", fmt::format("{} is for language models; on the plane experts can be muted, unmuted and rigged.", verb->verb)}};
    checkIntervention(config, *verb, command.arguments, problems);
    return problems;
}

bool isCommand(std::string_view verb) { return findCommand(verb) != nullptr; }

void applyLive(RunConfig& config, const Command& command) {
    if (command.verb != "set") return;
    const auto* key = std::get_if<std::string>(&command.arguments.at("key"));
    if (canonicalKey(*key) == "moe.top_k")
        config.model.ffn_width = denseWidth(config);  // dense layers keep the width they have
    applySetting(config, *key, dumpJson(asJson(command.arguments.at("value"))));
}

}  // namespace moescope::config
