// Names put to numbers.
#include "core/data/describe.hpp"

namespace moescope::data {

namespace {

DescribedToken target(const Corpus &corpus, const Batch &batch, std::size_t at) {
    DescribedToken token{batch.targets[at],
                         corpus.decode(batch.targets[at]),
                         corpus.domains().at(static_cast<std::size_t>(batch.domains[at])),
                         {},
                         -1,
                         false};
    if (!batch.kinds.empty()) token.kind = corpus.kinds().at(static_cast<std::size_t>(batch.kinds[at]));
    if (!batch.positions.empty()) token.position = batch.positions[at];
    if (!batch.predictable.empty()) token.predictable = batch.predictable[at] != 0;
    return token;
}

}  // namespace

std::vector<DescribedSequence> describe(const Corpus &corpus, const Batch &batch) {
    std::vector<DescribedSequence> sequences;
    for (std::int64_t row = 0; row < batch.sequences; ++row) {
        const auto begin = static_cast<std::size_t>(row * batch.length);
        DescribedSequence sequence;
        sequence.tokens.push_back({batch.inputs[begin], corpus.decode(batch.inputs[begin]), {}, {}, -1, false});
        for (std::size_t i = 0; i < static_cast<std::size_t>(batch.length); ++i)
            sequence.tokens.push_back(target(corpus, batch, begin + i));
        for (const DescribedToken &token : sequence.tokens)
            sequence.text += token.text;
        sequences.push_back(std::move(sequence));
    }
    return sequences;
}

}  // namespace moescope::data
