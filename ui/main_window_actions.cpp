// Main window: palette, keys, preferences: what is made from the one list of actions.
#include <QAbstractItemView>
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QKeyEvent>
#include <QMenu>
#include <QSettings>

#include "core/base/error.hpp"
#include "core/config/presets.hpp"
#include "plots/controls.hpp"
#include "plots/figures.hpp"
#include "ui/action_book.hpp"
#include "ui/command_palette.hpp"
#include "ui/engine_link.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_theme.hpp"
#include "ui/preferences.hpp"
#include "ui/preferences_dialog.hpp"
#include "ui/routing_page.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kMostRuns = 200;
constexpr auto kLeast = "leastLevel";

QString text(const std::string& value) { return QString::fromStdString(value); }

}  // namespace

void MainWindow::buildEditMenu(QMenu* edit) {
    const auto add = [edit](const char* name, const QString& words, const char* key) {
        QAction* action = edit->addAction(words);
        action->setObjectName(QString::fromLatin1(name));
        ActionBook::setKey(action, QKeySequence(QString::fromLatin1(key)));
        return action;
    };
    connect(add("undoView", tr("Undo"), "Ctrl+Z"), &QAction::triggered, this, [this] { undoView(false); });
    connect(add("redoView", tr("Redo the view"), "Ctrl+Shift+Z"), &QAction::triggered, this, [this] { undoView(true); });
    edit->addSeparator();
    connect(add("copyImage", tr("Copy image"), "Ctrl+Shift+C"), &QAction::triggered, this, &MainWindow::copyImage);
    connect(add("copyData", tr("Copy data"), ""), &QAction::triggered, this, &MainWindow::copyData);
    connect(add("pasteRecipeAction", tr("Paste a recipe"), "Ctrl+V"), &QAction::triggered, this, &MainWindow::pasteRecipe);
    connect(add("copyRecipe", tr("Copy recipe"), "Ctrl+Alt+C"), &QAction::triggered, this, &MainWindow::copyRecipe);
    for (const char* name : {"copyImage", "copyData"}) ActionBook::setPlace(findChild<QAction*>(QLatin1String(name)), kOnTabs);
    ActionBook::setPlace(findChild<QAction*>(QStringLiteral("copyRecipe")), kOnPlots);
    edit->addSeparator();
    connect(add("preferencesAction", tr("Preferences…"), "Ctrl+,"), &QAction::triggered, this, &MainWindow::openPreferences);
}

void MainWindow::buildRoutingMenu(QMenu* routing) {
    for (const QString& id : RoutingPage::viewIds()) {
        QAction* action = routing->addAction(m_routing->titleOf(id), this, [this, id] {
            showPage(PageId::routing);
            m_routing->setView(id);
        });
        action->setObjectName(QStringLiteral("routing-") + id);
        const auto offer = [this, action, id] { action->setVisible(m_routing->offers(id)); };
        connect(m_routing, &RoutingPage::viewsOffered, action, offer);
        offer();
    }
    routing->addSeparator();
    buildSoloMenu(routing->addMenu(tr("Show one expert alone")));
}

void MainWindow::buildLevelMenu(QMenu* menu) {
    auto* group = new QActionGroup(this);
    for (const DetailLevel level : {DetailLevel::learner, DetailLevel::standard, DetailLevel::expert}) {
        QAction* action = menu->addAction(levelTitle(level), this, [level] {
            Preferences next = preferences();
            next.level = level;
            PreferencesHub::instance().set(next);
        });
        action->setObjectName(QStringLiteral("level-") + levelWord(level));
        action->setCheckable(true);
        group->addAction(action);
    }
}

// ---- after all menus are there ---------------------------------------------------------------------------------------

void MainWindow::finishActions() {
    for (const char* name : {"logY", "denseTwin", "checkpointNow"})
        if (auto* action = findChild<QAction*>(QLatin1String(name))) action->setProperty(kLeast, static_cast<int>(DetailLevel::standard));
    m_palette = new CommandPalette(this);
    if (m_settings) m_book->load(*m_settings);
    qApp->installEventFilter(this);
    connect(&PreferencesHub::instance(), &PreferencesHub::changed, this, &MainWindow::applyPreferences);
    applyPreferences();
}

void MainWindow::applyPreferences() {
    const Preferences& p = preferences();
    setDockOptions(p.animations ? QMainWindow::AnimatedDocks : QMainWindow::DockOptions());
    QApplication::setEffectEnabled(Qt::UI_AnimateMenu, p.animations);
    QApplication::setEffectEnabled(Qt::UI_AnimateCombo, p.animations);
    if (auto* action = findChild<QAction*>(QStringLiteral("level-") + levelWord(p.level))) action->setChecked(true);
    for (QAction* action : findChildren<QAction*>())
        if (const QVariant least = action->property(kLeast); least.isValid()) action->setVisible(levelReached(static_cast<DetailLevel>(least.toInt())));
    if (m_settings) storePreferences(*m_settings, p);
}

void MainWindow::chooseTheme(ThemeChoice choice) {
    applyThemeChoice(choice);
    if (m_settings) storeTheme(*m_settings, choice);
    if (auto* action = findChild<QAction*>(QStringLiteral("theme-") + themeWord(choice))) action->setChecked(true);
}

// A list takes letters to search with; here they are the window's keys, as in a plot.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::KeyPress) return QMainWindow::eventFilter(watched, event);
    auto* key = static_cast<QKeyEvent*>(event);
    const auto* list = qobject_cast<QAbstractItemView*>(watched);
    const bool ours = list && list->window() == this && !takesLetters(list);
    if (ours && !key->text().isEmpty() && key->text().front().isPrint() && m_book->press(key)) return true;
    return QMainWindow::eventFilter(watched, event);
}

// ---- palette -----------------------------------------------------------------------------------------------------------

std::vector<Command> MainWindow::openCommands() {
    std::vector<Command> all;
    for (const storage::RunRow& row : *m_library->runs()) {
        if (static_cast<int>(all.size()) >= kMostRuns) break;
        if (row.archived) continue;
        all.push_back({tr("Open %1").arg(RunWords::oneLine(row.name)),
                       tr("%1, %2 steps, %3").arg(RunWords::when(row.createdUs), plots::figure(static_cast<double>(row.step), plots::Figure::Integer), RunWords::state(row.state).toLower()),
                       {}, [this, ulid = text(row.ulid)] { openRun(ulid); }});
    }
    return all;
}

std::vector<Command> MainWindow::commands() {
    std::vector<Command> all;
    for (const ActionBook::Entry& entry : m_book->entries()) {
        if (!entry.action->isEnabled() || entry.action->objectName() == QLatin1String("paletteAction")) continue;
        all.push_back({entry.text, entry.menu, ActionBook::key(entry.action).toString(QKeySequence::NativeText), [action = entry.action] { action->trigger(); }});
    }
    try {
        for (const config::Preset& preset : config::listPresets()) {
            if (preset.kind != config::PresetKind::run || preset.id == "own_text") continue;
            all.push_back({tr("Train: %1").arg(text(preset.title)), text(preset.id), {}, [this, id = text(preset.id)] { trainPreset(id); }});
        }
    } catch (const base::Error&) {
        // The new-run page says what is wrong with the presets; the palette has the rest.
    }
    for (Command& open : openCommands()) all.push_back(std::move(open));
    return all;
}

void MainWindow::openPalette() { m_palette->open(commands(), tr("What to do: a menu entry, a preset to train, a run to open")); }

void MainWindow::openRunPicker() { m_palette->open(openCommands(), tr("Which run: a part of its name")); }

void MainWindow::openPreferences() {
    const StoreFacts facts{m_library->storeFolder(), EngineLink::enginePath(), static_cast<int>(m_library->runs()->size())};
    auto* dialog = new PreferencesDialog(*m_book, m_settings, facts, this);
    connect(dialog, &PreferencesDialog::themeChosen, this, &MainWindow::chooseTheme);
    dialog->show();
}

}  // namespace moescope::ui
