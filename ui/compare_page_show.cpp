// From the chosen runs to what the page shows: reading, grouping, the study's answers, the views.
#include <algorithm>

#include <QHash>
#include <QStackedLayout>

#include "plots/chart_panels.hpp"
#include "ui/compare_page_parts.hpp"
#include "ui/compare_side.hpp"
#include "ui/compare_table.hpp"
#include "ui/compare_verdict.hpp"
#include "ui/run_library.hpp"
#include "ui/run_row_delegate.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

/// The axis in units that keep the ticks short; the curves' x are divided by `factor`.
struct AxisWords {
    QString name, title;
    double factor;
};

AxisWords axisWords(XAxis axis, double last) {
    switch (axis) {
        case XAxis::tokens: return {ComparePage::tr("tokens"), ComparePage::tr("trained tokens"), 1};
        case XAxis::flops: {
            static constexpr const char* units[] = {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"};
            int unit = 0;
            double factor = 1;
            for (; unit < 6 && last / factor >= 1000; ++unit) factor *= 1000;
            return {QLatin1String(units[unit]), ComparePage::tr("training compute, %1").arg(QLatin1String(units[unit])), factor};
        }
        case XAxis::seconds: return {ComparePage::tr("s"), ComparePage::tr("training time, seconds"), 1};
        default: return {ComparePage::tr("step"), ComparePage::tr("training step"), 1};
    }
}

QString bandWords(Band band) {
    switch (band) {
        case Band::interval: return ComparePage::tr("mean and 95 % band");
        case Band::deviation: return ComparePage::tr("mean, band of one standard deviation");
        case Band::range: return ComparePage::tr("mean, band from least to greatest");
        case Band::none: return ComparePage::tr("mean");
    }
    return {};
}

}  // namespace

void ComparePage::Parts::read() {
    if (entries.empty()) return;
    isRead = false;
    std::vector<std::pair<QString, QString>> runs;
    for (const CompareEntry& entry : entries) {
        const QString ulid = QString::fromStdString(entry.ulid);
        runs.emplace_back(ulid, library.runFolder(ulid));
    }
    request = reader.request(runs, options->wish());
}

void ComparePage::Parts::onRead(int answered, const ComparedRunPtr& run) {
    if (answered != request) return;
    const auto entry = std::ranges::find(entries, run->ulid, &CompareEntry::ulid);
    if (entry == entries.end()) return;
    entry->run = run;
    if (isRead) show();  // a run has grown; while all are read, the picture waits for the last
}

/// Keys whose values the table, the channels and the pictures need.
std::vector<std::string> ComparePage::Parts::wantedKeys() const {
    const Grouping grouping = options->grouping();
    std::vector<std::string> wanted{grouping.colour, grouping.dash, grouping.facet, "seed"};
    for (const std::vector<std::string>& more : {differing, sceneFields(), table->rows().extras()}) wanted.insert(wanted.end(), more.begin(), more.end());
    std::erase_if(wanted, [](const std::string& key) { return key.empty() || key.starts_with('@'); });
    return wanted;
}

/// What differs can change only with the runs or with what people give them.
void ComparePage::Parts::takeKeys() {
    std::vector<const storage::RunRow*> rows;
    std::vector<std::string> now;
    QHash<QString, const storage::RunRow*> known;
    for (const storage::RunRow& row : *library.runs()) known.insert(QString::fromStdString(row.ulid), &row);
    for (const CompareEntry& entry : entries)
        if (const storage::RunRow* row = known.value(QString::fromStdString(entry.ulid))) {
            rows.push_back(row);
            now.push_back(row->ulid + '\n' + row->group + '\n' + std::to_string(static_cast<int>(row->state)));
            for (const std::string& tag : row->tags) now.back() += '\n' + tag;
        }
    if (now == counted) return;
    counted = std::move(now);
    differing = keysThatDiffer(keys, rows);
    options->offerKeys(differing);
    table->offerKeys(differing);
}

/// Names, colours and values, from the list of runs.
void ComparePage::Parts::takeRows() {
    takeKeys();
    const std::vector<std::string> wanted = wantedKeys();
    QHash<QString, const storage::RunRow*> rows;
    for (const storage::RunRow& row : *library.runs()) rows.insert(QString::fromStdString(row.ulid), &row);
    for (CompareEntry& entry : entries) {
        const storage::RunRow* row = rows.value(QString::fromStdString(entry.ulid));
        entry.name = row ? RunWords::oneLine(row->name) : entry.run ? RunWords::oneLine(entry.run->meta.name) : QString::fromStdString(entry.ulid);
        entry.ink = RunWords::ink(entry.ulid, row ? row->colour : std::string());
        entry.values.clear();
        if (!row) continue;
        entry.load = loadMatrix(*row);
        for (const std::string& key : wanted)
            if (const RunValue value = keys.value(*row, key)) entry.values.insert_or_assign(key, *value);
    }
    tellApart(entries);
}

void ComparePage::Parts::show() {
    takeRows();
    options->offerElements(entries);
    groups = groupEntries(entries, options->grouping());
    const int row = table->currentIndex().row(), column = std::max(0, table->currentIndex().column());
    table->rows().show(entries, groups, baseline);
    if (row >= 0 && row < table->rows().rowCount() && !table->currentIndex().isValid()) table->setCurrentIndex(table->rows().index(row, column));
    options->setAveraged(groups.size() < entries.size());
    fit();
    side->setEntries(representatives(entries, groups));
    showView();
    if (isRead) askStudy();  // until then some runs still hold the curve of another metric or axis
}

CompareScene ComparePage::Parts::scene() const { return {entries, groups, baseline, chosen, options->metric(), differing}; }

/// The pane of the chosen view; pictures that are not seen are not drawn.
void ComparePage::Parts::showView() {
    const bool table = view == CompareView::runs;
    stack->setCurrentIndex(table ? 2 : entries.empty() ? 0 : 1);
    if (table || entries.empty()) return;
    const bool pair = view == CompareView::models || view == CompareView::routing;
    options->setVisible(!pair);
    pictures->setCurrentIndex(static_cast<int>(view) - 1);
    if (view == CompareView::scatter) scatter->setScene(scene());
    if (view == CompareView::parallel) parallel->setScene(scene());
    if (view == CompareView::models) models->setScene(scene());
    if (view == CompareView::routing) experts->setScene(scene(), [this](const std::string& ulid) { return library.runFolder(QString::fromStdString(ulid)); });
}

void ComparePage::Parts::chooseRow() {
    if (!table->currentIndex().isValid()) return;
    chosen = table->rows().entry(table->currentIndex())->ulid;
    side->verdict().choose(chosen);
    if (view == CompareView::models || view == CompareView::routing) showView();
}

void ComparePage::Parts::chooseRun(const QString& ulid) {
    for (int row = 0; row < table->rows().rowCount(); ++row)
        for (const std::size_t member : table->rows().members(table->rows().index(row, 0)))
            if (entries[member].ulid == ulid.toStdString()) return table->setCurrentIndex(table->rows().index(row, 0));
}

std::vector<storage::RunRow> ComparePage::Parts::rowsOf(const std::vector<int>& which) const {
    std::vector<storage::RunRow> rows;
    for (const int entry : which)
        if (const storage::RunRow* row = library.find(QString::fromStdString(entries[static_cast<std::size_t>(entry)].ulid))) rows.push_back(*row);
    return rows;
}

void ComparePage::Parts::askStudy() {
    if (entries.empty()) return;
    asked = {};
    for (const CompareEntry& entry : entries) {
        asked.runs.push_back(entry.run);
        asked.names.push_back(entry.name);
    }
    for (const CompareGroup& group : groups) asked.groups.push_back(group.members);
    asked.baseline = baseline;
    asked.smoothing = effectiveSmoothing();
    asked.savings = view == CompareView::savings;
    Basis known = judged;
    known.savings = judged.savings && asked.savings;
    study.ask({entries, groups, baseline, options->metric(), options->axis(), options->band(), asked.smoothing, !(asked == known), asked.savings && !(asked == known)});
}

void ComparePage::Parts::showLanes(const FacetLanesPtr& answered) {
    const CompareMetric& metric = options->metric();
    std::vector<FacetLane> lanes = *answered;
    double last = 0;
    for (const FacetLane& lane : lanes)
        for (const plots::Curve& curve : lane.lane.curves)
            if (!curve.points.x.empty()) last = std::max(last, curve.points.x.back());
    const AxisWords axis = axisWords(options->axis(), last);
    if (axis.factor != 1)
        for (FacetLane& lane : lanes)
            for (plots::Curve& curve : lane.lane.curves)
                for (double& x : curve.points.x) x /= axis.factor;
    QStringList about;
    if (!metric.unit.isEmpty()) about << metric.unit;
    if (groups.size() < entries.size()) about << bandWords(options->band());
    facets->setLanes(std::move(lanes), {metric.title, about.join(QStringLiteral(", ")), axis.name, axis.title, metric.unit.isEmpty() ? metric.title : metric.title + QStringLiteral(", ") + metric.unit,
                                        tr("none of these runs has stored it"), axis.factor, options->grouping().facet}, channelMarks(groups, options->grouping()));
}

void ComparePage::Parts::setBaseline(int entry) {
    baseline = entry;
    show();
}

void ComparePage::Parts::remove(int entry) {
    const std::string pinned = baseline >= 0 ? entries[static_cast<std::size_t>(baseline)].ulid : std::string();
    entries.erase(entries.begin() + entry);
    const auto kept = std::ranges::find(entries, pinned, &CompareEntry::ulid);
    baseline = kept != entries.end() ? static_cast<int>(kept - entries.begin()) : entries.empty() ? -1 : 0;
    read();
    show();
}

}  // namespace moescope::ui
