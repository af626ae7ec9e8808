// What others ask of the page: runs, views, keys.
#include <QLabel>
#include <QResizeEvent>
#include <QStackedLayout>

#include <algorithm>
#include <array>

#include "plots/controls.hpp"
#include "ui/compare_page_parts.hpp"
#include "ui/compare_side.hpp"
#include "ui/compare_table.hpp"
#include "ui/run_library.hpp"

namespace moescope::ui {

std::optional<CompareView> compareView(const QString& word) {
    static const std::array words{"runs", "curves", "scatter", "parallel", "savings", "models", "routing"};
    const auto found = std::ranges::find(words, word.toStdString());
    return found == words.end() ? std::nullopt : std::optional(static_cast<CompareView>(found - words.begin()));
}

void ComparePage::setRuns(const QStringList& ulids, const QString& groupBy) {
    std::vector<CompareEntry> entries;
    for (const QString& ulid : ulids) {
        const auto known = std::ranges::find(m_parts->entries, ulid.toStdString(), &CompareEntry::ulid);
        if (std::ranges::find(entries, ulid.toStdString(), &CompareEntry::ulid) != entries.end()) continue;
        if (known != m_parts->entries.end()) entries.push_back(*known);
        else entries.push_back({nullptr, ulid.toStdString(), {}, {}, true});
    }
    setNote({});
    m_parts->entries = std::move(entries);
    m_parts->baseline = m_parts->entries.empty() ? -1 : 0;
    m_parts->isRead = m_parts->entries.empty();
    if (m_parts->view == CompareView::runs && !m_parts->entries.empty()) showView(CompareView::curves);
    if (!groupBy.isEmpty()) groupBySetting(groupBy);
    m_parts->show();
    m_parts->read();
}

namespace {

const QStringList& axisNames() {
    static const QStringList names{QStringLiteral("step"), QStringLiteral("tokens"), QStringLiteral("flops"), QStringLiteral("seconds")};
    return names;
}

}  // namespace

void ComparePage::setAxis(const QString& axis) {
    if (axisNames().contains(axis)) m_parts->options->setAxis(static_cast<XAxis>(axisNames().indexOf(axis)));
}

QString ComparePage::axis() const { return axisNames().value(static_cast<int>(m_parts->options->axis())); }

void ComparePage::setNote(const QString& sentences) {
    m_parts->note->setText(sentences);
    m_parts->note->setVisible(!sentences.isEmpty());
}

void ComparePage::addRuns(const QStringList& ulids) {
    const int pinned = m_parts->baseline;
    const std::size_t before = m_parts->entries.size();
    setRuns(runs() + ulids);
    if (pinned >= 0) m_parts->setBaseline(pinned);
    emit message(tr("%1 runs added to the comparison.").arg(m_parts->entries.size() - before));
}

void ComparePage::groupBySetting(const QString& key) {
    const auto known = storage::queryKey(key.toStdString());
    if (!known) return emit message(tr("\u201c%1\u201d is no field of a run and no setting: the runs are not grouped by it.").arg(key));
    Grouping grouping;
    grouping.colour = *known;
    m_parts->options->setGrouping(grouping);
}

Grouping ComparePage::grouping() const { return m_parts->options->grouping(); }
void ComparePage::setGrouping(const Grouping& grouping) { m_parts->options->setGrouping(grouping); }

QStringList ComparePage::runs() const {
    QStringList ulids;
    for (const CompareEntry& entry : m_parts->entries) ulids << QString::fromStdString(entry.ulid);
    return ulids;
}

void ComparePage::showView(CompareView view) {
    m_parts->view = view;
    m_parts->views->setCurrent(static_cast<int>(view));
    m_parts->showView();
    if (view == CompareView::savings && m_parts->isRead) m_parts->askStudy();
}

CompareView ComparePage::view() const { return m_parts->view; }

void ComparePage::setBaseline(const QString& ulid) {
    const auto entry = std::ranges::find(m_parts->entries, ulid.toStdString(), &CompareEntry::ulid);
    if (entry != m_parts->entries.end()) m_parts->setBaseline(static_cast<int>(entry - m_parts->entries.begin()));
}

bool ComparePage::complete() const { return m_parts->isRead && !m_parts->study.busy() && !(m_parts->view == CompareView::routing && m_parts->experts->busy()); }

QSize ComparePage::minimumSizeHint() const { return {480, 400}; }

plots::LinePanel& ComparePage::panel() { return m_parts->facets->panel(); }

CompareFacets& ComparePage::facets() { return *m_parts->facets; }

void ComparePage::saveReport() { m_parts->saveReport(); }

void ComparePage::setSettings(QSettings* settings) {
    m_parts->runs->setSettings(settings);
    m_parts->table->setSettings(settings);
}

void ComparePage::addSelected() { addRuns(m_parts->runs->chosen()); }

void ComparePage::pinChosen() {
    const QModelIndex row = m_parts->table->currentIndex();
    if (row.isValid()) m_parts->setBaseline(row.data(CompareTableModel::EntryRole).toInt());
    else emit message(tr("Choose a row of the comparison first; B makes it the baseline."));
}

void ComparePage::toggleDifferences() { m_parts->side->showAllSettings(!m_parts->side->showsAllSettings()); }

void ComparePage::popUpGrouping() {
    if (m_parts->view == CompareView::runs && !m_parts->entries.empty()) showView(CompareView::curves);
    m_parts->options->popUpGrouping();
}

void ComparePage::askForName() { m_parts->askForName(); }

void ComparePage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_parts->fit();
}

}  // namespace moescope::ui
