// CompareSide: the verdict, the settings in which the compared runs differ, and their loss by domain, as tables one can copy.
#pragma once

#include <QString>
#include <QWidget>

#include <string>
#include <vector>

#include "ui/compare_curves.hpp"

class QLabel;
class QPushButton;
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

/// Keys in which the runs' settings differ (seeds among them), readable values; `all`: the other settings too.
TextTable settingsThatDiffer(const std::vector<CompareEntry>& entries, bool all = false);
/// Newest validation loss of each domain.
TextTable domainLosses(const std::vector<CompareEntry>& entries);

/// GUI thread.
class CompareSide : public QWidget {
    Q_OBJECT
public:
    explicit CompareSide(QWidget* parent = nullptr);
    void setEntries(const std::vector<CompareEntry>& entries);
    CompareVerdict& verdict() { return *m_verdict; }
    /// All settings instead of those that differ alone.
    void showAllSettings(bool on);
    bool showsAllSettings() const { return m_all; }

private:
    struct Section {
        QWidget* box;
        QLabel* count;
        QTableWidget* table;
        TextTable values;
        std::vector<plots::Ink> inks = {};   ///< of the columns
    };
    Section addSection(const char* name, const QString& title);
    void show(Section& section, const TextTable& values, const std::vector<CompareEntry>& entries);

    CompareVerdict* m_verdict;
    std::vector<CompareEntry> m_entries;
    QStringList m_shown;           ///< what the table of settings was made for
    QPushButton* m_only;
    bool m_all = false;
    Section m_settings, m_domains;
};

}  // namespace moescope::ui
