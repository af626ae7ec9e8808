// brackets{kinds, depth, p_open}: Dyck words such as ([]{}), each followed by a space.
// A word opens a bracket; at height h in [1, depth) it opens another with p_open, else closes; at `depth` it closes; at
// 0 it ends.
#include <array>
#include <cmath>

#include "core/data/domains/entropy.hpp"
#include "core/data/domains/family.hpp"

namespace moescope::data {

namespace {

constexpr std::u32string_view kOpen = U"([{<";
constexpr std::u32string_view kClose = U")]}>";

class Brackets final : public Family {
public:
    Brackets(std::size_t kinds, std::size_t depth, double open) : m_kinds(kinds), m_depth(depth), m_open(open) {
        std::vector<double> moves(depth * depth), start(depth);
        start[0] = 1;
        for (std::size_t h = 0; h < depth; ++h) {
            if (h + 1 < depth) moves[h * depth + h + 1] = open;
            if (h > 0) moves[h * depth + h - 1] = h + 1 < depth ? 1 - open : 1;
        }
        const std::vector<double> visits = expectedVisits(moves, start);
        double steps = 0, choices = 0;
        for (std::size_t h = 0; h < depth; ++h) {
            steps += visits[h];
            if (h + 1 < depth) choices += visits[h];
        }
        const double decision = entropy(std::array{open, 1 - open});
        m_floor = ((1 + choices * open) * std::log(static_cast<double>(kinds)) + choices * decision) / (steps + 2);
    }

    std::u32string characters() const override {
        std::u32string all(kOpen.substr(0, m_kinds));
        return characterSet(all.append(kClose.substr(0, m_kinds)).append(1, U' '));
    }

    void unit(Draws &draws, Document &document) const override {
        std::vector<std::size_t> stack;
        do {
            const bool full = stack.size() == m_depth;
            if (stack.empty() || (!full && draws.chance(m_open))) {
                stack.push_back(draws.below(m_kinds));
                document.put(kOpen[stack.back()], Kind::open, stack.size() == 1 && m_kinds == 1);
            } else {
                document.put(kClose[stack.back()], Kind::close, full);
                stack.pop_back();
            }
        } while (!stack.empty());
        document.put(U' ', Kind::end, true);
        document.endUnit();
    }

    double floor() const override { return m_floor; }

private:
    std::size_t m_kinds, m_depth;
    double m_open;
    double m_floor = 0;
};

}  // namespace

std::unique_ptr<Family> makeBrackets(Options &options) {
    const std::int64_t kinds = options.integer("kinds", 3, 1, 4);
    const std::int64_t depth = options.integer("depth", 5, 1, 64);
    const double open = options.number("p_open", 0.5, 0.05, 0.7);
    return std::make_unique<Brackets>(static_cast<std::size_t>(kinds), static_cast<std::size_t>(depth), open);
}

}  // namespace moescope::data
