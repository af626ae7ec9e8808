// The actions and what they do; all changes go through the library's thread, all commands through the run's engine.
#include "ui/runs_dock_menu.hpp"

#include <QClipboard>
#include <QColorDialog>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QInputDialog>
#include <QMenu>
#include <QPainter>
#include <QUrl>

#include <algorithm>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "plots/icons.hpp"
#include "ui/convert_dialog.hpp"
#include "ui/engine_link.hpp"
#include "ui/run_words.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

using storage::RunRow;
using storage::RunState;
using Runs = std::vector<RunRow>;

QString text(const std::string& value) { return QString::fromStdString(value); }

QString named(const Runs& runs) {
    if (runs.size() == 1) return QStringLiteral("\u201c%1\u201d").arg(RunWords::oneLine(runs.front().name));
    return RunsDockMenu::tr("%1 runs").arg(runs.size());
}

QStringList ulidsOf(const Runs& runs) {
    QStringList ulids;
    for (const RunRow& run : runs) ulids << text(run.ulid);
    return ulids;
}

template <class Handler>
QAction* add(QMenu& menu, const char* name, const QString& label, Handler&& handler) {
    QAction* action = menu.addAction(label);
    action->setObjectName(QLatin1String(name));
    QObject::connect(action, &QAction::triggered, &menu, std::forward<Handler>(handler));
    return action;
}

/// Asks for a text without stopping anything; `accept` gets it.
template <class Accept>
void ask(QWidget* window, const char* name, const QString& title, const QString& label, const QString& value, bool lines, Accept accept) {
    auto* dialog = new QInputDialog(window);
    dialog->setObjectName(QLatin1String(name));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->setLabelText(label);
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput, lines);
    dialog->setTextValue(value);
    QObject::connect(dialog, &QInputDialog::textValueSelected, window, std::move(accept));
    dialog->open();
}

/// Gives a run the marks it had.
void putBack(storage::Catalog& catalog, const RunRow& before) {
    const auto now = catalog.find(before.ulid);
    if (!now) return;
    if (now->name != before.name) catalog.rename(before.ulid, before.name);
    if (now->note != before.note) catalog.note(before.ulid, before.note);
    if (now->group != before.group) catalog.group(before.ulid, before.group);
    if (now->colour != before.colour) catalog.colour(before.ulid, before.colour);
    if (now->star != before.star) catalog.star(before.ulid, before.star);
    if (now->archived != before.archived) catalog.archive(before.ulid, before.archived);
    if (now->tags == before.tags) return;
    for (const std::string& tag : now->tags) catalog.untag(before.ulid, tag);
    for (const std::string& tag : before.tags) catalog.tag(before.ulid, tag);
}

QIcon swatch(const QColor& colour) {
    QPixmap pixmap(16, 16);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawEllipse(2, 2, 12, 12);
    return QIcon(pixmap);
}

}  // namespace

RunsDockMenu::RunsDockMenu(RunLibrary& library, EngineLink& link, UndoToast& toast, QWidget* window)
    : QObject(window), m_library(library), m_link(link), m_toast(toast), m_window(window) {
    showFolder = [](const QString& folder) { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); };
}

void RunsDockMenu::fill(QMenu& menu, const Choice& choice) {
    const Runs& runs = choice.runs;
    if (runs.empty()) return;
    if (choice.section == RunsDockModel::Section::trash) {
        add(menu, "actionRestore", tr("Restore"), [this, runs] { restore(runs); });
        return;
    }
    const bool one = runs.size() == 1;
    if (one) add(menu, "actionOpen", tr("Open"), [this, runs] { emit openRequested(text(runs.front().ulid)); });
    if (!one) add(menu, "actionCompare", tr("Compare %1 runs").arg(runs.size()), [this, runs] { emit compareRequested(ulidsOf(runs)); });
    if (one) addEngineActions(menu, runs.front());
    menu.addSeparator();
    addMarks(menu, choice);
    if (one) addFiles(menu, runs.front());
    menu.addSeparator();
    add(menu, "actionDelete", tr("Move to trash"), [this, runs] { remove(runs); })->setShortcut(QKeySequence::Delete);
}

void RunsDockMenu::addEngineActions(QMenu& menu, const RunRow& run) {
    menu.addSeparator();
    const QString name = RunWords::oneLine(run.name), ulid = text(run.ulid);
    if (RunWords::isAlive(run.state) && !run.socketPath.empty()) {
        if (run.state == RunState::paused)
            add(menu, "actionContinue", tr("Continue"), [this, run] { command(run, "resume"); });
        else
            add(menu, "actionPause", tr("Pause"), [this, run] { command(run, "pause"); });
        add(menu, "actionCheckpoint", tr("Save a checkpoint"), [this, run] { command(run, "checkpoint"); });
        add(menu, "actionStop", tr("Stop"), [this, run] { command(run, "stop"); });
    }
    if (EngineLink::enginePath().isEmpty()) return;
    QMenu* seeds = menu.addMenu(tr("Seeds"));
    seeds->setObjectName(QStringLiteral("menuSeeds"));
    for (const int total : {3, 5, 6, 10})
        add(*seeds, ("actionSeeds" + std::to_string(total)).c_str(), tr("%1 seeds in all").arg(total), [=, this] { emit seedsRequested(ulid, total); });
    if (RunWords::canResume(run.state))
        add(menu, "actionResume", tr("Resume"), [=, this] { start({QStringLiteral("resume"), ulid}, tr("%1 resumes").arg(name)); });
    if (run.step > 0 && run.state != RunState::quarantined)
        add(menu, "actionFork", tr("Fork from newest checkpoint"), [=, this] { start({QStringLiteral("fork"), ulid}, tr("A fork of %1 trains").arg(name)); });
    if (run.experts > 0)
        add(menu, "actionDenseTwin", tr("Train its dense twin"), [=, this] { start({QStringLiteral("twin"), ulid, QStringLiteral("--dense")}, tr("The dense twin of %1 trains").arg(name)); });
    if (run.step > 0 && run.state != RunState::quarantined && !run.configJson.empty()) add(menu, "actionConvert", tr("Convert\u2026"), [this, run] { convert(run); });
}

void RunsDockMenu::convert(const RunRow& run) {
    config::RunConfig config;
    if (const base::Problems problems = config::applyJson(config, run.configJson); !problems.empty()) return m_toast.tell(tr("This run's settings cannot be read: %1").arg(text(problems.front().text)));
    if (config::isPlane(config)) return m_toast.tell(tr("A mixture on the plane has no dense form to convert to."));
    auto* dialog = new ConvertDialog(text(run.ulid), RunWords::oneLine(run.name), config, m_window);
    connect(dialog, &ConvertDialog::chosen, this, &RunsDockMenu::start);
    dialog->open();
}

void RunsDockMenu::addMarks(QMenu& menu, const Choice& choice) {
    const Runs& runs = choice.runs;
    const bool one = runs.size() == 1, starred = std::ranges::all_of(runs, &RunRow::star), archived = std::ranges::all_of(runs, &RunRow::archived);
    if (one) add(menu, "actionRename", tr("Rename"), [this, runs] { emit renameRequested(text(runs.front().ulid)); })->setShortcut(QKeySequence(Qt::Key_F2));
    add(menu, "actionStar", starred ? tr("Remove star") : tr("Star"), [=, this] { star(runs, !starred); });
    add(menu, "actionTag", tr("Add tag\u2026"), [this, runs] { addTag(runs); });
    if (one && !runs.front().tags.empty()) {
        QMenu* tags = menu.addMenu(tr("Remove tag"));
        for (const std::string& tag : runs.front().tags)
            add(*tags, "actionUntag", RunWords::oneLine(tag), [=, this] {
                mark(runs, tr("Tag %1 removed from %2.").arg(RunWords::oneLine(tag), named(runs)), [tag](storage::Catalog& catalog, const std::string& ulid) { catalog.untag(ulid, tag); });
            });
    }
    add(menu, "actionGroup", tr("Group\u2026"), [this, runs] { editGroup(runs); });
    if (one) add(menu, "actionNote", tr("Note\u2026"), [this, runs] { editNote(runs.front()); });
    addColours(menu, choice);
    add(menu, "actionArchive", archived ? tr("Bring back from the archive") : tr("Archive"), [=, this] { archive(runs); });
}

void RunsDockMenu::addColours(QMenu& menu, const Choice& choice) {
    const Runs& runs = choice.runs;
    const auto paint = [this, runs](const std::string& rgb) {
        mark(runs, tr("Colour of %1 changed.").arg(named(runs)), [rgb](storage::Catalog& catalog, const std::string& ulid) { catalog.colour(ulid, rgb); });
    };
    QMenu* colours = menu.addMenu(tr("Colour"));
    colours->setObjectName(QStringLiteral("menuColour"));
    for (int slot = 0; slot < 8; ++slot) {
        const QColor colour = plots::theme().runInk[static_cast<std::size_t>(slot)];
        add(*colours, "actionColour", tr("Colour %1").arg(slot + 1), [=] { paint(colour.name().toStdString()); })->setIcon(swatch(colour));
    }
    add(*colours, "actionOtherColour", tr("Other\u2026"), [=, this] {
        auto* dialog = new QColorDialog(plots::colorOf(plots::theme(), RunWords::ink(runs.front().ulid, runs.front().colour)), m_window);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connect(dialog, &QColorDialog::colorSelected, this, [=](const QColor& colour) { paint(colour.name().toStdString()); });
        dialog->open();
    });
    add(*colours, "actionOwnColour", tr("By itself"), [=] { paint({}); });
}

void RunsDockMenu::addFiles(QMenu& menu, const RunRow& run) {
    menu.addSeparator();
    if (!run.configJson.empty())
        add(menu, "actionCopyRecipe", tr("Copy recipe"), [this, run] {
            config::RunConfig config;
            if (const base::Problems problems = config::applyJson(config, run.configJson); !problems.empty())
                return m_toast.tell(tr("This run's settings cannot be read: %1").arg(text(problems.front().text)));
            QGuiApplication::clipboard()->setText(text(config::toRecipeString(config)));
            m_toast.tell(tr("Recipe copied."));
        });
    add(menu, "actionShowFolder", tr("Show folder"), [this, run] { showFolder(m_library.runFolder(text(run.ulid))); });
}

void RunsDockMenu::remove(const Runs& runs) {
    const auto alive = std::ranges::find_if(runs, [](const RunRow& run) { return RunWords::isAlive(run.state); });
    if (alive != runs.end()) return m_toast.tell(tr("\u201c%1\u201d is still open in its engine. Stop it first; then it can go to the trash.").arg(RunWords::oneLine(alive->name)));
    each(runs, [](storage::Catalog& catalog, const std::string& ulid) { catalog.remove(ulid); });
    m_toast.offer(tr("%1 moved to the trash.").arg(named(runs)), tr("Undo"), [this, runs] { restore(runs); });
}

void RunsDockMenu::restore(const Runs& runs) {
    each(runs, [](storage::Catalog& catalog, const std::string& ulid) { catalog.restore(ulid); });
}

void RunsDockMenu::star(const Runs& runs, bool on) {
    mark(runs, (on ? tr("%1 starred.") : tr("Star of %1 removed.")).arg(named(runs)), [on](storage::Catalog& catalog, const std::string& ulid) { catalog.star(ulid, on); });
}

void RunsDockMenu::rename(const RunRow& run, const QString& name) {
    if (name.trimmed().isEmpty() || name.trimmed() == text(run.name)) return;
    mark({run}, tr("%1 is now called \u201c%2\u201d.").arg(named({run}), RunWords::oneLine(name.trimmed().toStdString())),
         [name = name.trimmed().toStdString()](storage::Catalog& catalog, const std::string& ulid) { catalog.rename(ulid, name); });
}

void RunsDockMenu::archive(const Runs& runs) {
    const bool back = std::ranges::all_of(runs, &RunRow::archived);
    mark(runs, (back ? tr("%1 brought back from the archive.") : tr("%1 archived.")).arg(named(runs)), [back](storage::Catalog& catalog, const std::string& ulid) { catalog.archive(ulid, !back); });
}

void RunsDockMenu::addTag(const Runs& runs) {
    ask(m_window, "tagDialog", tr("Add tag"), tr("Tag for %1").arg(named(runs)), {}, false, [this, runs](const QString& tag) {
        if (tag.trimmed().isEmpty()) return;
        mark(runs, tr("%1 tagged %2.").arg(named(runs), RunWords::oneLine(tag.trimmed().toStdString())),
             [tag = tag.trimmed().toStdString()](storage::Catalog& catalog, const std::string& ulid) { catalog.tag(ulid, tag); });
    });
}

void RunsDockMenu::editNote(const RunRow& run) {
    ask(m_window, "noteDialog", tr("Note"), tr("Note on %1").arg(named({run})), text(run.note), true, [this, run](const QString& note) {
        mark({run}, tr("Note on %1 changed.").arg(named({run})), [note = note.toStdString()](storage::Catalog& catalog, const std::string& ulid) { catalog.note(ulid, note); });
    });
}

void RunsDockMenu::editGroup(const Runs& runs) {
    ask(m_window, "groupDialog", tr("Group"), tr("Group of %1; empty: by preset").arg(named(runs)), text(runs.front().group), false, [this, runs](const QString& group) {
        mark(runs, tr("Group of %1 changed.").arg(named(runs)), [group = group.trimmed().toStdString()](storage::Catalog& catalog, const std::string& ulid) { catalog.group(ulid, group); });
    });
}

void RunsDockMenu::command(const RunRow& run, const char* verb) {
    config::Command order;
    order.verb = verb;
    const QString name = RunWords::oneLine(run.name);
    m_link.send(text(run.socketPath), order, [this, name](const CommandAnswer& answer) {
        if (!answer.ok && !answer.problems.empty()) m_toast.tell(tr("\u201c%1\u201d: %2").arg(name, text(answer.problems.front().text)));
        m_library.refresh();
    });
}

void RunsDockMenu::start(const QStringList& arguments, const QString& what) {
    const int token = m_link.run(arguments);
    auto* wait = new QObject(this);
    connect(&m_link, &EngineLink::started, wait, [=, this](int started, const QString& ulid) {
        if (started != token) return;
        m_library.refresh();
        m_toast.offer(tr("%1.").arg(what), tr("Open"), [this, ulid] { emit openRequested(ulid); });
        wait->deleteLater();
    });
    connect(&m_link, &EngineLink::refused, wait, [=, this](int refused, const QString& sentence) {
        if (refused != token) return;
        m_toast.tell(sentence);
        wait->deleteLater();
    });
}

void RunsDockMenu::mark(const Runs& runs, const QString& sentence, std::function<void(storage::Catalog&, const std::string&)> change) {
    each(runs, std::move(change));
    m_toast.offer(sentence, tr("Undo"), [this, runs] {
        m_library.edit([runs](storage::Catalog& catalog) {
            for (const RunRow& run : runs) putBack(catalog, run);
        });
    });
}

void RunsDockMenu::each(const Runs& runs, std::function<void(storage::Catalog&, const std::string&)> change) {
    std::vector<std::string> ulids;
    for (const RunRow& run : runs) ulids.push_back(run.ulid);
    m_library.edit([ulids, change = std::move(change)](storage::Catalog& catalog) {
        for (const std::string& ulid : ulids) change(catalog, ulid);
    });
}

}  // namespace moescope::ui
