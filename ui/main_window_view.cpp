// Main window: how the plots are looked at: scales, undo of the view, layouts, projector, export.
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDateTime>
#include <QDockWidget>
#include <QMenu>
#include <QMimeData>
#include <QSettings>
#include <QTabWidget>

#include "core/config/config_json.hpp"
#include "plots/chart_panels.hpp"
#include "plots/scrubber.hpp"
#include "ui/action_book.hpp"
#include "ui/compare_page.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_status.hpp"
#include "ui/main_window_theme.hpp"
#include "ui/metric_list.hpp"
#include "ui/page_export.hpp"
#include "ui/preferences.hpp"
#include "ui/routing_page.hpp"
#include "ui/run_library.hpp"
#include "ui/run_watched.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_grid.hpp"
#include "ui/toolbar.hpp"
#include "ui/train_options.hpp"
#include "ui/train_page.hpp"
#include "ui/undo_toast.hpp"
#include "ui/view_history.hpp"

namespace moescope::ui {
namespace {

using plots::ScaleKind;

constexpr int kMessageMs = 8000;
constexpr double kProjectorText = 1.25, kProjectorLines = 1.6;
constexpr auto kLayouts = "layouts", kProjectorName = "projector", kUsualPixels = "usualPixels";

QStringList wordsOf(const std::vector<AddedMetric>& added) {
    QStringList words;
    for (const AddedMetric& each : added) words << each.metric + QLatin1Char('|') + each.panel;
    return words;
}

std::vector<AddedMetric> addedOf(const QStringList& words) {
    std::vector<AddedMetric> added;
    for (const QString& word : words)
        if (word.count(QLatin1Char('|')) == 1) added.push_back({word.section(QLatin1Char('|'), 0, 0), word.section(QLatin1Char('|'), 1)});
    return added;
}

/// Fonts that were set by hand do not follow the application's: they are scaled one by one.
void scaleFonts(double from, double to) {
    for (QWidget* widget : QApplication::allWidgets()) {
        if (!widget->testAttribute(Qt::WA_SetFont) || widget->font().pixelSize() <= 0) continue;
        if (!widget->property(kUsualPixels).isValid()) widget->setProperty(kUsualPixels, qRound(widget->font().pixelSize() / from));
        widget->ensurePolished();  // the style sheet gives what it has not seen yet its first font back
        QFont font = widget->font();
        font.setPixelSize(qRound(widget->property(kUsualPixels).toInt() * to));
        widget->setFont(font);
    }
}

}  // namespace

// ---- menu ------------------------------------------------------------------------------------------------------------

void MainWindow::buildPlotMenu(QMenu* view) {
    const auto add = [&](const char* name, const QString& words, const char* key, int place, auto&& act) {
        QAction* action = view->addAction(words, this, act);
        action->setObjectName(QString::fromLatin1(name));
        ActionBook::setKey(action, QKeySequence(QString::fromLatin1(key)));
        ActionBook::setPlace(action, place);
        return action;
    };
    add("logY", tr("y axis: linear, logarithmic, symmetric"), "L", kOnTrain, [this] { m_train->grid().cycleYScale(m_train->grid().pointedPanel()); });
    add("logX", tr("x axis: linear, logarithmic, symmetric"), "Shift+L", kOnPlots, [this] {
        if (m_cursor->axis() == XAxis::wall) return m_status->showMessage(tr("Times of day have no logarithm: choose another x-axis first."), kMessageMs);
        m_cursor->plotHub()->setXScale(static_cast<ScaleKind>((static_cast<int>(m_cursor->plotHub()->xScale().kind) + 1) % 3));
    });
    add("fitView", tr("Fit"), "F", kOnPlots, [this] { m_cursor->plotHub()->setXRange(std::nullopt); });
    QAction* outliers = add("outliersAction", tr("Leave outliers out of the scale"), "", kOnTrain, [this] {
        Preferences next = preferences();
        next.ignoreOutliers = !next.ignoreOutliers;
        PreferencesHub::instance().set(next);
    });
    outliers->setCheckable(true);
    outliers->setChecked(preferences().ignoreOutliers);
    add("maximisePlot", tr("Maximise the plot"), "X", kOnTrain, [this] { m_train->grid().maximise(m_train->grid().maximised() ? nullptr : m_train->grid().pointedPanel()); });
    add("reload", tr("Reload"), "F5", kEverywhere, [this] { reloadAll(); });
    QAction* projector = add("projector", tr("Projector: bigger text, thicker lines"), "Shift+F11", kEverywhere, [this] { setProjector(!m_projector); });
    projector->setCheckable(true);
    buildLayoutMenu();
}

void MainWindow::buildLayoutMenu() {
    m_layoutMenu->clear();
    const auto add = [this](const QString& name, const QString& words) {
        QAction* action = m_layoutMenu->addAction(words, this, [this, name] { useLayout(name); });
        action->setObjectName(QStringLiteral("layout-") + name);
    };
    add(QStringLiteral("research"), tr("Research: runs and inspector"));
    add(QStringLiteral("teach"), tr("Teach: inspector only"));
    add(QStringLiteral("compact"), tr("Compact: plots only"));
    add(QStringLiteral("steer"), tr("Steer: interventions beside the plots"));
    add(QString::fromLatin1(kProjectorName), tr("Projector: plots only, bigger text and lines"));
    const QStringList own = ownLayouts();
    if (!own.isEmpty()) m_layoutMenu->addSeparator();
    for (const QString& name : own) add(name, name);
    m_layoutMenu->addSeparator();
    QAction* save = m_layoutMenu->addAction(tr("Save this layout…"), this, [this] { saveLayout(askLayoutName()); });
    save->setObjectName(QStringLiteral("saveLayout"));
    if (own.isEmpty()) return;
    QMenu* forget = m_layoutMenu->addMenu(tr("Forget"));
    for (const QString& name : own)
        forget->addAction(name, this, [this, name] {
            m_settings->remove(QLatin1String(kLayouts) + QLatin1Char('/') + name);
            QMetaObject::invokeMethod(this, &MainWindow::buildLayoutMenu, Qt::QueuedConnection);
        })->setObjectName(QStringLiteral("forgetLayout-") + name);
}

void MainWindow::connectView() {
    connect(m_cursor->plotHub(), &plots::CursorHub::rangeChanged, this, &MainWindow::noteView);
    connect(m_train, &TrainPage::viewChanged, this, &MainWindow::noteView);
    connect(&m_train->grid(), &TrainGrid::lookChanged, this, &MainWindow::noteView);
    connect(&m_train->grid(), &TrainGrid::pointedChanged, m_metrics, &MetricList::setTarget);
    connect(m_metrics, &MetricList::chosen, this, [this](const QString& metric, bool own) { m_train->grid().addMetric(metric, own ? nullptr : m_train->grid().pointedPanel()); });
    connect(&m_train->grid(), &TrainGrid::outliersChosen, this, [](bool ignore) {
        Preferences next = preferences();
        next.ignoreOutliers = ignore;
        PreferencesHub::instance().set(next);
    });
    connect(&PreferencesHub::instance(), &PreferencesHub::changed, this, [this] {
        m_train->grid().setIgnoreOutliers(preferences().ignoreOutliers);
        findChild<QAction*>(QStringLiteral("outliersAction"))->setChecked(preferences().ignoreOutliers);
    });
}

// ---- undo of the view -------------------------------------------------------------------------------------------------

PlotView MainWindow::plotView() const {
    TrainGrid& grid = m_train->grid();
    PlotView view;
    view.view = m_train->view();
    view.range = m_cursor->plotHub()->xRange();
    view.x = m_cursor->plotHub()->xScale().kind;
    view.y = grid.yScales();
    if (grid.maximised()) view.maximised = grid.maximised()->objectName();
    view.added = grid.added();
    return view;
}

void MainWindow::setPlotView(const PlotView& view) {
    m_settingView = true;
    TrainGrid& grid = m_train->grid();
    m_train->setView(view.view);
    grid.setAdded(view.added);
    grid.setYScales(view.y);
    grid.maximise(view.maximised.isEmpty() ? nullptr : grid.panelNamed(view.maximised));
    m_cursor->plotHub()->setXScale(view.x);
    m_cursor->plotHub()->setXRange(view.range);
    m_settingView = false;
}

void MainWindow::noteView() {
    if (!m_settingView && m_run->data()) m_history->note(plotView(), QDateTime::currentMSecsSinceEpoch());
}

void MainWindow::undoView(bool redo) {
    if (!redo)
        for (UndoToast* toast : findChildren<UndoToast*>())
            if (toast->isVisible() && toast->act()) return;
    const auto view = redo ? m_history->redo() : m_history->undo();
    if (view) setPlotView(*view);
    else m_status->showMessage(redo ? tr("There is nothing to redo.") : tr("There is nothing to undo."), kMessageMs);
}

// ---- layouts ----------------------------------------------------------------------------------------------------------

const QStringList& MainWindow::layouts() {
    static const QStringList names{QStringLiteral("research"), QStringLiteral("teach"), QStringLiteral("compact"), QStringLiteral("steer"), QString::fromLatin1(kProjectorName)};
    return names;
}

QStringList MainWindow::ownLayouts() const {
    if (!m_settings) return {};
    m_settings->beginGroup(QLatin1String(kLayouts));
    const QStringList names = m_settings->childGroups();
    m_settings->endGroup();
    return names;
}

bool MainWindow::useLayout(const QString& name) {
    const auto index = layouts().indexOf(name);
    PlotView look = plotView();
    if (index >= 0) {
        const bool steer = name == QLatin1String("steer");
        m_runsWanted = index == 0;
        m_inspectorWanted = m_interventionsWanted = index < 2 || steer;
        m_interventionsAsked = steer;
        setProjector(name == QLatin1String(kProjectorName));
    } else if (ownLayouts().contains(name)) {
        const QString group = QLatin1String(kLayouts) + QLatin1Char('/') + name + QLatin1Char('/');
        const auto value = [&](const char* key) { return m_settings->value(group + QLatin1String(key)); };
        m_runsWanted = value("runs").toBool();
        m_inspectorWanted = value("inspector").toBool();
        m_metricsWanted = value("metrics").toBool();
        m_interventionsWanted = value("interventions").toBool();
        m_interventionsAsked = value("interventionsAsked").toBool();
        setProjector(value("projector").toBool());
        restoreState(value("docks").toByteArray());
        look.added = addedOf(value("added").toStringList());
        look.maximised = value("maximised").toString();
        setPlotView(look);
        noteView();
    } else {
        return false;
    }
    for (const auto& [action, on] : {std::pair{"showRuns", m_runsWanted}, {"showInspector", m_inspectorWanted}, {"showMetrics", m_metricsWanted}, {"showInterventions", m_interventionsWanted}})
        if (auto* entry = findChild<QAction*>(QLatin1String(action))) entry->setChecked(on);
    showChrome();
    (m_interventionsAsked ? m_interventionsDock : m_inspectorDock)->raise();
    return true;
}

void MainWindow::saveLayout(const QString& wanted) {
    const QString name = wanted.simplified().remove(QLatin1Char('/')).remove(QLatin1Char('\\')).left(40);
    if (name.isEmpty() || !m_settings) return;
    if (layouts().contains(name.toLower())) return m_status->showMessage(tr("%1 is a layout of the window itself: choose another name.").arg(name), kMessageMs);
    const QString group = QLatin1String(kLayouts) + QLatin1Char('/') + name + QLatin1Char('/');
    const PlotView look = plotView();
    const std::pair<const char*, QVariant> values[] = {{"runs", m_runsWanted}, {"inspector", m_inspectorWanted}, {"metrics", m_metricsWanted}, {"interventions", m_interventionsWanted}, {"interventionsAsked", m_interventionsAsked}, {"projector", m_projector},
                                                       {"docks", saveState()}, {"added", wordsOf(look.added)}, {"maximised", look.maximised}};
    for (const auto& [key, value] : values) m_settings->setValue(group + QLatin1String(key), value);
    buildLayoutMenu();
    m_status->showMessage(tr("Layout %1 saved: View, Layout.").arg(name), kMessageMs);
}

void MainWindow::setProjector(bool on) {
    if (on == m_projector) return;
    m_projector = on;
    plots::setLineScale(on ? kProjectorLines : 1);
    const double before = plots::fontScale(), next = on ? kProjectorText : 1;
    plots::setFontScale(next);
    plots::applyTheme(*qApp, plots::theme());
    scaleFonts(before, next);
    m_toolbar->rescale();
    m_options->rescale();
    findChild<QAction*>(QStringLiteral("projector"))->setChecked(on);
    fitToSize();
}

// ---- out of the window --------------------------------------------------------------------------------------------------

QWidget* MainWindow::shownPage() const {
    if (m_page == PageId::train) return &m_train->grid();
    if (m_page == PageId::routing) return m_routing;
    return m_page == PageId::compare ? m_compare : nullptr;
}

void MainWindow::exportPage() {
    QWidget* page = shownPage();
    if (!page) return;
    const QString title = (m_page == PageId::compare ? tr("Comparison") : m_run->name()) + QLatin1Char(' ') + findChild<QTabWidget*>(QStringLiteral("pages"))->tabText(findChild<QTabWidget*>(QStringLiteral("pages"))->currentIndex());
    QString suggested = title.simplified();
    for (const QChar bad : {QLatin1Char('/'), QLatin1Char('\\'), QLatin1Char(' ')}) suggested.replace(bad, QLatin1Char('_'));
    const QString path = askPictureName(suggested + QStringLiteral(".png"));
    if (path.isEmpty()) return;
    QString error;
    m_status->showMessage(savePage(*page, title, path, &error) ? tr("Saved %1").arg(path) : error, kMessageMs);
}

void MainWindow::copyImage() {
    if (m_page == PageId::train && QApplication::focusWidget() && qobject_cast<plots::Panel*>(QApplication::focusWidget()->parentWidget()))
        static_cast<plots::Panel*>(QApplication::focusWidget()->parentWidget())->copyImage();
    else if (QWidget* page = shownPage()) QApplication::clipboard()->setImage(pageImage(*page, 2));
    m_status->showMessage(tr("The picture is in the clipboard."), kMessageMs);
}

void MainWindow::copyData() {
    QWidget* page = shownPage();
    const QByteArray csv = page ? pageCsv(*page) : QByteArray();
    if (csv.isEmpty()) return m_status->showMessage(tr("There is no plot on this page; its Table can be copied."), kMessageMs);
    QApplication::clipboard()->setText(QString::fromUtf8(csv));
    m_status->showMessage(tr("The numbers of the visible plots are in the clipboard, as CSV."), kMessageMs);
}

void MainWindow::copyRecipe() {
    if (!m_run->data()) return;
    QApplication::clipboard()->setText(QString::fromStdString(config::toRecipeString(m_run->data()->config())));
    m_status->showMessage(tr("The recipe of %1 is in the clipboard. Paste it with Ctrl+V into any MoEScope.").arg(m_run->name()), kMessageMs);
}

void MainWindow::reloadAll() {
    m_library->refresh();
    if (m_run->ulid().isEmpty()) return;
    const QString ulid = m_run->ulid();
    m_run->close();
    m_run->open(ulid);
}

}  // namespace moescope::ui
