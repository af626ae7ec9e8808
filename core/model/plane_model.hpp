// A mixture of experts on the plane: small enough that its gate and every expert can be drawn.
//
// Gate and experts read (x, y, 1). An expert is linear, o_e = W_e (x, y, 1), or has one hidden layer of tanh. With w_e the
// combine weights, r_e = |d - o_e|^2 / sigma^2 and q_e(c) = softmax(o_e)[c], the loss of a point in nats is
//   blend       values: |d - sum w_e o_e|^2 / (2 sigma^2)     classes: -ln softmax(sum w_e o_e)[c]
//   each        values: sum w_e r_e / 2                       classes: -sum w_e ln q_e(c)
//   likelihood  values: -ln sum w_e exp(-r_e / 2)             classes: -ln sum w_e q_e(c)
// (Jacobs, Jordan, Nowlan, Hinton 1991; constants of the Gaussian left out). Outside training the loss is always that of
// the output: of sum w_e o_e for values, of sum w_e q_e for classes trained by each or likelihood. Every expert is computed
// at every point, whoever is chosen: at this size that costs less than sorting.
//
// fit() is one step of expectation-maximisation (Jordan and Jacobs 1994), see plane_em.hpp. Not thread-safe.
#pragma once

#include "core/model/network.hpp"

namespace moescope::model {

/// The mixture at some points, on the model's device; no gradient.
struct PlaneField {
    at::Tensor probabilities;  ///< [T, E] of the gate
    at::Tensor weights;        ///< [T, E] combine weights, 0 where not chosen
    at::Tensor output;         ///< [T, m] value, or probability of each class
    at::Tensor expertOutputs;  ///< [T, E, m] the same of each expert alone
};

class PlaneModel : public Network {
public:
    /// `outputs` m: 1 for a value, else the number of classes.
    PlaneModel(const config::RunConfig& config, std::int64_t outputs, const at::TensorOptions& options);

    PassResult forward(const TokenBatch& batch, const Pass& pass) override;
    bool fitsByItself() const override { return m_config.fit == "em"; }
    void fit(const TokenBatch& batch, const Pass& pass) override;

    /// `points` [T, 2]. Room of experts does not count here: a grid would fill it.
    PlaneField field(const at::Tensor& points, const Pass& pass);
    bool classes() const { return m_vocabulary > 1; }

private:
    at::Tensor features(const at::Tensor& points) const;
    routing::Routing route(const at::Tensor& features, const TokenBatch& batch, const Pass& pass, const routing::RouterSpec& spec);
    at::Tensor expertOutputs(const at::Tensor& features) const;
    at::Tensor criterion(const TokenBatch& batch, const at::Tensor& weights, const at::Tensor& logWeights, const at::Tensor& outputs) const;
    at::Tensor blendLoss(const TokenBatch& batch, const at::Tensor& weights, const at::Tensor& outputs) const;
    at::Tensor addMatrix(const std::string& name, std::int64_t rows, std::int64_t columns, double std, std::uint64_t seed);

    config::PlaneConfig m_config;
    std::int64_t m_experts, m_hidden;
    double m_sigma;
    at::Tensor m_up, m_down, m_bias;  // linear: up [E, m, 3]; hidden: up [E, h, 3], down [E, m, h], bias [E, m]
};

}  // namespace moescope::model
