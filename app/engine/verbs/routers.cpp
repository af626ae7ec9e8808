// routers: the catalogue, and the card of one router: stages, formulas, source, marks, options, presets alike.
#include <CLI/CLI.hpp>

#include <algorithm>

#include "app/engine/verbs.hpp"
#include "core/base/numbers.hpp"
#include "core/config/distillation.hpp"
#include "core/config/router_card.hpp"
#include "core/routing/mechanisms.hpp"

namespace moescope::app {
namespace {

using config::CardStage;
using config::RouterCard;
using routing::Mechanism;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

Json stageJson(const CardStage& stage) {
    return {{"stage", stage.id}, {"title", stage.title}, {"word", stage.word}, {"formula", stage.formula}, {"text", stage.sentence}, {"settings", stage.settings}};
}

Json optionJson(const routing::OptionInfo& option) {
    return {{"key", option.key}, {"type", option.type}, {"default", Json::parse(option.defaultJson, nullptr, false)}, {"minimum", number(option.minimum)},
            {"maximum", number(option.maximum)}, {"choices", option.choices}, {"label", option.label}, {"help", option.help}};
}

config::RunConfig configOf(const RouterCard& card) {
    config::RunConfig config;
    config::applyPreset(config, card.preset.id);
    return config;
}

/// Mechanisms with something of their own to say: the shared stages only where the preset uses one of their options.
std::vector<Mechanism> mechanismsOf(const config::RunConfig& config) {
    std::vector<Mechanism> all = routing::mechanismsOf(config);
    std::erase_if(all, [&](const Mechanism& each) {
        const auto used = [&](const routing::OptionInfo& option) { return config.router.options.contains(option.key.substr(option.key.rfind('.') + 1)); };
        return each.id == "stages" && std::ranges::none_of(each.options, used);
    });
    return all;
}

Json cardJson(const RouterCard& card) {
    const config::Preset& preset = card.preset;
    Json json{{"id", preset.id}, {"title", preset.title}, {"description", preset.description}, {"look_for", preset.lookFor}, {"source", preset.source}, {"deviations", preset.deviations},
              {"experts", card.experts}, {"top_k", card.topK}, {"stages", Json::array()}, {"marks", card.marks}, {"alike", card.alike}, {"run_presets", card.usedBy}, {"mechanisms", Json::array()}, {"options", Json::array()}};
    for (const CardStage& stage : card.stages) json["stages"].push_back(stageJson(stage));
    for (const Mechanism& each : mechanismsOf(configOf(card))) {
        json["mechanisms"].push_back({{"id", each.id}, {"title", each.title}, {"source", each.source}});
        for (const routing::OptionInfo& option : each.options) json["options"].push_back(optionJson(option));
    }
    json["curves"] = routing::ownCurves(configOf(card));
    json["config"] = Json::parse(preset.configJson);
    return json;
}

std::string rangeOf(const routing::OptionInfo& option) {
    if (!option.choices.empty()) return joined(option.choices);
    if (option.type == "boolean") return "true, false";
    return base::toText(option.minimum) + " to " + base::toText(option.maximum);
}

std::string stagesText(const RouterCard& card) {
    if (card.stages.empty()) return "\n\nNo router: every token goes through one feed-forward layer.";
    std::vector<std::vector<std::string>> rows;
    for (const CardStage& stage : card.stages) rows.push_back({"  " + stage.title, stage.word, stage.formula});
    std::string text = "\n\nStages\n" + table(rows, "012");
    text += "\n\nIn words";
    for (const CardStage& stage : card.stages) text += "\n  " + stage.title + ": " + (stage.sentence.empty() ? stage.word : stage.sentence);
    text += "\n\nSettings\n  ";
    std::vector<std::string> settings;
    for (const CardStage& stage : card.stages) settings.insert(settings.end(), stage.settings.begin(), stage.settings.end());
    return text + joined(settings);
}

std::string optionsText(const std::vector<Mechanism>& mechanisms) {
    std::string text;
    std::vector<std::vector<std::string>> rows;
    for (const Mechanism& each : mechanisms) {
        text += "\nCode of its own: " + each.title + " (" + each.source + ")";
        for (const routing::OptionInfo& option : each.options) rows.push_back({"  " + option.key, option.defaultJson, rangeOf(option), option.help});
    }
    return text + (rows.empty() ? "" : "\n\nOptions (default, range)\n" + table(rows, "0123"));
}

std::string readable(const RouterCard& card) {
    const config::Preset& preset = card.preset;
    std::string text = preset.id + " - " + preset.title + (card.experts > 0 ? ", " + std::to_string(card.topK) + " of " + std::to_string(card.experts) + " experts when trained by itself" : "");
    text += "\n" + preset.description + "\nLook for: " + preset.lookFor + stagesText(card);
    text += "\n\nSource: " + (preset.source.empty() ? "-" : preset.source) + optionsText(mechanismsOf(configOf(card)));
    if (const auto curves = routing::ownCurves(configOf(card)); !curves.empty()) text += "\nCurves of its own: " + joined(curves);
    for (const std::string& mark : card.marks) text += "\nMark: " + mark;
    for (const std::string& deviation : preset.deviations) text += "\nDeviation: " + deviation;
    if (!card.alike.empty()) text += "\nThe same stages, other numbers: " + joined(card.alike);
    if (!card.usedBy.empty()) text += "\nRun presets with these stages: " + joined(card.usedBy);
    return text + "\nTrain it: moescope-engine train --preset eight_domains --preset " + preset.id + (config::hasTeacher(configOf(card)) ? " --set distillation.teacher=RUN, or: moescope-engine distill RUN --preset " + preset.id : "");
}

int show(const Context& context, const std::string& id) {
    for (const RouterCard& card : config::listRouterCards())
        if (card.preset.id == id) {
            context.result(cardJson(card), readable(card));
            return 0;
        }
    config::RunConfig scratch;
    base::Problems problems = config::applyPreset(scratch, id);
    if (problems.empty()) problems.push_back({"router", id + " is a run preset, not a router; see it with: presets " + id});
    return report(context, problems);
}

std::string shortMarks(const RouterCard& card) {
    std::vector<std::string> heads;
    for (const std::string& mark : card.marks) heads.push_back(mark.substr(0, mark.find(':')));
    return joined(heads);
}

int list(const Context& context) {
    std::vector<std::vector<std::string>> rows{{"id", "k/E", "title", "marks"}};
    for (const RouterCard& card : config::listRouterCards()) {
        if (context.json) context.result(cardJson(card), {});
        rows.push_back({card.preset.id, card.experts > 0 ? std::to_string(card.topK) + "/" + std::to_string(card.experts) : "-", card.preset.title, shortMarks(card)});
    }
    if (!context.json) context.result({}, table(rows, "0123"));
    return 0;
}

}  // namespace

void addRouters(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("routers", "Router presets, or the card of one: stages, formulas, source, marks, options");
    verb->footer("Example: moescope-engine routers deepseek_v3");
    auto id = std::make_shared<std::string>();
    verb->add_option("id", *id, "Show the card of this one");
    verb->callback([=, &context, &action] { action = [=, &context] { return id->empty() ? list(context) : show(context, *id); }; });
}

}  // namespace moescope::app
