// Compare page: numbers equal the store's, lines stand on the axis that was asked for.
#include <gtest/gtest.h>

#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QElapsedTimer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableWidget>
#include <QtTest>

#include <cmath>
#include <cstdio>
#include <ctime>

#include "core/config/config_json.hpp"
#include "plots/chart_panels.hpp"
#include "plots/controls.hpp"
#include "tests/ui/fake_store.hpp"
#include "ui/compare_curves.hpp"
#include "ui/compare_facets.hpp"
#include "ui/compare_metrics.hpp"
#include "ui/compare_page.hpp"
#include "ui/compare_side.hpp"
#include "ui/compare_table.hpp"
#include "ui/engine_link.hpp"
#include "ui/run_library.hpp"

namespace moescope::ui {
namespace {

using storage::RunState;
using testing::FakeRun;
using testing::FakeStore;
using Column = CompareTableModel;

constexpr int kPatience = 30'000;

FakeRun makeRun(const std::string& name, double offset, std::int64_t seed = 0, std::int64_t experts = 8) {
    FakeRun run;
    run.name = name;
    run.offset = offset;
    run.steps = 200;
    run.config = testing::fakeConfig(experts);
    run.config.training.seed = run.config.data.seed = seed;
    return run;
}

class ComparePageTest : public ::testing::Test {
protected:
    void open() {
        library = std::make_unique<RunLibrary>(QString::fromStdString(store.folder().string()));
        link = std::make_unique<EngineLink>(library->storeFolder());
        page = std::make_unique<ComparePage>(*library, *link);
        page->resize(1208, 800);
        page->show();
        ASSERT_TRUE(QTest::qWaitFor([this] { return library->loaded(); }, kPatience));
    }
    void compare(const std::vector<std::string>& ulids) {
        QStringList list;
        for (const std::string& ulid : ulids) list << QString::fromStdString(ulid);
        page->setRuns(list);
        wait();
    }
    void wait() { ASSERT_TRUE(QTest::qWaitFor([this] { return page->complete(); }, kPatience)); }
    void TearDown() override {
        page.reset();
        link.reset();
        library.reset();
    }
    CompareTableModel& rows() const { return page->findChild<CompareTable*>()->rows(); }
    QString cell(int row, int column) const { return rows().index(row, column).data().toString(); }
    double value(int row, int column) const { return rows().index(row, column).data(CompareTableModel::ValueRole).toDouble(); }
    void chooseMetric(const char* series) {
        page->findChild<QComboBox*>(QStringLiteral("compareMetric"))->setCurrentIndex(compareMetricIndex(series));
        wait();
    }
    void chooseAxis(int axis) {
        auto* control = page->findChild<plots::SegmentedControl*>(QStringLiteral("compareAxis"));
        control->setCurrent(axis);
        emit control->currentChanged(axis);
        wait();
    }
    void average(Mean mean) {
        page->findChild<QComboBox*>(QStringLiteral("compareMean"))->setCurrentIndex(static_cast<int>(mean));
        wait();
    }
    const std::vector<plots::Curve>& curves() const { return page->panel().lanes().front().curves; }

    FakeStore store;
    std::unique_ptr<RunLibrary> library;
    std::unique_ptr<EngineLink> link;
    std::unique_ptr<ComparePage> page;
};

TEST_F(ComparePageTest, TheTableHoldsTheNumbersOfTheStore) {
    const FakeRun a = makeRun("a", 0), b = makeRun("b", 0.1, 0, 16);
    const std::string first = store.add(a), second = store.add(b);
    open();
    compare({first, second});
    ASSERT_EQ(rows().rowCount(), 2);
    EXPECT_EQ(cell(0, Column::Name), QStringLiteral("a"));
    EXPECT_DOUBLE_EQ(value(0, Column::ValLast), testing::fakeValLoss(a, 200));
    EXPECT_DOUBLE_EQ(value(1, Column::ValBest), testing::fakeValLoss(b, 200));
    EXPECT_DOUBLE_EQ(value(1, Column::Delta), testing::fakeValLoss(b, 200) - testing::fakeValLoss(a, 200));
    EXPECT_EQ(cell(0, Column::Delta), QStringLiteral("baseline"));
    EXPECT_DOUBLE_EQ(value(0, Column::Steps), 200);
    EXPECT_NEAR(value(0, Column::Effective), (testing::fakeEffective(a, 200, 0) + testing::fakeEffective(a, 200, 1)) / 2, 1e-5);
    EXPECT_DOUBLE_EQ(value(0, Column::Flops), 200.0 * testing::kFakeTokensPerStep * testing::kFakeFlopsPerToken);
    EXPECT_EQ(cell(0, Column::State), QStringLiteral("Finished"));
}

TEST_F(ComparePageTest, LinesHoldTheStoredPointsOnEveryAxis) {
    const FakeRun a = makeRun("a", 0), b = makeRun("b", 0.1, 0, 16);
    const std::string first = store.add(a), second = store.add(b);
    open();
    compare({first, second});
    ASSERT_EQ(curves().size(), 2U);
    EXPECT_EQ(curves()[0].role, plots::CurveRole::Baseline);
    EXPECT_EQ(curves()[1].points.x, (std::vector<double>{50, 100, 150, 200}));
    EXPECT_DOUBLE_EQ(curves()[1].points.y[2], testing::fakeValLoss(b, 150));
    chooseAxis(1);
    EXPECT_DOUBLE_EQ(curves()[0].points.x[1], 100.0 * testing::kFakeTokensPerStep);
    chooseAxis(2);  // in GFLOP: 200 steps are 6.1e10
    EXPECT_NEAR(curves()[0].points.x[3], 200.0 * testing::kFakeTokensPerStep * testing::kFakeFlopsPerToken / 1e9, 1e-9);
    chooseAxis(3);
    EXPECT_NEAR(curves()[0].points.x[0], 50 * testing::kFakeSecondsPerStep, 1e-9);
}

TEST_F(ComparePageTest, ALayersMetricIsThatOfTheChosenLayer) {
    const FakeRun a = makeRun("a", 0), b = makeRun("b", 0.1, 0, 16);
    const std::string first = store.add(a), second = store.add(b);
    open();
    compare({first, second});
    chooseMetric("effective_experts");
    auto* layer = page->findChild<QComboBox*>(QStringLiteral("compareElement"));
    ASSERT_EQ(layer->count(), 2);
    layer->setCurrentIndex(1);
    wait();
    ASSERT_EQ(curves().size(), 2U);
    EXPECT_EQ(curves()[1].points.x.size(), 200U);
    EXPECT_NEAR(curves()[1].points.y[99], testing::fakeEffective(b, 100, 1), 1e-5);
}

TEST_F(ComparePageTest, ADenseRunHasNoLineForARoutersMetric) {
    const std::string first = store.add(makeRun("a", 0)), second = store.add(makeRun("dense", 0.1, 0, 0));
    open();
    compare({first, second});
    EXPECT_EQ(curves().size(), 2U);
    EXPECT_EQ(cell(1, Column::Effective), QStringLiteral("\u2013"));
    chooseMetric("top1_load");
    EXPECT_EQ(curves().size(), 1U);
}

TEST_F(ComparePageTest, TheChosenRowBecomesTheBaselineAndTheDifferencesFollow) {
    const FakeRun a = makeRun("a", 0), b = makeRun("b", 0.1, 0, 16);
    const std::string first = store.add(a), second = store.add(b);
    open();
    compare({first, second});
    auto* table = page->findChild<CompareTable*>();
    table->setCurrentIndex(rows().index(1, 0));
    page->pinChosen();
    EXPECT_EQ(cell(1, Column::Delta), QStringLiteral("baseline"));
    EXPECT_DOUBLE_EQ(value(0, Column::Delta), testing::fakeValLoss(a, 200) - testing::fakeValLoss(b, 200));
    wait();
    EXPECT_EQ(curves()[1].role, plots::CurveRole::Baseline);
}

TEST_F(ComparePageTest, RunsThatDifferInTheSeedAloneBecomeTheirMeanWithTheirRange) {
    const FakeRun a = makeRun("before-s1", 0, 1), b = makeRun("before-s2", 0.25, 2), c = makeRun("other", 0.5, 1, 16);
    const std::string first = store.add(a), second = store.add(b), third = store.add(c);
    open();
    compare({first, second, third});
    ASSERT_EQ(rows().rowCount(), 2);
    EXPECT_EQ(cell(0, Column::Name), QStringLiteral("before, 2 seeds"));
    EXPECT_DOUBLE_EQ(value(0, Column::ValLast), (testing::fakeValLoss(a, 200) + testing::fakeValLoss(b, 200)) / 2);
    ASSERT_EQ(curves().size(), 2U);
    const plots::Points& mean = curves()[0].points;
    EXPECT_DOUBLE_EQ(mean.y[0], (testing::fakeValLoss(a, 50) + testing::fakeValLoss(b, 50)) / 2);
    EXPECT_DOUBLE_EQ(mean.low[0], testing::fakeValLoss(a, 50));
    EXPECT_DOUBLE_EQ(mean.high[0], testing::fakeValLoss(b, 50));
    rows().toggle(0);
    EXPECT_EQ(rows().rowCount(), 4);
    average(Mean::none);
    EXPECT_EQ(curves().size(), 3U);
}

class VerdictTest : public ComparePageTest {
protected:
    /// "old" and "new" with the given seeds; "new" is better by 0.1, 0.2, 0.3 ... in the order of its seeds.
    void compareSeeds(const std::vector<int>& before, const std::vector<int>& after) {
        std::vector<std::string> ulids;
        for (const int seed : before) ulids.push_back(store.add(makeRun("old-s" + std::to_string(seed), 0.5, seed)));
        double better = 0;
        for (const int seed : after) ulids.push_back(store.add(makeRun("new-s" + std::to_string(seed), 0.5 - (better += 0.1), seed, 16)));
        open();
        compare(ulids);
    }
    QString said(const char* part) const {
        auto* label = page->findChild<QLabel*>(QLatin1String(part));
        return label->isVisibleTo(page.get()) ? label->text() : QString();
    }
    bool shows(const char* part) const { return page->findChild<QWidget*>(QLatin1String(part))->isVisibleTo(page.get()); }
};

TEST_F(VerdictTest, SaysTheDifferenceItsIntervalAndTheSmallestP) {
    compareSeeds({1, 2, 3}, {1, 2, 3});
    EXPECT_EQ(said("verdictHeading"), QStringLiteral("new \u2212 old"));
    EXPECT_EQ(said("verdictNumber"), QStringLiteral("\u22120.2000 nats/token"));
    EXPECT_EQ(said("verdictInterval"), QStringLiteral("95 % interval \u22120.3000 to \u22120.1000, rough: fewer than 8 seeds"));
    EXPECT_TRUE(said("verdictWords").contains(QStringLiteral("Exact sign-flip p = 0.25 (all 8 flips). With 3 seeds p cannot fall below 0.25; 3 more could reach 0.05.")));
    EXPECT_TRUE(shows("verdictDots"));
    EXPECT_FALSE(shows("verdictWhich"));
    page->findChild<QPushButton*>(QStringLiteral("verdictMarkdown"))->click();
    EXPECT_TRUE(QGuiApplication::clipboard()->text().contains(QStringLiteral("cannot fall below 0.25")));
}

TEST_F(VerdictTest, OneSharedSeedOrNoneIsSaidInsteadOfANumber) {
    compareSeeds({1}, {1});
    EXPECT_TRUE(said("verdictWords").contains(QStringLiteral("One shared seed: no interval and no p.")));
    EXPECT_EQ(said("verdictInterval"), QString());
    page->findChild<CompareTable*>()->setCurrentIndex(rows().index(0, 0));
    compare({store.add(makeRun("a", 0, 1)), store.add(makeRun("b", 0, 2, 16))});
    EXPECT_EQ(said("verdictNumber"), QString());
    EXPECT_TRUE(said("verdictWords").contains(QStringLiteral("No shared seeds")));
    EXPECT_FALSE(shows("verdictDots"));
}

TEST_F(VerdictTest, ASingleRunHasNothingToBeComparedWith) {
    compareSeeds({1}, {});
    EXPECT_TRUE(said("verdictWords").contains(QStringLiteral("nothing to compare it with")));
    EXPECT_EQ(said("verdictNumber"), QString());
}

TEST_F(VerdictTest, FollowsTheRowTheBaselineAndTheAxis) {
    std::vector<std::string> ulids;
    for (const int seed : {1, 2})
        for (const int experts : {8, 16, 4}) ulids.push_back(store.add(makeRun(QStringLiteral("e%1-s%2").arg(experts).arg(seed).toStdString(), 0.01 * experts, seed, experts)));
    open();
    compare(ulids);
    EXPECT_EQ(said("verdictHeading"), QStringLiteral("e16 \u2212 e8"));
    EXPECT_EQ(said("verdictWhich"), QStringLiteral("Pair 1 of 2. Choose a row of the table for another."));
    page->findChild<CompareTable*>()->setCurrentIndex(rows().index(2, 0));
    EXPECT_EQ(said("verdictHeading"), QStringLiteral("e4 \u2212 e8"));
    EXPECT_EQ(said("verdictNumber"), QStringLiteral("\u22120.0400 nats/token"));
    page->setBaseline(QString::fromStdString(ulids[1]));
    wait();
    EXPECT_EQ(said("verdictHeading"), QStringLiteral("e4 \u2212 e16"));
    chooseAxis(1);
    EXPECT_TRUE(said("verdictWords").contains(QStringLiteral("k tokens")));
}

TEST_F(VerdictTest, ABaselineWithoutTheMetricIsNamed) {
    const std::string first = store.add(makeRun("dense", 0.1, 0, 0)), second = store.add(makeRun("a", 0));
    open();
    compare({first, second});
    chooseMetric("top1_load");
    EXPECT_EQ(said("verdictWords"), QStringLiteral("The baseline has not stored this metric. Pin another run with B."));
    EXPECT_FALSE(shows("verdictReport"));
}

TEST_F(VerdictTest, TheReportHoldsTheVerdictAndTheRecipeInBothNotations) {
    compareSeeds({1, 2}, {1, 2});
    for (const char* name : {"out.html", "out.md"}) {
        const QString path = QString::fromStdString((store.folder().parent_path() / name).string());
        page->askFileName = [&](const QString&, const QString&) { return path; };
        page->findChild<QPushButton*>(QStringLiteral("verdictReport"))->click();
        QFile file(path);
        ASSERT_TRUE(file.open(QIODevice::ReadOnly));
        const QByteArray text = file.readAll();
        EXPECT_EQ(text.startsWith("<!DOCTYPE html>"), path.endsWith(QStringLiteral(".html")));
        for (const char* wanted : {"cannot fall below 0.5", "moe.experts", "moe:", "old"}) EXPECT_TRUE(text.contains(wanted)) << wanted;
    }
    page->askFileName = [](const QString&, const QString&) { return QStringLiteral("/nowhere/at/all.html"); };
    QSignalSpy messages(page.get(), &ComparePage::message);
    page->saveReport();
    ASSERT_EQ(messages.size(), 1);
    EXPECT_TRUE(messages[0][0].toString().contains(QStringLiteral("/nowhere/at")));
}

TEST_F(VerdictTest, TheOptionsBreakIntoTwoRowsBeforeTheyAreCut) {
    compareSeeds({1, 2}, {1, 2});
    for (const int width : {1400, 1150, 950, 700}) {
        page->resize(width, 700);
        QCoreApplication::processEvents();
        for (const char* name : {"compareAxis", "compareBand", "compareMean", "compareFacet"}) {
            auto* option = page->findChild<QWidget*>(QLatin1String(name));
            EXPECT_GE(option->width(), option->sizeHint().width()) << name << " at " << width;
        }
    }
}

TEST_F(VerdictTest, TheBandIsTheIntervalOrTheRange) {
    compareSeeds({1}, {1, 2, 3, 4, 5, 6});
    const auto width = [this] { return curves()[1].points.high[0] - curves()[1].points.low[0]; };
    EXPECT_LT(width(), 0.45);   // 1.96 standard errors of the mean on both sides are 0.27
    EXPECT_GT(width(), 0.15);
    page->findChild<QComboBox*>(QStringLiteral("compareBand"))->setCurrentIndex(2);
    wait();
    EXPECT_NEAR(width(), 0.5, 1e-9);
}

TEST_F(ComparePageTest, SettingsThatDifferAreListedAndCopied) {
    FakeRun b = makeRun("b|x", 0.1);
    b.config.router.score = "sigmoid";
    b.config.training.lr = 0.01;
    const std::string first = store.add(makeRun("a", 0)), second = store.add(b);
    open();
    compare({first, second});
    auto* table = page->findChild<QTableWidget*>(QStringLiteral("settingsThatDiffer"));
    ASSERT_EQ(table->rowCount(), 2);
    EXPECT_EQ(table->verticalHeaderItem(0)->text(), QStringLiteral("router.score"));
    EXPECT_EQ(table->item(0, 1)->text(), QStringLiteral("sigmoid"));
    EXPECT_EQ(table->item(1, 1)->text(), QStringLiteral("0.01"));
    page->findChild<QPushButton*>(QStringLiteral("settingsThatDifferMarkdown"))->click();
    EXPECT_EQ(QGuiApplication::clipboard()->text(),
              QStringLiteral("| setting | a | b\\|x |\n| --- | --- | --- |\n| router.score | softmax_all | sigmoid |\n| training.lr | 0.003 | 0.01 |\n"));
    page->findChild<QPushButton*>(QStringLiteral("settingsThatDifferCsv"))->click();
    EXPECT_EQ(QGuiApplication::clipboard()->text(), QStringLiteral("setting,a,b|x\nrouter.score,softmax_all,sigmoid\ntraining.lr,0.003,0.01\n"));
}

TEST_F(ComparePageTest, LossesByDomainAreTheStoredOnes) {
    const FakeRun a = makeRun("a", 0), b = makeRun("b", 0.1, 0, 16);
    const std::string first = store.add(a), second = store.add(b);
    open();
    compare({first, second});
    auto* table = page->findChild<QTableWidget*>(QStringLiteral("domainLosses"));
    ASSERT_EQ(table->rowCount(), static_cast<int>(a.config.data.domains.size()));
    EXPECT_EQ(table->item(2, 1)->text(), QString::number(testing::fakeDomainLoss(b, 200, 2), 'f', 3));
}

TEST_F(ComparePageTest, ColourDashAndFacetAreIndependentChannels) {
    std::vector<std::string> ulids;
    for (const std::int64_t k : {1, 2})
        for (const std::int64_t experts : {4, 8, 16})
            for (const std::int64_t seed : {1, 2}) {
                FakeRun run = makeRun("run", 0.1 * static_cast<double>(k), seed, experts);
                run.config.moe.top_k = k;
                run.config.router.score = experts == 16 ? "sigmoid" : "softmax_all";
                ulids.push_back(store.add(run));
            }
    open();
    compare(ulids);
    EXPECT_EQ(curves().size(), 6U);
    page->setGrouping({"moe.experts", "router.score", "moe.top_k", Mean::seeds});
    wait();
    const auto panels = page->facets().panels();
    ASSERT_EQ(panels.size(), 2U);
    EXPECT_EQ(panels[0]->header()->title(), QStringLiteral("k 1"));
    EXPECT_EQ(panels[1]->header()->title(), QStringLiteral("k 2"));
    const auto& second = panels[1]->lanes().front().curves;
    ASSERT_EQ(second.size(), 4U) << "three groups and the baseline of the other picture";
    EXPECT_EQ(second[0].role, plots::CurveRole::Baseline);
    EXPECT_EQ(second[3].name, QStringLiteral("E 16, score sigmoid, k 2"));
    EXPECT_EQ(second[2].ink, plots::Ink::run(1 + 8)) << "8 is the second of three values, softmax_all the second of two";
    EXPECT_EQ(second[3].ink, plots::Ink::run(2));
    EXPECT_EQ(panels[0]->lanes().front().y.hi, panels[1]->lanes().front().y.hi) << "pictures share their axes";
    page->setGrouping({"moe.experts", {}, {}, Mean::groups});
    wait();
    EXPECT_EQ(page->facets().panels().size(), 1U);
    EXPECT_EQ(curves().size(), 3U);
    EXPECT_EQ(cell(1, Column::Name), QStringLiteral("E 8, 4 runs"));
}

TEST_F(ComparePageTest, RunsCanBeOpenedGroupedByAKey) {
    const std::string a = store.add(makeRun("a", 0, 1, 8)), b = store.add(makeRun("b", 0, 2, 8)), c = store.add(makeRun("c", 0, 1, 16));
    open();
    page->setRuns({QString::fromStdString(a), QString::fromStdString(b), QString::fromStdString(c)}, QStringLiteral("E"));
    wait();
    EXPECT_EQ(page->grouping().colour, "moe.experts");
    EXPECT_EQ(cell(0, Column::Name), QStringLiteral("E 8, 2 seeds"));
    EXPECT_EQ(cell(1, Column::Name), QStringLiteral("c"));
    QSignalSpy messages(page.get(), &ComparePage::message);
    page->setRuns({QString::fromStdString(a)}, QStringLiteral("nonsense"));
    ASSERT_EQ(messages.size(), 1);
    EXPECT_TRUE(messages[0][0].toString().contains(QStringLiteral("nonsense")));
    wait();
}

TEST_F(ComparePageTest, ADamagedRunIsNamedAndTheOthersAreCompared) {
    const std::string first = store.add(makeRun("a", 0)), second = store.add(makeRun("b", 0.1));
    store.damage(second);
    open();
    compare({first, second});
    EXPECT_EQ(cell(1, Column::State), QStringLiteral("Unreadable"));
    EXPECT_EQ(curves().size(), 1U);
    EXPECT_FALSE(rows().index(1, 0).data(Qt::ToolTipRole).toString().isEmpty());
}

TEST_F(ComparePageTest, ARunTakenOutLeavesTheRest) {
    const std::string first = store.add(makeRun("a", 0)), second = store.add(makeRun("b", 0.1, 0, 16));
    open();
    compare({first, second});
    auto* table = page->findChild<CompareTable*>();
    table->setCurrentIndex(rows().index(0, 0));
    QTest::keyClick(table, Qt::Key_Delete);
    wait();
    EXPECT_EQ(page->runs(), QStringList{QString::fromStdString(second)});
    EXPECT_EQ(cell(0, Column::Delta), QStringLiteral("baseline"));
}

TEST_F(ComparePageTest, TheTableSortsByANumberWithMissingOnesLast) {
    const std::string a = store.add(makeRun("a", 0.2)), b = store.add(makeRun("b", 0, 0, 16)), c = store.add(makeRun("dense", 0.1, 0, 0));
    open();
    compare({a, b, c});
    rows().sort(Column::ValLast, Qt::AscendingOrder);
    EXPECT_EQ(cell(0, Column::Name), QStringLiteral("b"));
    EXPECT_EQ(cell(2, Column::Name), QStringLiteral("a"));
    for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
        rows().sort(Column::Effective, order);
        EXPECT_EQ(cell(2, Column::Name), QStringLiteral("dense"));
    }
}

TEST_F(ComparePageTest, AnExportedTableHoldsWhatIsDrawn) {
    const std::string a = store.add(makeRun("a", 0)), b = store.add(makeRun("b", 0.1, 0, 16));
    open();
    compare({a, b});
    const QString path = QString::fromStdString((store.folder().parent_path() / "out.csv").string());
    page->askFileName = [&](const QString&, const QString&) { return path; };
    emit page->panel().exportRequested(plots::ExportFormat::Csv);
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_EQ(file.readAll().count('\n'), 5);  // a heading and four validations
}

TEST_F(ComparePageTest, ALiveRunGrowsByItself) {
    FakeRun run = makeRun("live", 0);
    run.state = RunState::running;
    const std::string ulid = store.add(run), other = store.add(makeRun("b", 0.1, 0, 16));
    open();
    compare({ulid, other});
    EXPECT_EQ(cell(0, Column::State), QStringLiteral("Training"));
    store.kill(ulid);
    EXPECT_TRUE(QTest::qWaitFor([&] { return cell(0, Column::State) == QStringLiteral("Interrupted"); }, kPatience));
}

// Prints how long it took: the aim is 1 s on a quiet machine, and a busy one must not fail it.
TEST_F(ComparePageTest, FiftyRunsOfTenThousandPointsAreAllDrawn) {
    std::vector<std::string> ulids;
    for (int i = 0; i < 50; ++i) {
        FakeRun run = makeRun("run " + std::to_string(i), 0.01 * i, i, 0);
        run.steps = 10'000;
        run.evalEvery = 5000;
        run.samples = run.events = false;
        ulids.push_back(store.add(run));
    }
    open();
    average(Mean::none);
    compare(ulids);
    QElapsedTimer watch;
    watch.start();
    const std::clock_t begun = std::clock();
    chooseMetric("loss");
    const qint64 read = watch.elapsed();
    page->panel().grab();
    const qint64 took = watch.elapsed();
    EXPECT_EQ(curves().size(), 50U);
    RecordProperty("overlay_ms", static_cast<int>(took));
    RecordProperty("read_ms", static_cast<int>(read));
    const double processor = static_cast<double>(std::clock() - begun) * 1000 / CLOCKS_PER_SEC;
    std::printf("50 runs of 10 000 points: read after %lld ms, drawn after %lld ms, of which %.0f ms of processor time\n", static_cast<long long>(read), static_cast<long long>(took), processor);
}

TEST(CompareCurves, MeansGoAsFarAsAllRunsReach) {
    ComparedRun a, b;
    a.x = {0, 10, 20};
    a.y = {4, 2, 1};
    b.x = {0, 5, 15};
    b.y = {6, 5, 3};
    const plots::Points mean = meanPoints({&a, &b}, Band::range);
    EXPECT_EQ(mean.x, (std::vector<double>{0, 10}));
    EXPECT_EQ(mean.y, (std::vector<double>{5, 3}));
    EXPECT_EQ(mean.low, (std::vector<double>{4, 2}));
    EXPECT_EQ(mean.high, (std::vector<double>{6, 4}));
}

TEST(CompareTexts, CsvCellsCannotBecomeFormulas) {
    const TextTable table{QStringLiteral("k"), {QStringLiteral("=1+1")}, {QStringLiteral("a,\"b\"")}, {{QStringLiteral("-0.5")}}};
    EXPECT_EQ(toCsvText(table), QStringLiteral("k,'=1+1\n\"a,\"\"b\"\"\",-0.5\n"));
}

}  // namespace
}  // namespace moescope::ui
