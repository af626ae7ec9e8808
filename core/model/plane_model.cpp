// Experts, losses and the field of the mixture on the plane.
#include "core/model/plane_model.hpp"

#include <cmath>
#include <limits>

#include "core/config/derived.hpp"
#include "core/model/plane_em.hpp"

namespace moescope::model {

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

// Combine weights [T, E] from those of the slots.
at::Tensor spread(const routing::Routing& routing, std::int64_t experts) {
    const at::Tensor column = routing.experts.masked_fill(routing.experts.lt(0), experts);
    const at::Tensor wide = at::zeros({routing.experts.size(0), experts + 1}, routing.weights.options()).scatter_add(1, column, routing::outputWeights(routing));
    return wide.narrow(1, 0, experts);
}

// ln p [T, E] of the gate, -inf for muted experts.
at::Tensor logProbabilities(const routing::Routing& routing, const Pass& pass) {
    at::Tensor logits = routing.logits;
    if (!pass.muted.empty() && pass.muted[0].defined()) logits = logits.masked_fill(pass.muted[0], kMinusInfinity);
    return logits.log_softmax(1);
}

// ln q_e(c) [T, E] of the target's class.
at::Tensor logOfTarget(const at::Tensor& outputs, const at::Tensor& targets) {
    const at::Tensor index = targets.view({-1, 1, 1}).expand({-1, outputs.size(1), 1});
    return outputs.log_softmax(2).gather(2, index).squeeze(2);
}

at::Tensor blend(const at::Tensor& weights, const at::Tensor& outputs) { return weights.unsqueeze(2).mul(outputs).sum(1); }

}  // namespace

PlaneModel::PlaneModel(const config::RunConfig& config, std::int64_t outputs, const at::TensorOptions& options)
    : Network(outputs, options), m_config(config.plane), m_experts(config::moeShape(config, 0).experts),
      m_hidden(config::moeShape(config, 0).expertWidth), m_sigma(config.plane.sigma) {
    const auto seed = static_cast<std::uint64_t>(config.training.seed);
    const double inputs = static_cast<double>(config::kPlaneInputs), std = config.model.init_std;
    addRouter(config, 0, config::kPlaneInputs, "plane.", {});
    if (m_config.expert == "linear") {
        m_up = addMatrix("up", outputs, config::kPlaneInputs, std / std::sqrt(inputs), seed);
        return;
    }
    m_up = addMatrix("up", m_hidden, config::kPlaneInputs, std, seed);
    m_down = addMatrix("down", outputs, m_hidden, std / std::sqrt(static_cast<double>(m_hidden)), seed);
    const std::vector<std::int64_t> shape{m_experts, outputs};
    m_parameters.push_back(makeParameter("plane.experts.bias", shape, whole("plane.experts.bias", shape), InitKind::zeros, 0, seed, m_options));
    m_parameters.back().decays = false;
    m_bias = m_parameters.back().value;
}

// [E, rows, columns], a part for each expert.
at::Tensor PlaneModel::addMatrix(const std::string& name, std::int64_t rows, std::int64_t columns, double std, std::uint64_t seed) {
    std::vector<Part> parts;
    for (std::int64_t e = 0; e < m_experts; ++e)
        parts.push_back({"plane.experts." + std::to_string(e) + "." + name, e * rows * columns, {rows, columns}});
    m_parameters.push_back(makeParameter("plane.experts." + name, {m_experts, rows, columns}, parts, InitKind::normal, std, seed, m_options));
    return m_parameters.back().value;
}

at::Tensor PlaneModel::features(const at::Tensor& points) const {
    const at::Tensor x = points.to(m_options.requires_grad(false));
    return at::cat({x, at::ones({x.size(0), 1}, x.options())}, 1);
}

routing::Routing PlaneModel::route(const at::Tensor& features, const TokenBatch& batch, const Pass& pass, const routing::RouterSpec& spec) {
    routing::RouterInput input;
    input.features = features;
    input.tokenIds = batch.inputs;
    input.sequences = batch.sequences;
    input.training = pass.training;
    input.draws = pass.draws;
    if (!pass.muted.empty()) input.muted = pass.muted[0];
    return routing::route(spec, m_routers[0], input);
}

// [T, E, m]
at::Tensor PlaneModel::expertOutputs(const at::Tensor& features) const {
    const at::Tensor inner = at::linear(features, m_up.flatten(0, 1)).unflatten(1, {m_experts, -1});
    if (!m_down.defined()) return inner;
    const at::Tensor hidden = inner.tanh().transpose(0, 1);  // [E, T, h]
    return at::bmm(hidden, m_down.transpose(1, 2)).transpose(0, 1) + m_bias;
}

at::Tensor PlaneModel::criterion(const TokenBatch& batch, const at::Tensor& weights, const at::Tensor& logWeights, const at::Tensor& outputs) const {
    if (m_config.criterion == "blend") return blendLoss(batch, weights, outputs);
    const at::Tensor one = classes() ? logOfTarget(outputs, batch.targets) : logDensities(batch.values, outputs, m_sigma);
    if (m_config.criterion == "each") return weights.mul(one).sum(1).neg();
    return at::logsumexp(logWeights + one, 1).neg();
}

at::Tensor PlaneModel::blendLoss(const TokenBatch& batch, const at::Tensor& weights, const at::Tensor& outputs) const {
    const at::Tensor y = blend(weights, outputs);
    if (!classes()) return y.sub(batch.values).square().sum(1).div(2 * m_sigma * m_sigma);
    return at::logsumexp(y, 1) - y.gather(1, batch.targets.unsqueeze(1)).squeeze(1);
}

PassResult PlaneModel::forward(const TokenBatch& batch, const Pass& pass) {
    const at::Tensor x = features(batch.points);
    PassResult result;
    result.routings.push_back(route(x, batch, pass, pass.specs[0]));
    const routing::Routing& routing = result.routings.front();
    const at::Tensor weights = spread(routing, m_experts), outputs = expertOutputs(x);
    if (pass.inspect) pass.inspect("plane.gate", routing.logits);
    if (pass.inspect) pass.inspect("plane.experts", outputs);
    result.tokenLoss = criterion(batch, weights, logProbabilities(routing, pass), outputs);
    result.loss = result.tokenLoss.mean();
    if (pass.inspect) pass.inspect("plane.loss", result.tokenLoss);
    return result;
}

PlaneField PlaneModel::field(const at::Tensor& points, const Pass& pass) {
    const at::NoGradGuard guard;
    routing::RouterSpec spec = pass.specs[0];
    if (spec.select != routing::Select::expertTopC) spec.capacity.factor = spec.capacity.evalFactor = 0;
    TokenBatch batch;
    batch.sequences = points.size(0);
    batch.length = 1;
    batch.inputs = at::arange(points.size(0), points.options().dtype(at::kLong));
    const at::Tensor x = features(points);
    const routing::Routing routing = route(x, batch, pass, spec);
    PlaneField out{logProbabilities(routing, pass).exp(), spread(routing, m_experts), {}, expertOutputs(x)};
    const bool mixesLogits = classes() && m_config.criterion == "blend";
    if (mixesLogits) out.output = blend(out.weights, out.expertOutputs).softmax(1);
    if (classes()) out.expertOutputs = out.expertOutputs.softmax(2);
    if (!mixesLogits) out.output = blend(out.weights, out.expertOutputs);
    return out;
}

void PlaneModel::fit(const TokenBatch& batch, const Pass& pass) {
    if (!fitsByItself()) return;
    const at::NoGradGuard guard;
    const at::Tensor x = features(batch.points);
    const routing::Routing routing = route(x, batch, pass, pass.specs[0]);
    const at::Tensor share = responsibilities(logProbabilities(routing, pass), logDensities(batch.values, expertOutputs(x), m_sigma));
    m_up.detach().copy_(weightedLeastSquares(x, batch.values, share, m_up.detach()));
    fitGate(pass.specs[0], m_routers[0], x, share, pass.muted.empty() ? at::Tensor() : pass.muted[0]);
}

}  // namespace moescope::model
