// The table of all runs and its language; W9 of the workflows as a script: filter, group, star, pin, differences, archive, keep.
#include <gtest/gtest.h>

#include <QClipboard>
#include <QElapsedTimer>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QtTest>

#include <cstdio>

#include "plots/controls.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/compare_grouping.hpp"
#include "ui/compare_page.hpp"
#include "ui/compare_table.hpp"
#include "ui/query_field.hpp"
#include "ui/runs_table.hpp"
#include "ui/saved_shelf.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

FakeRun small(const std::string& name, std::int64_t k, std::int64_t granularity, double offset, std::int64_t seed = 0) {
    FakeRun run;
    run.name = name;
    run.steps = 100;
    run.offset = offset;
    run.events = run.samples = false;
    run.config = fakeConfig(8);
    run.config.moe.top_k = k;
    run.config.moe.granularity = granularity;
    run.config.training.seed = run.config.data.seed = seed;
    return run;
}

/// The page of Compare in the real window, at its table of all runs.
class RunsTableTest : public ::testing::Test {
protected:
    void open() {
        shell = std::make_unique<Shell>(store);
        shell->window().showPage(PageId::compare);
        page().showView(CompareView::runs);
        QCoreApplication::processEvents();
    }
    ComparePage& page() { return shell->window().comparePage(); }
    RunsTable& table() { return *shell->find<RunsTable>("runsTablePane"); }
    int shown() { return table().model().rowCount(); }
    void filter(const QString& query) {
        table().filter().setFocus();
        table().filter().selectAll();
        QTest::keyClicks(&table().filter(), query);
        QTest::keyClick(&table().filter(), Qt::Key_Escape);   // the list of completions
        QTest::keyClick(&table().filter(), Qt::Key_Return);
    }
    QString cell(int row, const char* key) {
        const auto& columns = table().model().columns();
        const auto column = static_cast<int>(std::ranges::find(columns, key) - columns.begin());
        return table().model().index(row, column).data().toString();
    }
    void select(const std::vector<int>& rows) {
        table().view().clearSelection();
        for (const int row : rows) table().view().selectionModel()->select(table().model().index(row, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
    }
    bool settled() {
        return waitFor([this] { return page().complete(); });
    }

    FakeStore store;
    std::unique_ptr<Shell> shell;
};

TEST_F(RunsTableTest, FiltersSortsAndSaysWhyNothingMatches) {
    for (const std::int64_t k : {1, 2, 4}) store.add(small("run k" + std::to_string(k), k, 1, 0.1 * static_cast<double>(k)));
    open();
    EXPECT_EQ(shown(), 3);
    filter(QStringLiteral("k=2"));
    ASSERT_EQ(shown(), 1);
    EXPECT_EQ(cell(0, "name"), QStringLiteral("run k2"));
    EXPECT_EQ(shell->text("runsTableCount"), QStringLiteral("1 of 3"));
    filter(QStringLiteral("k=3"));
    EXPECT_EQ(shown(), 0);
    QStringList words;
    for (QLabel* label : table().findChildren<QLabel*>()) words << label->text();
    EXPECT_TRUE(words.contains(QStringLiteral("Nothing matches k=3")));
    EXPECT_TRUE(words.contains(QStringLiteral("k takes 1, 2, 4 in this store."))) << words.join(QLatin1Char('|')).toStdString();
    filter(QStringLiteral("k=2 and"));
    EXPECT_TRUE(shell->shows("runsTableMistake"));
    filter(QString());
    table().filter().clear();
    QTest::keyClick(&table().filter(), Qt::Key_Return);
    const auto& columns = table().model().columns();
    const auto loss = static_cast<int>(std::ranges::find(columns, "val_loss") - columns.begin());
    table().model().sort(loss, Qt::DescendingOrder);
    EXPECT_EQ(cell(0, "name"), QStringLiteral("run k4"));
    table().model().sort(loss, Qt::AscendingOrder);
    EXPECT_EQ(cell(0, "name"), QStringLiteral("run k1"));
}

TEST_F(RunsTableTest, ColumnsAndWidthsAreRemembered) {
    store.add(small("a", 2, 1, 0));
    const QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    applyThemeChoice(ThemeChoice::light);
    for (const bool again : {false, true}) {
        MainWindow window(QString::fromStdString(store.folder().string()), &settings);
        window.show();
        ASSERT_TRUE(waitFor([&] { return window.library().loaded(); }));
        auto* runs = window.findChild<RunsTable*>();
        auto* compared = window.findChild<CompareTable*>();
        const auto& columns = runs->model().columns();
        if (again) {
            ASSERT_EQ(columns.back(), "training.lr");
            EXPECT_EQ(std::ranges::find(columns, "flops"), columns.end());
            EXPECT_EQ(runs->view().columnWidth(static_cast<int>(columns.size()) - 1), 133);
            EXPECT_EQ(compared->rows().extras(), (std::vector<std::string>{"@load", "@min"}));
        } else {
            runs->addColumn("training.lr");
            runs->removeColumn("flops");
            runs->view().setColumnWidth(runs->model().columnCount() - 1, 133);
            compared->addExtra("@min");
        }
    }
}

TEST_F(RunsTableTest, MarksOfManyRunsAreUndoneAtOnce) {
    std::vector<std::string> ulids;
    for (int i = 0; i < 3; ++i) ulids.push_back(store.add(small(std::string("r").append(std::to_string(i)), 2, 1, 0)));
    open();
    table().view().selectAll();
    QTest::keyClick(&table().view(), Qt::Key_S);
    const auto starred = [this] { return std::ranges::count_if(*shell->window().library().runs(), &storage::RunRow::star); };
    ASSERT_TRUE(waitFor([&] { return starred() == 3; }));
    table().view().selectAll();
    QTest::keyClick(&table().view(), Qt::Key_A, Qt::ShiftModifier);
    ASSERT_TRUE(waitFor([&] { return shown() == 0; }));
    auto* toast = table().findChild<UndoToast*>();
    EXPECT_EQ(toast->sentence(), QStringLiteral("3 runs archived."));
    toast->act();
    ASSERT_TRUE(waitFor([&] { return shown() == 3; }));
    EXPECT_EQ(starred(), 3) << "only the last change is taken back";
}

TEST_F(RunsTableTest, AFilterIsKeptUnderAName) {
    store.add(small("a", 2, 1, 0));
    open();
    filter(QStringLiteral("k=2 val_loss<9"));
    auto* menu = table().filter().findChild<QMenu*>(QStringLiteral("keptFiltersMenu"));
    emit menu->aboutToShow();
    menu->findChild<QAction*>(QStringLiteral("keepFilter"))->trigger();
    auto* dialog = table().filter().findChild<QInputDialog*>(QStringLiteral("keepFilterDialog"));
    ASSERT_NE(dialog, nullptr);
    dialog->setTextValue(QStringLiteral("good ones"));
    dialog->accept();
    SavedShelf* shelf = SavedShelf::of(shell->window().library());
    ASSERT_TRUE(waitFor([&] { return shelf->views().filters.size() == 1; }));
    table().filter().clear();
    emit menu->aboutToShow();
    menu->findChild<QAction*>(QStringLiteral("keptFilter"))->trigger();
    EXPECT_EQ(table().filter().text(), QStringLiteral("k=2 val_loss<9"));
}

// Five hundred runs, with keys and the buttons a person would press; its time is printed.
TEST_F(RunsTableTest, W9KeepsOrderAmongFiveHundredRuns) {
    for (int i = 0; i < 500; ++i) {
        FakeRun run = small("sweep " + std::to_string(i), i % 2 == 0 ? 2 : 1, 1 + i / 2 % 3, 0.002 * i, i / 6);
        run.steps = i < 12 ? 100 : 2;
        store.add(run);
    }
    { Shell warm(store); }   // the catalogue reads the run folders once
    open();
    QElapsedTimer clock;
    clock.start();
    filter(QStringLiteral("k=2 and val_loss<%1 since:7d").arg(fakeValLoss(small("", 2, 1, 0.0235), 100)));
    const qint64 filtered = clock.elapsed();
    ASSERT_EQ(shown(), 6);
    QTest::keyClick(&table().view(), Qt::Key_Return, Qt::ControlModifier);
    page().showView(CompareView::curves);
    page().setGrouping({"moe.granularity", {}, {}, Mean::seeds});
    ASSERT_TRUE(settled());
    auto* compared = shell->find<CompareTable>("compareTable");
    EXPECT_EQ(compared->rows().rowCount(), 3) << "G 1, 2 and 3, two seeds each";
    compared->selectRow(1);
    compared->setFocus();
    QTest::keyClick(compared, Qt::Key_S);
    QTest::keyClick(compared, Qt::Key_B);
    ASSERT_TRUE(settled());
    EXPECT_EQ(compared->rows().index(1, CompareTableModel::Delta).data().toString(), QStringLiteral("baseline"));
    EXPECT_EQ(shell->find<QTableWidget>("settingsThatDiffer")->rowCount(), 1) << "granularity alone";
    QTest::keyClick(compared, Qt::Key_D);
    EXPECT_GT(shell->find<QTableWidget>("settingsThatDiffer")->rowCount(), 50);
    QTest::keyClick(compared, Qt::Key_D);
    ASSERT_TRUE(waitFor([&] { return std::ranges::count_if(*shell->window().library().runs(), &storage::RunRow::star) == 2; }));
    page().saveComparison(QStringLiteral("G sweep, week 42"));
    const QStringList chosen = page().runs();

    page().showView(CompareView::runs);
    filter(QStringLiteral("not is:star"));
    ASSERT_EQ(shown(), 498);
    table().view().selectAll();
    QTest::keyClick(&table().view(), Qt::Key_A, Qt::ShiftModifier);
    ASSERT_TRUE(QTest::qWaitFor([&] { return shown() == 0; }, 6 * kPatience));
    const qint64 took = clock.elapsed();
    EXPECT_TRUE(table().findChild<UndoToast*>()->sentence().contains(QStringLiteral("498 runs archived")));

    SavedShelf* shelf = SavedShelf::of(shell->window().library());
    ASSERT_TRUE(waitFor([&] { return shelf->views().comparisons.size() == 1; }));
    page().setGrouping({});
    page().setRuns({});
    page().openComparison(QStringLiteral("G sweep, week 42"));
    ASSERT_TRUE(settled());
    EXPECT_EQ(page().runs(), chosen);
    EXPECT_EQ(page().grouping().colour, "moe.granularity");
    EXPECT_EQ(compared->rows().index(1, CompareTableModel::Delta).data().toString(), QStringLiteral("baseline"));
    std::printf("W9 among 500 runs: filtered after %lld ms, all of it after %lld ms\n", static_cast<long long>(filtered), static_cast<long long>(took));
}

TEST(QueryCompletion, OffersKeysThenTheValuesOfTheStore) {
    const auto values = [](const std::string& key) { return key == "moe.top_k" ? QStringList{QStringLiteral("1"), QStringLiteral("2"), QStringLiteral("16")} : QStringList(); };
    const auto at = [&](const char* text) { return completeQuery(QLatin1String(text), static_cast<int>(qstrlen(text)), values); };
    EXPECT_EQ(at("k=2 and val").choices.first(), QStringLiteral("val_loss"));
    EXPECT_EQ(at("k=2 and val").begin, 8);
    EXPECT_TRUE(at("rout").choices.contains(QStringLiteral("router.score")));
    EXPECT_EQ(at("k=").choices, (QStringList{QStringLiteral("1"), QStringLiteral("2"), QStringLiteral("16")}));
    EXPECT_EQ(at("(k>=1").choices, QStringList{QStringLiteral("16")});
    EXPECT_EQ(at("(k>=1").begin, 4);
    EXPECT_TRUE(at("is:st").choices.contains(QStringLiteral("star")));
    EXPECT_TRUE(at("name:\"two wo").choices.isEmpty());
    EXPECT_TRUE(at("").choices.isEmpty());
}

TEST(WhyNothing, NamesTheConditionThatFails) {
    RunKeys keys;
    std::vector<storage::RunRow> rows(9);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].ulid = std::to_string(i);
        rows[i].valLoss = 1.25 + 0.25 * static_cast<double>(i);
        rows[i].tags = {i < 4 ? "g8" : "g 4"};
    }
    const auto why = [&](const char* text) { return whyNothing(QLatin1String(text), keys, rows); };
    EXPECT_EQ(why("val_loss<1"), QStringLiteral("val_loss goes from 1.25 to 3.25 in this store."));
    EXPECT_EQ(why("val_loss<9 tag:g16"), QStringLiteral("tag takes \"g 4\", g8 in this store."));
    EXPECT_EQ(why("val_loss>2.5 tag:g8"), QStringLiteral("Each condition alone finds runs, all together none."));
    EXPECT_EQ(why("k=3"), QStringLiteral("No run of this store has k."));
    EXPECT_EQ(why("word"), QString());
}

}  // namespace
}  // namespace moescope::ui
