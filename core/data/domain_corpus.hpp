// DomainCorpus: generated text. Each sequence is filled with stretches of domains, drawn anew for (seed, step, micro,
// row).
#pragma once

#include <memory>

#include "core/data/corpus.hpp"
#include "core/data/mixture.hpp"

namespace moescope::data {

/// Documents of training have indices below 2^63 (below a domain's `documents`, where its text repeats), those of
/// validation above: the two never share one. A sequence begins
/// with a fresh document; within it each stretch of a domain goes on where the last one of that domain stopped.
std::shared_ptr<const Corpus> makeDomainCorpus(const config::RunConfig &config, Mixture mixture);

}  // namespace moescope::data
