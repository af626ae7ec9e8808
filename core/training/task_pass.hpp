// The task's part of a step: one pass, two that are compared, or one beside a teacher; and what it adds to the objective.
#pragma once

#include "core/training/live_trainer.hpp"

#include <string>

namespace moescope::training {

/// objective = share * result.loss + weight * divergence, besides the routers' losses.
struct LiveTrainer::TaskPass {
    model::PassResult result;
    at::Tensor divergence = {};  ///< scalar, in the graph; undefined = none
    double weight = 0;
    double share = 1;
    std::string term = {};       ///< name under which the divergence is reported, unweighted; empty = not
};

/// [T] nats from [T, V] log-probabilities.
inline at::Tensor crossEntropy(const at::Tensor& logProbabilities, const at::Tensor& targets) {
    return logProbabilities.gather(1, targets.unsqueeze(1)).squeeze(1).neg();
}

}  // namespace moescope::training
