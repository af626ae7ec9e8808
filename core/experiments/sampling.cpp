// Experiments on how a router meets its choice: what it may sample, and in how many bits it computes.
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/counter_random.hpp"
#include "core/experiments/readings.hpp"
#include "core/experiments/tables.hpp"
#include "core/routing/route_table.hpp"

namespace moescope::experiments {
namespace {

using nlohmann::json;

/// Mean candidates of a token when 16 logits are drawn from the unit normal, through the router itself.
double candidates(double range, const char* form) {
    constexpr int tokens = 4096, experts = 16;
    json logits = json::array();
    for (int token = 0; token < tokens; ++token) {
        logits.push_back(json::array());
        for (int expert = 0; expert < experts; ++expert) logits.back().push_back(base::normal({5, base::Purpose::test}, static_cast<std::uint64_t>(experts * token + expert)));
    }
    const json question{{"config", {{"moe.experts", experts}, {"moe.top_k", 1}, {"router.select", "sample_masked"}, {"router.estimator", "sparsemixer_v2"}, {"router.score", "softmax_all"}, {"router.weigh", "raw"},
                                    {"router.options.mask_range", range}, {"router.options.mask_form", form}}},
                        {"logits", logits}};
    base::Problems problems;
    const std::string answer = routing::routeTable(question.dump(), problems);
    return problems.empty() ? json::parse(answer).at("metrics").at("candidate_experts").get<double>() : INFINITY;
}

Experiment maskRange() {
    const auto arm = [](const std::string& range) { return Arm{"r = " + range, {"grin"}, {"moe.top_k=1", "router.options.mask_range=" + range}}; };
    const Reading explored = late("experts that can be sampled", "candidate_experts");
    const Reading information = late("what the choice says about the token", "routing_information");
    return {.id = "X5",
            .title = "How far below the best an expert may be sampled",
            .expected = "On logits of a unit normal 16 experts have 1.05, 1.62 and 8 candidates a token at r = 0.01, 0.1 and 0.5 (4.6 at 0.5 in the paper's own form). At 0.01 hardly anything is sampled, so the router hardly learns.",
            .source = "Liu et al. 2024 (GRIN), arXiv 2409.12136; counts by simulation",
            .steps = 400,
            .sets = {"moe.experts=16", "moe.expert_width=64"},
            .arms = {arm("0.01"), arm("0.1"), arm("0.5")},
            .claims = {{"0.01 has fewer candidates than 0.1", Form::below, 0, 1, explored, 0},
                       {"0.1 has fewer candidates than 0.5", Form::below, 1, 2, explored, 0},
                       {"At 0.01 at most 1.2 experts can be sampled", Form::atMost, 0, 0, explored, 1.2},
                       {"At 0.01 the choice says less about the token than at 0.1", Form::below, 0, 1, information, 0, false},
                       {"0.1 ends below 0.01", Form::below, 1, 0, valLoss(), 0, false},
                       {"0.1 ends below 0.5", Form::below, 1, 2, valLoss(), 0, false}},
            .exact = {{"r = 0.01: 1.05 candidates", [] { return std::abs(candidates(0.01, "code") - 1.05); }, 0.01},
                      {"r = 0.1: 1.62 candidates", [] { return std::abs(candidates(0.1, "code") - 1.62); }, 0.03},
                      {"r = 0.5: 8.0 candidates", [] { return std::abs(candidates(0.5, "code") - 8.0); }, 0.1},
                      {"r = 0.5 in the paper's form: 4.6 candidates", [] { return std::abs(candidates(0.5, "paper") - 4.6); }, 0.1}}};
}

Experiment precision() {
    const Reading churn{"choices that changed since the probe before", {"churn", kLate, 1}, {}};
    Term flipped{"flipped"};
    flipped.sets = {"router.options.precision=bf16"};
    return {.id = "X14",
            .title = "A router in bf16 changes its mind",
            .expected = "Rounded to 8 bits, logits that lie close together swap or tie: choices flip more often from probe to probe. A whole model in bf16 diverged in Switch, one with its router in float32 did not.",
            .source = "Fedus et al. 2021, table 2 (selective precision)",
            .steps = 400,
            .sets = {"telemetry.probe_every=10", "telemetry.sample_every=0"},
            .arms = {{"float32", {}, {}}, {"router in bf16", {}, {"router.options.precision=bf16"}}},
            .claims = {{"Late, choices change more from probe to probe in bf16", Form::below, 0, 1, churn, 0},
                       {"Rounding the router of a model trained in float32 moves at least 1 choice in 1000", Form::atLeast, 0, 0, {"choices that rounding moves", flipped, {}}, 0.001, false},
                       {"float32 ends below bf16", Form::below, 0, 1, valLoss(), 0, false}},
            .exact = {}};
}

}  // namespace

std::vector<Experiment> samplingExperiments() { return {maskRange(), precision()}; }

}  // namespace moescope::experiments
