// The sequences of a probe snapshot by how well the model predicts them. Pure.
#pragma once

#include <QString>

#include <vector>

#include "ui/routing_probe.hpp"

namespace moescope::ui {

struct ProbeSample {
    int from = 0;            ///< first token in the snapshot
    int domain = -1;
    double loss = 0;         ///< mean over its predicted tokens, nats
    QString text;            ///< its beginning, one line
};

/// Highest loss first; sequences without a predicted token are left out.
std::vector<ProbeSample> samplesByLoss(const telemetry::ProbeSnapshot& probe);

}  // namespace moescope::ui
