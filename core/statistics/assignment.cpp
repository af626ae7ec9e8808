// Shortest augmenting paths with potentials.
#include "core/statistics/assignment.hpp"

#include <limits>
#include <utility>

namespace moescope::statistics {
namespace {

/// Least cost for rows <= columns. Index 0 stands for "free" on both sides.
class Matching {
public:
    Matching(std::size_t rows, std::size_t columns) : m_rowPotential(rows + 1), m_columnPotential(columns + 1), m_rowOf(columns + 1), m_before(columns + 1) {}

    template <class Cost>
    void add(std::size_t row, const Cost& cost) {
        const std::size_t columns = m_rowOf.size() - 1;
        std::vector<double> slack(columns + 1, std::numeric_limits<double>::infinity());
        std::vector<bool> reached(columns + 1);
        std::size_t at = 0;
        m_rowOf[0] = row;
        do {
            reached[at] = true;
            at = relax(at, slack, reached, cost);
        } while (m_rowOf[at] != 0);
        for (; at != 0; at = m_before[at]) m_rowOf[at] = m_rowOf[m_before[at]];
    }
    std::size_t rowOf(std::size_t column) const { return m_rowOf[column]; }

private:
    /// Looks from the row that holds column `at`; moves the potentials so that one more column is reached, and returns it.
    template <class Cost>
    std::size_t relax(std::size_t at, std::vector<double>& slack, const std::vector<bool>& reached, const Cost& cost) {
        const std::size_t row = m_rowOf[at];
        double least = std::numeric_limits<double>::infinity();
        std::size_t next = 0;
        for (std::size_t column = 1; column < m_rowOf.size(); ++column) {
            if (reached[column]) continue;
            const double reduced = cost(row - 1, column - 1) - m_rowPotential[row] - m_columnPotential[column];
            if (reduced < slack[column]) slack[column] = reduced, m_before[column] = at;
            if (slack[column] < least) least = slack[column], next = column;
        }
        for (std::size_t column = 0; column < m_rowOf.size(); ++column) {
            if (reached[column]) m_rowPotential[m_rowOf[column]] += least, m_columnPotential[column] -= least;
            else slack[column] -= least;
        }
        return next;
    }

    std::vector<double> m_rowPotential, m_columnPotential;
    std::vector<std::size_t> m_rowOf, m_before;
};

}  // namespace

std::vector<int> bestAssignment(std::span<const double> gain, std::size_t rows, std::size_t columns) {
    std::vector<int> columnOf(rows, -1);
    const bool turned = rows > columns;
    const std::size_t fewer = turned ? columns : rows, more = turned ? rows : columns;
    const auto cost = [&](std::size_t row, std::size_t column) { return -(turned ? gain[column * columns + row] : gain[row * columns + column]); };
    Matching matching(fewer, more);
    for (std::size_t row = 1; row <= fewer; ++row) matching.add(row, cost);
    for (std::size_t column = 1; column <= more; ++column) {
        const std::size_t row = matching.rowOf(column);
        if (row == 0) continue;
        columnOf[turned ? column - 1 : row - 1] = static_cast<int>(turned ? row - 1 : column - 1);
    }
    return columnOf;
}

}  // namespace moescope::statistics
