// Corpus: what a model trains on, as batches that depend only on (seed, step). (contract)
//
// Token ids are 0 .. vocabulary-1. A batch is the same on every machine, for every number of threads, whatever was asked
// before. Thread: all const members may be called from several threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::data {

/// Sequences of one micro-batch, row-major [sequences, length]. `targets[i]` is the token after `inputs[i]`;
/// `domains[i]` the domain of `targets[i]`. Sub-kinds (digit, operator, word start ...) index Corpus::kinds().
struct Batch {
    std::int64_t sequences = 0, length = 0;
    std::vector<std::int32_t> inputs, targets;
    std::vector<std::int32_t> domains;
    std::vector<std::int16_t> kinds;  ///< of `targets`; empty where the source has no labels
    std::vector<std::int32_t> positions;    ///< of `targets`, place in its unit (equation, word list, line ...) from 0; empty as kinds
    std::vector<std::uint8_t> predictable;  ///< 1: the document's past determines the target; empty as kinds
    std::vector<float> points = {};         ///< plane: [sequences * length][2] in -1..1; then `targets` are classes (or 0), `inputs` point numbers
    std::vector<float> values = {};         ///< plane with values to learn: [sequences * length]
    bool operator==(const Batch&) const = default;
};

/// Facts for `data inspect` and the Data page. Generated text has no end: its documents, bytes and tokens are 0.
struct DomainFacts {
    std::string name;
    double weight = 0;             ///< share of the stretches (documents, sentences, pieces) that are drawn; of the tokens for text
    std::int64_t documents = 0, bytes = 0, tokens = 0;
    double floor = -1;             ///< source entropy in nats/token, -1 if unknown
};
struct CorpusFacts {
    std::int64_t documents = 0, bytes = 0, tokens = 0, validationTokens = 0, vocabulary = 0;
    std::vector<DomainFacts> domains;
    std::vector<std::string> warnings;
};

class Corpus {
public:
    virtual ~Corpus() = default;
    virtual std::int64_t vocabulary() const = 0;
    virtual const std::vector<std::string>& domains() const = 0;
    virtual const std::vector<std::string>& kinds() const = 0;
    /// Micro-batch `micro` of optimizer step `step` (0-based): `sequences` windows of `length` tokens.
    virtual Batch training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const = 0;
    /// Fixed validation batch `index`; never overlaps the training part.
    virtual Batch validation(std::int64_t index, std::int64_t sequences, std::int64_t length) const = 0;
    virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;  ///< unknown characters -> the unknown token
    virtual std::string decode(std::int32_t token) const = 0;                   ///< text of one token (may be part of a character)
    virtual double bytesPerToken() const = 0;  ///< of the validation part; bits/byte = loss / ln 2 / bytesPerToken
    virtual CorpusFacts facts() const = 0;
    virtual std::string fingerprint() const = 0;  ///< identity of the data (hex); a resume compares it
    /// Throws base::Error (exit 3) if the files changed since opening; cheap.
    virtual void check() const {}
};

/// Opens what `config.data` describes. `cacheFolder` takes tokenised files. Problems a user can fix are returned in
/// `problems` (nullptr then); broken files throw base::Error with exit 3.
std::shared_ptr<const Corpus> openCorpus(const config::RunConfig& config, std::string_view cacheFolder,
                                         base::Problems& problems);

}  // namespace moescope::data
