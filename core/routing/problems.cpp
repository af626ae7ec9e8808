// What a router cannot do, said before anything starts.
#include "core/tensor.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/config/derived.hpp"
#include "core/routers/router.hpp"
#include "core/routing/spec.hpp"

namespace moescope::routing {

namespace {

bool knowsOption(const RouterSpec& spec, const std::string& key) {
    for (const routers::Router* router : routers::table()) {
        if (!router->options || !router->claims(spec)) continue;
        for (const OptionInfo& option : router->options())
            if (option.key == "router.options." + key) return true;
    }
    return false;
}

void checkOptions(const RouterSpec& spec, base::Problems& out) {
    for (const auto& [key, value] : spec.options)
        if (!knowsOption(spec, key))
            out.push_back({"router.options." + base::printable(key),
                           "This router has no such option; `moescope-engine routers` lists those it has."});
    for (const routers::Router* router : routers::table())
        if (router->checkOptions && router->claims(spec)) router->checkOptions(spec.options, out);
}

void checkGroups(const RouterSpec& spec, base::Problems& out) {
    if (spec.groupRule == GroupRule::none) return;
    if (spec.groups < 1 || spec.experts % spec.groups != 0) {
        out.push_back({"router.groups", "The " + std::to_string(spec.experts) + " experts do not divide into " +
                                            std::to_string(spec.groups) + " equal groups."});
        return;
    }
    const std::int64_t members = spec.experts / spec.groups;
    if (spec.groupRule == GroupRule::perGroup) {
        if (spec.topK % spec.groups != 0 || spec.topK / spec.groups > members)
            out.push_back({"moe.top_k", "per_group takes equally many experts from each of the " + std::to_string(spec.groups) +
                                            " groups: top_k must be a multiple of that, at most " + std::to_string(spec.experts) + "."});
    } else if (hasLevels(spec)) {
        return;  // said by the router itself
    } else if (spec.groupsKept < 1 || spec.groupsKept > spec.groups) {
        out.push_back({"router.groups_kept", "must lie between 1 and the number of groups, " + std::to_string(spec.groups) + "."});
    } else if (spec.topK > spec.groupsKept * members) {
        out.push_back({"moe.top_k", std::to_string(spec.topK) + " experts per token do not fit into " + std::to_string(spec.groupsKept) +
                                        " groups of " + std::to_string(members) + ": keep more groups or choose fewer experts."});
    }
}

void checkFixed(const RouterSpec& spec, bool handTable, base::Problems& out) {
    const bool fixed = spec.select == Select::fixed;
    if (fixed && hasLogits(spec))
        out.push_back({"router.select", "fixed chooses without logits: set router.net to hash or none."});
    if (!fixed && !hasLogits(spec))
        out.push_back({"router.select", "router.net hash and none have no logits to rank: set it to fixed."});
    if (hasLogits(spec)) return;
    if (spec.weigh != Weigh::one && spec.weigh != Weigh::uniform)
        out.push_back({"router.weigh", "A router without logits has no score to weigh by: choose one or uniform."});
    if (spec.estimator == Estimator::straightThrough)
        out.push_back({"router.estimator", "A router without logits has nothing to send a gradient to: choose none."});
    if (!handTable && ((spec.balance.kind != LossKind::none && spec.balance.coefficient != 0) || spec.zCoefficient != 0))
        out.push_back({"balance.coefficient", "A router without logits cannot be balanced by a loss: set balance.kind to none and balance.z_coefficient to 0."});
    if (spec.offset != Offset::none)
        out.push_back({"router.offset", "A router without logits has no selection score: set it to none."});
    if (!spec.rig.empty()) out.push_back({"router.rig", "A router without logits cannot be rigged."});
}

// Losses that only some routers can have.
void checkOwnTerm(const RouterSpec& spec, const BalanceTerm& term, const std::string& key, base::Problems& out) {
    const bool levels = term.kind == LossKind::switchGroups || term.kind == LossKind::switchMembers;
    const bool domains = term.kind == LossKind::entropyLocal || term.kind == LossKind::entropyGlobal;
    if (term.kind == LossKind::controller && spec.select != Select::reluThreshold)
        out.push_back({key + "kind", "The controller loss holds ReMoE's number of experts: set router.select to relu_threshold, or take topk_mean."});
    if (levels && !hasLevels(spec))
        out.push_back({key + "kind", "switch_groups and switch_members balance a choice at two levels: set router.group_rule to two_level, or take switch."});
    if (term.kind == LossKind::codeEntropy && spec.net != Net::bitcode)
        out.push_back({key + "kind", "code_entropy is the entropy of DSelect-k's selectors: set router.net to bitcode, or take another loss."});
    if ((levels || domains || term.kind == LossKind::codeEntropy) && term.scope != Scope::batch)
        out.push_back({key + "scope", "This loss is one of the batch: set the scope to batch."});
}

void checkTerm(const RouterSpec& spec, const BalanceTerm& term, const std::string& key, base::Problems& out) {
    const bool gate = term.kind == LossKind::importance || term.kind == LossKind::load;
    if (gate && term.scope == Scope::global)
        out.push_back({key + "scope", "importance and load know the scopes batch, sequence and layers."});
    checkOwnTerm(spec, term, key, out);
    const bool noisy = spec.noise == Noise::logitGaussLearned || spec.noise == Noise::logitGaussFixed;
    if (term.kind == LossKind::load && !noisy)
        out.push_back({key + "kind", "The load loss needs a router with Gaussian logit noise: set router.noise to logit_gauss_learned or logit_gauss_fixed."});
}

void checkWords(const RouterSpec& spec, base::Problems& out) {
    if (spec.score == Score::softmaxGroups && spec.groupRule != GroupRule::perGroup)
        out.push_back({"router.score", "softmax_groups is a softmax inside each group, one choice in each: set router.group_rule to per_group, or take softmax_all."});
    if (spec.weigh == Weigh::input && (spec.topK != 1 || spec.select != Select::topk))
        out.push_back({"router.weigh", "input multiplies what the one expert of a token reads: set moe.top_k to 1 and router.select to topk, or take raw."});
    const bool assigns = spec.select == Select::sinkhorn || spec.select == Select::auction;
    if (assigns && spec.balance.kind != LossKind::none && spec.balance.coefficient != 0)
        out.push_back({"balance.kind", "The assignment itself is balanced, so a balance loss has nothing to do: set it to none."});
}

void checkRest(const RouterSpec& spec, base::Problems& out) {
    checkWords(spec, out);
    if (!spec.rig.empty() && static_cast<std::int64_t>(spec.rig.size()) != spec.experts)
        out.push_back({"router.rig", "needs one number for each of the " + std::to_string(spec.experts) + " experts."});
    if (spec.topK < 1 || spec.topK > spec.experts)
        out.push_back({"moe.top_k", "must lie between 1 and the number of experts, " + std::to_string(spec.experts) + "."});
    if (spec.noise == Noise::inputDropout && spec.noiseScale >= 1)
        out.push_back({"router.noise_scale", "input_dropout is a probability: it must be below 1."});
    if (spec.bias && spec.net == Net::cosine)
        out.push_back({"router.bias", "The cosine router has its own bias: set it to false."});
    if (spec.score == Score::softmaxSelected && spec.select == Select::expertTopC) return;  // said by the router itself
    checkTerm(spec, spec.balance, "balance.", out);
    for (const BalanceTerm& term : spec.more) checkTerm(spec, term, "balance.more.", out);
}

base::Problems specProblems(const RouterSpec& spec, bool handTable) {
    base::Problems out;
    checkRest(spec, out);
    checkFixed(spec, handTable, out);
    checkGroups(spec, out);
    checkOptions(spec, out);
    for (const routers::Router* router : routers::table())
        if (router->check && router->claims(spec)) router->check(spec, out);
    return out;
}

}  // namespace

base::Problems problems(const config::RunConfig& config, bool handTable) {
    base::Problems out;
    try {
        for (const RouterSpec& spec : makeSpecs(config))
            for (const base::Problem& problem : specProblems(spec, handTable))
                if (std::find(out.begin(), out.end(), problem) == out.end()) out.push_back(problem);
    } catch (const base::Error& error) {
        out.push_back({error.where(), error.happened() + "; " + error.advice() + "."});
    }
    return out;
}

std::vector<OptionInfo> listOptions() {
    std::vector<OptionInfo> out;
    for (const routers::Router* router : routers::table())
        if (router->options)
            for (OptionInfo& option : router->options()) out.push_back(std::move(option));
    return out;
}

}  // namespace moescope::routing
