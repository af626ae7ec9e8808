// CompareSide: the verdict, the settings in which the compared runs differ, and their loss by domain, as tables one can copy.
#pragma once

#include <QString>
#include <QWidget>

#include <string>
#include <vector>

#include "ui/compare_curves.hpp"

class QLabel;
class QTableWidget;

namespace moescope::ui {

class CompareVerdict;

/// A table of texts with a name for each row and column.
struct TextTable {
    QString corner;
    QStringList columns, rows;
    std::vector<QStringList> cells;   ///< [row][column]
    bool operator==(const TextTable&) const = default;
};
/// `| setting | a | b |`; bars and line ends in cells cannot break it.
QString toMarkdown(const TextTable& table);
/// RFC 4180; cells that a spreadsheet would take for a formula get an apostrophe before them.
QString toCsvText(const TextTable& table);

/// Keys in which the runs' settings differ (seeds among them), readable values; `total` = number of all settings.
TextTable settingsThatDiffer(const std::vector<CompareEntry>& entries);
/// Newest validation loss of each domain, with the floor known for it.
TextTable domainLosses(const std::vector<CompareEntry>& entries);

/// GUI thread.
class CompareSide : public QWidget {
    Q_OBJECT
public:
    explicit CompareSide(QWidget* parent = nullptr);
    void setEntries(const std::vector<CompareEntry>& entries);
    CompareVerdict& verdict() { return *m_verdict; }

private:
    struct Section {
        QWidget* box;
        QLabel* count;
        QTableWidget* table;
        TextTable values;
    };
    Section addSection(const char* name, const QString& title);
    void show(Section& section, const TextTable& values, const std::vector<CompareEntry>& entries);

    CompareVerdict* m_verdict;
    Section m_settings, m_domains;
};

}  // namespace moescope::ui
