// Auxiliary losses of all layers at once: the value that is trained on is the value that is plotted. (contract)
//
// Values are unweighted means over layers; only P carries gradient, f is a count. Sources: Shazeer 2017 (importance, load),
// GShard 2020, Switch 2021, ST-MoE 2022 (z), Qwen3 (global), Mixtral (layers). Killed experts are in no term: E counts the living.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/routing/routing.hpp"

namespace moescope::routing {

struct AuxiliaryLoss {
    std::string name;  ///< "balance", "z", "cmr", or for further terms the kind: "importance", "load", "entropy_local" ...
    LossKind kind = LossKind::none;
    at::Tensor value;  ///< scalar; in the graph iff coefficient != 0
    double coefficient = 0;
};

struct AuxiliaryLosses {
    std::vector<AuxiliaryLoss> terms;
    at::Tensor total;  ///< weighted sum, scalar; undefined if no term has a coefficient
};

/// Counts of the whole step, over its micro-batches: what scope "global" averages and updateState takes. Reset at each step.
class StepCounts {
public:
    void add(std::span<const Routing> layers);
    void reset();
    bool empty() const { return m_tokens == 0; }
    std::int64_t tokens() const { return m_tokens; }
    const at::Tensor& chosen(std::size_t moeLayer) const { return m_chosen[moeLayer]; }  ///< [E] int64
    const at::Tensor& first(std::size_t moeLayer) const { return m_first[moeLayer]; }    ///< [E] int64, first choices
    /// For updateState(); valid until the next add() or reset().
    StepSummary summary(std::size_t moeLayer) const;

private:
    std::int64_t m_tokens = 0, m_batches = 0;
    std::vector<at::Tensor> m_chosen, m_first, m_observed;
};

/// `layers` are the routings of one micro-batch, `specs` their routers. `step` gets this micro-batch's counts added first and
/// must be given for scope global and for loss-free bias. Evaluation passes nullptr: global is then the batch.
AuxiliaryLosses losses(std::span<const RouterSpec> specs, std::span<const Routing> layers, std::int64_t sequences,
                       StepCounts* step);

}  // namespace moescope::routing
