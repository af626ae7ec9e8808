// Rules of the router: net, noise, groups, gradient, rig.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/numbers.hpp"
#include "core/config/derived.hpp"
#include "core/config/rules.hpp"

namespace moescope::config::rules {
namespace {

using base::Problems;

bool hasSecondRule(const RouterConfig& r) {
    return r.noise == "random_second" || r.noise == "gumbel_second" || r.select == "top1_random_second" ||
           r.select == "top1_gumbel_second";
}

// With one kept expert whose weight does not depend on the logits, only the balance loss could ever move the router.
void checkGradient(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    if (!hasLogits(r) || r.frozen || r.accept_no_gradient || r.estimator != "autograd_gate" || !choosesK(r)) return;
    if (r.weigh == "one" || r.weigh == "uniform") {
        refuse(problems, "router.weigh",
               fmt::format("router.weigh \"{}\" gives every chosen expert the same weight whatever the router says, so "
                           "the text cannot teach the router; use raw or renorm, router.estimator straight_through, "
                           "router.frozen true, or accept it with router.accept_no_gradient true.",
                           r.weigh));
        return;
    }
    const bool single = std::ranges::any_of(shapes(c), [](const MoeShape& s) { return s.topK == 1; });
    if (single && r.score == "softmax_selected") {
        refuse(problems, "router.score",
               "With one expert per token, softmax after the choice always gives it weight 1, so the router gets no "
               "gradient from the text; use router.score softmax_all, moe.top_k 2, or accept it with "
               "router.accept_no_gradient true.");
    }
}

void checkGroups(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    if (r.group_rule == "none") return;
    if (r.select != "topk")
        refuse(
            problems, "router.group_rule",
            fmt::format(
                "Groups limit a token's choice by top-k, but router.select is {}; use topk or router.group_rule none.",
                r.select));
    for (const MoeShape& s : shapes(c)) {
        if (s.experts % r.groups != 0) {
            refuse(
                problems, "router.groups",
                fmt::format(
                    "router.groups is {} and a layer has {} experts: groups are of equal size, so it must divide them.",
                    r.groups, s.experts));
        } else if (r.group_rule == "per_group") {
            if (s.topK % r.groups != 0)
                refuse(problems, "moe.top_k",
                       fmt::format("With router.group_rule per_group each of the {} groups gives as many experts, so "
                                   "the {} experts per token must be a multiple of {}.",
                                   r.groups, s.topK, r.groups));
        } else if (r.group_rule == "two_level_top2") {
            continue;  // two groups, whatever is kept; the router itself says what it needs
        } else if (r.groups_kept > r.groups) {
            refuse(problems, "router.groups_kept",
                   fmt::format("router.groups_kept is {} of {} groups; keep at most all of them.", r.groups_kept,
                               r.groups));
        } else if (s.topK > r.groups_kept * (s.experts / r.groups)) {
            refuse(problems, "router.groups_kept",
                   fmt::format("{} groups of {} experts stay open to a token, fewer than the {} experts it is to use; "
                               "keep more groups or lower moe.top_k.",
                               r.groups_kept, s.experts / r.groups, s.topK));
        }
    }
}

void checkNoise(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    if (r.noise_scale < 0 && r.noise_scale != -1)
        refuse(problems, "router.noise_scale",
               fmt::format("router.noise_scale is {}; it is a strength from 0, or -1 for the published one.",
                           base::toText(r.noise_scale)));
    if (r.noise == "input_dropout" && r.noise_scale >= 1)
        refuse(problems, "router.noise_scale",
               "router.noise_scale is the share of the router's input that is dropped and must be below 1.");
    if (!hasLogits(r) && r.noise != "none")
        refuse(problems, "router.noise",
               fmt::format("router.net {} has no logits that noise could change; set router.noise none.", r.net));
    const bool pair = std::ranges::all_of(shapes(c), [](const MoeShape& s) { return s.topK == 2; });
    if (hasSecondRule(r) && !pair && r.group_rule != "two_level_top2")
        refuse(problems, "moe.top_k",
               "A random second expert needs exactly two experts per token; set moe.top_k 2 (and moe.granularity 1).");
}

// Domains choose among groups of experts; what other data brings is only known when it is read.
void checkDomains(const RunConfig& c, Problems& problems) {
    const std::size_t generated = c.data.source == "domains" ? c.data.domains.size() : 0;
    if (c.data.source == "random" || (c.data.source == "domains" && generated < 2))
        refuse(problems, "router.net",
               fmt::format("router.net domain_hash gives each domain experts of its own, and the data has {}; use a text or a mixture of two or more "
                           "domains, or router.net hash.",
                           generated == 1 ? "one domain" : "no domains"));
    if (std::ranges::any_of(shapes(c), [](const MoeShape& s) { return s.topK != 1; }))
        refuse(problems, "moe.top_k", "router.net domain_hash gives each token one expert; set moe.top_k 1 (and moe.granularity 1).");
    for (const MoeShape& s : shapes(c))
        if (c.router.groups > s.experts)
            refuse(problems, "router.groups", fmt::format("router.groups is {} and a layer has {} experts; every group needs one.", c.router.groups, s.experts));
}

void checkNet(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    if (hasLogits(r) && r.select == "fixed")
        refuse(problems, "router.select",
               fmt::format("router.select fixed takes the experts from a table, but router.net {} computes logits; use "
                           "topk, or router.net hash or none.",
                           r.net));
    for (const MoeShape& s : shapes(c)) {
        if (r.net == "tree" && s.experts % r.groups != 0)
            refuse(problems, "router.groups",
                   fmt::format("A tree's first gate chooses among {} groups of equal size, so router.groups must divide the {} experts.",
                               r.groups, s.experts));
    }
    if (r.net == "domain_hash") checkDomains(c, problems);
    if (r.transform == "gating_residual" && shapes(c).size() > 1)
        refuse(problems, "router.transform",
               "A gating residual passes the logits of one layer on to the next, so all layers need equally many experts; set moe.pyramid 1 "
               "and an even moe.pattern, or another router.transform.");
    if (!hasLogits(r) && r.select != "fixed" && r.select != "topk")
        refuse(problems, "router.select",
               fmt::format("router.net {} has no logits, so {} has nothing to choose by; use router.select fixed.",
                           r.net, r.select));
    if (!hasLogits(r) && r.offset != "none")
        refuse(problems, "router.offset",
               fmt::format("router.net {} has no scores that an offset could steer; set router.offset none.", r.net));
    if (r.offset != "none" && r.select != "topk")
        refuse(problems, "router.offset",
               fmt::format("A selection offset steers the choice by top-k, but router.select is {}; use topk or "
                           "router.offset none.",
                           r.select));
}

void checkRig(const RunConfig& c, Problems& problems) {
    const RouterConfig& r = c.router;
    const auto layers = moeLayers(c);
    for (const std::int64_t layer : r.rig_layers) {
        if (std::ranges::find(layers, layer) == layers.end())
            refuse(problems, "router.rig_layers",
                   fmt::format("router.rig_layers names layer {}, which has no experts; layers with experts are {}.",
                               layer, fmt::join(layers, ", ")));
    }
    if (r.rig.empty() || !problems.empty()) return;
    if (!hasLogits(r))
        return refuse(
            problems, "router.rig",
            fmt::format("router.net {} has no logits that a rig could shift; leave router.rig empty.", r.net));
    for (const std::int64_t layer : r.rig_layers.empty() ? layers : r.rig_layers) {
        const auto experts = moeShape(c, layer).experts;
        if (static_cast<std::int64_t>(r.rig.size()) == experts) continue;
        return refuse(
            problems, "router.rig",
            fmt::format("router.rig has {} numbers but layer {} has {} experts; give one constant for each expert.",
                        r.rig.size(), layer, experts));
    }
    for (const double bias : r.rig) {
        if (!(std::abs(bias) <= 1000))
            return refuse(
                problems, "router.rig",
                fmt::format("router.rig holds {}; constants lie between -1000 and 1000.", base::toText(bias)));
    }
}

}  // namespace

void checkRouter(const RunConfig& c, Problems& problems) {
    if (c.moe.experts == 0 || !problems.empty()) return;
    checkNet(c, problems);
    checkNoise(c, problems);
    checkGroups(c, problems);
    checkGradient(c, problems);
    checkRig(c, problems);
}

}  // namespace moescope::config::rules
