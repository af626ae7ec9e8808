// ComparePage: chosen runs side by side, on one axis, in one table, with the settings that differ.
#pragma once

#include <QStringList>
#include <QWidget>

#include <functional>
#include <memory>
#include <optional>

class QSettings;

namespace moescope::plots {
class LinePanel;
}

namespace moescope::ui {

class CompareFacets;
class EngineLink;
class RunLibrary;
struct Grouping;

/// What the page shows: the table of all runs, or one of the pictures of the compared ones.
enum class CompareView { runs, curves, scatter, parallel, savings, models, routing };
/// "curves", as --page compare:curves says it; nothing for another word.
std::optional<CompareView> compareView(const QString& word);

/// GUI thread; runs are read in threads of their own. Borrows the library and the link, which outlive it.
class ComparePage : public QWidget {
    Q_OBJECT
public:
    ComparePage(RunLibrary& library, EngineLink& link, QWidget* parent = nullptr);
    ~ComparePage() override;

    /// Replaces what is compared; the first is the baseline until another is pinned. `groupBy`, a key of the query language
    /// (router.score, k, tag), becomes the colour channel; empty leaves the grouping as it is.
    void setRuns(const QStringList& ulids, const QString& groupBy = {});
    /// Adds to what is compared.
    void addRuns(const QStringList& ulids);
    QStringList runs() const;
    /// "step", "tokens", "flops" or "seconds"; anything else changes nothing.
    void setAxis(const QString& axis);
    QString axis() const;
    /// What a study says about these runs, above the table; the next setRuns takes it away.
    void setNote(const QString& sentences);
    void showView(CompareView view);
    CompareView view() const;
    void setBaseline(const QString& ulid);
    Grouping grouping() const;
    void setGrouping(const Grouping& grouping);
    /// True when all runs asked for have been read and drawn, or refused.
    bool complete() const;
    QSize minimumSizeHint() const override;
    /// The first plot, and all of them.
    plots::LinePanel& panel();
    CompareFacets& facets();
    /// Asks for a file and writes the comparison as HTML, as PDF where the name ends in .pdf, as Markdown where it ends in .md.
    void saveReport();
    /// Keeps the comparison in the store under a name, with metric, axis, grouping and baseline; and opens one again.
    void saveComparison(const QString& name);
    void openComparison(const QString& name);
    /// Where columns and their widths are kept; nullptr: nowhere.
    void setSettings(QSettings* settings);

public slots:
    // What the menu Compare and its keys do.
    void addSelected();
    void pinChosen();
    void toggleDifferences();
    void popUpGrouping();
    void askForName();

public:

    /// Asks for the file an export goes to; empty = not saved. A test puts its own in place.
    std::function<QString(const QString& suggested, const QString& filter)> askFileName;

signals:
    void newRunRequested();
    void completed();
    void runActivated(const QString& ulid);
    void message(const QString& sentence);
    /// The settings of two compared runs shall have so many seeds in common.
    void seedsRequested(const QString& ulid, const QString& baseline, int total);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void groupBySetting(const QString& key);

    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}  // namespace moescope::ui
