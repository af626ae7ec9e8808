// From the words of a configuration to the stages as data.
#include "core/routing/spec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/base/error.hpp"
#include "core/config/derived.hpp"
#include "core/routing/words.hpp"

namespace moescope::routing {

namespace {

template <class Enum, std::size_t N>
Enum parse(const std::array<Word<Enum>, N>& words, std::string_view key, std::string_view text) {
    for (const Word<Enum>& word : words)
        if (word.text == text) return word.value;
    throw base::Error(base::ExitCode::usage, "router.unknown", "no router stage is called \"" + base::printable(text) + "\"",
                      std::string(key), "choose one of those that `moescope-engine settings` lists");
}

double strengthOr(double scale, double published) { return scale >= 0 ? scale : published; }

double publishedStrength(Noise noise) {
    switch (noise) {
    case Noise::inputJitter: return 0.01;
    case Noise::inputDropout:
    case Noise::logitMulJitter:
    case Noise::logitAddUniform: return 0.1;
    case Noise::none: return 0;
    default: return 1;
    }
}

void setNoise(RouterSpec& spec, const config::RouterConfig& router) {
    if (router.select == "top1_random_second") spec.second = Second::random;
    if (router.select == "top1_gumbel_second") spec.second = Second::gumbel;
    double scale = router.noise_scale;
    if (router.noise == "random_second") {
        spec.second = Second::random;
    } else if (router.noise == "gumbel_second") {
        spec.second = Second::gumbel;
    } else if (router.noise != "none") {
        spec.noise = parse(kNoises, "router.noise", router.noise);
        spec.noiseScale = strengthOr(router.noise_scale, publishedStrength(spec.noise));
        scale = -1;
    }
    if (spec.second == Second::random) spec.secondScale = strengthOr(scale, 0.5);
    if (spec.second == Second::gumbel) spec.secondScale = strengthOr(scale, 1);
    spec.noiseReachesWeights = parse(kNoiseScopes, "router.noise_scope", router.noise_scope);
    spec.noiseAtEvaluation = router.noise_at_evaluation;
}

void setSelection(RouterSpec& spec, const config::RouterConfig& router) {
    spec.select = parse(kSelects, "router.select", router.select);
    if (!hasLogits(spec) && spec.select == Select::topk) spec.select = Select::fixed;
    spec.offset = parse(kOffsets, "router.offset", router.offset);
    spec.offsetRate = router.offset_rate;
    spec.groupRule = parse(kGroupRules, "router.group_rule", router.group_rule);
    spec.groups = router.groups;
    spec.groupsKept = router.groups_kept;
}

// Experts that share out the neurons of one layer answer a share of it each: weights that sum to one need the factor E.
double scaleOf(const RouterSpec& spec, const config::RouterConfig& router) {
    const auto rescale = router.options.find("rescale");
    const bool* on = rescale == router.options.end() ? nullptr : std::get_if<bool>(&rescale->second);
    return on && *on ? router.scale * static_cast<double>(spec.experts) : router.scale;
}

Weigh automaticWeigh(const RouterSpec& spec) {
    if (spec.select == Select::fixed) return spec.net == Net::none ? Weigh::uniform : Weigh::one;
    if (spec.select != Select::topk || spec.score == Score::softmaxGroups) return Weigh::raw;
    return spec.topK > 1 ? Weigh::renorm : Weigh::raw;
}

void setWeights(RouterSpec& spec, const config::RouterConfig& router) {
    spec.weigh = router.weigh == "auto" ? automaticWeigh(spec) : parse(kWeighs, "router.weigh", router.weigh);
    spec.scale = scaleOf(spec, router);
    spec.estimator = parse(kEstimators, "router.estimator", router.estimator);
}

CapacityRule capacityRule(const config::CapacityConfig& from) {
    CapacityRule rule;
    rule.factor = from.factor;
    rule.evalFactor = from.eval_factor < 0 ? from.factor : from.eval_factor;
    rule.minimum = from.minimum;
    rule.multipleOf = from.multiple_of;
    rule.countK = from.count_k;
    rule.overflow = parse(kOverflows, "capacity.overflow", from.overflow);
    rule.priority = parse(kPriorities, "capacity.priority", from.priority);
    rule.groupTokens = from.group_tokens;
    return rule;
}

BalanceTerm balanceTerm(const std::string& kind, double coefficient, const std::string& scope) {
    return {parse(kLossKinds, "balance.kind", kind), coefficient, parse(kScopes, "balance.scope", scope)};
}

void setBalance(RouterSpec& spec, const config::BalanceConfig& from) {
    spec.balance = balanceTerm(from.kind, from.coefficient, from.scope);
    for (const config::BalanceTerm& term : from.more)
        spec.more.push_back(balanceTerm(term.kind, term.coefficient, term.scope));
    spec.zCoefficient = from.z_coefficient;
}

void setExperts(RouterSpec& spec, const config::RunConfig& config) {
    const config::MoeShape shape = config::moeShape(config, spec.layer);
    spec.experts = shape.experts;
    spec.topK = shape.topK;
    spec.constantExperts = config.moe.constant_experts;
    spec.copyExperts = config.moe.copy_experts;
    spec.zeroExperts = config.moe.zero_experts;
    spec.firstMixture = config::moeLayers(config).front() == spec.layer;
    if (config.moe.residual != "cmr") return;
    spec.budget = config.moe.residual_target;
    spec.budgetCoefficient = config.moe.residual_coefficient;
}

void setRig(RouterSpec& spec, const config::RouterConfig& router) {
    const bool named = std::ranges::find(router.rig_layers, spec.layer) != router.rig_layers.end();
    if (router.rig_layers.empty() || named) spec.rig = router.rig;
}

}  // namespace

RouterSpec makeSpec(const config::RunConfig& config, std::int64_t layer) {
    RouterSpec spec;
    spec.layer = layer;
    setExperts(spec, config);
    spec.net = parse(kNets, "router.net", config.router.net);
    spec.transform = parse(kTransforms, "router.transform", config.router.transform);
    spec.score = parse(kScores, "router.score", config.router.score);
    setNoise(spec, config.router);
    setSelection(spec, config.router);
    if (spec.select == Select::slots) spec.slotsPerExpert = config::slotsPerExpert(config, spec.experts);
    setWeights(spec, config.router);
    spec.bias = config.router.bias;
    spec.frozen = config.router.frozen;
    spec.initStd = config.router.init_std;
    setRig(spec, config.router);
    spec.capacity = capacityRule(config.capacity);
    setBalance(spec, config.balance);
    spec.options = config.router.options;
    return spec;
}

std::vector<RouterSpec> makeSpecs(const config::RunConfig& config) {
    std::vector<RouterSpec> specs;
    for (const std::int64_t layer : config::moeLayers(config)) specs.push_back(makeSpec(config, layer));
    return specs;
}

std::int64_t slots(const RouterSpec& spec) {
    const bool varies = spec.select == Select::expertTopC || spec.select == Select::reluThreshold || spec.select == Select::bitcode;
    return varies || spec.select == Select::all || spec.select == Select::slots ? spec.experts : spec.topK;
}

std::int64_t computing(const RouterSpec& spec) { return spec.experts - spec.constantExperts - spec.copyExperts - spec.zeroExperts; }

bool hasLogits(const RouterSpec& spec) { return spec.net != Net::hash && spec.net != Net::domainHash && spec.net != Net::none; }

bool hasLevels(const RouterSpec& spec) { return spec.groupRule == GroupRule::twoLevel || spec.groupRule == GroupRule::twoLevelTop2; }

bool needsDomains(const RouterSpec& spec) {
    const auto byDomain = [](const BalanceTerm& term) { return term.kind == LossKind::entropyLocal || term.kind == LossKind::entropyGlobal; };
    return byDomain(spec.balance) || std::ranges::any_of(spec.more, byDomain);
}

bool isRandom(const RouterSpec& spec, bool training) {
    const double cf = training ? spec.capacity.factor : spec.capacity.evalFactor;
    if (cf > 0 && (spec.capacity.priority == Priority::random || spec.capacity.overflow == Overflow::recycleRandom)) return true;
    const auto drawn = [&](const char* option) { return spec.options.contains(option); };
    if (training && (drawn("eom") || drawn("expert_mask") || drawn("gating_dropout") || drawn("importance_sampling"))) return true;
    if (!training && !spec.noiseAtEvaluation) return false;
    if (spec.select == Select::sampleMasked && training) return true;
    return (spec.noise != Noise::none && spec.noiseScale > 0) || (spec.second != Second::best && spec.secondScale > 0);
}

namespace {

// Places per expert and choice that a fair share is counted in: E, or where some experts are no networks tau N + Z in units of
// a network's place (tau) or of another's.
double fairDivisor(const RouterSpec& spec, bool zeroComputation) {
    const std::int64_t networks = computing(spec);
    if (networks == spec.experts) return static_cast<double>(spec.experts);
    const double tau = config::zeroComputationShare(spec.options);
    const double units = tau * static_cast<double>(networks) + static_cast<double>(spec.experts - networks);
    return zeroComputation ? units : units / tau;
}

}  // namespace

std::int64_t capacity(const RouterSpec& spec, std::int64_t tokens, bool training, bool zeroComputation) {
    const CapacityRule& rule = spec.capacity;
    const double cf = training ? rule.factor : rule.evalFactor;
    if (spec.select == Select::expertTopC) {
        const double fair = (cf > 0 ? cf : static_cast<double>(spec.topK)) * static_cast<double>(tokens);
        const auto rows = static_cast<std::int64_t>(std::floor(fair / static_cast<double>(spec.experts) + 1e-6));
        return std::min(tokens, std::max<std::int64_t>(1, rows));
    }
    if (!(cf > 0) || std::isinf(cf)) return 0;
    const double choices = rule.countK ? static_cast<double>(spec.select == Select::all ? spec.experts : spec.topK) : 1.0;
    const double fair = cf * choices * static_cast<double>(tokens) / fairDivisor(spec, zeroComputation);
    const double wanted = std::min(std::ceil(fair - 1e-6), static_cast<double>(tokens));  // no overflow for huge cf
    const std::int64_t least = std::max<std::int64_t>(1, rule.minimum);
    const std::int64_t room = std::min(tokens, std::max(least, static_cast<std::int64_t>(wanted)));
    const std::int64_t step = std::max<std::int64_t>(1, rule.multipleOf);
    return (room + step - 1) / step * step;
}

std::string_view name(LossKind kind) {
    for (const auto& word : kLossKinds)
        if (word.value == kind) return word.text;
    return "none";
}

}  // namespace moescope::routing
