// The loops.
#include "tests/core/model/loop_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/config/derived.hpp"

namespace moescope::test {

LoopModel::LoopModel(const config::RunConfig& config, const model::Model& model) : m_config(config) {
    for (const model::Parameter& parameter : model.parameters()) {
        const at::Tensor host = parameter.value.detach().to(at::kDouble).contiguous();
        for (const model::Part& part : parameter.parts) {
            const double* from = host.const_data_ptr<double>() + part.offset;
            m_values[part.name] = Vector(from, from + part.elements());
            m_shapes[part.name] = part.shape;
        }
    }
}

Vector LoopModel::multiply(const std::string& name, const Vector& x) const {
    const auto& shape = m_shapes.at(name);
    const Vector& w = m_values.at(name);
    Vector out(static_cast<std::size_t>(shape[0]), 0);
    for (std::size_t i = 0; i < out.size(); ++i)
        for (std::size_t j = 0; j < x.size(); ++j) out[i] += w[i * x.size() + j] * x[j];
    return out;
}

Vector LoopModel::norm(const Vector& x, const std::string& name) const {
    const double n = static_cast<double>(x.size());
    const double mean = m_config.model.norm == "layernorm" ? std::accumulate(x.begin(), x.end(), 0.0) / n : 0.0;
    double square = 0;
    for (const double v : x) square += (v - mean) * (v - mean);
    const double scale = 1 / std::sqrt(square / n + m_config.model.norm_epsilon);
    Vector out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = (x[i] - mean) * scale * m_values.at(name)[i];
    return out;
}

void LoopModel::rotate(Vector& head, int position) const {
    const std::size_t half = head.size() / 2;
    for (std::size_t i = 0; i < half; ++i) {
        const double angle = position * std::pow(m_config.model.rope_base, -2.0 * static_cast<double>(i) / static_cast<double>(head.size()));
        const double a = head[i], b = head[i + half];
        head[i] = a * std::cos(angle) - b * std::sin(angle);
        head[i + half] = b * std::cos(angle) + a * std::sin(angle);
    }
}

Rows LoopModel::attention(const Rows& x, const std::string& prefix) const {
    const auto width = static_cast<std::size_t>(config::headWidth(m_config.model));
    const auto heads = static_cast<std::size_t>(m_config.model.heads), kv = static_cast<std::size_t>(config::kvHeads(m_config.model));
    const auto part = [&](const Vector& all, std::size_t head) {
        return Vector(all.begin() + static_cast<std::ptrdiff_t>(head * width), all.begin() + static_cast<std::ptrdiff_t>((head + 1) * width));
    };
    std::vector<Rows> q(heads), k(kv), v(kv);
    for (std::size_t t = 0; t < x.size(); ++t) {
        const Vector h = norm(x[t], prefix + "input_layernorm.weight");
        const Vector qAll = multiply(prefix + "self_attn.q_proj.weight", h), kAll = multiply(prefix + "self_attn.k_proj.weight", h);
        const Vector vAll = multiply(prefix + "self_attn.v_proj.weight", h);
        for (std::size_t i = 0; i < heads; ++i) {
            Vector head = part(qAll, i);
            if (m_config.model.qk_norm) head = norm(head, prefix + "self_attn.q_norm.weight");
            rotate(head, static_cast<int>(t));
            q[i].push_back(head);
        }
        for (std::size_t i = 0; i < kv; ++i) {
            Vector head = part(kAll, i);
            if (m_config.model.qk_norm) head = norm(head, prefix + "self_attn.k_norm.weight");
            rotate(head, static_cast<int>(t));
            k[i].push_back(head);
            v[i].push_back(part(vAll, i));
        }
    }
    Rows out = x;
    for (std::size_t t = 0; t < x.size(); ++t) {
        Vector mixed;
        for (std::size_t i = 0; i < heads; ++i) {
            const std::size_t g = i / (heads / kv);
            Vector score(t + 1);
            double sum = 0;
            for (std::size_t s = 0; s <= t; ++s) {
                const double dot = std::inner_product(q[i][t].begin(), q[i][t].end(), k[g][s].begin(), 0.0);
                sum += score[s] = std::exp(dot / std::sqrt(static_cast<double>(width)));
            }
            for (std::size_t j = 0; j < width; ++j) {
                double value = 0;
                for (std::size_t s = 0; s <= t; ++s) value += score[s] / sum * v[g][s][j];
                mixed.push_back(value);
            }
        }
        const Vector projected = multiply(prefix + "self_attn.o_proj.weight", mixed);
        for (std::size_t j = 0; j < projected.size(); ++j) out[t][j] += projected[j];
    }
    return out;
}

Vector LoopModel::mlp(const Vector& x, const std::string& prefix) const {
    const std::string& kind = m_config.model.activation;
    Vector hidden = multiply(prefix + "up_proj.weight", x);
    if (kind == "relu" || kind == "gelu") {
        for (double& h : hidden) h = kind == "relu" ? std::max(h, 0.0) : 0.5 * h * (1 + std::erf(h / std::sqrt(2.0)));
        return multiply(prefix + "down_proj.weight", hidden);
    }
    const Vector gate = multiply(prefix + "gate_proj.weight", x);
    for (std::size_t i = 0; i < hidden.size(); ++i) {
        const double g = gate[i], u = hidden[i];
        const double low = std::min(g, 7.0);
        hidden[i] = kind == "swiglu"  ? g / (1 + std::exp(-g)) * u
                    : kind == "geglu" ? 0.5 * g * (1 + std::erf(g / std::sqrt(2.0))) * u
                                      : low / (1 + std::exp(-1.702 * low)) * (std::clamp(u, -7.0, 7.0) + 1);
    }
    return multiply(prefix + "down_proj.weight", hidden);
}

// exp(z0) / (exp(z0) + exp(z1)), or with one row 1 / (1 + exp(-z0)).
double LoopModel::mixtureShare(const Vector& x, const std::string& prefix) const {
    Vector z = multiply(prefix + "residual_gate.weight", x);
    for (std::size_t i = 0; i < z.size(); ++i) z[i] += m_values.at(prefix + "residual_gate.bias")[i];
    return z.size() == 2 ? std::exp(z[0]) / (std::exp(z[0]) + std::exp(z[1])) : 1 / (1 + std::exp(-z[0]));
}

// Net of one or two layers, plus what the layer before said; `previous` becomes this layer's.
Vector LoopModel::routerLogits(const Vector& x, const std::string& prefix, Vector& previous) const {
    Vector z;
    if (m_config.router.net == "mlp2") {
        Vector hidden = multiply(prefix + "gate.hidden_weight", x);
        for (double& h : hidden) h = std::tanh(h);
        z = multiply(prefix + "gate.output_weight", hidden);
    } else {
        z = multiply(prefix + "gate.weight", x);
    }
    if (m_values.contains(prefix + "gate.residual_weight")) {
        const Vector handed = multiply(prefix + "gate.residual_weight", previous);
        for (std::size_t e = 0; e < z.size(); ++e) z[e] += handed[e];
    }
    return previous = z;
}

// Networks first, then constant, copy and zero experts.
Vector LoopModel::expert(const Vector& x, const std::string& prefix, int e, int experts) const {
    const auto& moe = m_config.moe;
    const int zero = experts - static_cast<int>(moe.zero_experts), copy = zero - static_cast<int>(moe.copy_experts);
    const int constant = copy - static_cast<int>(moe.constant_experts);
    if (e >= zero) return Vector(x.size(), 0);
    if (e >= copy) return x;
    if (e < constant) return mlp(x, prefix + "experts." + std::to_string(e) + ".");
    const Vector& gate = m_values.at(prefix + "constant_experts.gate.weight");
    const std::size_t n = static_cast<std::size_t>(e - constant), d = x.size();
    const double own = std::exp(std::inner_product(x.begin(), x.end(), gate.begin() + static_cast<std::ptrdiff_t>(2 * n * d), 0.0));
    const double other = std::exp(std::inner_product(x.begin(), x.end(), gate.begin() + static_cast<std::ptrdiff_t>((2 * n + 1) * d), 0.0));
    Vector out(d);
    for (std::size_t i = 0; i < d; ++i)
        out[i] = (own * x[i] + other * m_values.at(prefix + "constant_experts.value")[n * d + i]) / (own + other);
    return out;
}

Vector LoopModel::mixture(const Vector& x, const std::string& prefix, int experts, int topK, Vector& previous) const {
    Vector p = routerLogits(x, prefix, previous);
    const double top = *std::max_element(p.begin(), p.end());
    double sum = 0;
    for (double& z : p) sum += z = std::exp(z - top);
    for (double& z : p) z /= sum;
    std::vector<int> order(static_cast<std::size_t>(experts));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return p[static_cast<std::size_t>(a)] > p[static_cast<std::size_t>(b)]; });
    const auto isZero = [&](int e) { return e >= experts - static_cast<int>(m_config.moe.zero_experts); };
    for (int e = 0; e < experts; ++e) p[static_cast<std::size_t>(e)] *= isZero(e) ? 0 : 1;  // only swallows a slot
    double kept = 0;
    for (int j = 0; j < topK; ++j) kept += p[static_cast<std::size_t>(order[static_cast<std::size_t>(j)])];
    Vector out(x.size(), 0);
    for (int j = 0; j < topK; ++j) {
        const int e = order[static_cast<std::size_t>(j)];
        const double weight = p[static_cast<std::size_t>(e)] / (topK > 1 && kept > 0 ? kept : 1.0);
        const bool onInput = m_config.router.weigh == "input";
        Vector read = x;
        for (double& value : read) value *= onInput ? weight : 1;
        const Vector y = expert(read, prefix, e, experts);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += (onInput ? 1 : weight) * y[i];
    }
    const auto add = [&](const Vector& y, double factor) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += factor * y[i];
    };
    if (m_config.moe.shared_experts > 0) {
        const double gate = m_config.moe.shared_gate ? 1 / (1 + std::exp(-multiply(prefix + "shared_expert_gate.weight", x)[0])) : 1;
        add(mlp(x, prefix + "shared_expert."), gate);
    }
    if (m_config.moe.residual == "sum") add(mlp(x, prefix + "residual_expert."), 1);
    if (m_config.moe.residual == "softmax2" || m_config.moe.residual == "cmr") {
        const double c = mixtureShare(x, prefix);
        for (double& value : out) value *= c;
        add(mlp(x, prefix + "residual_expert."), 1 - c);
    }
    return out;
}

Rows LoopModel::logits(const std::vector<int>& ids) const {
    const auto d = static_cast<std::size_t>(m_config.model.width);
    Rows x;
    for (const int id : ids) {
        const auto from = m_values.at("model.embed_tokens.weight").begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(id) * d);
        x.emplace_back(from, from + static_cast<std::ptrdiff_t>(d));
    }
    std::vector<Vector> previous(ids.size());
    for (int layer = 0; layer < m_config.model.layers; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        x = attention(x, prefix);
        const config::MoeShape shape = config::moeShape(m_config, layer);
        for (std::size_t t = 0; t < x.size(); ++t) {
            Vector& row = x[t];
            const Vector h = norm(row, prefix + "post_attention_layernorm.weight");
            const Vector y = shape.experts > 0 ? mixture(h, prefix + "mlp.", static_cast<int>(shape.experts), static_cast<int>(shape.topK), previous[t])
                                               : mlp(h, prefix + "mlp.");
            for (std::size_t i = 0; i < row.size(); ++i) row[i] += y[i];
        }
    }
    const std::string head = m_config.model.tied_head ? "model.embed_tokens.weight" : "lm_head.weight";
    Rows out;
    for (const Vector& row : x) out.push_back(multiply(head, norm(row, "model.norm.weight")));
    return out;
}

double crossEntropy(const Rows& logits, const std::vector<int>& targets) {
    double sum = 0;
    for (std::size_t t = 0; t < logits.size(); ++t) {
        const double top = *std::max_element(logits[t].begin(), logits[t].end());
        double total = 0;
        for (const double z : logits[t]) total += std::exp(z - top);
        sum += std::log(total) + top - logits[t][static_cast<std::size_t>(targets[t])];
    }
    return sum / static_cast<double>(logits.size());
}

}  // namespace moescope::test
