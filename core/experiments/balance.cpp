// Experiments on balance: losses, biases, scopes, and assignments that are even by construction.
#include "core/experiments/readings.hpp"
#include "core/experiments/tables.hpp"

namespace moescope::experiments {
namespace {

Experiment collapse() {
    return {.id = "X1",
            .title = "Without a balance loss the router collapses",
            .expected = "Without: few experts take nearly all tokens. 0.01: balanced, and the best loss. 0.1: balanced, but the router is pushed towards indifference.",
            .source = "Shazeer et al. 2017; Fedus et al. 2021",
            .steps = 400,
            .sets = {"balance.kind=switch"},
            .arms = {{"no balance loss", {}, {"balance.coefficient=0"}}, {"balance 0.01", {}, {"balance.coefficient=0.01"}}, {"balance 0.1", {}, {"balance.coefficient=0.1"}}},
            .claims = {{"Without a loss the load is as uneven as its own mean (CV above 1)", Form::atLeast, 0, 0, late("CV of the load", "load_cv"), 1},
                       {"With 0.01 the load is even (CV below 0.2)", Form::atMost, 1, 1, late("CV of the load", "load_cv"), 0.2},
                       {"0.01 has a lower loss than no balance", Form::below, 1, 0, valLoss(), 0, false},
                       {"0.01 has a lower loss than 0.1", Form::below, 1, 2, valLoss(), 0, false},
                       {"0.1 makes the router less decided than 0.01", Form::below, 1, 2, late("router entropy", "router_entropy"), 0, false}},
            .exact = {}};
}

Experiment lossFree() {
    return {.id = "X2",
            .title = "A bias balances better than a loss",
            .expected = "The selection bias keeps the largest load at least 5 times closer to fair than a loss of 0.001, at no higher loss.",
            .source = "Wang et al. 2024, arXiv 2408.15664: 9.56 / 0.72 against 9.50 / 0.04",
            .steps = 400,
            .sets = {"moe.top_k=2", "moe.expert_width=64", "router.score=sigmoid", "router.weigh=renorm"},
            .arms = {{"loss 0.001", {}, {"balance.coefficient=0.001"}}, {"bias 0.001", {}, {"balance.kind=none", "balance.coefficient=0", "router.offset=bias_sign", "router.offset_rate=0.001"}}},
            .claims = {{"The largest load above fair is a fifth or less with the bias", Form::atMostTimes, 1, 0, late("violation of balance", "max_violation"), 0.2},
                       {"The bias has the lower loss", Form::below, 1, 0, valLoss(), 0, false}},
            .exact = {}};
}

Experiment biasRate() {
    const std::vector<std::string> none{"balance.kind=none", "balance.coefficient=0", "router.offset=bias_sign"};
    const auto arm = [&](const std::string& rate) {
        std::vector<std::string> sets = none;
        sets.push_back("router.offset_rate=" + rate);
        return Arm{"u = " + rate, {}, sets};
    };
    return {.id = "X3",
            .title = "How fast the selection bias may move",
            .expected = "u = 0.0001 balances slowly at first, 0.01 oscillates at the end, 0.001 does neither.",
            .source = "Wang et al. 2024, arXiv 2408.15664",
            .steps = 600,
            .sets = {"moe.top_k=2", "moe.expert_width=64", "router.score=sigmoid", "router.weigh=renorm"},
            .arms = {arm("0.0001"), arm("0.001"), arm("0.01")},
            .claims = {{"Early, 0.001 is better balanced than 0.0001", Form::below, 1, 0, between("violation of balance early", "max_violation", 0.1, 0.3), 0},
                       {"Late, 0.001 is better balanced than 0.01", Form::below, 1, 2, late("violation of balance", "max_violation"), 0},
                       {"0.001 has a lower loss than 0.01", Form::below, 1, 2, valLoss(), 0, false}},
            .exact = {}};
}

Experiment scope() {
    return {.id = "X20",
            .title = "Balance over the whole step lets experts specialise",
            .expected = "Asked of every sequence, balance forbids experts of a domain; asked of the whole step it does not: experts say more about domains, and the loss is lower.",
            .source = "Qiu et al. 2025 (global-batch balance), arXiv 2501.11873",
            .steps = 400,
            .sets = {"balance.kind=topk_mean", "balance.coefficient=0.05", "training.batch=8", "training.accumulate=2"},
            .arms = {{"each sequence", {}, {"balance.scope=sequence"}}, {"whole step", {}, {"balance.scope=global"}}},
            .claims = {{"Asked of each sequence, experts say at most 1/1.2 as much about domains", Form::atMostTimes, 0, 1, atEnd("information about the domain", "domain_information"), 1 / 1.2},
                       {"Asked of the whole step, the loss is lower", Form::below, 1, 0, valLoss(), 0, false}},
            .exact = {}};
}

Experiment assignments() {
    const Reading training = late("CV of the load in training", "load_cv"), evaluation = atEnd("CV of the load at evaluation", "probe_load_cv");
    return {.id = "X21",
            .title = "Even assignments are even in training alone",
            .expected = "Sinkhorn and BASE deal tokens out evenly in training; at evaluation each token chooses for itself and the load is skewed.",
            .source = "Clark et al. 2022, arXiv 2202.01169; Lewis et al. 2021, arXiv 2103.16716",
            .steps = 300,
            .sets = {},
            .arms = {{"Sinkhorn", {"sinkhorn"}, {}}, {"BASE", {"base"}, {}}},
            .claims = {{"Sinkhorn: the load in training is less than half as uneven as at evaluation", Form::atMostTimes, 0, 0, training, 0.5, true, evaluation},
                       {"BASE: the load in training is less than half as uneven as at evaluation", Form::atMostTimes, 1, 1, training, 0.5, true, evaluation}},
            .exact = {}};
}

Experiment quantile() {
    // Five steps are taken together: one batch of whole sequences is uneven whatever the bias.
    Term term{"joint_violation"};
    term.under = 0.4;
    const Reading balanced{"step from which on the largest load of five steps is below 1.4 times fair (1000000: never)", term, {}};
    return {.id = "X32",
            .title = "A quantile balances in a handful of updates, a sign needs hundreds",
            .expected = "Cutting each expert's logits at a quantile of the batch balances within 5 updates; a bias that moves 0.001 a step by its sign takes hundreds.",
            .source = "Megatron-LM (qb_dual_update), 2026; Wang et al. 2024, arXiv 2408.15664",
            .steps = 500,
            .sets = {"moe.experts=16", "moe.top_k=2", "moe.expert_width=64", "telemetry.sample_every=0"},
            // Logits of spread 1 from the start, for which the published counts hold.
            .arms = {{"quantile", {"quantile"}, {"router.init_std=0.125"}}, {"sign 0.001", {"lossfree"}, {"moe.top_k=2", "router.init_std=0.125"}}},
            .claims = {{"The quantile is balanced within 5 updates", Form::atMost, 0, 0, balanced, 6},
                       {"The sign needs 100 updates or more", Form::atLeast, 1, 1, balanced, 100},
                       {"Late, the quantile is the better balanced", Form::below, 0, 1, late("violation of balance over the last quarter", "joint_violation"), 0, false},
                       {"The quantile has the lower loss", Form::below, 0, 1, valLoss(), 0, false}},
            .exact = {}};
}

}  // namespace

std::vector<Experiment> balanceExperiments() { return {collapse(), lossFree(), biasRate(), scope(), assignments(), quantile()}; }

}  // namespace moescope::experiments
