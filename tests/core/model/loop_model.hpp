// An independent model in plain float64 loops, written from the papers' formulas: what the real one is compared with.
#pragma once

#include "core/tensor.hpp"

#include <map>
#include <string>
#include <vector>

#include "core/config/run_config.hpp"
#include "core/model/model.hpp"

namespace moescope::test {

using Vector = std::vector<double>;
using Rows = std::vector<Vector>;

class LoopModel {
public:
    /// Reads the weights of `model` by the names of their parts.
    LoopModel(const config::RunConfig& config, const model::Model& model);

    /// Logits [tokens][vocabulary] of one sequence. Routers: linear, softmax over all, top-k, renormalised for k > 1.
    Rows logits(const std::vector<int>& ids) const;

private:
    Vector norm(const Vector& x, const std::string& name) const;
    Vector multiply(const std::string& name, const Vector& x) const;
    Rows attention(const Rows& x, const std::string& prefix) const;
    Vector mlp(const Vector& x, const std::string& prefix) const;
    double mixtureShare(const Vector& x, const std::string& prefix) const;
    Vector routerLogits(const Vector& x, const std::string& prefix, Vector& previous) const;
    Vector expert(const Vector& x, const std::string& prefix, int e, int experts) const;
    Vector mixture(const Vector& x, const std::string& prefix, int experts, int topK, Vector& previous) const;
    void rotate(Vector& head, int position) const;

    const config::RunConfig& m_config;
    std::map<std::string, std::vector<std::int64_t>> m_shapes;
    std::map<std::string, Vector> m_values;
};

/// Mean cross-entropy in nats of `targets` under `logits`.
double crossEntropy(const Rows& logits, const std::vector<int>& targets);

}  // namespace moescope::test
