// markov{order, alphabet, temperature, chain_seed}: each letter depends on the last `order` letters; the logits of
// every context are standard normal, divided by the temperature. A document begins in the chain's stationary
// distribution; a unit is 16 letters.
#include <algorithm>
#include <cmath>

#include "core/data/domains/entropy.hpp"
#include "core/data/domains/family.hpp"

namespace moescope::data {

namespace {

constexpr std::size_t kUnitLength = 16;
constexpr std::size_t kMostContexts = 8192;
constexpr std::uint64_t kChain = 5;

class Markov final : public Family {
public:
    Markov(std::u32string letters, std::size_t order, double temperature, std::uint64_t seed)
        : m_letters(std::move(letters)), m_order(order) {
        for (std::size_t i = 0; i < order; ++i)
            m_contexts *= m_letters.size();
        makeChain(temperature, seed);
        const std::vector<double> stationary = stationaryDistribution();
        m_start = cumulative(stationary);
        for (std::size_t c = 0; c < m_contexts; ++c)
            m_floor += stationary[c] * entropy(row(m_probabilities, c));
    }

    std::u32string characters() const override { return characterSet(m_letters); }

    /// Goes on from the last letters of the document, so that the chain runs through its units.
    void unit(Draws &draws, Document &document) const override {
        if (document.text.empty()) putStart(draws, document);
        const std::size_t end = (document.units.size() + 1) * std::max(kUnitLength, m_order);
        std::size_t context = contextOf(document.text);
        while (document.text.size() < end) {
            const std::size_t letter = draws.pick(row(m_cumulative, context));
            document.put(m_letters[letter], Kind::noise, m_letters.size() == 1);
            context = (context * m_letters.size() + letter) % m_contexts;
        }
        document.endUnit();
    }

    double floor() const override { return m_floor; }

private:
    std::span<const double> row(const std::vector<double> &table, std::size_t context) const {
        return {table.data() + context * m_letters.size(), m_letters.size()};
    }

    void makeChain(double temperature, std::uint64_t seed) {
        const base::RandomStream normals({seed, base::Purpose::dataText, kStructureLayer, kChain});
        std::vector<double> weights(m_letters.size());
        for (std::size_t c = 0; c < m_contexts; ++c) {
            double total = 0;
            for (std::size_t i = 0; i < weights.size(); ++i)
                total += weights[i] = std::exp(normals.normal(c * weights.size() + i) / temperature);
            for (const double weight : weights)
                m_probabilities.push_back(weight / total);
            for (const double sum : cumulative(weights))
                m_cumulative.push_back(sum);
        }
    }

    /// Power iteration; all probabilities are positive, so it converges from anywhere.
    std::vector<double> stationaryDistribution() const {
        const std::size_t n = m_letters.size();
        std::vector<double> now(m_contexts, 1.0 / static_cast<double>(m_contexts)), next;
        double change = 1;
        for (int round = 0; round < 100'000 && change > 1e-14; ++round) {
            next.assign(m_contexts, 0);
            for (std::size_t c = 0; c < m_contexts; ++c)
                for (std::size_t i = 0; i < n; ++i)
                    next[(c * n + i) % m_contexts] += now[c] * m_probabilities[c * n + i];
            change = 0;
            for (std::size_t c = 0; c < m_contexts; ++c)
                change += std::fabs(next[c] - now[c]);
            now.swap(next);
        }
        return now;
    }

    void putStart(Draws &draws, Document &document) const {
        std::size_t context = draws.pick(m_start);
        for (std::size_t place = m_contexts / m_letters.size(), i = 0; i < m_order; ++i, place /= m_letters.size()) {
            document.put(m_letters[context / place % m_letters.size()], Kind::noise, false);
        }
    }

    std::size_t contextOf(const std::u32string &text) const {
        std::size_t context = 0;
        for (std::size_t i = text.size() - m_order; i < text.size(); ++i)
            context = context * m_letters.size() + m_letters.find(text[i]);
        return context;
    }

    std::u32string m_letters;
    std::size_t m_order;
    std::size_t m_contexts = 1;
    std::vector<double> m_probabilities, m_cumulative;  // [contexts, letters]
    std::vector<double> m_start;                        // cumulative over contexts
    double m_floor = 0;
};

}  // namespace

std::unique_ptr<Family> makeMarkov(Options &options) {
    std::u32string letters = options.alphabet("alphabet", "latin_a_j", 2);
    const auto order = static_cast<std::size_t>(options.integer("order", 1, 1, 8));
    const double temperature = options.number("temperature", 0.7, 0.05, 100);
    const auto seed = static_cast<std::uint64_t>(options.integer("chain_seed", 0, 0, 1'000'000'000));
    std::size_t contexts = 1;
    for (std::size_t i = 0; i < order && contexts <= kMostContexts; ++i)
        contexts *= letters.size();
    if (contexts > kMostContexts) {
        options.problem("order", "The chain would need more than 8192 contexts (letters to the power of the order): "
                                 "use a lower order or fewer letters.");
        return std::make_unique<Markov>(letters.substr(0, 2), 1, temperature, seed);
    }
    return std::make_unique<Markov>(std::move(letters), order, temperature, seed);
}

}  // namespace moescope::data
