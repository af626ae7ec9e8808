// From the chosen runs to what the page shows: reading, grouping, the study's answers, exports.
#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "plots/chart_panels.hpp"
#include "plots/empty_state.hpp"
#include "ui/compare_page_parts.hpp"
#include "ui/compare_side.hpp"
#include "ui/compare_table.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"

#include <QStackedLayout>

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

/// Names, colours and values of the channels, from the list of runs.
void ComparePage::Parts::takeRows() {
    QHash<QString, const storage::RunRow*> rows;
    for (const storage::RunRow& row : *library.runs()) rows.insert(QString::fromStdString(row.ulid), &row);
    std::vector<const storage::RunRow*> known;
    const Grouping grouping = options->grouping();
    for (CompareEntry& entry : entries) {
        const storage::RunRow* row = rows.value(QString::fromStdString(entry.ulid));
        if (row) known.push_back(row);
        entry.name = row ? RunWords::oneLine(row->name) : entry.run ? RunWords::oneLine(entry.run->meta.name) : QString::fromStdString(entry.ulid);
        entry.ink = RunWords::ink(entry.ulid, row ? row->colour : std::string());
        entry.values.clear();
        for (const std::string* key : {&grouping.colour, &grouping.dash, &grouping.facet})
            if (row && !key->empty())
                if (const RunValue value = keys.value(*row, *key)) entry.values.insert_or_assign(*key, *value);
    }
    tellApart(entries);
    options->offerKeys(keysThatDiffer(keys, known));
}

void ComparePage::Parts::show() {
    stack->setCurrentIndex(entries.empty() ? 0 : 1);
    takeRows();
    options->offerElements(entries);
    groups = groupEntries(entries, options->grouping());
    const int row = table->currentIndex().row(), column = std::max(0, table->currentIndex().column());
    table->rows().show(entries, groups, baseline);
    if (row >= 0 && row < table->rows().rowCount()) table->setCurrentIndex(table->rows().index(row, column));
    options->setAveraged(groups.size() < entries.size());
    fit();
    side->setEntries(representatives(entries, groups));
    if (isRead) askStudy();  // until then some runs still hold the curve of another metric or axis
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
    study.ask({entries, groups, baseline, options->metric(), options->axis(), options->band(), asked.smoothing, !(asked == judged)});
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
                                        tr("none of these runs has stored it"), options->grouping().facet}, channelMarks(groups, options->grouping()));
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

void ComparePage::Parts::save(plots::LinePanel& panel, plots::ExportFormat format) {
    const QString suffix = plots::exportSuffix(format);
    QString path = page.askFileName(QStringLiteral("compare_") + QString::fromStdString(options->metric().series) + QLatin1Char('.') + suffix, tr("%1 files (*.%2)").arg(suffix.toUpper(), suffix));
    if (path.isEmpty()) return;
    if (!path.endsWith(QLatin1Char('.') + suffix, Qt::CaseInsensitive)) path += QLatin1Char('.') + suffix;
    QString error;
    emit page.message(panel.save(format, path, &error) ? tr("Saved %1").arg(path) : error);
}

void ComparePage::Parts::saveReport() {
    const auto* comparison = drawn ? std::get_if<statistics::Comparison>(&drawn->answer) : nullptr;
    if (entries.empty() || !page.complete() || !comparison || comparison->groups.empty()) {
        emit page.message(tr("There is no comparison to report. Choose runs in the list with Ctrl or Shift, then Compare."));
        return;
    }
    QString path = page.askFileName(QStringLiteral("comparison.html"), tr("HTML (*.html);;Markdown (*.md)"));
    if (path.isEmpty()) return;
    const bool markdown = path.endsWith(QLatin1String(".md"), Qt::CaseInsensitive);
    if (!markdown && !path.endsWith(QLatin1String(".html"), Qt::CaseInsensitive)) path += QStringLiteral(".html");
    const statistics::Report report = statistics::reportOf(*comparison, drawn->configs);
    try {
        base::replaceAtomically(path.toStdString(), markdown ? statistics::toMarkdown(report) : statistics::toHtml(report));
        emit page.message(tr("Saved %1").arg(path));
    } catch (const base::Error& error) {
        emit page.message(QString::fromStdString(error.happened() + ": " + error.where() + ". " + error.advice() + "."));
    }
}

}  // namespace moescope::ui
