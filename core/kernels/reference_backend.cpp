// The reference back-end: each block in a few LibTorch operations and this folder's autograd nodes.
#include "core/kernels/backend.hpp"

#include "core/kernels/dropout.hpp"
#include "core/kernels/residual_gate.hpp"
#include "core/kernels/slots.hpp"
#include "core/kernels/zero_computation.hpp"

namespace moescope::kernels {

namespace {

at::Tensor feedForwardOf(const at::Tensor& h, const FeedForwardWeights& w, Activation kind) {
    return at::linear(activate(at::linear(h, w.up), kind), w.down);
}

at::Tensor heads(const at::Tensor& x, const BlockContext& context, std::int64_t headWidth) {
    return x.unflatten(-1, {-1, headWidth}).unflatten(0, {context.sequences, context.length});
}

// [sequences, length, heads, width] -> what LibTorch's attention takes, as a view.
at::Tensor byHead(const at::Tensor& x) { return x.transpose(1, 2); }

void extend(AttentionCache& cache, at::Tensor& keys, at::Tensor& values) {
    if (cache.keys.defined()) {
        keys = at::cat({cache.keys, keys}, 1);
        values = at::cat({cache.values, values}, 1);
    }
    cache = {keys, values};
}

DispatchPlan planOf(const routing::RouterSpec& spec, const routing::Routing& routing) {
    const std::int64_t networks = routing::computing(spec);
    if (networks < spec.experts)
        return planDispatch(routing.experts, routing.kept.logical_and(routing.experts.lt(networks)), networks, /*allKept=*/false);
    const bool allKept = routing.dropless && routing.complete;
    if (allKept && spec.select == routing::Select::all) return planEverywhere(routing.experts, spec.experts);
    return planDispatch(routing.experts, routing.kept, spec.experts, allKept);
}

constexpr std::int64_t kGateSite = 1 << 20;  // layers from here on name the masks of residual gates

class ReferenceBackend final : public Backend {
public:
    at::Tensor attention(const at::Tensor& x, const AttentionWeights& w, std::int64_t layer, const BlockContext& context,
                         AttentionCache* cache) override {
        const TimedPart timed(context.times, Part::attention);
        const at::Tensor packed = at::linear(normalise(x, w.norm, context.compute), w.queryKeyValue);
        const std::int64_t q = w.heads * w.headWidth, kv = w.kvHeads * w.headWidth;
        const auto parts = packed.split_with_sizes({q, kv, kv}, -1);
        at::Tensor query = heads(parts[0], context, w.headWidth), key = heads(parts[1], context, w.headWidth);
        at::Tensor value = heads(parts[2], context, w.headWidth);
        if (w.queryNorm.weight.defined()) {
            query = normalise(query, w.queryNorm, context.compute);
            key = normalise(key, w.keyNorm, context.compute);
        }
        query = rotate(query, context.rotary);
        key = rotate(key, context.rotary);
        const bool causal = !cache || !cache->keys.defined();
        if (cache) extend(*cache, key, value);
        const at::Tensor mixed = at::scaled_dot_product_attention(byHead(query), byHead(key), byHead(value), {}, 0.0, causal,
                                                                  std::nullopt, w.heads != w.kvHeads);
        const at::Tensor out = at::linear(byHead(mixed).reshape({x.size(0), q}), w.out).to(x.scalar_type());
        return x + dropout(out, context.dropout, keyOf(context, layer, 0));
    }

    at::Tensor feedForward(const at::Tensor& x, const NormWeights& norm, const FeedForwardWeights& w, Activation kind,
                           std::int64_t layer, const BlockContext& context) override {
        const TimedPart timed(context.times, Part::experts);
        const at::Tensor out = feedForwardOf(normalise(x, norm, context.compute), w, kind).to(x.scalar_type());
        return x + dropout(out, context.dropout, keyOf(context, layer, 1));
    }

    MixtureResult mixture(const at::Tensor& x, const MixtureWeights& w, const routing::RouterSpec& spec, const Route& route,
                          std::int64_t layer, const BlockContext& context) override {
        const at::Tensor wide = timedNorm(x, w.norm, context);
        routing::Routing routing = timedRoute(wide, route, context);
        const TimedPart timed(context.times, Part::experts);
        const at::Tensor h = wide.to(context.compute);
        at::Tensor out = routedOf(h, spec, routing, w).to(x.scalar_type());
        if (routing.outputScale.defined()) out = out * routing.outputScale.to(out.scalar_type());
        if (w.shared.present()) out = out + sharedOf(h, w).to(x.scalar_type());
        if (w.residual.present()) out = besideResidual(out, h, wide, w, keyOf(context, layer + kGateSite, 0), routing);
        return {x + dropout(out, context.dropout, keyOf(context, layer, 1)), std::move(routing)};
    }

    HeadLoss loss(const at::Tensor& x, const NormWeights& norm, const at::Tensor& head, const at::Tensor& targets,
                  const BlockContext& context) override {
        const TimedPart timed(context.times, Part::head);
        return headLoss(normalise(x, norm, context.compute), head, targets);
    }

    at::Tensor logits(const at::Tensor& x, const NormWeights& norm, const at::Tensor& head,
                      const BlockContext& context) override {
        return headLogits(normalise(x, norm, context.compute), head);
    }

private:
    static DropoutKey keyOf(const BlockContext& context, std::int64_t layer, std::uint32_t place) {
        return {context.seed, context.draw, static_cast<std::uint32_t>(2 * layer) + place};
    }
    static at::Tensor routedOf(const at::Tensor& h, const routing::RouterSpec& spec, routing::Routing& routing, const MixtureWeights& w) {
        if (spec.select == routing::Select::slots) return runSlots(h, routing, w.experts, w.activation);
        const DispatchPlan plan = planOf(spec, routing);
        if (spec.weigh == routing::Weigh::input) return runOnScaled(h, routing, w, plan);
        const at::Tensor weights = routing::outputWeights(routing), out = runExperts(h, weights, w.experts, plan, w.activation);
        if (spec.copyExperts + spec.constantExperts == 0) return out;
        return out + zeroComputation(h, weights, routing.experts, spec, w.constantGate, w.constantValue).to(out.scalar_type());
    }
    // Sum of mixture and dense expert, or the two weighed against each other; the gate reads the norm in wide numbers.
    static at::Tensor besideResidual(const at::Tensor& mixture, const at::Tensor& h, const at::Tensor& wide, const MixtureWeights& w,
                                     const DropoutKey& key, routing::Routing& routing) {
        const at::Tensor dense = feedForwardOf(h, w.residual, w.activation).to(mixture.scalar_type());
        if (!w.residualGate.defined()) return mixture + dense;
        routing.mixture = mixtureShare(wide, w.residualGate, w.residualBias);
        return shareLayer(mixture, dense, routing.mixture, w.gateDropout, key);
    }
    // One expert a token, and its weight multiplies what it reads.
    static at::Tensor runOnScaled(const at::Tensor& h, const routing::Routing& routing, const MixtureWeights& w, const DispatchPlan& plan) {
        const at::Tensor read = h * routing.weights.to(h.scalar_type());
        return runExperts(read, routing.kept.to(routing.weights.scalar_type()), w.experts, plan, w.activation);
    }
    // Wide, because the router reads it too.
    static at::Tensor timedNorm(const at::Tensor& x, const NormWeights& norm, const BlockContext& context) {
        const TimedPart timed(context.times, Part::router);
        return normalise(x, norm, x.scalar_type());
    }
    static routing::Routing timedRoute(const at::Tensor& features, const Route& route, const BlockContext& context) {
        const TimedPart timed(context.times, Part::router);
        return route(features);
    }
    static at::Tensor sharedOf(const at::Tensor& h, const MixtureWeights& w) {
        const at::Tensor out = feedForwardOf(h, w.shared, w.activation);
        return w.sharedGate.defined() ? out * at::sigmoid(at::linear(h, w.sharedGate)) : out;
    }
};

}  // namespace

Backend& referenceBackend() {
    static ReferenceBackend backend;
    return backend;
}

}  // namespace moescope::kernels
