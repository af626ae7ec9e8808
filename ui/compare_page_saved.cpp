// What leaves the page: exports, the report, comparisons kept under a name.
#include <QBuffer>
#include <QInputDialog>
#include <QMenu>
#include <QPageSize>
#include <QPdfWriter>
#include <QTextDocument>
#include <QUrl>

#include <nlohmann/json.hpp>

#include <algorithm>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "plots/chart_panels.hpp"
#include "ui/compare_page_parts.hpp"
#include "ui/compare_side.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"
#include "ui/saved_shelf.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

constexpr int kPdfDots = 150, kPictureWidth = 620;

/// The report on A4 with the plot before its first table.
std::string asPdf(const statistics::Report& report, plots::LinePanel& panel) {
    QBuffer file;
    file.open(QIODevice::WriteOnly);
    QPdfWriter writer(&file);
    writer.setPageSize(QPageSize(QPageSize::A4));
    writer.setPageMargins(QMarginsF(16, 16, 16, 16), QPageLayout::Millimeter);
    writer.setResolution(kPdfDots);
    writer.setTitle(QString::fromStdString(report.title));
    QTextDocument document;
    document.setDefaultFont(plots::uiFont(12));
    document.addResource(QTextDocument::ImageResource, QUrl(QStringLiteral("plot:curves")), panel.image(2));
    QString html = QString::fromStdString(statistics::toHtml(report));
    const qsizetype table = html.indexOf(QLatin1String("<table"));
    if (table >= 0 && panel.hasData()) html.insert(table, QStringLiteral("<p><img src=\"plot:curves\" width=\"%1\"></p>").arg(kPictureWidth));
    document.setHtml(html);
    document.print(&writer);
    return file.data().toStdString();
}

const char* const kMeans[] = {"none", "seeds", "groups"};
const char* const kBands[] = {"interval", "deviation", "range", "none"};
const char* const kAxes[] = {"step", "tokens", "flops", "seconds"};

template <std::size_t Count>
int placeIn(const char* const (&words)[Count], const std::string& word, int otherwise) {
    const auto found = std::ranges::find(words, word);
    return found == std::end(words) ? otherwise : static_cast<int>(found - std::begin(words));
}

std::string textAt(const nlohmann::json& object, const char* key) { return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string(); }

}  // namespace

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
    QString path = page.askFileName(QStringLiteral("comparison.html"), tr("HTML (*.html);;PDF (*.pdf);;Markdown (*.md)"));
    if (path.isEmpty()) return;
    const auto endsWith = [&path](const char* suffix) { return path.endsWith(QLatin1String(suffix), Qt::CaseInsensitive); };
    if (!endsWith(".md") && !endsWith(".html") && !endsWith(".pdf")) path += QStringLiteral(".html");
    const statistics::Report report = statistics::reportOf(*comparison, drawn->configs);
    try {
        base::replaceAtomically(path.toStdString(), endsWith(".md") ? statistics::toMarkdown(report) : endsWith(".pdf") ? asPdf(report, facets->panel()) : statistics::toHtml(report));
        emit page.message(tr("Saved %1").arg(path));
    } catch (const base::Error& error) {
        emit page.message(QString::fromStdString(error.happened() + ": " + error.where() + ". " + error.advice() + "."));
    }
}

std::string ComparePage::Parts::look() const {
    const Grouping grouping = options->grouping();
    return nlohmann::json{{"metric", options->metric().series}, {"axis", kAxes[static_cast<int>(options->axis())]}, {"smoothing", options->smoothing()}, {"band", kBands[static_cast<int>(options->band())]},
                          {"colour", grouping.colour}, {"dash", grouping.dash}, {"facet", grouping.facet}, {"mean", kMeans[static_cast<int>(grouping.mean)]}}.dump();
}

/// Runs that are gone are left out and counted; a look of another version keeps what can be read.
void ComparePage::Parts::openKept(const storage::SavedComparison& comparison) {
    QStringList ulids;
    for (const std::string& ulid : comparison.runs)
        if (library.find(QString::fromStdString(ulid))) ulids << QString::fromStdString(ulid);
    const QString name = RunWords::oneLine(comparison.name);
    if (ulids.isEmpty()) return emit page.message(tr("None of the runs of \u201c%1\u201d is in the store any more.").arg(name));
    const auto look = nlohmann::json::parse(comparison.look, nullptr, false);
    if (look.is_object()) {
        options->setMetric(textAt(look, "metric"));
        options->setAxis(static_cast<XAxis>(placeIn(kAxes, textAt(look, "axis"), 0)));
        options->setBand(static_cast<Band>(placeIn(kBands, textAt(look, "band"), 0)));
        if (look.contains("smoothing") && look["smoothing"].is_number()) options->setSmoothing(look["smoothing"].get<double>());
        Grouping grouping{textAt(look, "colour"), textAt(look, "dash"), textAt(look, "facet"), static_cast<Mean>(placeIn(kMeans, textAt(look, "mean"), 1))};
        for (std::string* key : {&grouping.colour, &grouping.dash, &grouping.facet})
            if (!key->empty() && !storage::queryKey(*key)) key->clear();
        options->setGrouping(grouping);
    }
    page.setRuns(ulids);
    page.setBaseline(QString::fromStdString(comparison.baseline));
    const qsizetype gone = static_cast<qsizetype>(comparison.runs.size()) - ulids.size();
    emit page.message(gone > 0 ? tr("\u201c%1\u201d opened; %2 of its runs are no longer in the store.").arg(name).arg(gone) : tr("\u201c%1\u201d opened.").arg(name));
}

void ComparePage::Parts::fillKept() {
    keptMenu->clear();
    const auto add = [this](QMenu* to, const char* name, const QString& label, auto&& act) {
        QAction* action = to->addAction(label);
        action->setObjectName(QLatin1String(name));
        QObject::connect(action, &QAction::triggered, &page, std::forward<decltype(act)>(act));
        return action;
    };
    add(keptMenu, "keepComparison", tr("Keep this comparison\u2026"), [this] { askForName(); })->setEnabled(!entries.empty());
    if (shelf->views().comparisons.empty()) return;
    keptMenu->addSeparator();
    auto* forget = new QMenu(tr("Forget"), keptMenu);
    for (const storage::SavedComparison& comparison : shelf->views().comparisons) {
        const QString name = QString::fromStdString(comparison.name);
        add(keptMenu, "keptComparison", tr("%1, %2 runs").arg(RunWords::oneLine(comparison.name)).arg(comparison.runs.size()), [this, name] { page.openComparison(name); });
        add(forget, "forgetComparison", RunWords::oneLine(comparison.name), [this, comparison] {
            shelf->edit([name = comparison.name](storage::SavedViews& views) { views.forgetComparison(name); });
            toast->offer(tr("\u201c%1\u201d forgotten.").arg(RunWords::oneLine(comparison.name)), tr("Undo"), [this, comparison] { shelf->edit([comparison](storage::SavedViews& views) { views.keep(comparison); }); });
        });
    }
    keptMenu->addSeparator();
    keptMenu->addMenu(forget);
}

void ComparePage::Parts::askForName() {
    if (entries.empty()) return emit page.message(tr("There is no comparison to keep. Choose runs first."));
    auto* dialog = new QInputDialog(&page);
    dialog->setObjectName(QStringLiteral("keepComparisonDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Keep this comparison"));
    dialog->setLabelText(tr("Name, as in \u201cG sweep, week 42\u201d; a name that exists is replaced"));
    QObject::connect(dialog, &QInputDialog::textValueSelected, &page, [this](const QString& name) { page.saveComparison(name); });
    dialog->open();
}

void ComparePage::saveComparison(const QString& name) {
    if (name.trimmed().isEmpty() || m_parts->entries.empty()) return;
    storage::SavedComparison comparison{name.trimmed().toStdString(), {}, {}, m_parts->look(), base::wallMicroseconds()};
    for (const CompareEntry& entry : m_parts->entries) comparison.runs.push_back(entry.ulid);
    if (m_parts->baseline >= 0) comparison.baseline = m_parts->entries[static_cast<std::size_t>(m_parts->baseline)].ulid;
    m_parts->shelf->edit([comparison](storage::SavedViews& views) { views.keep(comparison); });
    emit message(tr("Kept as \u201c%1\u201d.").arg(RunWords::oneLine(comparison.name)));
}

void ComparePage::openComparison(const QString& name) {
    const auto& kept = m_parts->shelf->views().comparisons;
    const auto found = std::ranges::find(kept, name.toStdString(), &storage::SavedComparison::name);
    if (found == kept.end()) return emit message(tr("No comparison is kept under the name \u201c%1\u201d.").arg(name));
    m_parts->openKept(*found);
}

}  // namespace moescope::ui
