// Rows enter one by one; each finds the cheapest alternating path to a free column.
#include "core/training/matching.hpp"

#include <limits>

namespace moescope::training {

namespace {

using Index = std::size_t;
constexpr double kFar = std::numeric_limits<double>::infinity();

// Column 0 and row 0 stand for "none"; cost is minus score.
class Matcher {
public:
    Matcher(std::span<const double> score, Index n) : m_score(score), m_n(n), m_ofRow(n + 1, 0), m_ofColumn(n + 1, 0), m_rowOf(n + 1, 0), m_before(n + 1, 0) {}

    std::vector<std::int64_t> solve() {
        for (Index row = 1; row <= m_n; ++row) flip(pathFrom(row));
        std::vector<std::int64_t> out(m_n);
        for (Index column = 1; column <= m_n; ++column) out[m_rowOf[column] - 1] = static_cast<std::int64_t>(column - 1);
        return out;
    }

private:
    double reduced(Index row, Index column) const {
        return -m_score[(row - 1) * m_n + column - 1] - m_ofRow[row] - m_ofColumn[column];
    }

    // The free column at the end of the cheapest path; potentials follow, so that no reduced cost is negative.
    Index pathFrom(Index row) {
        std::vector<double> distance(m_n + 1, kFar);
        std::vector<bool> reached(m_n + 1, false);
        m_rowOf[0] = row;
        Index column = 0;
        while (m_rowOf[column] != 0) {
            reached[column] = true;
            const Index from = m_rowOf[column];
            Index nearest = 0;
            double least = kFar;
            for (Index j = 1; j <= m_n; ++j) {
                if (reached[j]) continue;
                if (const double cost = reduced(from, j); cost < distance[j]) distance[j] = cost, m_before[j] = column;
                if (distance[j] < least) least = distance[j], nearest = j;
            }
            shift(reached, distance, least);
            column = nearest;
        }
        return column;
    }

    void shift(const std::vector<bool>& reached, std::vector<double>& distance, double by) {
        for (Index j = 0; j <= m_n; ++j) {
            if (reached[j])
                m_ofRow[m_rowOf[j]] += by, m_ofColumn[j] -= by;
            else
                distance[j] -= by;
        }
    }

    void flip(Index column) {
        while (column != 0) {
            m_rowOf[column] = m_rowOf[m_before[column]];
            column = m_before[column];
        }
    }

    std::span<const double> m_score;
    Index m_n;
    std::vector<double> m_ofRow, m_ofColumn;
    std::vector<Index> m_rowOf, m_before;  // of each column: the row it is given to, and the column before it on the path
};

}  // namespace

std::vector<std::int64_t> bestMatching(std::span<const double> score, std::int64_t n) { return Matcher(score, static_cast<Index>(n)).solve(); }

}  // namespace moescope::training
