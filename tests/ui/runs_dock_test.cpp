// Runs dock: what people do to runs ends in the run's folder, and the list shows it.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QLocalServer>
#include <QLocalSocket>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeView>
#include <QtTest>

#include <fstream>

#include "core/config/config_json.hpp"
#include "plots/empty_state.hpp"
#include "storage/meta_file.hpp"
#include "tests/ui/fake_store.hpp"
#include "ui/engine_link.hpp"
#include "ui/run_library.hpp"
#include "ui/runs_dock.hpp"
#include "ui/runs_dock_menu.hpp"
#include "ui/runs_dock_model.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

using storage::RunState;
using testing::FakeRun;
using testing::FakeStore;

constexpr int kPatience = 20'000;

FakeRun shortRun(const std::string& name, RunState state = RunState::finished) {
    FakeRun run;
    run.name = name;
    run.state = state;
    run.steps = 60;
    run.config = testing::fakeConfig();
    return run;
}

class RunsDockTest : public ::testing::Test {
protected:
    void open() {
        library = std::make_unique<RunLibrary>(QString::fromStdString(store.folder().string()));
        link = std::make_unique<EngineLink>(library->storeFolder());
        dock = std::make_unique<RunsDock>(*library, *link);
        dock->resize(232, 600);
        dock->show();
        ASSERT_TRUE(QTest::qWaitFor([this] { return library->loaded(); }, kPatience));
        view = dock->findChild<QTreeView*>(QStringLiteral("runsList"));
        model = qobject_cast<RunsDockModel*>(view->model());
    }
    void TearDown() override {
        dock.reset();
        link.reset();
        library.reset();
    }
    storage::MetaFile meta(const std::string& ulid) const { return storage::readMetaFile(store.store().runFolder(ulid)); }
    QModelIndex indexOf(const std::string& ulid) const { return model->indexOf(QString::fromStdString(ulid)); }
    void choose(const std::vector<std::string>& ulids) {
        view->selectionModel()->clear();
        for (const std::string& ulid : ulids) {
            view->selectionModel()->setCurrentIndex(indexOf(ulid), QItemSelectionModel::NoUpdate);
            view->selectionModel()->select(indexOf(ulid), QItemSelectionModel::Select);
        }
    }
    /// Opens the context menu for what is chosen and triggers an entry.
    bool trigger(const char* action) {
        emit view->customContextMenuRequested(QPoint(40, 40));
        const auto menus = view->findChildren<QMenu*>(QStringLiteral("runMenu"));
        if (menus.isEmpty()) return false;
        QAction* found = menus.back()->findChild<QAction*>(QLatin1String(action));
        if (found) found->trigger();
        menus.back()->close();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        return found != nullptr;
    }
    QString toast() const { return dock->findChild<QLabel*>(QStringLiteral("undoToastText"))->text(); }
    template <class Condition>
    bool soon(Condition condition) const {
        return QTest::qWaitFor(condition, kPatience);
    }

    FakeStore store;
    std::unique_ptr<RunLibrary> library;
    std::unique_ptr<EngineLink> link;
    std::unique_ptr<RunsDock> dock;
    QTreeView* view = nullptr;
    RunsDockModel* model = nullptr;
};

TEST_F(RunsDockTest, TheModelKeepsItsPromisesWhileRunsComeAndGo) {
    const std::string first = store.add(shortRun("one"));
    open();
    const QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    store.add(shortRun("two"));
    library->refresh();
    EXPECT_TRUE(soon([&] { return model->total() == 2; }));
    library->edit([&](storage::Catalog& catalog) { catalog.remove(first); });
    EXPECT_TRUE(soon([&] { return model->total() == 1; }));
    library->edit([&](storage::Catalog& catalog) { catalog.restore(first); });
    EXPECT_TRUE(soon([&] { return model->total() == 2; }));
    model->setFilter(QStringLiteral("one"), 0);
    EXPECT_EQ(model->shown(), 1);
    model->setFilter({}, 0);
    EXPECT_EQ(model->shown(), 2);
}

TEST_F(RunsDockTest, RenamingInPlaceChangesTheFileAndTheRow) {
    const std::string ulid = store.add(shortRun("before"));
    open();
    view->setFocus();
    choose({ulid});
    QTest::keyClick(view, Qt::Key_F2);
    auto* editor = view->findChild<QLineEdit*>(QStringLiteral("runNameEditor"));
    ASSERT_NE(editor, nullptr);
    editor->setText(QStringLiteral("after \u00fcber"));
    QTest::keyClick(editor, Qt::Key_Return);
    EXPECT_TRUE(soon([&] { return indexOf(ulid).data().toString() == QStringLiteral("after \u00fcber"); }));
    EXPECT_EQ(meta(ulid).name, "after \xC3\xBC" "ber");
}

TEST_F(RunsDockTest, ARunThatAppearsWhileANameIsTypedDoesNotTakeTheEditorAway) {
    const std::string ulid = store.add(shortRun("old"));
    open();
    view->setFocus();
    choose({ulid});
    QTest::keyClick(view, Qt::Key_F2);
    auto* editor = view->findChild<QLineEdit*>(QStringLiteral("runNameEditor"));
    ASSERT_NE(editor, nullptr);
    store.add(shortRun("new"));
    library->refresh();
    EXPECT_TRUE(soon([&] { return library->runs()->size() == 2; }));
    EXPECT_EQ(view->findChild<QLineEdit*>(QStringLiteral("runNameEditor")), editor);
    QTest::keyClick(editor, Qt::Key_Escape);
    EXPECT_TRUE(soon([&] { return model->total() == 2; }));
}

TEST_F(RunsDockTest, DeletingMovesTheRunToTheTrashAndUndoBringsItBack) {
    const std::string ulid = store.add(shortRun("doomed"));
    open();
    view->setFocus();
    choose({ulid});
    QTest::keyClick(view, Qt::Key_Delete);
    EXPECT_TRUE(soon([&] { return std::filesystem::exists(store.store().trashFolder() / ulid); }));
    EXPECT_TRUE(toast().contains(QStringLiteral("doomed")));
    EXPECT_TRUE(soon([&] { return model->total() == 0; }));
    ASSERT_TRUE(indexOf(ulid).isValid());
    EXPECT_EQ(model->section(indexOf(ulid)), RunsDockModel::Section::trash);
    QTest::mouseClick(dock->findChild<QPushButton*>(QStringLiteral("undoToastAction")), Qt::LeftButton);
    EXPECT_TRUE(soon([&] { return model->total() == 1; }));
    EXPECT_TRUE(std::filesystem::exists(store.store().runFolder(ulid) / "run.db"));
}

TEST_F(RunsDockTest, ARunInTheTrashIsRestoredFromItsMenu) {
    const std::string ulid = store.add(shortRun("gone"));
    open();
    library->edit([&](storage::Catalog& catalog) { catalog.remove(ulid); });
    ASSERT_TRUE(soon([&] { return model->total() == 0; }));
    choose({ulid});
    EXPECT_FALSE(trigger("actionDelete"));
    EXPECT_TRUE(trigger("actionRestore"));
    EXPECT_TRUE(soon([&] { return model->total() == 1; }));
}

TEST_F(RunsDockTest, ARunThatTrainsIsNotDeleted) {
    const std::string ulid = store.add(shortRun("busy", RunState::running));
    open();
    choose({ulid});
    EXPECT_TRUE(trigger("actionDelete"));
    EXPECT_TRUE(toast().contains(QStringLiteral("Stop it first")));
    EXPECT_TRUE(std::filesystem::exists(store.store().runFolder(ulid)));
}

TEST_F(RunsDockTest, StarTagNoteColourAndArchiveAreKeptInTheRunsFolder) {
    const std::string ulid = store.add(shortRun("marked"));
    open();
    choose({ulid});
    EXPECT_TRUE(trigger("actionStar"));
    EXPECT_TRUE(soon([&] { return meta(ulid).star; }));
    EXPECT_TRUE(trigger("actionColour"));
    EXPECT_TRUE(soon([&] { return meta(ulid).colour.size() == 7; }));
    EXPECT_TRUE(trigger("actionArchive"));
    EXPECT_TRUE(soon([&] { return meta(ulid).archived; }));
    EXPECT_TRUE(soon([&] { return indexOf(ulid).isValid() && model->section(indexOf(ulid)) == RunsDockModel::Section::archived; }));
}

TEST_F(RunsDockTest, AFilterShowsWhatMatchesAndCountsIt) {
    FakeRun wide = shortRun("wide");
    wide.config = testing::fakeConfig(16, 2);
    store.add(wide);
    const std::string narrow = store.add(shortRun("narrow"));
    open();
    dock->findChild<QLineEdit*>(QStringLiteral("runsFilter"))->setText(QStringLiteral("experts=8"));
    EXPECT_TRUE(soon([&] { return model->shown() == 1; }));
    EXPECT_TRUE(indexOf(narrow).isValid());
    EXPECT_EQ(dock->findChild<QLabel*>(QStringLiteral("runsCount"))->text(), QStringLiteral("1 of 2"));
}

TEST_F(RunsDockTest, AMistakeInTheFilterIsShownInPlaceAndHidesNoRun) {
    store.add(shortRun("a"));
    open();
    dock->findChild<QLineEdit*>(QStringLiteral("runsFilter"))->setText(QStringLiteral("val_loss < much"));
    auto* mistake = dock->findChild<QLabel*>(QStringLiteral("runsFilterMistake"));
    EXPECT_TRUE(soon([&] { return mistake->isVisible(); }));
    EXPECT_TRUE(mistake->text().contains(QStringLiteral("val_loss < much\n           ^\n"))) << mistake->text().toStdString();
    EXPECT_TRUE(mistake->text().contains(QStringLiteral("not a number")));
    EXPECT_EQ(model->shown(), 1);
}

TEST_F(RunsDockTest, NothingFoundOffersToClearTheFilter) {
    store.add(shortRun("a"));
    open();
    auto* filter = dock->findChild<QLineEdit*>(QStringLiteral("runsFilter"));
    filter->setText(QStringLiteral("nowhere"));
    auto* empty = dock->findChild<plots::EmptyState*>(QStringLiteral("runsEmpty"));
    ASSERT_TRUE(soon([&] { return empty->isVisible(); }));
    emit empty->actionTriggered(0);
    EXPECT_TRUE(soon([&] { return view->isVisible() && model->shown() == 1; }));
}

TEST_F(RunsDockTest, AnEmptyStoreSaysSoAndOffersANewRun) {
    open();
    auto* empty = dock->findChild<plots::EmptyState*>(QStringLiteral("runsEmpty"));
    ASSERT_TRUE(soon([&] { return empty->isVisible(); }));
    QSignalSpy asked(dock.get(), &RunsDock::newRunRequested);
    emit empty->actionTriggered(0);
    EXPECT_EQ(asked.count(), 1);
}

TEST_F(RunsDockTest, PauseGoesToTheEngineOfTheRun) {
    QLocalServer server;
    const QString socket = QString::fromStdString((store.folder().parent_path() / "engine.sock").string());
    ASSERT_TRUE(server.listen(socket));
    FakeRun run = shortRun("live", RunState::running);
    run.socketPath = socket.toStdString();
    const std::string ulid = store.add(run);
    open();
    choose({ulid});
    EXPECT_TRUE(trigger("actionPause"));
    ASSERT_TRUE(soon([&] { return server.hasPendingConnections(); }));
    QLocalSocket* client = server.nextPendingConnection();
    ASSERT_TRUE(soon([&] { return client->canReadLine(); }));
    EXPECT_EQ(QString::fromUtf8(client->readLine()).trimmed(), QString::fromStdString(config::toJson(config::Command{"pause", {}})));
    client->write("{\"ok\":false,\"problems\":[{\"key\":\"pause\",\"text\":\"It is paused already.\"}]}\n");
    EXPECT_TRUE(soon([&] { return toast().contains(QStringLiteral("paused already")); }));
}

TEST_F(RunsDockTest, TheRecipeOfARunReadsBackAsItsSettings) {
    FakeRun run = shortRun("copied");
    run.config.balance.coefficient = 0.125;
    const std::string ulid = store.add(run);
    open();
    choose({ulid});
    EXPECT_TRUE(trigger("actionCopyRecipe"));
    config::RunConfig read;
    EXPECT_TRUE(config::applyRecipeString(read, QGuiApplication::clipboard()->text().toStdString()).empty());
    EXPECT_EQ(read, run.config);
}

TEST_F(RunsDockTest, SeveralChosenRunsAreCompared) {
    const std::string a = store.add(shortRun("a")), b = store.add(shortRun("b"));
    open();
    choose({a, b});
    QSignalSpy compared(dock.get(), &RunsDock::compareRequested);
    EXPECT_TRUE(trigger("actionCompare"));
    ASSERT_EQ(compared.count(), 1);
    EXPECT_EQ(compared.front().front().toStringList().size(), 2);
}

TEST_F(RunsDockTest, AClickOpensTheRunAndAClickOnAGroupFoldsIt) {
    const std::string ulid = store.add(shortRun("a"));
    open();
    ASSERT_TRUE(soon([&] { return indexOf(ulid).isValid(); }));
    QSignalSpy opened(dock.get(), &RunsDock::runActivated);
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(indexOf(ulid)).center());
    ASSERT_EQ(opened.count(), 1);
    EXPECT_EQ(opened.front().front().toString(), QString::fromStdString(ulid));
    const QModelIndex group = indexOf(ulid).parent();
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(group).center());
    EXPECT_FALSE(view->isExpanded(group));
}

TEST_F(RunsDockTest, HostileNamesStayOnOneLine) {
    const std::string ulid = store.add(shortRun("plain"));
    storage::editMetaFile(store.store().runFolder(ulid), [](storage::MetaFile& file) {
        file.name = "evil\n\xE2\x80\xAEname\tZ";
        for (int i = 0; i < 40; ++i) file.name += "\xCC\x81";
    });
    open();
    const QString shown = indexOf(ulid).data().toString();
    EXPECT_FALSE(shown.contains(QLatin1Char('\n')));
    EXPECT_FALSE(shown.contains(QChar(0x202E)));
    EXPECT_LE(shown.count(QChar(0x0301)), 2);
    EXPECT_LE(view->visualRect(indexOf(ulid)).height(), 28);
}

TEST_F(RunsDockTest, ADamagedRunIsListedWithWhatIsWrong) {
    const std::string ulid = store.add(shortRun("broken"));
    store.damage(ulid);
    open();
    ASSERT_TRUE(soon([&] { return indexOf(ulid).isValid(); }));
    EXPECT_EQ(model->run(indexOf(ulid))->state, RunState::quarantined);
    EXPECT_TRUE(indexOf(ulid).data(Qt::ToolTipRole).toString().contains(QStringLiteral("Damaged")));
}

TEST_F(RunsDockTest, TheSelectionSurvivesANewRun) {
    const std::string ulid = store.add(shortRun("a"));
    open();
    ASSERT_TRUE(soon([&] { return indexOf(ulid).isValid(); }));
    dock->setCurrentRun(QString::fromStdString(ulid));
    store.add(shortRun("b"));
    library->refresh();
    ASSERT_TRUE(soon([&] { return model->total() == 2; }));
    EXPECT_EQ(dock->selectedRuns(), QStringList{QString::fromStdString(ulid)});
}

TEST(RunsDockModelTest, AThousandRunsFilterWithinATenthOfASecond) {
    auto rows = std::make_shared<std::vector<storage::RunRow>>(1000);
    for (std::size_t i = 0; i < rows->size(); ++i) {
        storage::RunRow& row = (*rows)[i];
        row.ulid = "01" + std::to_string(1000000 + i);
        row.name = "run " + std::to_string(i);
        row.group = "group " + std::to_string(i % 20);
        row.topK = static_cast<std::int64_t>(i % 4);
        config::RunConfig config;
        config.moe.top_k = static_cast<std::int64_t>(i % 4);
        row.configJson = config::toJson(config);
    }
    RunsDockModel model;
    model.setRows(rows, std::make_shared<std::vector<storage::RunRow>>());
    model.setFilter(QStringLiteral("k=1"), 0);  // reads the configurations once
    QElapsedTimer watch;
    watch.start();
    model.setFilter(QStringLiteral("k=2 or \"run 7\""), 0);
    const qint64 filtered = watch.elapsed();
    EXPECT_LE(filtered, 100);
    EXPECT_GE(model.shown(), 250);
    RecordProperty("filter_ms", static_cast<int>(filtered));
}

}  // namespace
}  // namespace moescope::ui
