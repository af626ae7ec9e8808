// The page's widgets, how they are connected, and what others ask of it.
#include "ui/compare_page.hpp"

#include <QFileDialog>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QResizeEvent>
#include <QScrollArea>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/chart_panels.hpp"
#include "plots/empty_state.hpp"
#include "plots/theme.hpp"
#include "ui/compare_page_parts.hpp"
#include "ui/compare_side.hpp"
#include "ui/compare_table.hpp"
#include "ui/compare_verdict.hpp"
#include "ui/run_library.hpp"

namespace moescope::ui {
namespace {

constexpr int kSideWidth = 320, kNarrow = 900, kMargins = 24;

}  // namespace

void ComparePage::Parts::build() {
    page.setObjectName(QStringLiteral("comparePage"));
    page.setAttribute(Qt::WA_StyledBackground);
    page.setProperty("role", "surface");
    empty = new plots::EmptyState;
    empty->setContent({QStringLiteral("compare"), tr("Choose two runs to compare"), tr("Select them in the list of runs with Ctrl or Shift, then Compare."), {}, false});
    auto* main = new QWidget;
    auto* lines = new QVBoxLayout(main);
    lines->setContentsMargins(16, 6, 8, 8);
    lines->setSpacing(2);
    lines->addWidget(table = new CompareTable);
    note = new QLabel;
    note->setObjectName(QStringLiteral("compareNote"));
    note->setProperty("role", "value");
    note->setFont(plots::uiFont(13));
    note->setTextFormat(Qt::PlainText);
    note->setTextInteractionFlags(Qt::TextSelectableByMouse);
    note->setWordWrap(true);
    note->setContentsMargins(0, 6, 12, 2);
    note->hide();
    lines->addWidget(note);
    lines->addWidget(options = new CompareOptions);
    lines->addWidget(facets = new CompareFacets, 1);
    facets->setSmoothing(options->smoothing());
    sideScroll = new QScrollArea;
    sideScroll->setWidget(side = new CompareSide);
    sideScroll->setWidgetResizable(true);
    sideScroll->setFrameShape(QFrame::NoFrame);
    sideScroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    sideScroll->setFixedWidth(kSideWidth);
    auto* full = new QWidget;
    auto* columns = new QHBoxLayout(full);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(0);
    columns->addWidget(main, 1);
    columns->addWidget(sideScroll);
    stack = new QStackedLayout(&page);
    stack->setContentsMargins(0, 0, 0, 0);
    stack->setSizeConstraint(QLayout::SetNoConstraint);
    stack->addWidget(empty);
    stack->addWidget(full);
}

void ComparePage::Parts::connectParts() {
    QObject::connect(&reader, &CompareReader::read, &page, [this](int answered, const ComparedRunPtr& run) { onRead(answered, run); });
    QObject::connect(&reader, &CompareReader::finished, &page, [this](int answered) {
        if (answered != request) return;
        isRead = true;
        show();
    });
    QObject::connect(&study, &CompareStudy::drawn, &page, [this](const FacetLanesPtr& lanes) { showLanes(lanes); });
    QObject::connect(&study, &CompareStudy::judged, &page, [this](const DrawnComparisonPtr& comparison) {
        judged = asked;
        drawn = comparison;
        side->verdict().setComparison(*comparison);
    });
    QObject::connect(&study, &CompareStudy::finished, &page, [this] {
        if (page.complete()) emit page.completed();
    });
    QObject::connect(options, &CompareOptions::wishChanged, &page, [this] {
        options->offerElements(entries);
        read();
    });
    QObject::connect(options, &CompareOptions::lookChanged, &page, [this] { show(); });
    QObject::connect(options, &CompareOptions::smoothingChanged, &page, [this] {
        facets->setSmoothing(options->smoothing());
        if (isRead) askStudy();
    });
    QObject::connect(options, &CompareOptions::logYChanged, &page, [this](bool on) { facets->setLogY(on); });
    QObject::connect(options, &CompareOptions::message, &page, &ComparePage::message);
    QObject::connect(&side->verdict(), &CompareVerdict::reportRequested, &page, [this] { saveReport(); });
    QObject::connect(facets, &CompareFacets::exportRequested, &page, [this](plots::LinePanel* panel, plots::ExportFormat format) { save(*panel, format); });
    QObject::connect(&library, &RunLibrary::changed, &page, [this] {
        if (!entries.empty()) show();
    });
}

void ComparePage::Parts::connectTable() {
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentRowChanged, &page, [this](const QModelIndex& row) {
        if (row.isValid()) side->verdict().choose(table->rows().entry(row)->ulid);
    });
    QObject::connect(table, &CompareTable::baselineRequested, &page, [this](int entry) { setBaseline(entry); });
    QObject::connect(table, &CompareTable::removeRequested, &page, [this](int entry) { remove(entry); });
    QObject::connect(table, &CompareTable::openRequested, &page, [this](int entry) { emit page.runActivated(QString::fromStdString(entries[static_cast<std::size_t>(entry)].ulid)); });
}

/// One row of options where all of it has room.
void ComparePage::Parts::fit() {
    sideScroll->setVisible(page.width() >= kNarrow);
    options->fit(page.width() - (page.width() >= kNarrow ? kSideWidth : 0) - kMargins);
}

ComparePage::ComparePage(RunLibrary& library, EngineLink&, QWidget* parent) : QWidget(parent), m_parts(std::make_unique<Parts>(*this, library)) {
    askFileName = [this](const QString& suggested, const QString& filter) { return QFileDialog::getSaveFileName(this, tr("Export"), suggested, filter); };
    m_parts->build();
    m_parts->connectParts();
    m_parts->connectTable();
    m_parts->show();
}

ComparePage::~ComparePage() = default;

void ComparePage::setRuns(const QStringList& ulids, const QString& groupBy) {
    std::vector<CompareEntry> entries;
    for (const QString& ulid : ulids) {
        const auto known = std::ranges::find(m_parts->entries, ulid.toStdString(), &CompareEntry::ulid);
        if (known != m_parts->entries.end()) entries.push_back(*known);
        else if (std::ranges::find(entries, ulid.toStdString(), &CompareEntry::ulid) == entries.end()) entries.push_back({nullptr, ulid.toStdString(), {}, {}, true});
    }
    setNote({});
    m_parts->entries = std::move(entries);
    m_parts->baseline = m_parts->entries.empty() ? -1 : 0;
    m_parts->isRead = m_parts->entries.empty();
    if (!groupBy.isEmpty()) groupBySetting(groupBy);
    m_parts->show();
    m_parts->read();
}

void ComparePage::setAxis(const QString& axis) {
    static const QStringList names{QStringLiteral("step"), QStringLiteral("tokens"), QStringLiteral("flops"), QStringLiteral("seconds")};
    if (names.contains(axis)) m_parts->options->setAxis(static_cast<XAxis>(names.indexOf(axis)));
}

void ComparePage::setNote(const QString& sentences) {
    m_parts->note->setText(sentences);
    m_parts->note->setVisible(!sentences.isEmpty());
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

void ComparePage::setBaseline(const QString& ulid) {
    const auto entry = std::ranges::find(m_parts->entries, ulid.toStdString(), &CompareEntry::ulid);
    if (entry != m_parts->entries.end()) m_parts->setBaseline(static_cast<int>(entry - m_parts->entries.begin()));
}

bool ComparePage::complete() const { return m_parts->isRead && !m_parts->study.busy(); }

QSize ComparePage::minimumSizeHint() const { return {480, 400}; }

plots::LinePanel& ComparePage::panel() { return m_parts->facets->panel(); }

CompareFacets& ComparePage::facets() { return *m_parts->facets; }

void ComparePage::saveReport() { m_parts->saveReport(); }

void ComparePage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_parts->fit();
}

}  // namespace moescope::ui
