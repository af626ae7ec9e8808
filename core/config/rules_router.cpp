// Rules of the experts, their router, capacity and balance losses.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/config/derived.hpp"
#include "core/config/fields.hpp"
#include "core/config/rules.hpp"
#include "core/config/setting_keys.hpp"

namespace moescope::config::rules {
namespace {

using base::Problems;

bool hasLogits(const RouterConfig& r) { return r.net != "hash" && r.net != "none"; }

// Experts per token is a setting of the method (it is not for expert choice and dense mixtures).
bool choosesK(const RouterConfig& r) { return r.select != "expert_topC" && r.select != "all"; }

bool hasSecondRule(const RouterConfig& r) {
    return r.noise == "random_second" || r.noise == "gumbel_second" || r.select == "top1_random_second" || r.select == "top1_gumbel_second";
}

std::vector<MoeShape> shapes(const RunConfig& c) {
    std::vector<MoeShape> all;
    for (const std::int64_t layer : moeLayers(c)) {
        const MoeShape shape = moeShape(c, layer);
        if (std::ranges::find(all, shape) == all.end()) all.push_back(shape);
    }
    return all;
}

void checkPattern(const RunConfig& c, Problems& problems) {
    const auto& pattern = c.moe.pattern;
    if (pattern.empty()) return;
    if (static_cast<std::int64_t>(pattern.size()) != c.model.layers) {
        refuse(problems, "moe.pattern", fmt::format("moe.pattern names {} layers but the model has {}; give one number of experts for each layer (0 = dense).", pattern.size(), c.model.layers));
    }
    for (const std::int64_t experts : pattern) {
        if (experts < 0 || experts > 1024) refuse(problems, "moe.pattern", fmt::format("moe.pattern holds {}; a layer has 0 to 1024 experts.", experts));
    }
}

void checkChoices(const RunConfig& c, Problems& problems) {
    if (!choosesK(c.router)) return;
    for (const MoeShape& s : shapes(c)) {
        if (s.topK <= s.experts) continue;
        refuse(problems, "moe.top_k", fmt::format("A token is to use {} experts but a layer has only {}; make moe.top_k at most {} or moe.experts larger.", s.topK, s.experts, s.experts / std::max<std::int64_t>(c.moe.granularity, 1)));
        return;
    }
}

// With one kept expert whose weight does not depend on the logits, only the balance loss could ever move the router.
void checkGradient(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    if (!hasLogits(r) || r.frozen || r.accept_no_gradient || r.estimator != "autograd_gate" || !choosesK(r)) return;
    if (r.weigh == "one" || r.weigh == "uniform") {
        refuse(problems, "router.weigh", fmt::format("router.weigh \"{}\" gives every chosen expert the same weight whatever the router says, so the text cannot teach the router; use raw or renorm, router.estimator straight_through, router.frozen true, or accept it with router.accept_no_gradient true.", r.weigh));
        return;
    }
    const bool single = std::ranges::any_of(shapes(c), [](const MoeShape& s) { return s.topK == 1; });
    if (single && r.score == "softmax_selected") {
        refuse(problems, "router.score", "With one expert per token, softmax after the choice always gives it weight 1, so the router gets no gradient from the text; use router.score softmax_all, moe.top_k 2, or accept it with router.accept_no_gradient true.");
    }
}

void checkGroups(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    if (r.group_rule == "none") return;
    if (r.select != "topk") refuse(problems, "router.group_rule", fmt::format("Groups limit a token's choice by top-k, but router.select is {}; use topk or router.group_rule none.", r.select));
    for (const MoeShape& s : shapes(c)) {
        if (s.experts % r.groups != 0) {
            refuse(problems, "router.groups", fmt::format("router.groups is {} and a layer has {} experts: groups are of equal size, so it must divide them.", r.groups, s.experts));
        } else if (r.group_rule == "per_group") {
            if (s.topK % r.groups != 0) refuse(problems, "moe.top_k", fmt::format("With router.group_rule per_group each of the {} groups gives as many experts, so the {} experts per token must be a multiple of {}.", r.groups, s.topK, r.groups));
        } else if (r.groups_kept > r.groups) {
            refuse(problems, "router.groups_kept", fmt::format("router.groups_kept is {} of {} groups; keep at most all of them.", r.groups_kept, r.groups));
        } else if (s.topK > r.groups_kept * (s.experts / r.groups)) {
            refuse(problems, "router.groups_kept", fmt::format("{} groups of {} experts stay open to a token, fewer than the {} experts it is to use; keep more groups or lower moe.top_k.", r.groups_kept, s.experts / r.groups, s.topK));
        }
    }
}

void checkNoise(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    if (r.noise_scale < 0 && r.noise_scale != -1) refuse(problems, "router.noise_scale", fmt::format("router.noise_scale is {}; it is a strength from 0, or -1 for the published one.", base::toText(r.noise_scale)));
    if (r.noise == "input_dropout" && r.noise_scale >= 1) refuse(problems, "router.noise_scale", "router.noise_scale is the share of the router's input that is dropped and must be below 1.");
    if (!hasLogits(r) && r.noise != "none") refuse(problems, "router.noise", fmt::format("router.net {} has no logits that noise could change; set router.noise none.", r.net));
    const bool pair = std::ranges::all_of(shapes(c), [](const MoeShape& s) { return s.topK == 2; });
    if (hasSecondRule(r) && !pair) refuse(problems, "moe.top_k", "A random second expert needs exactly two experts per token; set moe.top_k 2 (and moe.granularity 1).");
}

void checkNet(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    if (hasLogits(r) && r.select == "fixed") refuse(problems, "router.select", fmt::format("router.select fixed takes the experts from a table, but router.net {} computes logits; use topk, or router.net hash or none.", r.net));
    if (!hasLogits(r) && r.select != "fixed" && r.select != "topk") refuse(problems, "router.select", fmt::format("router.net {} has no logits, so {} has nothing to choose by; use router.select fixed.", r.net, r.select));
    if (!hasLogits(r) && r.offset != "none") refuse(problems, "router.offset", fmt::format("router.net {} has no scores that an offset could steer; set router.offset none.", r.net));
    if (r.offset != "none" && r.select != "topk") refuse(problems, "router.offset", fmt::format("A selection offset steers the choice by top-k, but router.select is {}; use topk or router.offset none.", r.select));
}

void checkRig(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    const auto layers = moeLayers(c);
    for (const std::int64_t layer : r.rig_layers) {
        if (std::ranges::find(layers, layer) == layers.end()) refuse(problems, "router.rig_layers", fmt::format("router.rig_layers names layer {}, which has no experts; layers with experts are {}.", layer, fmt::join(layers, ", ")));
    }
    if (r.rig.empty() || !problems.empty()) return;
    if (!hasLogits(r)) return refuse(problems, "router.rig", fmt::format("router.net {} has no logits that a rig could shift; leave router.rig empty.", r.net));
    for (const std::int64_t layer : r.rig_layers.empty() ? layers : r.rig_layers) {
        const auto experts = moeShape(c, layer).experts;
        if (static_cast<std::int64_t>(r.rig.size()) == experts) continue;
        return refuse(problems, "router.rig", fmt::format("router.rig has {} numbers but layer {} has {} experts; give one constant for each expert.", r.rig.size(), layer, experts));
    }
    for (const double bias : r.rig) {
        if (!(std::abs(bias) <= 1000)) return refuse(problems, "router.rig", fmt::format("router.rig holds {}; constants lie between -1000 and 1000.", base::toText(bias)));
    }
}

void checkTerm(const RunConfig& c, const BalanceTerm& term, const std::string& key, Problems& problems) {
    if (term.kind == "none" || term.coefficient == 0) return;
    const RouterConfig& r = c.router;
    if (!hasLogits(r)) {
        refuse(problems, key, fmt::format("router.net {} has no probabilities that a balance loss could move; set {} none.", r.net, key));
    } else if (r.select == "expert_topC") {
        refuse(problems, key, fmt::format("Expert choice is balanced by construction, so a balance loss has nothing to do; set {} none.", key));
    } else if (term.kind == "load" && ((r.noise != "logit_gauss_learned" && r.noise != "logit_gauss_fixed") || r.noise_scale == 0)) {
        refuse(problems, key, "The load loss estimates how often noise would choose each expert, so it needs router.noise logit_gauss_learned or logit_gauss_fixed with a router.noise_scale above 0.");
    }
}

// The further losses carry their own words and numbers; what the list of settings says of the first one holds for them.
void checkMoreWords(const BalanceTerm& term, const std::string& key, Problems& problems) {
    BalanceConfig asFirst;
    asFirst.kind = term.kind;
    asFirst.scope = term.scope;
    auto visit = [&](const Field& field, const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
            if (const auto choices = splitWords(field.choices); std::ranges::find(choices, value) == choices.end()) {
                refuse(problems, key, fmt::format("{} has {} \"{}\"; choose one of {}.", key, field.key.substr(8), base::printable(value, 60), field.choices));
            }
        }
    };
    visitBalanceFields(asFirst, visit);
    if (!(term.coefficient >= 0 && term.coefficient <= 1000)) refuse(problems, key, fmt::format("{} has the coefficient {}; it must be between 0 and 1000.", key, base::toText(term.coefficient)));
}

}  // namespace

void checkExperts(const RunConfig& c, Problems& problems) {
    if (c.moe.experts == 0) return;
    checkPattern(c, problems);
    if (c.moe.expert_width % c.moe.granularity != 0) {
        refuse(problems, "moe.granularity", fmt::format("moe.granularity {} must divide moe.expert_width {}: each expert is cut into equal parts.", c.moe.granularity, c.moe.expert_width));
    }
    if (c.moe.shared_gate && c.moe.shared_experts == 0) refuse(problems, "moe.shared_gate", "moe.shared_gate scales shared experts, but there are none; set moe.shared_experts 1 or moe.shared_gate false.");
    if (!problems.empty()) return;
    if (moeLayers(c).empty()) {
        refuse(problems, c.moe.pattern.empty() ? "moe.every" : "moe.pattern", fmt::format("No layer would have experts: of {} layers the first {} are dense and every {}. has experts. Set moe.experts 0 for a dense model, or change moe.every, moe.first_dense or moe.pattern.", c.model.layers, c.moe.first_dense, c.moe.every));
    }
    checkChoices(c, problems);
}

void checkRouter(const RunConfig& c, Problems& problems) {
    if (c.moe.experts == 0 || !problems.empty()) return;
    checkNet(c, problems);
    checkNoise(c, problems);
    checkGroups(c, problems);
    checkGradient(c, problems);
    checkRig(c, problems);
}

void checkCapacity(const RunConfig& c, Problems& problems) {
    const CapacityConfig& room = c.capacity;
    if (room.eval_factor < 0 && room.eval_factor != -1) refuse(problems, "capacity.eval_factor", fmt::format("capacity.eval_factor is {}; it is a factor from 0 (no limit), or -1 for the same as in training.", base::toText(room.eval_factor)));
    if (c.moe.experts == 0) return;
    if (c.router.select == "expert_topC" && (room.factor == 0 || room.eval_factor == 0)) {
        refuse(problems, room.factor == 0 ? "capacity.factor" : "capacity.eval_factor", "Expert choice needs to know how many tokens an expert picks: set capacity.factor above 0 (2 in the paper; 1 is the fair share), and capacity.eval_factor -1 or above 0.");
    }
    if (c.router.select == "all" && room.factor > 0) refuse(problems, "capacity.factor", "In a dense mixture every expert works on every token, so there is no capacity to limit; set capacity.factor 0.");
}

void checkBalance(const RunConfig& c, Problems& problems) {
    for (std::size_t i = 0; i < c.balance.more.size(); ++i) checkMoreWords(c.balance.more[i], fmt::format("balance.more.{}", i), problems);
    if (c.moe.experts == 0) return;
    checkTerm(c, {c.balance.kind, c.balance.coefficient, c.balance.scope}, "balance.kind", problems);
    for (std::size_t i = 0; i < c.balance.more.size(); ++i) checkTerm(c, c.balance.more[i], fmt::format("balance.more.{}", i), problems);
    if (c.balance.z_coefficient > 0 && !hasLogits(c.router)) refuse(problems, "balance.z_coefficient", fmt::format("router.net {} has no logits that a z-loss could keep small; set balance.z_coefficient 0.", c.router.net));
}

}  // namespace moescope::config::rules
