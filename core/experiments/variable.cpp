// Experiments on routers whose tokens do not all have the same number of experts.
#include "core/experiments/readings.hpp"
#include "core/experiments/tables.hpp"

namespace moescope::experiments {
namespace {

Reading active() { return late("experts that work on a token", "active_experts"); }

Reading settled(double under) {
    Term term{"active_experts"};
    term.under = under;
    return {"step from which on fewer than 1.1 k experts work (1000000: never)", term, {}};
}

Experiment controller() {
    return {.id = "X19",
            .title = "ReMoE's controller finds its number of experts",
            .expected = "From about half of all experts at first, the mean number that works on a token falls to k within 300 to 500 steps and stays within a tenth of it.",
            .source = "Wang et al. 2024 (ReMoE), arXiv 2412.14711",
            .steps = 600,
            .sets = {"moe.expert_width=64"},
            .arms = {{"ReMoE k = 1", {"remoe"}, {}}, {"ReMoE k = 2", {"remoe"}, {"moe.top_k=2"}}, {"top-2", {}, {"moe.top_k=2", "router.weigh=renorm"}}},
            .claims = {{"At first about half of 8 experts work", Form::atLeast, 0, 0, between("experts at first", "active_experts", 0, 0.01), 3, false},
                       {"k = 1: within 500 steps at most 1.1 experts work", Form::atMost, 0, 0, settled(1.1), 500},
                       {"k = 2: within 500 steps at most 2.2 experts work", Form::atMost, 1, 1, settled(2.2), 500},
                       {"k = 1: late at most 1.1", Form::atMost, 0, 0, active(), 1.1},
                       {"k = 1: late at least 0.9", Form::atLeast, 0, 0, active(), 0.9},
                       {"k = 2: late at most 2.2", Form::atMost, 1, 1, active(), 2.2},
                       {"k = 2: late at least 1.8", Form::atLeast, 1, 1, active(), 1.8},
                       {"ReMoE with k = 2 ends below top-2", Form::below, 1, 2, valLoss(), 0, false}},
            .exact = {}};
}

Experiment zeroComputation() {
    return {.id = "X28",
            .title = "Experts that cost nothing",
            .expected = "Beside a zero, a copy and two constant experts fewer than two networks work on a token, and the loss is not higher than that of two of eight networks.",
            .source = "Jin et al. 2024 (MoE++), arXiv 2410.07348",
            .steps = 500,
            .sets = {"moe.expert_width=64", "moe.top_k=2", "router.weigh=renorm", "capacity.factor=1.1"},
            .arms = {{"2 of 8 networks", {}, {}}, {"MoE++", {"moepp"}, {}}},
            .claims = {{"Fewer than 1.95 networks work on a token", Form::atMost, 1, 1, late("networks a token ran through", "ffn_experts"), 1.95},
                       {"The loss is at most that of two networks", Form::atMostTimes, 1, 0, valLoss(), 1}},
            .exact = {}};
}

}  // namespace

std::vector<Experiment> variableExperiments() { return {controller(), zeroComputation()}; }

}  // namespace moescope::experiments
