// RandomCorpus: uniform tokens for benchmarks, where only the sizes matter.
#pragma once

#include <memory>

#include "core/data/corpus.hpp"

namespace moescope::data {

/// `vocabulary` >= 2.
std::shared_ptr<const Corpus> makeRandomCorpus(std::int64_t vocabulary, std::uint64_t seed);

}  // namespace moescope::data
