// A small corpus for tests: two made-up languages that share no letter, as a function of (seed, step).
#pragma once

#include <string>
#include <vector>

#include "core/base/counter_random.hpp"
#include "core/data/corpus.hpp"

namespace moescope::test {

/// Ids 0-4 are domain "low", 5-9 domain "high"; in each the next letter is the last plus one, with noise.
class Letters final : public data::Corpus {
public:
    explicit Letters(std::uint64_t seed = 1) : m_seed(seed) {}
    std::int64_t vocabulary() const override { return 10; }
    const std::vector<std::string>& domains() const override { return m_domains; }
    const std::vector<std::string>& kinds() const override { return m_none; }
    data::Batch training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const override {
        return make(static_cast<std::uint64_t>(step), static_cast<std::uint32_t>(micro), sequences, length);
    }
    data::Batch validation(std::int64_t index, std::int64_t sequences, std::int64_t length) const override {
        return make(std::uint64_t{1} << 40, static_cast<std::uint32_t>(index), sequences, length);
    }
    std::vector<std::int32_t> encode(std::string_view text) const override {
        std::vector<std::int32_t> ids;
        for (const char c : text) ids.push_back(c >= 'a' && c <= 'j' ? c - 'a' : 0);
        return ids;
    }
    std::string decode(std::int32_t token) const override { return std::string(1, static_cast<char>('a' + token)); }
    double bytesPerToken() const override { return 1; }
    data::CorpusFacts facts() const override { return {}; }
    std::string fingerprint() const override { return "letters-" + std::to_string(m_seed); }

private:
    data::Batch make(std::uint64_t step, std::uint32_t micro, std::int64_t sequences, std::int64_t length) const {
        const base::RandomStream random({m_seed, base::Purpose::test, micro, step});
        data::Batch batch{sequences, length, {}, {}, {}, {}, {}, {}};
        std::uint64_t draw = 0;
        for (std::int64_t s = 0; s < sequences; ++s) {
            const auto domain = static_cast<std::int32_t>(random.below(draw++, 2));
            auto letter = static_cast<std::int32_t>(random.below(draw++, 5));
            for (std::int64_t t = 0; t < length; ++t) {
                batch.inputs.push_back(5 * domain + letter);
                const bool noise = random.below(draw++, 8) == 0;
                letter = noise ? static_cast<std::int32_t>(random.below(draw++, 5)) : (letter + 1) % 5;
                batch.targets.push_back(5 * domain + letter);
                batch.domains.push_back(domain);
            }
        }
        return batch;
    }

    std::uint64_t m_seed;
    std::vector<std::string> m_domains{"low", "high"}, m_none;
};

/// A model that takes milliseconds a step.
inline config::RunConfig lettersConfig() {
    config::RunConfig c;
    c.model.layers = 2;
    c.model.width = 16;
    c.model.heads = 2;
    c.model.context = 12;
    c.moe.experts = 4;
    c.moe.top_k = 2;
    c.moe.expert_width = 8;
    c.training.steps = 40;
    c.training.batch = 4;
    c.training.lr = 0.01;
    c.training.warmup = 4;
    c.training.eval_batches = 2;
    c.training.seed = 5;
    c.training.threads = 1;  // its products are too small to share
    c.telemetry.probe_tokens = 24;
    c.telemetry.idle_window = 3;
    return c;
}

}  // namespace moescope::test
