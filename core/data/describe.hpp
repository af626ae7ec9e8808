// Describing a batch: its text with the labels of every token, for people.
#pragma once

#include <string>
#include <vector>

#include "core/data/corpus.hpp"

namespace moescope::data {

struct DescribedToken {
    std::int32_t id = 0;
    std::string text;
    std::string domain, kind;    ///< empty where not known: the first token of a sequence, sources without labels
    std::int32_t position = -1;  ///< in its unit; -1 where not known
    bool predictable = false;
    bool operator==(const DescribedToken &) const = default;
};

struct DescribedSequence {
    std::string text;                    ///< all tokens joined
    std::vector<DescribedToken> tokens;  ///< length + 1: the first input, then the targets
};

std::vector<DescribedSequence> describe(const Corpus &corpus, const Batch &batch);

}  // namespace moescope::data
