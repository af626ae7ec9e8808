// One pass: embed, run the blocks through the back-end, and end in losses or logits.
#include "core/model/model.hpp"

#include "core/config/derived.hpp"
#include "core/model/builder.hpp"

namespace moescope::model {

Model::Model(const config::RunConfig& config, std::int64_t vocabulary, const at::TensorOptions& options, at::ScalarType compute,
             std::span<const std::int64_t> tokenCounts)
    : Network(vocabulary, options), m_config(config.model), m_compute(compute), m_activation(kernels::activationOf(config.model.activation)) {
    if (config.moe.residual == "cmr") m_gateDropout = config.moe.residual_dropout;
    Builder(*this, config, tokenCounts).build();
}

at::Tensor Model::cast(const at::Tensor& weight) const {
    return !weight.defined() || weight.scalar_type() == m_compute ? weight : weight.to(m_compute);
}

kernels::BlockContext Model::contextOf(const TokenBatch& batch, const Pass& pass) const {
    const std::int64_t first = pass.cache ? pass.cache->length : 0;
    kernels::BlockContext context;
    context.sequences = batch.sequences;
    context.length = batch.length;
    context.compute = m_compute;
    context.rotary = kernels::rotaryTable(first, batch.length, config::headWidth(m_config), m_config.rope_base,
                                          m_options.dtype(m_compute));
    context.dropout = pass.training ? m_config.dropout : 0;
    context.seed = pass.draws.seed;
    context.draw = pass.dropoutDraw;
    context.times = pass.times;
    return context;
}

at::Tensor Model::runBlock(Block& block, std::int64_t layer, const at::Tensor& x, const TokenBatch& batch, const Pass& pass,
                           const kernels::BlockContext& context, std::vector<routing::Routing>& routings) {
    kernels::Backend& backend = kernels::referenceBackend();
    kernels::AttentionWeights attention = block.attention;
    attention.queryKeyValue = cast(attention.queryKeyValue);
    attention.out = cast(attention.out);
    kernels::AttentionCache* cache = pass.cache ? &pass.cache->layers[static_cast<std::size_t>(layer)] : nullptr;
    const at::Tensor mixed = backend.attention(x, attention, layer, context, cache);
    if (block.moeIndex < 0)
        return backend.feedForward(mixed, block.norm, {cast(block.dense.up), cast(block.dense.down)}, m_activation, layer, context);

    const auto index = static_cast<std::size_t>(block.moeIndex);
    kernels::MixtureWeights w = block.mixture;
    for (at::Tensor* tensor : {&w.experts.up, &w.experts.down, &w.shared.up, &w.shared.down, &w.sharedGate, &w.residual.up,
                               &w.residual.down, &w.constantGate, &w.constantValue})
        *tensor = cast(*tensor);
    w.gateDropout = pass.training ? m_gateDropout : 0;
    const kernels::Route route = [&](const at::Tensor& features) {
        routing::RouterInput input;
        input.features = features;
        input.tokenIds = batch.inputs;
        input.previousTokenIds = batch.previous;
        input.domains = batch.domains;
        input.sequences = batch.sequences;
        input.training = pass.training;
        input.draws = pass.draws;
        if (!routings.empty()) input.previousLogits = routings.back().logits;
        if (!pass.muted.empty()) input.muted = pass.muted[index];
        return routing::route(pass.specs[index], m_routers[index], input);
    };
    kernels::MixtureResult result = backend.mixture(mixed, w, pass.specs[index], route, layer, context);
    routings.push_back(std::move(result.routing));
    return result.x;
}

PassResult Model::forward(const TokenBatch& batch, const Pass& pass) {
    if (pass.cache) pass.cache->layers.resize(m_blocks.size());
    const kernels::BlockContext context = contextOf(batch, pass);
    PassResult result;
    at::Tensor x;
    {
        const kernels::TimedPart timed(pass.times, kernels::Part::embedding);
        x = at::embedding(m_embedding, batch.inputs);
    }
    if (pass.inspect) pass.inspect("model.embed_tokens", x);
    for (std::size_t layer = 0; layer < m_blocks.size(); ++layer) {
        x = runBlock(m_blocks[layer], static_cast<std::int64_t>(layer), x, batch, pass, context, result.routings);
        if (pass.inspect) pass.inspect("model.layers." + std::to_string(layer), x);
    }
    if (pass.cache) pass.cache->length += batch.length;
    kernels::Backend& backend = kernels::referenceBackend();
    if (!batch.targets.defined()) {
        result.logits = backend.logits(x, m_finalNorm, cast(m_head), context);
        return result;
    }
    const kernels::HeadLoss loss = backend.loss(x, m_finalNorm, cast(m_head), batch.targets, context);
    result.loss = loss.mean;
    result.tokenLoss = loss.perToken;
    if (pass.inspect) pass.inspect("lm_head", loss.perToken);
    return result;
}

}  // namespace moescope::model
