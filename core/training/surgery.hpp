// Single experts as slices of packed weights, with their router rows and the moments of both: copied, redrawn, cut, joined.
//
// Nothing here decides whether something may be done; it only does it, in place and without gradient. One thread.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/counter_random.hpp"
#include "core/kernels/activation.hpp"
#include "core/model/network.hpp"
#include "core/training/optimizer.hpp"

namespace moescope::training {

/// One expert's slice of one tensor; views, so that writing changes the model. A buffer has no moments.
struct ExpertPiece {
    at::Tensor value, first, second;
    double initStd = 0;    ///< of the normal its first values come from; 0 = all were `initValue`
    double initValue = 0;
};

/// Surgery on one layer's experts. Draws are f(seed, layer, step, expert): the same command at the same step gives the same bits.
class Surgeon {
public:
    Surgeon(model::Network& model, AdamW& optimizer, const routing::RouterSpec& spec, std::size_t moeLayer, kernels::Activation activation,
            std::uint64_t seed, std::uint64_t step);

    /// Moments of weights and router row become zero.
    void forget(std::int64_t expert) const;
    void redrawWeights(std::int64_t expert) const;
    void redrawRow(std::int64_t expert) const;
    /// Weights of `from`, each tensor plus `noise` times its standard deviation times normal numbers.
    void copyWeights(std::int64_t from, std::int64_t to, double noise) const;
    /// The router row of `from`, with noise of the same kind: two equal rows would tie, and the lower index take every token of top-1.
    void copyRow(std::int64_t from, std::int64_t to, double noise = 0) const;
    /// Router rows and their moments change places.
    void swapRows(std::int64_t one, std::int64_t other) const;
    /// `from` keeps the first half of its hidden units and `to` gets the others, outgoing weights doubled; the units set free in
    /// both are drawn anew and go nowhere yet.
    void split(std::int64_t from, std::int64_t to) const;
    /// Weights of `into` become share * its own + (1 - share) * those of `other`, whose hidden units are matched to them first.
    void merge(std::int64_t into, std::int64_t other, double share) const;

    /// Parameters (by index) that hold experts' weights, and those of the router.
    std::vector<std::size_t> expertParameters() const;
    std::vector<std::size_t> routerParameters() const;

private:
    std::vector<ExpertPiece> weights(std::int64_t expert) const;
    std::vector<ExpertPiece> row(std::int64_t expert) const;
    ExpertPiece pieceOf(std::size_t parameter, std::int64_t expert) const;
    at::Tensor draw(std::int64_t expert, std::size_t tensor, const at::Tensor& like) const;
    void redraw(std::int64_t expert, const std::vector<ExpertPiece>& pieces, std::size_t place) const;
    std::int64_t hiddenUnits() const { return m_down.size(2); }
    std::int64_t inwardMatrices() const { return kernels::gated(m_activation) ? 2 : 1; }
    void freeUnits(std::int64_t expert, std::int64_t first, std::int64_t count) const;
    at::Tensor unitVectors(std::int64_t expert) const;

    model::Network& m_model;
    AdamW& m_optimizer;
    const routing::RouterSpec& m_spec;
    std::size_t m_moeLayer;
    kernels::Activation m_activation;
    base::RandomKey m_key;
    std::string m_prefix;  // "model.layers.3.mlp."
    at::Tensor m_up, m_down;
};

}  // namespace moescope::training
