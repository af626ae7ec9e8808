// Score and noise: from token features to logits, probabilities and what the choice will rank.
#include "core/tensor.hpp"

#include <cmath>
#include <limits>

#include "core/routers/router.hpp"
#include "core/routers/stage_options.hpp"
#include "core/routing/logistic.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routing {

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

at::ScalarType workType(const at::Tensor& from) { return from.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

at::Tensor linearLogits(const RouterTensors& tensors, const at::Tensor& features) {
    const at::Tensor bias = tensors.has("bias") ? tensors.at("bias").to(features.scalar_type()) : at::Tensor();
    return at::linear(features, tensors.at("weight").to(features.scalar_type()), bias);
}

at::Tensor netLogits(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input) {
    if (input.logits.defined()) return input.logits.to(workType(input.logits));
    const at::Tensor features = routerFeatures(spec, input);
    const routers::Router* own = routers::claimant(spec, &routers::Router::logits);
    const at::Tensor logits = own ? own->logits(spec, tensors, features) : linearLogits(tensors, features);
    if (!tensors.has("residual_weight") || !input.previousLogits.defined()) return logits;
    const at::Tensor previous = input.previousLogits.to(logits.scalar_type());
    return logits + at::linear(previous, tensors.at("residual_weight").to(logits.scalar_type()));
}

at::Tensor rigged(const RouterSpec& spec, const at::Tensor& logits) {
    if (spec.rig.empty()) return logits;
    return logits + at::tensor(at::ArrayRef<double>(spec.rig), at::kDouble).to(logits.options());
}

at::Tensor transformed(const RouterSpec& spec, const at::Tensor& logits) {
    if (spec.transform == Transform::none || spec.transform == Transform::gatingResidual) return logits;
    const auto options = routers::readOptions<routers::StageOptions>(spec.options);
    if (spec.transform == Transform::temperature) return logits / options.temperature;
    const at::Tensor centred = logits - logits.mean(1, true);
    return centred * (options.lambda / (centred.square().mean(1, true) + 1e-6).sqrt());
}

at::Tensor noisy(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const at::Tensor& clean,
                 at::Tensor& std) {
    const auto shape = clean.sizes();
    const auto spread = [&] {
        return uniformDraws(spec, input, base::Purpose::routerNoise, shape, clean).mul(2).sub(1).mul(spec.noiseScale).add(1);
    };
    switch (spec.noise) {
    case Noise::logitMulJitter: return clean * spread();
    case Noise::logitAddUniform: return clean + spread();
    case Noise::gumbelAll:
        return clean + gumbelDraws(spec, input, base::Purpose::routerNoise, shape, clean) * spec.noiseScale;
    case Noise::logitGaussLearned:
    case Noise::logitGaussFixed: {
        std = routers::claimant(spec, &routers::Router::noiseStd)->noiseStd(spec, tensors, input, clean);
        return clean + normalDraws(spec, input, shape, clean) * std;
    }
    default: return clean;
    }
}

// A slot has a logit of its own; that of an expert is the log-sum-exp over its slots, so that a softmax adds up their shares.
void scoreSlots(const RouterSpec& spec, const at::Tensor& raw, Scores& scores) {
    const at::Tensor bySlot = raw.unflatten(1, {spec.experts, -1});  // [T, E, s]
    scores.logits = rigged(spec, bySlot.logsumexp(2));
    scores.slotLogits = spec.rig.empty() ? raw : (bySlot + rigged(spec, at::zeros({1, spec.experts}, raw.options())).unsqueeze(2)).flatten(1);
}

void setGate(const RouterSpec& spec, const at::Tensor& from, Scores& scores) {
    const bool clean = from.is_same(scores.clean);
    const bool overAll = spec.score == Score::softmaxAll || spec.score == Score::softmaxSelected || spec.score == Score::softmaxTokens;
    scores.confidence = clean && overAll ? scores.probabilities : scoreFunction(spec, from);
    scores.gate = spec.score == Score::softmaxSelected ? from : scores.confidence;
}

at::Tensor sharesOf(const RouterSpec& spec, const Scores& scores) {
    if (spec.score == Score::softmaxGroups) return scoreFunction(spec, scores.clean) / static_cast<double>(spec.groups);
    if (spec.score == Score::relu) return scoreFunction(spec, scores.clean);
    if (spec.score != Score::sigmoid) return scores.probabilities;
    return normalised(logistic(scores.clean));
}

}  // namespace

bool noiseIsOn(const RouterSpec& spec, bool training) {
    return spec.noise != Noise::none && spec.noiseScale > 0 && (training || spec.noiseAtEvaluation);
}

at::Tensor routerFeatures(const RouterSpec& spec, const RouterInput& input) {
    const at::Tensor features = input.features.to(workType(input.features));
    if (!noiseIsOn(spec, input.training)) return features;
    if (spec.noise != Noise::inputJitter && spec.noise != Noise::inputDropout) return features;
    const at::Tensor uniform = uniformDraws(spec, input, base::Purpose::routerJitter, features.sizes(), features);
    if (spec.noise == Noise::inputJitter) return features * uniform.mul(2 * spec.noiseScale).add(1 - spec.noiseScale);
    return features * uniform.ge(spec.noiseScale).to(features.scalar_type()).div(1 - spec.noiseScale);
}

Scores scoreExperts(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input) {
    Scores scores;
    const at::Tensor raw = netLogits(spec, tensors, input);
    if (spec.select == Select::slots) scoreSlots(spec, raw, scores);
    else scores.logits = rigged(spec, raw);
    const at::Tensor clean = transformed(spec, scores.logits);
    const at::Tensor ranked = noiseIsOn(spec, input.training) ? noisy(spec, tensors, input, clean, scores.noiseStd) : clean;
    const auto mute = [&](const at::Tensor& z) { return input.muted.defined() ? z.masked_fill(input.muted, kMinusInfinity) : z; };
    scores.clean = mute(clean);
    scores.noisy = ranked.is_same(clean) ? scores.clean : mute(ranked);
    scores.probabilities = scores.clean.softmax(1);
    scores.shares = sharesOf(spec, scores);
    setGate(spec, spec.noiseReachesWeights ? scores.noisy : scores.clean, scores);
    for (const routers::Router* router : routers::table())
        if (router->steer && router->claims(spec)) router->steer(spec, tensors, input, scores);
    return scores;
}

}  // namespace moescope::routing
