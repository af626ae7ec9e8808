// The main window: menu row, toolbar, pages, docks, scrubber, status bar, and what goes on between them.
#pragma once

#include <QHash>
#include <QMainWindow>
#include <QSet>

#include <functional>
#include <memory>
#include <vector>

#include "core/config/run_config.hpp"
#include "ui/close_dialog.hpp"

class QDockWidget;
class QMenu;
class QMenuBar;
class QSettings;
class QStackedWidget;
class QTabWidget;
class QTimer;
class QToolBar;

namespace moescope::storage {
struct QueueStudy;
}

namespace moescope::plots {
class Scrubber;
}

namespace moescope::ui {

class ActionBook;
class CommandPalette;
class ComparePage;
class DataPage;
class DevicePage;
class EngineLink;
class Inspector;
class InterventionsDock;
class ParentRun;
class MetricList;
class NewRunPage;
class QueueDock;
class RoutersPage;
class RoutingPage;
class RunLibrary;
class RunQueue;
class RunsDock;
class StartPage;
class StatusRow;
class StudyVerdict;
class Toolbar;
class TrainCursor;
class TrainOptions;
class TrainPage;
class UndoToast;
class ViewHistory;
class WatchedRun;
struct BannerContent;
struct QueueOrder;
struct Command;
struct PlotView;
struct TrainView;
enum class ThemeChoice;

enum class PageId { start, train, routing, compare, data, device, routers, newRun };

/// GUI thread. `settings` = nullptr: nothing is remembered (tests, pictures).
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(const QString& storeFolder, QSettings* settings = nullptr, QWidget* parent = nullptr);
    ~MainWindow() override;

    void openRun(const QString& ulid);
    void showPage(PageId page);
    PageId page() const { return m_page; }
    /// Opens Compare with these runs; `groupBy`, a key such as router.score, colours them by its value.
    void compareRuns(const QStringList& ulids, const QString& groupBy = {});
    /// The names of the layouts that come with the window: which docks stand beside the page, how big text and lines are.
    static const QStringList& layouts();
    /// Those that somebody saved here.
    QStringList ownLayouts() const;
    /// Arranges the window, by a layout of either kind; false for an unknown name.
    bool useLayout(const QString& name);
    void saveLayout(const QString& name);
    /// What the Train page shows of the run, apart from its data.
    PlotView plotView() const;
    void setPlotView(const PlotView& view);
    /// Fills the new-run page from a recipe.
    void showRecipe(const config::RunConfig& config, const QString& from);
    /// Starts a preset at once and opens it as soon as its engine says which run it is.
    void trainPreset(const QString& id);

    /// Everything that was asked for has been read: the list, the open run, the compared runs.
    bool isComplete() const;
    /// Fills also what has not been on screen yet.
    void prepareForPicture();

    WatchedRun& run() { return *m_run; }
    RunLibrary& library() { return *m_library; }
    EngineLink& engines() { return *m_engines; }
    RunQueue& queue() { return *m_queue; }
    TrainCursor& cursor() { return *m_cursor; }
    TrainPage& trainPage() { return *m_train; }
    RoutingPage& routingPage() { return *m_routing; }
    ComparePage& comparePage() { return *m_compare; }
    NewRunPage& newRunPage() { return *m_newRun; }
    DataPage& dataPage() { return *m_data; }
    RoutersPage& routersPage() { return *m_routers; }
    InterventionsDock& interventions() { return *m_interventions; }
    ActionBook& actionBook() { return *m_book; }

    /// Seams: tests answer these without a dialog.
    std::function<CloseChoice(const QStringList& names)> askBeforeClosing;
    std::function<QStringList()> askTextFiles;
    std::function<QString(const QString& suggested)> askPictureName;
    std::function<QString()> askLayoutName;
    std::function<QString()> askPath;

    /// What was dropped or chosen: a recipe fills the form, a run is opened, texts become domains; the rest is said in words.
    void openPaths(const QStringList& paths);

signals:
    void themeChosen(const QString& word);

protected:
    void closeEvent(QCloseEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent*) override;
    void dropEvent(QDropEvent*) override;

private:
    void buildMenus();                     // main_window_menus.cpp
    QMenuBar* buildMenuRow();
    void buildFileMenu(QMenu* file);
    void buildViewMenu(QMenu* view);
    void buildDockEntries(QMenu* view);
    void buildThemeMenu(QMenu* themes);
    void buildRunMenu(QMenu* run);
    void buildHelpMenu(QMenu* help);
    void buildEditMenu(QMenu* edit);       // main_window_actions.cpp
    void buildRoutingMenu(QMenu* routing);
    void buildSoloMenu(QMenu* solo);       // main_window_solo.cpp
    void soloExpert(int expert);
    void showSolo(int expert);
    bool leaveSolo();
    void buildLevelMenu(QMenu* level);
    void finishActions();
    void openPalette();
    void openRunPicker();
    void openPreferences();
    std::vector<Command> commands();
    std::vector<Command> openCommands();
    void buildPlotMenu(QMenu* view);       // main_window_view.cpp
    void buildLayoutMenu();
    void connectView();
    void noteView();
    void undoView(bool redo);
    void setProjector(bool on);
    void exportPage();
    void copyImage();
    void copyData();
    void copyRecipe();
    void reloadAll();
    QWidget* shownPage() const;
    void chooseTheme(ThemeChoice choice);
    void applyPreferences();
    void buildPages();
    void buildDocks();
    void buildBars();
    void connectRun();
    void connectEngines();
    void connectPages();
    void fitToSize();
    void showChrome();

    void onRunChanged();
    void onOpened();
    void onUpdated();
    void onView(const TrainView& view);
    void onLibrary();
    void refreshData();
    void refreshText();
    void refreshScrubber();
    void showBanner();
    BannerContent bannerContent() const;
    void onBanner(const QString& key);
    void openOwnText(const QStringList& paths);   // main_window_drop.cpp
    void takeRecipe(const QString& text, const QString& from);
    void pasteRecipe();
    void offerCopy(const QString& runFolder);

    void connectInterventions();           // main_window_interventions.cpp
    void showInterventions();
    void expertMenu(std::int64_t layer, int expert, const QPoint& at);
    void takeRun(qint64 more);
    void sendWhenTaken();
    void rewindTo(qint64 checkpoint, double lrFactor);
    void chooseRewind();
    void forkHere();
    void startTwinFrom(qint64 checkpoint, const QString& words);
    void showGradientNorms();
    void openParent();
    BannerContent sentinelBanner() const;
    BannerContent guideBanner() const;     // main_window_guide.cpp
    void followGuide(const QString& key);
    void calmDown();

    void buildQueue();                     // main_window_study.cpp
    void addStudyActions(QMenu* run, QMenu* tools);
    void queueStudy(const QueueOrder& order);
    void startStudy(const QueueOrder& order);
    void askToReuse(const QueueOrder& order, std::vector<std::string> finished);
    void moreSeeds(const QString& ulid, int total);
    void pairSeeds(const QString& ulid, const QString& baseline, int total);
    void openMatchWizard();
    void askAboutQueue();
    void onStudyFinished(const storage::QueueStudy& study, const QStringList& ulids);
    void trainConfig(const config::RunConfig& config, const QString& name, const QStringList& tags);
    void trainAgain();
    void resumeRun();
    void startTwin(const QString& kind);
    bool hasControlTwin() const;
    void onEngineStarted(int token, const QString& ulid);
    void onEngineRefused(int token, const QString& sentence);
    void cure();
    QStringList trainingNames(QStringList* sockets = nullptr) const;
    void closeWhenStopped();

    QSettings* m_settings;
    ActionBook* m_book = nullptr;
    CommandPalette* m_palette = nullptr;
    std::unique_ptr<RunLibrary> m_library;
    std::unique_ptr<EngineLink> m_engines;
    std::unique_ptr<WatchedRun> m_run;
    std::unique_ptr<TrainCursor> m_cursor;
    std::unique_ptr<ParentRun> m_parent;
    std::unique_ptr<RunQueue> m_queue;
    std::unique_ptr<StudyVerdict> m_studyVerdict;

    QStackedWidget* m_stack = nullptr;
    QTabWidget* m_tabs = nullptr;
    StartPage* m_start = nullptr;
    TrainPage* m_train = nullptr;
    RoutingPage* m_routing = nullptr;
    ComparePage* m_compare = nullptr;
    DataPage* m_data = nullptr;
    DevicePage* m_device = nullptr;
    RoutersPage* m_routers = nullptr;
    NewRunPage* m_newRun = nullptr;
    RunsDock* m_runs = nullptr;
    Inspector* m_inspector = nullptr;
    InterventionsDock* m_interventions = nullptr;
    TrainOptions* m_options = nullptr;
    Toolbar* m_toolbar = nullptr;
    plots::Scrubber* m_scrubber = nullptr;
    StatusRow* m_status = nullptr;
    QueueDock* m_queuePane = nullptr;
    MetricList* m_metrics = nullptr;
    UndoToast* m_word = nullptr;
    QMenu* m_layoutMenu = nullptr;
    std::unique_ptr<ViewHistory> m_history;
    QDockWidget *m_runsDock = nullptr, *m_inspectorDock = nullptr, *m_metricsDock = nullptr, *m_interventionsDock = nullptr, *m_queueDock = nullptr;
    QToolBar *m_topBar = nullptr, *m_bottomBar = nullptr;
    QTimer *m_dataTimer = nullptr, *m_textTimer = nullptr;

    PageId m_page = PageId::start;
    bool m_runsWanted = true, m_inspectorWanted = true, m_interventionsWanted = true, m_interventionsAsked = false;
    bool m_metricsWanted = false, m_dataDirty = false, m_closing = false, m_openQueued = false;
    bool m_projector = false, m_settingView = false;
    int m_solo = -1;                       ///< the expert that is shown alone
    bool m_guideWanted = false;            ///< the run that starts next is the tour's
    QString m_guided;                      ///< ULID of the run that is to be muted and watched
    QSet<int> m_ours;                      ///< tokens of engines whose run is opened when it starts
    QHash<int, QString> m_twins;           ///< token of a twin: its original
    QSet<QString> m_startedHere, m_known;  ///< ULIDs
    std::vector<config::Command> m_whenTaken;  ///< for the engine that is taking the open run
    QString m_twinned, m_appeared, m_trouble;
};

}  // namespace moescope::ui
