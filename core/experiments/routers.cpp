// Experiments on the router itself: how it chooses, how it learns, when it settles, and what it is worth.
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/experiments/readings.hpp"
#include "core/experiments/tables.hpp"
#include "core/routing/route_table.hpp"

namespace moescope::experiments {
namespace {

using nlohmann::json;

/// Largest gradient that a task of gradient 1 on the weight sends to the logits when the softmax runs over the one chosen expert.
double gradientOfOneChosen() {
    base::Problems problems;
    const json question{{"config", {{"moe.experts", 4}, {"moe.top_k", 1}, {"router.score", "softmax_selected"}, {"balance.kind", "none"}, {"balance.coefficient", 0}}},
                        {"logits", {{1.0, 0.5, -1.0, 0.25}, {-2.0, 0.5, 3.0, 0.0}}},
                        {"task_gradient", {{1.0}, {-2.0}}}};
    const std::string answer = routing::routeTable(question.dump(), problems);
    if (!problems.empty()) return INFINITY;
    double largest = 0;
    for (const json& row : json::parse(answer).at("gradient"))
        for (const json& value : row) largest = std::max(largest, std::abs(value.get<double>()));
    return largest;
}

Experiment sampling() {
    return {.id = "X4",
            .title = "GShard against GRIN's estimate of the true gradient",
            .expected = "GRIN is behind in the first quarter, because it samples, and equal or ahead at the end; its experts say more about domains.",
            .source = "Liu et al. 2024, arXiv 2409.12136",
            .steps = 1000,
            .sets = {"moe.expert_width=64"},
            .arms = {{"GShard", {"gshard"}, {"capacity.factor=0", "capacity.eval_factor=-1", "balance.scope=global", "balance.kind=topk_mean"}}, {"GRIN", {"grin"}, {}}},
            .claims = {{"At a quarter of the training GShard is ahead", Form::below, 0, 1, valLossAt(0.25), 0},
                       {"At the end GRIN is ahead", Form::below, 1, 0, valLoss(), 0},
                       {"From a quarter on GRIN gains more", Form::below, 1, 0, lossFallFrom(0.25), 0, false},
                       {"GRIN's experts say more about domains", Form::below, 0, 1, atEnd("information about the domain", "domain_information"), 0, false}},
            .exact = {}};
}

Experiment noGradient() {
    return {.id = "X8",
            .title = "One expert a token, softmax after the choice: the router cannot learn",
            .expected = "The weight is 1 whatever the router says, so the task sends it no gradient at all.",
            .source = "by calculation",
            .steps = 0,
            .sets = {},
            .arms = {},
            .claims = {},
            .exact = {{"The task's gradient on the logits is exactly 0", gradientOfOneChosen, 0}}};
}

Experiment zLoss() {
    const auto arm = [](const std::string& z) { return Arm{"z " + z, {}, {"balance.z_coefficient=" + z}}; };
    return {.id = "X13",
            .title = "The z-loss at three times the learning rate",
            .expected = "0.001 keeps the logits small at no cost; 0.1 makes the router undecided and the loss higher.",
            .source = "Zoph et al. 2022 (ST-MoE), arXiv 2202.08906",
            .steps = 400,
            .sets = {"training.lr=0.009"},
            .arms = {arm("0"), arm("0.001"), arm("0.1")},
            .claims = {{"0.001 keeps the squared log-sum-exp lower than no z-loss", Form::below, 1, 0, late("squared log-sum-exp", "router_z"), 0},
                       {"0.1 makes the router less decided than 0.001", Form::below, 1, 2, late("router entropy", "router_entropy"), 0},
                       {"0.001 has a lower loss than 0.1", Form::below, 1, 2, valLoss(), 0, false}},
            .exact = {}};
}

Experiment noise() {
    return {.id = "X15",
            .title = "Which noise costs something",
            .expected = "Jitter of the input is as good as none; sampling the expert is worse.",
            .source = "Fedus et al. 2021: argmax −1.471, sampling −1.570, jitter −1.468",
            .steps = 400,
            .sets = {},
            .arms = {{"none", {}, {"router.noise=none"}}, {"input jitter", {}, {"router.noise=input_jitter", "router.noise_scale=0.01"}}, {"Gumbel", {}, {"router.noise=gumbel_all", "router.noise_scale=1"}}, {"Gauss", {}, {"router.noise=logit_gauss_fixed", "router.noise_scale=1"}}},
            .claims = {{"Sampling by Gumbel noise ends above no noise", Form::below, 0, 2, valLoss(), 0},
                       {"Sampling by Gumbel noise ends above jitter", Form::below, 1, 2, valLoss(), 0},
                       {"Jitter ends below no noise", Form::below, 1, 0, valLoss(), 0, false},
                       {"Gaussian noise ends below no noise", Form::below, 3, 0, valLoss(), 0, false}},
            .exact = {}};
}

Experiment saturation() {
    const auto at = [](const char* name, double share, Layers layers) { return Reading{name, {"saturation", share, share, layers}, {}}; };
    return {.id = "X23",
            .title = "Routing settles early",
            .expected = "At a tenth of the training more than half of the tokens already have the expert they end with; the first layer settles last.",
            .source = "Muennighoff et al. 2024 (OLMoE), arXiv 2409.02060",
            .steps = 1000,
            .sets = {"telemetry.probe_every=25"},
            .arms = {{"default", {}, {}}},
            .claims = {{"At a tenth of the training more than half of the probe's tokens have their last expert", Form::atLeast, 0, 0, at("saturation at a tenth", 0.1, Layers::mean), 0.5},
                       {"The first layer is behind the others", Form::below, 0, 0, at("saturation of layer 0", 0.1, Layers::first), 0, false, at("saturation of the most settled layer", 0.1, Layers::largest)}},
            .exact = {}};
}

Experiment normalised() {
    return {.id = "X29",
            .title = "Logits brought to one spread keep the router decided",
            .expected = "The best probability stays well above the second (ratio over 1.2), the largest weight is larger, and fewer experts share a token.",
            .source = "Wei et al. 2024 (Skywork-MoE), arXiv 2406.06563",
            .steps = 400,
            .sets = {"moe.top_k=2", "moe.expert_width=64", "router.score=softmax_all", "router.weigh=renorm", "training.lr=0.001"},
            .arms = {{"plain", {}, {}}, {"normalised", {}, {"router.transform=normalise", "router.options.lambda=1"}}},
            .claims = {{"Normalised, the ratio of best to second stays above 1.2", Form::atLeast, 1, 1, {"ratio of the two best", {"gate_ratio_12", 0.1, 1}, {}}, 1.2},
                       {"Normalised, the largest weight is larger early on", Form::below, 0, 1, between("largest weight early", "top1_weight", 0, 0.25), 0},
                       {"Normalised, fewer experts share a token early on", Form::below, 1, 0, between("experts sharing a token early", "effective_k", 0, 0.25), 0},
                       {"Normalised has the lower loss", Form::below, 1, 0, valLoss(), 0, false}},
            .exact = {}};
}

Experiment worthOfLearning() {
    return {.id = "X30",
            .title = "What a learned router is worth",
            .expected = "A learned router beats a frozen random one, which beats dealing tokens out in turn, at the same parameters.",
            .source = "control",
            .steps = 400,
            .sets = {},
            .arms = {{"learned", {}, {}}, {"frozen random", {"debug_frozen_random"}, {}}, {"round robin", {"debug_round_robin"}, {}}},
            .claims = {{"Learned ends below frozen random", Form::below, 0, 1, valLoss(), 0}, {"Frozen random ends below round robin", Form::below, 1, 2, valLoss(), 0}, {"Learned ends below round robin", Form::below, 0, 2, valLoss(), 0}},
            .exact = {}};
}

}  // namespace

std::vector<Experiment> routerExperiments() { return {sampling(), noGradient(), zLoss(), noise(), saturation(), normalised(), worthOfLearning()}; }

}  // namespace moescope::experiments
