// Rules of the experts, their capacity and their balance losses.
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

void checkPattern(const RunConfig& c, Problems& problems) {
    const auto& pattern = c.moe.pattern;
    if (pattern.empty()) return;
    if (static_cast<std::int64_t>(pattern.size()) != c.model.layers) {
        refuse(problems, "moe.pattern",
               fmt::format("moe.pattern names {} layers but the model has {}; give one number of experts for each "
                           "layer (0 = dense).",
                           pattern.size(), c.model.layers));
    }
    for (const std::int64_t experts : pattern) {
        if (experts < 0 || experts > 1024)
            refuse(problems, "moe.pattern",
                   fmt::format("moe.pattern holds {}; a layer has 0 to 1024 experts.", experts));
    }
}

void checkPyramid(const RunConfig& c, Problems& problems) {
    if (c.moe.pyramid == 1) return;
    if (!c.moe.pattern.empty())
        refuse(problems, "moe.pyramid", "moe.pattern names the experts of each layer already; set moe.pyramid 1, or leave the pattern empty.");
    if (c.moe.experts * c.moe.pyramid > 1024)
        refuse(problems, "moe.pyramid",
               fmt::format("moe.pyramid {} makes {} experts of the {} in the deepest layers; a layer has at most 1024.", c.moe.pyramid,
                           c.moe.experts * c.moe.pyramid, c.moe.experts));
}

// Zero, copy and constant experts stand in the queues of a choice by top-k and nowhere else.
void checkZeroComputation(const RunConfig& c, Problems& problems) {
    const MoeConfig& m = c.moe;
    if (m.zero_experts + m.copy_experts + m.constant_experts == 0) return;
    const std::string_view key = m.zero_experts > 0 ? "moe.zero_experts" : m.copy_experts > 0 ? "moe.copy_experts" : "moe.constant_experts";
    if (isPlane(c)) return refuse(problems, key, "On the plane every expert answers at every point; set moe.zero_experts, moe.copy_experts and moe.constant_experts to 0.");
    if (!hasLogits(c.router) || c.router.select != "topk")
        refuse(problems, key,
               fmt::format("Zero, copy and constant experts are chosen like the others by top-k over logits, but router.net is {} and router.select {}; "
                           "use router.net linear or mlp2 with router.select topk, or set them to 0.",
                           c.router.net, c.router.select));
    if (c.router.weigh == "input")
        refuse(problems, key, "router.weigh input scales what an expert reads, and a zero expert reads nothing; use renorm or raw, or set moe.zero_experts, moe.copy_experts and moe.constant_experts to 0.");
    if (c.capacity.factor > 0 && c.capacity.overflow != "drop")
        refuse(problems, "capacity.overflow", "Where some experts are no networks, each kind has a room of its own and a full one drops; set capacity.overflow drop.");
}

void checkChoices(const RunConfig& c, Problems& problems) {
    if (!choosesK(c.router)) return;
    for (const MoeShape& s : shapes(c)) {
        if (s.topK <= s.experts) continue;
        refuse(problems, "moe.top_k",
               fmt::format("A token is to use {} experts but a layer has only {}; make moe.top_k at most {} or "
                           "moe.experts larger.",
                           s.topK, s.experts, s.experts / std::max<std::int64_t>(c.moe.granularity, 1)));
        return;
    }
}

void checkTerm(const RunConfig& c, const BalanceTerm& term, const std::string& key, Problems& problems) {
    if (term.kind == "none" || term.coefficient == 0) return;
    const RouterConfig& r = c.router;
    if (!hasLogits(r)) {
        refuse(
            problems, key,
            fmt::format("router.net {} has no probabilities that a balance loss could move; set {} none.", r.net, key));
    } else if (r.select == "expert_topC") {
        refuse(
            problems, key,
            fmt::format("Expert choice is balanced by construction, so a balance loss has nothing to do; set {} none.",
                        key));
    } else if (r.select == "slots") {
        refuse(problems, key, fmt::format("With slots every expert reads equally many of them, so a balance loss has nothing to do; set {} none.", key));
    } else if (term.kind == "load" &&
               ((r.noise != "logit_gauss_learned" && r.noise != "logit_gauss_fixed") || r.noise_scale == 0)) {
        refuse(problems, key,
               "The load loss estimates how often noise would choose each expert, so it needs router.noise "
               "logit_gauss_learned or logit_gauss_fixed with a router.noise_scale above 0.");
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
                refuse(problems, key,
                       fmt::format("{} has {} \"{}\"; choose one of {}.", key, field.key.substr(8),
                                   base::printable(value, 60), field.choices));
            }
        }
    };
    visitBalanceFields(asFirst, visit);
    if (!(term.coefficient >= 0 && term.coefficient <= 1000))
        refuse(problems, key,
               fmt::format("{} has the coefficient {}; it must be between 0 and 1000.", key,
                           base::toText(term.coefficient)));
}

}  // namespace

bool hasLogits(const RouterConfig& r) { return r.net != "hash" && r.net != "domain_hash" && r.net != "none"; }

bool choosesK(const RouterConfig& r) { return r.select != "expert_topC" && r.select != "all" && r.select != "slots"; }

std::vector<MoeShape> shapes(const RunConfig& c) {
    std::vector<MoeShape> all;
    for (const std::int64_t layer : moeLayers(c)) {
        const MoeShape shape = moeShape(c, layer);
        if (std::ranges::find(all, shape) == all.end()) all.push_back(shape);
    }
    return all;
}

void checkExperts(const RunConfig& c, Problems& problems) {
    if (c.moe.experts == 0) return;
    checkPattern(c, problems);
    if (c.moe.expert_width % c.moe.granularity != 0) {
        refuse(problems, "moe.granularity",
               fmt::format("moe.granularity {} must divide moe.expert_width {}: each expert is cut into equal parts.",
                           c.moe.granularity, c.moe.expert_width));
    }
    if (c.moe.shared_gate && c.moe.shared_experts == 0)
        refuse(problems, "moe.shared_gate",
               "moe.shared_gate scales shared experts, but there are none; set moe.shared_experts 1 or moe.shared_gate "
               "false.");
    if (!problems.empty()) return;
    if (moeLayers(c).empty()) {
        refuse(
            problems, c.moe.pattern.empty() ? "moe.every" : "moe.pattern",
            fmt::format("No layer would have experts: of {} layers the first {} are dense and every {}. has experts. "
                        "Set moe.experts 0 for a dense model, or change moe.every, moe.first_dense or moe.pattern.",
                        c.model.layers, c.moe.first_dense, c.moe.every));
    }
    checkPyramid(c, problems);
    checkZeroComputation(c, problems);
    checkChoices(c, problems);
}

void checkCapacity(const RunConfig& c, Problems& problems) {
    const CapacityConfig& room = c.capacity;
    if (room.eval_factor < 0 && room.eval_factor != -1)
        refuse(problems, "capacity.eval_factor",
               fmt::format(
                   "capacity.eval_factor is {}; it is a factor from 0 (no limit), or -1 for the same as in training.",
                   base::toText(room.eval_factor)));
    if (c.moe.experts == 0) return;
    if (c.router.select == "expert_topC" && (room.factor == 0 || room.eval_factor == 0)) {
        refuse(problems, room.factor == 0 ? "capacity.factor" : "capacity.eval_factor",
               "Expert choice needs to know how many tokens an expert picks: set capacity.factor above 0 (2 in the "
               "paper; 1 is the fair share), and capacity.eval_factor -1 or above 0.");
    }
    if (c.router.select == "all" && room.factor > 0)
        refuse(problems, "capacity.factor",
               "In a dense mixture every expert works on every token, so there is no capacity to limit; set "
               "capacity.factor 0.");
}

void checkBalance(const RunConfig& c, Problems& problems) {
    for (std::size_t i = 0; i < c.balance.more.size(); ++i)
        checkMoreWords(c.balance.more[i], fmt::format("balance.more.{}", i), problems);
    if (c.moe.experts == 0) return;
    checkTerm(c, {c.balance.kind, c.balance.coefficient, c.balance.scope}, "balance.kind", problems);
    for (std::size_t i = 0; i < c.balance.more.size(); ++i)
        checkTerm(c, c.balance.more[i], fmt::format("balance.more.{}", i), problems);
    if (c.balance.z_coefficient > 0 && !hasLogits(c.router))
        refuse(problems, "balance.z_coefficient",
               fmt::format("router.net {} has no logits that a z-loss could keep small; set balance.z_coefficient 0.",
                           c.router.net));
}

}  // namespace moescope::config::rules
