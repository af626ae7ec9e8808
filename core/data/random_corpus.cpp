// One draw a token.
#include "core/data/random_corpus.hpp"

#include <cmath>

#include <fmt/format.h>

#include "core/base/counter_random.hpp"
#include "core/base/hash.hpp"

namespace moescope::data {

namespace {

constexpr std::uint32_t kValidationLayer = 0xFFFFFFFF;

class RandomCorpus final : public Corpus {
public:
    RandomCorpus(std::int64_t vocabulary, std::uint64_t seed) : m_vocabulary(vocabulary), m_seed(seed) {}

    std::int64_t vocabulary() const override { return m_vocabulary; }
    const std::vector<std::string> &domains() const override { return m_domains; }
    const std::vector<std::string> &kinds() const override { return m_kinds; }
    Batch training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const override {
        return drawn(static_cast<std::uint32_t>(micro), static_cast<std::uint64_t>(step), 0, sequences, length);
    }
    Batch validation(std::int64_t index, std::int64_t sequences, std::int64_t length) const override {
        return drawn(kValidationLayer, 0, index * sequences, sequences, length);
    }
    /// Tokens without text: a byte stands for the token of its number.
    std::vector<std::int32_t> encode(std::string_view text) const override {
        std::vector<std::int32_t> tokens;
        for (const char byte : text)
            tokens.push_back(static_cast<std::int32_t>(static_cast<unsigned char>(byte) % m_vocabulary));
        return tokens;
    }
    std::string decode(std::int32_t token) const override { return fmt::format("<{}>", token); }
    /// As many as its information: a perfect model has 8 bits per byte.
    double bytesPerToken() const override { return std::log2(static_cast<double>(m_vocabulary)) / 8; }
    CorpusFacts facts() const override {
        CorpusFacts facts;
        facts.vocabulary = m_vocabulary;
        facts.domains.push_back({"random", 1, 0, 0, 0, std::log(static_cast<double>(m_vocabulary))});
        return facts;
    }
    std::string fingerprint() const override {
        return base::hex(base::hash128(fmt::format("random 1 seed {} of {}", m_seed, m_vocabulary)));
    }

private:
    Batch drawn(std::uint32_t layer, std::uint64_t step, std::int64_t firstRow, std::int64_t sequences,
                std::int64_t length) const {
        const base::RandomStream stream({m_seed, base::Purpose::dataText, layer, step});
        Batch batch{sequences, length, {}, {}, {}, {}, {}, {}};
        const auto size = static_cast<std::size_t>(sequences * length);
        batch.inputs.reserve(size);
        batch.targets.reserve(size);
        batch.domains.assign(size, 0);
        for (std::int64_t row = firstRow; row < firstRow + sequences; ++row) {
            const auto token = [&](std::int64_t i) {
                return static_cast<std::int32_t>(
                    stream.below((static_cast<std::uint64_t>(row) << 32) | static_cast<std::uint64_t>(i),
                                 static_cast<std::uint64_t>(m_vocabulary)));
            };
            std::int32_t last = token(0);
            for (std::int64_t i = 0; i < length; ++i) {
                batch.inputs.push_back(last);
                batch.targets.push_back(last = token(i + 1));
            }
        }
        return batch;
    }

    std::int64_t m_vocabulary;
    std::uint64_t m_seed;
    std::vector<std::string> m_domains = {"random"};
    std::vector<std::string> m_kinds;
};

}  // namespace

std::shared_ptr<const Corpus> makeRandomCorpus(std::int64_t vocabulary, std::uint64_t seed) {
    return std::make_shared<RandomCorpus>(vocabulary, seed);
}

}  // namespace moescope::data
