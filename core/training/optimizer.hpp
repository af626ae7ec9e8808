// AdamW (Loshchilov and Hutter 2019) over a model's parameters, with the global-norm clip and a guard against NaN.
//
// Weight decay acts on matrices (attention, experts, router, untied head), not on norms, biases and the embedding. A
// parameter without a gradient in a step (a frozen router) is left alone, moments and count included.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include "core/config/run_config.hpp"
#include "core/model/parameter.hpp"

namespace moescope::training {

struct Moments {
    at::Tensor first, second;  ///< of the parameter's shape
    std::int64_t steps = 0;    ///< updates this parameter has had
};

/// Rows of a packed parameter (its first dimension) that get no step.
struct FrozenRows {
    std::size_t parameter = 0;
    std::int64_t first = 0, count = 0;
};

class AdamW {
public:
    explicit AdamW(std::vector<model::Parameter>& parameters);

    /// From now on these rows keep value and moments, weight decay included. A parameter frozen whole keeps its count too; the
    /// count of one frozen in part goes on, so an expert that is freed gets the full step of a long training at once.
    void freeze(std::vector<FrozenRows> rows) { m_frozen = std::move(rows); }
    /// After the backward pass: the gradients of frozen rows count for nothing, not in the norm either.
    void dropFrozenGradients();

    /// Norm of all gradients together, before any clip; scalar on the device.
    at::Tensor gradientNorm() const;

    /// One update with gradients divided by max(1, norm / clip) (clip = 0: as they are). If `norm` or `loss` is not finite
    /// nothing is changed, decided on the device; the caller learns it later and tells by settle().
    void update(double rate, const config::TrainingConfig& settings, const at::Tensor& norm, const at::Tensor& loss);

    /// Says whether the last update() took place, so that the counts follow.
    void settle(bool applied);

    void dropGradients();
    std::vector<Moments>& moments() { return m_moments; }

private:
    void updateGroup(bool decays, double rate, double decay, const config::TrainingConfig& settings, const at::Tensor& divisor,
                     const at::Tensor& broken);

    std::vector<std::pair<at::Tensor, at::Tensor>> frozenCopies() const;  // (rows, what they hold)

    std::vector<model::Parameter>* m_parameters;
    std::vector<Moments> m_moments;
    std::vector<FrozenRows> m_frozen;
};

}  // namespace moescope::training
