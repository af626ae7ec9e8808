// The weights of each block, named as Qwen3-MoE checkpoints name them.
#include "core/model/builder.hpp"

#include <cmath>

#include "core/config/derived.hpp"

namespace moescope::model {

Model::Builder::Builder(Model& model, const config::RunConfig& config, std::span<const std::int64_t> tokenCounts)
    : m_model(model), m_config(config), m_tokenCounts(tokenCounts), m_seed(static_cast<std::uint64_t>(config.training.seed)),
      m_std(config.model.init_std),
      // Matrices that write into the residual stream: as many of them add up as there are sublayers (Radford et al. 2019).
      m_outwardStd(config.model.init_std / std::sqrt(2.0 * static_cast<double>(config.model.layers))) {}

void Model::Builder::build() {
    const std::vector<std::int64_t> table{m_model.m_vocabulary, m_config.model.width};
    m_model.m_embedding = matrix("model.embed_tokens.weight", table, whole("model.embed_tokens.weight", table), m_std);
    m_model.m_parameters.back().decays = false;
    for (std::int64_t layer = 0; layer < m_config.model.layers; ++layer) buildBlock(layer);
    m_model.m_finalNorm = norm("model.norm.weight", m_config.model.width);
    m_model.m_head = m_config.model.tied_head
                         ? m_model.m_embedding
                         : matrix("lm_head.weight", table, whole("lm_head.weight", table), m_std);
}

void Model::Builder::buildBlock(std::int64_t layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    Block block;
    block.attention = attention(prefix);
    block.norm = norm(prefix + "post_attention_layernorm.weight", m_config.model.width);
    if (config::moeShape(m_config, layer).experts > 0)
        buildMixture(layer, block);
    else
        block.dense = feedForward(prefix + "mlp.", config::denseWidth(m_config));
    m_model.m_blocks.push_back(std::move(block));
}

void Model::Builder::buildMixture(std::int64_t layer, Block& block) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".mlp.";
    const config::MoeShape shape = config::moeShape(m_config, layer);
    block.moeIndex = static_cast<std::int64_t>(m_model.m_routers.size());
    m_model.addRouter(m_config, layer, m_config.model.width, prefix, m_tokenCounts);
    block.mixture.norm = block.norm;
    block.mixture.activation = kernels::activationOf(m_config.model.activation);
    block.mixture.experts = experts(prefix + "experts.", shape.computing(), shape.expertWidth);
    addConstantExperts(prefix, block.mixture);
    if (m_config.moe.shared_experts > 0)
        block.mixture.shared = feedForward(prefix + "shared_expert.", m_config.moe.shared_experts * shape.expertWidth);
    const std::string gate = prefix + "shared_expert_gate.weight";
    if (m_config.moe.shared_gate) block.mixture.sharedGate = matrix(gate, {1, m_config.model.width}, whole(gate, {1, m_config.model.width}), m_std);
    if (m_config.moe.residual == "none") return;
    block.mixture.residual = feedForward(prefix + "residual_expert.", shape.expertWidth);
    addResidualGate(prefix + "residual_gate.", block.mixture);
}

// Two rows for a softmax over mixture and dense expert, one for the sigmoid weight of the mixture.
void Model::Builder::addResidualGate(const std::string& prefix, kernels::MixtureWeights& mixture) {
    const std::int64_t rows = m_config.moe.residual == "softmax2" ? 2 : m_config.moe.residual == "cmr" ? 1 : 0;
    if (rows == 0) return;
    const std::vector<std::int64_t> shape{rows, m_config.model.width};
    mixture.residualGate = matrix(prefix + "weight", shape, whole(prefix + "weight", shape), m_std);
    mixture.residualBias = add(makeParameter(prefix + "bias", {rows}, whole(prefix + "bias", {rows}), InitKind::zeros, 0, m_seed, m_model.m_options));
}

void Model::Builder::addConstantExperts(const std::string& prefix, kernels::MixtureWeights& mixture) {
    const std::int64_t n = m_config.moe.constant_experts, d = m_config.model.width;
    if (n == 0) return;
    const std::string gate = prefix + "constant_experts.gate.weight", value = prefix + "constant_experts.value";
    mixture.constantGate = matrix(gate, {n, 2, d}, whole(gate, {n, 2, d}), m_std);
    mixture.constantValue = matrix(value, {n, d}, whole(value, {n, d}), m_std);
}

kernels::AttentionWeights Model::Builder::attention(const std::string& prefix) {
    const config::ModelConfig& m = m_config.model;
    const std::int64_t d = m.width, h = config::headWidth(m), q = m.heads * h, kv = config::kvHeads(m) * h;
    const std::string self = prefix + "self_attn.";
    kernels::AttentionWeights w{.heads = m.heads, .kvHeads = config::kvHeads(m), .headWidth = h};
    w.norm = norm(prefix + "input_layernorm.weight", d);
    w.queryKeyValue = matrix(self + "qkv", {q + 2 * kv, d},
                             {{self + "q_proj.weight", 0, {q, d}},
                              {self + "k_proj.weight", q * d, {kv, d}},
                              {self + "v_proj.weight", (q + kv) * d, {kv, d}}},
                             m_std);
    w.out = matrix(self + "o_proj.weight", {d, q}, whole(self + "o_proj.weight", {d, q}), m_outwardStd);
    if (m.qk_norm) {
        w.queryNorm = norm(self + "q_norm.weight", h);
        w.keyNorm = norm(self + "k_norm.weight", h);
    }
    return w;
}

kernels::NormWeights Model::Builder::norm(const std::string& name, std::int64_t width) {
    const at::Tensor weight =
        add(makeParameter(name, {width}, whole(name, {width}), InitKind::ones, 0, m_seed, m_model.m_options));
    return {weight, m_config.model.norm_epsilon, m_config.model.norm == "layernorm"};
}

std::vector<std::string> Model::Builder::inwardNames() const {
    if (config::expertMatrices(m_config.model) == 2) return {"up_proj.weight"};
    return {"gate_proj.weight", "up_proj.weight"};
}

kernels::FeedForwardWeights Model::Builder::feedForward(const std::string& prefix, std::int64_t hidden) {
    const std::int64_t d = m_config.model.width;
    std::vector<Part> parts;
    for (const std::string& name : inwardNames())
        parts.push_back({prefix + name, static_cast<std::int64_t>(parts.size()) * hidden * d, {hidden, d}});
    const auto rows = static_cast<std::int64_t>(parts.size()) * hidden;
    const std::string down = prefix + "down_proj.weight";
    kernels::FeedForwardWeights w;
    w.up = matrix(prefix + "up", {rows, d}, parts, m_std);
    w.down = matrix(down, {d, hidden}, whole(down, {d, hidden}), m_outwardStd);
    return w;
}

kernels::ExpertWeights Model::Builder::experts(const std::string& prefix, std::int64_t count, std::int64_t hidden) {
    const std::int64_t d = m_config.model.width;
    const auto inward = inwardNames();
    std::vector<Part> up, down;
    for (std::int64_t e = 0; e < count; ++e) {
        const std::string expert = prefix + std::to_string(e) + ".";
        for (const std::string& name : inward)
            up.push_back({expert + name, static_cast<std::int64_t>(up.size()) * hidden * d, {hidden, d}});
        down.push_back({expert + "down_proj.weight", e * d * hidden, {d, hidden}});
    }
    const std::int64_t rows = static_cast<std::int64_t>(inward.size()) * hidden;
    return {matrix(prefix + "up", {count, rows, d}, up, m_std), matrix(prefix + "down", {count, d, hidden}, down, m_outwardStd)};
}

at::Tensor Model::Builder::matrix(const std::string& name, std::vector<std::int64_t> shape, std::vector<Part> parts, double std) {
    return add(makeParameter(name, std::move(shape), std::move(parts), InitKind::normal, std, m_seed, m_model.m_options));
}

at::Tensor Model::Builder::add(Parameter parameter) {
    m_model.m_parameters.push_back(std::move(parameter));
    return m_model.m_parameters.back().value;
}

}  // namespace moescope::model
