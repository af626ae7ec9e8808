// The rules between settings, one group of them for each part of a configuration; validate() runs them all.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/base/problem.hpp"
#include "core/config/derived.hpp"
#include "core/config/run_config.hpp"

namespace moescope::config::rules {

inline void refuse(base::Problems& problems, std::string_view key, std::string text) {
    problems.push_back({std::string(key), std::move(text)});
}

/// The router computes logits (hash and round robin do not).
bool hasLogits(const RouterConfig&);
/// Experts per token is a setting of the method (it is not for expert choice and dense mixtures).
bool choosesK(const RouterConfig&);
/// The different shapes of the layers with experts.
std::vector<MoeShape> shapes(const RunConfig&);

/// Each assumes that every number is in its range and every word is one of its choices.
void checkModel(const RunConfig&, base::Problems&);
void checkPlane(const RunConfig&, base::Problems&);
void checkExperts(const RunConfig&, base::Problems&);
void checkRouter(const RunConfig&, base::Problems&);
void checkCapacity(const RunConfig&, base::Problems&);
void checkBalance(const RunConfig&, base::Problems&);
void checkTraining(const RunConfig&, base::Problems&);
void checkDistillation(const RunConfig&, base::Problems&);
void checkData(const RunConfig&, base::Problems&);
void checkTelemetry(const RunConfig&, base::Problems&);
void checkScript(const RunConfig&, base::Problems&);
void checkSize(const RunConfig&, base::Problems&);

}  // namespace moescope::config::rules
