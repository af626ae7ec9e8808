// copy{alphabet, length, shortest, rule}: abc|abc. with a key of uniform letters and uniform length in [shortest,
// length]; the second half is the key copied, reversed or sorted in the alphabet's order.
#include <algorithm>
#include <cmath>

#include "core/data/domains/family.hpp"

namespace moescope::data {

namespace {

class Copy final : public Family {
public:
    Copy(std::u32string letters, std::int64_t shortest, std::int64_t longest, std::string rule)
        : m_letters(std::move(letters)), m_shortest(shortest), m_longest(longest), m_rule(std::move(rule)) {}

    std::u32string characters() const override { return characterSet(m_letters + U"|."); }

    void unit(Draws &draws, Document &document) const override {
        const std::int64_t length =
            m_shortest + static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(m_longest - m_shortest + 1)));
        std::vector<std::size_t> key(static_cast<std::size_t>(length));
        for (std::size_t &letter : key)
            letter = draws.below(m_letters.size());
        for (const std::size_t letter : key)
            document.put(m_letters[letter], Kind::keyHalf, false);
        document.put(U'|', Kind::separator, length == m_longest);
        if (m_rule == "reverse") std::reverse(key.begin(), key.end());
        if (m_rule == "sort") std::sort(key.begin(), key.end());
        for (const std::size_t letter : key)
            document.put(m_letters[letter], Kind::copyHalf, true);
        document.put(U'.', Kind::end, true);
        document.endUnit();
    }

    double floor() const override {
        const double mean = static_cast<double>(m_shortest + m_longest) / 2;
        const double nats = mean * std::log(static_cast<double>(m_letters.size())) +
                            std::log(static_cast<double>(m_longest - m_shortest + 1));
        return nats / (2 * mean + 2);
    }

private:
    std::u32string m_letters;
    std::int64_t m_shortest, m_longest;
    std::string m_rule;
};

}  // namespace

std::unique_ptr<Family> makeCopy(Options &options) {
    std::u32string letters = options.alphabet("alphabet", "latin_u_z", 2, U"|.");
    const std::int64_t longest = options.integer("length", 6, 1, 1000);
    const std::int64_t shortest = options.integer("shortest", (longest + 1) / 2, 1, longest);
    return std::make_unique<Copy>(std::move(letters), shortest, longest,
                                  options.choice("rule", "copy", {"copy", "reverse", "sort"}));
}

}  // namespace moescope::data
