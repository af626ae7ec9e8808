// The seam between what a model computes and how: coarse blocks that a back-end implements.
//
// A block takes the residual stream and gives it back: norm + attention; norm + feed-forward; norm + router + experts +
// combine; norm + head + loss. Models, routers, training and telemetry know this interface only, so a fused CPU path or GPU
// kernels fit behind it: a back-end may run a router it has a fused form for by itself, any other through `route`.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <functional>

#include "core/kernels/activation.hpp"
#include "core/kernels/experts.hpp"
#include "core/kernels/head_loss.hpp"
#include "core/kernels/norm.hpp"
#include "core/kernels/part_timer.hpp"
#include "core/kernels/rotary.hpp"
#include "core/routing/routing.hpp"

namespace moescope::kernels {

/// Keys and values of earlier positions of one layer, [sequences, position, kvHeads, headWidth]; undefined = empty.
struct AttentionCache {
    at::Tensor keys, values;
};

/// What all blocks of a pass share. T = sequences * length tokens, row-major.
struct BlockContext {
    std::int64_t sequences = 1, length = 1;
    at::ScalarType compute = at::kFloat;  ///< type of the matrix products; norms, router, residual and loss stay wide
    RotaryTable rotary;
    double dropout = 0;  ///< after attention and after the feed-forward; 0 in evaluation
    std::uint64_t seed = 0, draw = 0;
    PartTimes* times = nullptr;
};

struct AttentionWeights {
    NormWeights norm{};
    at::Tensor queryKeyValue{};       ///< [(heads + 2 kvHeads) * headWidth, d]: queries, keys, values
    at::Tensor out{};                 ///< [d, heads * headWidth]
    NormWeights queryNorm{}, keyNorm{};  ///< [headWidth]; undefined weights = no QK-norm
    std::int64_t heads = 1, kvHeads = 1, headWidth = 1;
};

struct FeedForwardWeights {
    at::Tensor up;    ///< [2f or f, d]
    at::Tensor down;  ///< [d, f]
    bool present() const { return up.defined(); }
};

struct MixtureWeights {
    NormWeights norm;
    ExpertWeights experts;
    FeedForwardWeights shared;    ///< works on every token
    at::Tensor sharedGate;        ///< [1, d]: a sigmoid of it scales `shared`; undefined = 1
    FeedForwardWeights residual;  ///< a dense expert beside the routed output
    at::Tensor residualGate, residualBias;  ///< [2, d] and [2]: softmax over mixture and dense expert; [1, d] and [1]: sigmoid weight of the mixture; undefined = both are added
    double gateDropout = 0;  ///< share of tokens whose mixture weighs nothing in this pass; 0 in evaluation
    at::Tensor constantGate, constantValue;  ///< [n, 2, d] and [n, d] of the constant experts (see zero_computation.hpp)
    Activation activation = Activation::swiglu;
};

/// The router of a layer: normed features [T, d] in, its decision out.
using Route = std::function<routing::Routing(const at::Tensor& features)>;

struct MixtureResult {
    at::Tensor x;  ///< [T, d]
    routing::Routing routing;
};

class Backend {
public:
    virtual ~Backend() = default;
    /// `layer` counts from 0 and names the dropout masks. `cache`, if given, is read and extended (length 1, or empty cache).
    virtual at::Tensor attention(const at::Tensor& x, const AttentionWeights&, std::int64_t layer, const BlockContext&,
                                 AttentionCache* cache = nullptr) = 0;
    virtual at::Tensor feedForward(const at::Tensor& x, const NormWeights&, const FeedForwardWeights&, Activation,
                                   std::int64_t layer, const BlockContext&) = 0;
    /// `spec` is the router that `route` runs.
    virtual MixtureResult mixture(const at::Tensor& x, const MixtureWeights&, const routing::RouterSpec& spec, const Route&,
                                  std::int64_t layer, const BlockContext&) = 0;
    virtual HeadLoss loss(const at::Tensor& x, const NormWeights&, const at::Tensor& head, const at::Tensor& targets,
                          const BlockContext&) = 0;
    virtual at::Tensor logits(const at::Tensor& x, const NormWeights&, const at::Tensor& head, const BlockContext&) = 0;
};

/// LibTorch operations with autograd, on any device and in any float type; what every other back-end is tested against.
Backend& referenceBackend();

}  // namespace moescope::kernels
