// How alike the experts of a layer are, by their weights in a checkpoint. (no LibTorch in this header)
//
// An expert is the matrix X [d, n] of what its hidden units read and write: a row for each coordinate of the residual stream, a
// column for each unit's reading vector (up and, where there is one, gate) and writing vector (down). Thread: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/checkpoint/safetensors.hpp"

namespace moescope::model {

struct ExpertSimilarity {
    std::int64_t layer = 0;                   ///< model layer
    /// [expert][expert], symmetric, 1 on the diagonal; NaN where an expert's weights are all 0.
    std::vector<std::vector<double>> cosine;  ///< of the flattened X, -1..1: copies of one expert are 1, experts of different first weights near 0
    std::vector<std::vector<double>> cka;     ///< |Xi' Xj|^2 / (|Xi' Xi| |Xj' Xj|), columns centred, 0..1: the same whatever the order of the hidden units (Kornblith et al. 2019, linear CKA)
    /// Means over all pairs of different experts; NaN with one expert.
    double meanCosine = 0, meanCka = 0;
};

/// `model` = model.safetensors of a checkpoint; experts 0 .. until one is missing. Throws base::Error (exit 3) if the layer has
/// no experts there or a matrix has another shape than that of expert 0.
ExpertSimilarity expertSimilarity(const checkpoint::SafetensorsFile& model, std::int64_t layer);

}  // namespace moescope::model
