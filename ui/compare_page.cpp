// The page's widgets and how they are connected.
#include "ui/compare_page.hpp"

#include <QFileDialog>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QResizeEvent>
#include <QScrollArea>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/chart_panels.hpp"
#include "plots/controls.hpp"
#include "plots/empty_state.hpp"
#include "plots/theme.hpp"
#include "ui/compare_page_parts.hpp"
#include "ui/compare_side.hpp"
#include "ui/compare_table.hpp"
#include "ui/compare_verdict.hpp"
#include "ui/help_text.hpp"
#include "ui/run_library.hpp"
#include "ui/runs_dock_menu.hpp"
#include "ui/saved_shelf.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

constexpr int kSideWidth = 320, kNarrow = 900, kMargins = 24;

}  // namespace

QHBoxLayout* ComparePage::Parts::buildTop() {
    views = new plots::SegmentedControl;
    views->setObjectName(QStringLiteral("compareViews"));
    views->setAccessibleName(tr("View of Compare"));
    views->setOptions({tr("All runs"), tr("Curves"), tr("Scatter"), tr("Parallel"), tr("Savings"), tr("Models"), tr("Routing")});
    kept = new QPushButton(tr("Kept comparisons"));
    kept->setObjectName(QStringLiteral("keptComparisons"));
    kept->setProperty("kind", "ghost");
    keptMenu = new QMenu(&page);
    keptMenu->setObjectName(QStringLiteral("keptComparisonsMenu"));
    auto* top = new QHBoxLayout;
    top->setContentsMargins(16, 8, 16, 2);
    top->setSpacing(8);
    top->addWidget(views);
    top->addStretch();
    top->addWidget(kept);
    return top;
}

QWidget* ComparePage::Parts::buildComparison() {
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
    auto* pane = new QWidget;
    pictures = new QStackedLayout(pane);
    for (QWidget* picture : QWidgetList{facets = new CompareFacets, scatter = new CompareScatter, parallel = new CompareParallel, savings = new CompareSavings, models = new CompareModels, experts = new CompareExperts})
        pictures->addWidget(picture);
    lines->addWidget(pane, 1);
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
    return full;
}

void ComparePage::Parts::build() {
    page.setObjectName(QStringLiteral("comparePage"));
    page.setAttribute(Qt::WA_StyledBackground);
    page.setProperty("role", "surface");
    shelf = SavedShelf::of(library);
    empty = new plots::EmptyState;
    empty->setContent({QStringLiteral("compare"), tr("Choose two runs to compare"), tr("Select them in the list of runs or in the table of all runs with Ctrl or Shift, then Compare."), {tr("All runs")}, false});
    auto* lines = new QVBoxLayout(&page);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(0);
    lines->setSizeConstraint(QLayout::SetNoConstraint);
    lines->addLayout(buildTop());
    auto* pane = new QWidget;
    stack = new QStackedLayout(pane);
    stack->setContentsMargins(0, 0, 0, 0);
    stack->setSizeConstraint(QLayout::SetNoConstraint);
    stack->addWidget(empty);
    stack->addWidget(buildComparison());
    stack->addWidget(runs = new RunsTable(library, link));
    lines->addWidget(pane, 1);
    toast = new UndoToast(&page);
    menu = new RunsDockMenu(library, link, *toast, &page);
    for (QWidget* place : QWidgetList{runs, scatter, parallel, savings, models, experts}) setHelp(place, placeCard(place->objectName().toStdString()));
    setHelp(facets, placeCard("comparePanel"));
}

void ComparePage::Parts::connectParts() {
    QObject::connect(&reader, &CompareReader::read, &page, [this](int answered, const ComparedRunPtr& run) { onRead(answered, run); });
    QObject::connect(&reader, &CompareReader::finished, &page, [this](int answered) {
        if (answered != request) return;
        isRead = true;
        show();
    });
    QObject::connect(&study, &CompareStudy::drawn, &page, [this](const FacetLanesPtr& lanes) {
        if (isRead) showLanes(lanes);   // else it was of another metric or axis
    });
    QObject::connect(&study, &CompareStudy::judged, &page, [this](const DrawnComparisonPtr& comparison) {
        if (!isRead) return;
        judged = asked;
        drawn = comparison;
        side->verdict().setComparison(*comparison);
    });
    QObject::connect(&study, &CompareStudy::saved, &page, [this](const StudiedSavingsPtr& answer) {
        if (isRead) savings->setSavings(*answer, groups, options->axis());
    });
    const auto completed = [this] {
        if (page.complete()) emit page.completed();
    };
    QObject::connect(&study, &CompareStudy::finished, &page, completed);
    QObject::connect(experts, &CompareExperts::finished, &page, completed);
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
    QObject::connect(&side->verdict(), &CompareVerdict::seedsRequested, &page, &ComparePage::seedsRequested);
    QObject::connect(&library, &RunLibrary::changed, &page, [this] {
        if (!entries.empty()) show();
    });
    QObject::connect(&library, &RunLibrary::failed, toast, &UndoToast::tell);
}

void ComparePage::Parts::connectTable() {
    QObject::connect(facets, &CompareFacets::runClicked, &page, [this](const QString& ulid) {
        for (int row = 0; row < table->rows().rowCount(); ++row) {
            const QModelIndex index = table->rows().index(row, 0);
            if (const CompareEntry* entry = table->rows().entry(index); entry && entry->ulid == ulid.toStdString()) return table->setCurrentIndex(index);
        }
    });
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentRowChanged, &page, [this] { chooseRow(); });
    QObject::connect(table, &CompareTable::baselineRequested, &page, [this](int entry) { setBaseline(entry); });
    QObject::connect(table, &CompareTable::removeRequested, &page, [this](int entry) { remove(entry); });
    QObject::connect(table, &CompareTable::openRequested, &page, [this](int entry) { emit page.runActivated(QString::fromStdString(entries[static_cast<std::size_t>(entry)].ulid)); });
    QObject::connect(table, &CompareTable::columnsChanged, &page, [this] { show(); });
    QObject::connect(table, &CompareTable::menuRequested, &page, [this](QMenu* popup, const std::vector<int>& which) { menu->fill(*popup, {rowsOf(which), RunsDockModel::Section::runs}); });
    QObject::connect(table, &CompareTable::starRequested, &page, [this](const std::vector<int>& which) {
        const std::vector<storage::RunRow> rows = rowsOf(which);
        menu->star(rows, !std::ranges::all_of(rows, &storage::RunRow::star));
    });
    QObject::connect(menu, &RunsDockMenu::openRequested, &page, &ComparePage::runActivated);
    QObject::connect(menu, &RunsDockMenu::compareRequested, &page, [this](const QStringList& ulids) { page.setRuns(ulids); });
}

void ComparePage::Parts::connectViews() {
    QObject::connect(views, &plots::SegmentedControl::currentChanged, &page, [this](int index) { page.showView(static_cast<CompareView>(index)); });
    QObject::connect(empty, &plots::EmptyState::actionTriggered, &page, [this] { page.showView(CompareView::runs); });
    QObject::connect(runs, &RunsTable::compareRequested, &page, [this](const QStringList& ulids) { page.setRuns(ulids); });
    QObject::connect(runs, &RunsTable::addRequested, &page, [this](const QStringList& ulids) { page.addRuns(ulids); });
    QObject::connect(runs, &RunsTable::runActivated, &page, &ComparePage::runActivated);
    QObject::connect(runs, &RunsTable::newRunRequested, &page, &ComparePage::newRunRequested);
    QObject::connect(facets, &CompareFacets::exportRequested, &page, [this](plots::LinePanel* panel, plots::ExportFormat format) { save(*panel, format); });
    QObject::connect(savings, &CompareSavings::exportRequested, &page, [this](plots::LinePanel* panel, plots::ExportFormat format) { save(*panel, format); });
    QObject::connect(facets, &CompareFacets::placed, &page, [this](double x, const QString& words) { table->rows().setPlace(x, words); });
    QObject::connect(scatter, &CompareScatter::hovered, table, &CompareTable::setHighlighted);
    QObject::connect(parallel, &CompareParallel::hovered, table, &CompareTable::setHighlighted);
    QObject::connect(scatter, &CompareScatter::chosen, &page, [this](const QString& ulid) { chooseRun(ulid); });
    QObject::connect(parallel, &CompareParallel::chosen, &page, [this](const QString& ulid) { chooseRun(ulid); });
    QObject::connect(parallel, &CompareParallel::keepRequested, &page, [this](const QStringList& ulids) { page.setRuns(ulids); });
    QObject::connect(keptMenu, &QMenu::aboutToShow, &page, [this] { fillKept(); });
    QObject::connect(kept, &QPushButton::clicked, &page, [this] { keptMenu->popup(kept->mapToGlobal(QPoint(0, kept->height()))); });
}

/// One row of options where all of it has room.
void ComparePage::Parts::fit() {
    sideScroll->setVisible(page.width() >= kNarrow);
    options->fit(page.width() - (page.width() >= kNarrow ? kSideWidth : 0) - kMargins);
}

ComparePage::ComparePage(RunLibrary& library, EngineLink& link, QWidget* parent) : QWidget(parent), m_parts(std::make_unique<Parts>(*this, library, link)) {
    askFileName = [this](const QString& suggested, const QString& filter) { return QFileDialog::getSaveFileName(this, tr("Export"), suggested, filter); };
    m_parts->build();
    m_parts->connectParts();
    m_parts->connectTable();
    m_parts->connectViews();
    m_parts->show();
}

ComparePage::~ComparePage() = default;

}  // namespace moescope::ui
