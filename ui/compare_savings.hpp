// CompareSavings: how much less each group needs to reach what the baseline has, if training had ended at a quarter, a half, three
// quarters or the whole of it.
#pragma once

#include <QWidget>

#include "ui/compare_facets.hpp"
#include "ui/compare_side.hpp"
#include "ui/compare_study.hpp"

class QLabel;
class QTableWidget;

namespace moescope::ui {

/// A line for each group against the baseline, x = share of the horizon in %, y = savings in %, with its 95 % interval.
plots::Lane savingsLane(const StudiedSavings& savings, const std::vector<CompareGroup>& groups);
/// The same as numbers: "42 % (31 to 55)"; "at most 12 %" where a seed did not reach it.
TextTable savingsTable(const StudiedSavings& savings);

/// GUI thread.
class CompareSavings : public QWidget {
    Q_OBJECT
public:
    explicit CompareSavings(QWidget* parent = nullptr);
    void setSavings(const StudiedSavings& savings, const std::vector<CompareGroup>& groups, XAxis axis);
    plots::LinePanel& panel() { return *m_panel; }

signals:
    void exportRequested(plots::LinePanel* panel, plots::ExportFormat format);

private:
    plots::LinePanel* m_panel;
    QTableWidget* m_table;
    QLabel* m_words;
    TextTable m_values;
};

}  // namespace moescope::ui
