// From a configuration to the boxes of its router, and from the presets to their cards.
#include "core/config/router_card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"
#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

bool hasNoise(const RouterConfig& r) { return r.noise != "none" && r.noise_scale != 0; }
bool hasScores(const RouterConfig& r) { return r.net != "hash" && r.net != "domain_hash" && r.net != "none"; }

MoeShape firstShape(const RunConfig& c) {
    const auto layers = moeLayers(c);
    return layers.empty() ? MoeShape{} : moeShape(c, layers.front());
}

std::string setting(const RunConfig& c, const std::string& key) {
    const std::string json = settingJson(c, key).value_or("");
    const bool quoted = json.size() >= 2 && json.front() == '"';
    return key + " = " + (quoted ? json.substr(1, json.size() - 2) : json);
}

/// A box with what the word of one setting means; the word itself where there is no line for it.
CardStage stageOf(const RunConfig& c, std::string id, std::string title, const std::string& key, const std::string& word) {
    CardStage stage{std::move(id), std::move(title), word, {}, {}, {setting(c, key)}};
    if (const RouterWord* known = routerWord(key, word)) {
        stage.word = known->title;
        stage.formula = known->formula;
        stage.sentence = known->sentence;
    }
    return stage;
}

std::string weighWord(const RunConfig& c) {
    if (c.router.weigh != "auto") return c.router.weigh;
    return firstShape(c).topK > 1 ? "renorm" : "raw";
}

void addScore(const RunConfig& c, std::vector<CardStage>& out) {
    const RouterConfig& r = c.router;
    out.push_back(stageOf(c, "net", "Router", "router.net", r.net));
    if (r.select == "slots") {
        out.back().formula = "z_es = g (x / |x|) · (φ_es / |φ_es|), g learned";
        out.back().sentence = "The angle between a token and a learned direction of each slot is the score.";
    }
    for (const auto& [name, value] : r.options) out.back().settings.push_back(setting(c, "router.options." + name));
    if (r.bias) out.back().settings.push_back(setting(c, "router.bias"));
    if (r.frozen) out.back().settings.push_back(setting(c, "router.frozen"));
    if (!hasScores(r)) return;
    if (r.transform != "none") out.push_back(stageOf(c, "transform", "Transform", "router.transform", r.transform));
    out.push_back(stageOf(c, "score", "Score", "router.score", r.score));
}

void addSteering(const RunConfig& c, std::vector<CardStage>& out) {
    const RouterConfig& r = c.router;
    if (hasNoise(r)) {
        out.push_back(stageOf(c, "noise", "Noise", "router.noise", r.noise));
        out.back().settings.push_back(setting(c, "router.noise_scale"));
    }
    if (r.offset != "none") {
        out.push_back(stageOf(c, "offset", "Offset", "router.offset", r.offset));
        out.back().settings.push_back(setting(c, "router.offset_rate"));
    }
    if (r.group_rule == "none") return;
    out.push_back(stageOf(c, "groups", "Groups", "router.group_rule", r.group_rule));
    out.back().settings.push_back(setting(c, "router.groups"));
    if (r.group_rule != "per_group") out.back().settings.push_back(setting(c, "router.groups_kept"));
}

void addChoice(const RunConfig& c, std::vector<CardStage>& out) {
    const MoeShape shape = firstShape(c);
    out.push_back(stageOf(c, "select", "Choice", "router.select", c.router.select));
    CardStage& choice = out.back();
    if (c.router.select == "topk") choice.word = fmt::format("best {} of {}", shape.topK, shape.experts);
    if (c.router.select == "all") choice.word = fmt::format("all {}", shape.experts);
    if (c.router.select == "slots") choice.word = fmt::format("{} slots an expert", slotsPerExpert(c, shape.experts));
    else choice.settings.push_back(setting(c, "moe.top_k"));
    choice.settings.push_back(setting(c, "moe.experts"));
}

void addWeights(const RunConfig& c, std::vector<CardStage>& out) {
    const RouterConfig& r = c.router;
    out.push_back(stageOf(c, "weigh", "Weights", "router.weigh", weighWord(c)));
    std::string& formula = out.back().formula;  // with the score's own letter
    if (r.select == "slots") {
        formula = "w_e = Σ_s C_es";
        out.back().sentence = "What a token takes from the slots of an expert is the expert's weight; over all experts it sums to 1.";
    }
    const bool own = r.score == "sigmoid" || r.score == "relu";
    for (std::size_t at = formula.find("p_e"); own && at != std::string::npos; at = formula.find("p_e")) formula[at] = 's';
    const auto rescale = r.options.find("rescale");
    if (rescale != r.options.end() && rescale->second == Value(true)) out.back().formula += ", times E";
    if (r.scale != 1) {
        out.back().formula += fmt::format(", times {}", r.scale);
        out.back().settings.push_back(setting(c, "router.scale"));
    }
    if (r.estimator != "autograd_gate" && r.estimator != "none") out.push_back(stageOf(c, "estimator", "Gradient", "router.estimator", r.estimator));
}

void addRoom(const RunConfig& c, std::vector<CardStage>& out) {
    const CapacityConfig& room = c.capacity;
    if (room.overflow == "balance_columns") out.push_back(stageOf(c, "capacity", "Room", "capacity.overflow", room.overflow));
    if (room.factor <= 0 || c.router.select == "all" || c.router.select == "expert_topC") return;
    CardStage stage = stageOf(c, "capacity", "Room", "capacity.overflow", room.overflow);
    stage.formula = fmt::format("C = ⌈{} {} / E⌉", room.factor, room.count_k ? "k T" : "T");
    if (firstShape(c).zeroComputation > 0)
        stage.formula = fmt::format("networks ⌈{0} τ k T / (τ N + Z)⌉, the others ⌈{0} k T / (τ N + Z)⌉", room.factor);
    stage.settings.insert(stage.settings.begin(), setting(c, "capacity.factor"));
    if (const RouterWord* order = routerWord("capacity.priority", room.priority)) {
        stage.sentence += " " + std::string(order->sentence);
        stage.settings.push_back(setting(c, "capacity.priority"));
    }
    out.push_back(std::move(stage));
}

std::string scopeWord(const std::string& scope) {
    if (scope == "sequence") return " in each sequence";
    if (scope == "global") return " over the whole step";
    return scope == "layers" ? " over all layers together" : "";
}

void addBalance(const RunConfig& c, std::vector<CardStage>& out) {
    const BalanceConfig& b = c.balance;
    if (b.kind != "none" && b.coefficient > 0) {
        out.push_back(stageOf(c, "balance", "Balance", "balance.kind", b.kind));
        out.back().formula += scopeWord(b.scope) + fmt::format(", α = {}", b.coefficient);
        out.back().settings.push_back(setting(c, "balance.coefficient"));
        if (b.scope != "batch") out.back().settings.push_back(setting(c, "balance.scope"));
    }
    for (const BalanceTerm& term : b.more) {
        CardStage stage = stageOf(c, "balance", "Balance", "balance.kind", term.kind);
        stage.formula += scopeWord(term.scope) + fmt::format(", α = {}", term.coefficient);
        stage.settings = {fmt::format("balance.more: {} {}", term.kind, term.coefficient)};
        out.push_back(std::move(stage));
    }
    if (b.z_coefficient > 0)
        out.push_back({"z", "z-loss", "small logits", fmt::format("{} · mean (ln Σ_e exp z_e)²", b.z_coefficient), "A loss that keeps the router's logits small.", {setting(c, "balance.z_coefficient")}});
}

void addTopology(const RunConfig& c, std::vector<CardStage>& out) {
    const MoeConfig& m = c.moe;
    if (m.shared_experts > 0)
        out.push_back({"shared", "Shared", fmt::format("{} for every token", m.shared_experts), m.shared_gate ? "y = Σ w_e Expert_e(x) + σ(u · x) Shared(x)" : "y = Σ w_e Expert_e(x) + Shared(x)",
                       "Shared experts work on every token beside the chosen ones.", {setting(c, "moe.shared_experts"), setting(c, "moe.shared_gate")}});
    if (m.granularity > 1)
        out.push_back({"granularity", "Grain", fmt::format("cut into {}", m.granularity), fmt::format("{0} E experts of width d_e / {0}, {0} k chosen", m.granularity),
                       "Experts are cut into smaller ones and as many more are chosen, at the same FLOPs.", {setting(c, "moe.granularity")}});
    if (m.pyramid > 1)
        out.push_back({"pyramid", "Pyramid", fmt::format("{} times the experts at the top", m.pyramid), fmt::format("E ← {} E in the last sixth of the layers with experts", m.pyramid),
                       "The deepest layers have more experts than the others.", {setting(c, "moe.pyramid")}});
    if (const std::int64_t none = firstShape(c).zeroComputation; none > 0)
        out.push_back({"zero_computation", "No networks", fmt::format("{} beside the networks", none), "constant: a₀ x + a₁ v, a = softmax(W_c x); copy: x; zero: 0",
                       "Some experts are no networks and cost nothing: they blend the token with a learned vector, give it back, or say nothing.",
                       {setting(c, "moe.zero_experts"), setting(c, "moe.copy_experts"), setting(c, "moe.constant_experts")}});
    if (m.residual != "none") out.push_back(stageOf(c, "residual", "Residual", "moe.residual", m.residual));
}

/// Besides the router: what a frozen run adds to the loss.
void addTeacher(const RunConfig& c, std::vector<CardStage>& out) {
    if (!hasTeacher(c)) return;
    const DistillationConfig& d = c.distillation;
    CardStage stage{"teacher", "Teacher", "a trained run", fmt::format("{} CE + {} τ² KL(softmax(z_teacher / τ) ‖ softmax(z / τ)), τ = {}", d.truth, d.beta, d.temperature),
                    "Besides the text, the predictions of a frozen trained run are learned.", {}};
    if (d.until < 1) stage.sentence += fmt::format(" It falls silent after {} % of the steps.", std::lround(100 * d.until));
    if (d.copy) stage.sentence += " The first weights are its own, but for the layers with experts.";
    for (const char* key : {"distillation.beta", "distillation.temperature", "distillation.truth", "distillation.until", "distillation.copy"}) stage.settings.push_back(setting(c, key));
    out.push_back(std::move(stage));
}

/// What two cards share when they differ in numbers alone.
std::string shapeKey(const std::vector<CardStage>& stages) {
    std::string key;
    for (const CardStage& stage : stages) {
        const bool numbersOnly = stage.id == "shared" || stage.id == "granularity" || stage.id == "z";
        key += stage.id + "|";
        if (stage.id == "capacity" || stage.id == "net")
            for (const std::string& each : stage.settings) key += each.starts_with("capacity.factor") ? "" : each + ";";
        else if (!numbersOnly)
            key += stage.settings.front() + ";";
    }
    return key;
}

RunConfig resolved(const Preset& preset) {
    RunConfig config;
    applyPreset(config, preset.id);
    return config;
}

}  // namespace

std::vector<CardStage> routerStages(const RunConfig& config) {
    std::vector<CardStage> stages;
    if (!moeLayers(config).empty())
        for (const auto add : {addScore, addSteering, addChoice, addWeights, addRoom, addBalance, addTopology}) add(config, stages);
    addTeacher(config, stages);
    return stages;
}

std::vector<std::string> routerMarks(const RunConfig& config) {
    std::vector<std::string> marks;
    const RouterConfig& r = config.router;
    if (hasTeacher(config)) marks.push_back("needs a teacher: a trained run with the same tokens and context");
    if (moeLayers(config).empty()) return marks;
    if (std::string mark = couplingMark(config); !mark.empty()) marks.push_back(std::move(mark));
    if (r.net == "hash" || r.net == "domain_hash") marks.push_back("needs token ids: the table is looked up by them, so it cannot route features alone");
    if (r.net == "domain_hash") marks.push_back("needs domain labels, also when the model is used");
    if (!hasScores(r) || r.frozen) marks.push_back("not learned: the router keeps its first values");
    if (isPlane(config)) marks.push_back("trains on the plane: two inputs, a gate that can be drawn; no language model");
    return marks;
}

std::vector<RouterCard> listRouterCards() {
    std::vector<RouterCard> cards;
    std::vector<std::pair<std::string, std::string>> runs;
    for (Preset& preset : listPresets()) {
        const RunConfig config = resolved(preset);
        std::vector<CardStage> stages = routerStages(config);
        if (preset.kind == PresetKind::run) {
            if (!stages.empty()) runs.emplace_back(preset.id, shapeKey(stages));
            continue;
        }
        const MoeShape shape = firstShape(config);
        const bool everyone = config.router.select == "all" || config.router.select == "slots";
        cards.push_back({std::move(preset), shape.experts, everyone ? shape.experts : shape.topK, std::move(stages), routerMarks(config), {}, {}});
    }
    for (RouterCard& card : cards) {
        if (card.stages.empty()) continue;
        const std::string key = shapeKey(card.stages);
        for (const RouterCard& other : cards)
            if (other.preset.id != card.preset.id && shapeKey(other.stages) == key) card.alike.push_back(other.preset.id);
        for (const auto& [id, stages] : runs)
            if (stages == key) card.usedBy.push_back(id);
    }
    return cards;
}

}  // namespace moescope::config
