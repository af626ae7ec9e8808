// The pictures of Compare: scatter, parallel coordinates, savings, models layer by layer, experts matched; and the report as PDF.
#include <gtest/gtest.h>

#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableWidget>
#include <QtTest>

#include <cmath>
#include <functional>

#include "core/config/derived.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/compare_experts.hpp"
#include "ui/compare_models.hpp"
#include "ui/compare_page.hpp"
#include "ui/compare_parallel.hpp"
#include "ui/compare_savings.hpp"
#include "ui/compare_scatter.hpp"
#include "ui/compare_table.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

FakeRun made(const std::string& name, std::int64_t experts, double offset, std::int64_t seed = 0) {
    FakeRun run;
    run.name = name;
    run.steps = 200;
    run.offset = offset;
    run.events = run.samples = false;
    run.config = fakeConfig(experts);
    run.config.training.seed = run.config.data.seed = seed;
    return run;
}

class CompareViewsTest : public ::testing::Test {
protected:
    void open(const std::vector<FakeRun>& runs, CompareView view) {
        QStringList list;
        for (const FakeRun& run : runs) {
            ulids.push_back(store.add(run));
            list << QString::fromStdString(ulids.back());
        }
        shell = std::make_unique<Shell>(store);
        shell->window().compareRuns(list);
        page().showView(view);
        ASSERT_TRUE(settled());
        shell->window().grab();
    }
    ComparePage& page() { return shell->window().comparePage(); }
    bool settled() {
        return waitFor([this] { return page().complete(); });
    }

    FakeStore store;
    std::vector<std::string> ulids;
    std::unique_ptr<Shell> shell;
};

TEST_F(CompareViewsTest, AScatterHoldsEachRunsParameterAndMetric) {
    FakeRun third = made("c", 16, 0.2);
    third.config.router.score = "sigmoid";
    open({made("a", 4, 0), made("b", 8, 0.1), third}, CompareView::scatter);
    auto* scatter = shell->find<CompareScatter>("compareScatter");
    scatter->setKeys("moe.experts", "val_loss");
    const plots::ScatterData& data = scatter->plot().data();
    ASSERT_EQ(data.points.size(), 3U);
    EXPECT_DOUBLE_EQ(data.points[2].x, 16);
    EXPECT_DOUBLE_EQ(data.points[2].y, fakeValLoss(made("c", 16, 0.2), 200));
    EXPECT_EQ(data.x.title, QStringLiteral("E"));
    EXPECT_LT(scatter->plot().positionOf(data.points[0]).x(), scatter->plot().positionOf(data.points[1]).x());
    EXPECT_GT(scatter->plot().positionOf(data.points[0]).y(), scatter->plot().positionOf(data.points[1]).y()) << "a greater loss stands higher";
    QSignalSpy chosen(scatter, &CompareScatter::chosen);
    QTest::mouseClick(&scatter->plot(), Qt::LeftButton, {}, scatter->plot().positionOf(data.points[1]).toPoint());
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(shell->find<CompareTable>("compareTable")->currentIndex().row(), 1) << "the row follows";
    scatter->setKeys("router.score", "@metric");
    EXPECT_EQ(scatter->plot().data().x.labels, (QStringList{QStringLiteral("sigmoid"), QStringLiteral("softmax_all")})) << "words stand in order";
}

TEST_F(CompareViewsTest, ABrushKeepsTheRunsThatPass) {
    open({made("a", 4, 0), made("b", 8, 0.1), made("c", 16, 0.2), made("dense", 0, 0.3)}, CompareView::parallel);
    auto* parallel = shell->find<CompareParallel>("compareParallel");
    parallel->setAxes({"moe.experts", "val_loss"});
    plots::ParallelPlot& plot = parallel->plot();
    EXPECT_EQ(plot.brushed().size(), 4);
    const QPoint low = plot.positionOf(plot.data().lines[0], 1).toPoint() + QPoint(0, 3), high = plot.positionOf(plot.data().lines[1], 1).toPoint() - QPoint(0, 3);
    QTest::mousePress(&plot, Qt::LeftButton, {}, low);
    QTest::mouseMove(&plot, (low + high) / 2);
    QTest::mouseMove(&plot, high);
    QTest::mouseRelease(&plot, Qt::LeftButton, {}, high);
    EXPECT_EQ(plot.brushed(), (QStringList{QString::fromStdString(ulids[0]), QString::fromStdString(ulids[1])}));
    EXPECT_EQ(shell->text("parallelCount"), QStringLiteral("2 of 4 runs pass"));
    QTest::mouseClick(&plot, Qt::LeftButton, {}, QPoint(low.x(), low.y() + 30));
    EXPECT_FALSE(plot.isBrushed()) << "a click beside the mark clears it";
    plot.brush(0, std::pair(0.0, 1.0));
    EXPECT_EQ(plot.brushed().size(), 4) << "a dense run has 0 experts";
    plot.brush(0, std::pair(0.6, 1.0));
    shell->find<QPushButton>("parallelKeep")->click();
    ASSERT_TRUE(settled());
    EXPECT_EQ(page().runs(), QStringList{QString::fromStdString(ulids[2])});
}

TEST_F(CompareViewsTest, SavingsAreShownForEachShareOfTheHorizon) {
    std::vector<FakeRun> runs;
    for (const int seed : {1, 2, 3}) runs.push_back(made("slow-s" + std::to_string(seed), 8, 0.2, seed)), runs.push_back(made("fast-s" + std::to_string(seed), 16, 0.1 - 0.01 * seed, seed));
    for (FakeRun& run : runs) run.evalEvery = 10;
    open(runs, CompareView::savings);
    auto* savings = shell->find<CompareSavings>("compareSavings");
    const auto& curves = savings->panel().lanes().front().curves;
    ASSERT_EQ(curves.size(), 1U);
    EXPECT_EQ(curves[0].name, QStringLiteral("fast"));
    ASSERT_FALSE(curves[0].points.x.empty());
    for (std::size_t i = 0; i < curves[0].points.x.size(); ++i) {
        EXPECT_GT(curves[0].points.y[i], 0) << "the better group needs less";
        EXPECT_LE(curves[0].points.low[i], curves[0].points.y[i]);
    }
    auto* table = shell->find<QTableWidget>("savingsTable");
    EXPECT_EQ(table->rowCount(), 4);
    EXPECT_TRUE(table->verticalHeaderItem(3)->text().contains(QStringLiteral("100 %")));
    shell->find<QPushButton>("savingsMarkdown")->click();
    EXPECT_TRUE(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("| of the horizon | fast |")));
}

TEST(CompareModelsTable, AddsUpToTheCountedModels) {
    config::RunConfig dense = fakeConfig(0), moe = fakeConfig(8, 2, 3);
    moe.moe.first_dense = 1;
    const TextTable table = modelDifference(dense, moe, 40, 40);
    ASSERT_EQ(table.rows, (QStringList{QStringLiteral("whole model"), QStringLiteral("layer 0"), QStringLiteral("layer 1"), QStringLiteral("layer 2"), QStringLiteral("embedding and head")}));
    EXPECT_TRUE(table.cells[1][4].startsWith(QStringLiteral("dense")));
    EXPECT_TRUE(table.cells[2][4].startsWith(QStringLiteral("8 experts of"))) << table.cells[2][4].toStdString();
    EXPECT_EQ(table.cells[3][0], QString()) << "the dense model has two layers";
    EXPECT_EQ(table.cells[3][1], QStringLiteral("\u2013"));
    const TextTable same = modelDifference(moe, moe, 40, 40);
    for (const QStringList& cells : same.cells) EXPECT_EQ(cells[8], QStringLiteral("="));
}

TEST_F(CompareViewsTest, ModelsSetTheChosenRunAgainstTheBaseline) {
    open({made("a", 8, 0), made("b", 16, 0.1), made("c", 4, 0.1)}, CompareView::models);
    EXPECT_EQ(shell->text("modelsTitle"), QStringLiteral("A = a (baseline), B = b"));
    auto* compared = shell->find<CompareTable>("compareTable");
    compared->setCurrentIndex(compared->rows().index(2, 0));
    EXPECT_EQ(shell->text("modelsTitle"), QStringLiteral("A = a (baseline), B = c"));
    EXPECT_TRUE(shell->find<QTableWidget>("modelsTable")->item(1, 4)->text().contains(QStringLiteral("4 experts")));
}

/// A probe of `tokens` tokens in four domains; token t of domain d goes to `expertOf(d)`.
telemetry::ProbeSnapshot probeOf(int tokens, int experts, const std::function<int(int domain, int token)>& expertOf, int shift = 0) {
    telemetry::ProbeSnapshot probe;
    probe.step = 10;
    probe.layers = 1;
    probe.experts = experts;
    probe.slotsPerToken = 1;
    probe.tokens = tokens;
    probe.sequenceLength = tokens;
    probe.moeLayerIndex = {0};
    for (int token = 0; token < tokens; ++token) {
        probe.tokenIds.push_back(token + shift);
        probe.domains.push_back(token % 4);
        probe.tokenTexts.push_back("t");
        probe.expertIds.push_back(static_cast<std::int16_t>(expertOf(token % 4, token)));
        probe.weights.push_back(1);
        probe.kept.push_back(1);
        probe.losses.push_back(1);
    }
    return probe;
}

TEST(ExpertMatching, FindsAPermutationTokenByToken) {
    const int renamed[] = {2, 0, 3, 1};
    const auto a = probeOf(400, 4, [](int domain, int) { return domain; });
    const auto b = probeOf(400, 4, [&](int domain, int token) { return token % 10 == 0 ? 0 : renamed[domain]; });
    const ExpertMatch match = matchExperts(a, 0, b, 0, 4);
    EXPECT_TRUE(match.byTokens);
    EXPECT_EQ(match.partner, (std::vector<int>{2, 0, 3, 1}));
    int same = 0;   // counted by hand
    for (int token = 0; token < 400; ++token) same += (token % 10 == 0 ? 0 : renamed[token % 4]) == renamed[token % 4];
    EXPECT_NEAR(match.agreement, same / 400.0, 1e-12);
    EXPECT_LT(match.chance, 0.45);
    EXPECT_GT(match.chance, 0.24) << "four equal experts agree on a quarter by chance, the best match on a little more";
    EXPECT_EQ(match.orderB, match.partner);
    EXPECT_NEAR(match.usageB[0], 0.9, 0.11) << "domain 0 in the place of A's expert 0";
}

TEST(ExpertMatching, DifferentTextsAreMatchedByDomainAndMoreExpertsStayWithoutAPartner) {
    const auto a = probeOf(200, 4, [](int domain, int) { return domain; });
    const auto b = probeOf(200, 6, [](int domain, int) { return 5 - domain; }, 1000);
    const ExpertMatch match = matchExperts(a, 0, b, 0, 4);
    EXPECT_FALSE(match.byTokens);
    EXPECT_EQ(match.partner, (std::vector<int>{5, 4, 3, 2}));
    EXPECT_NEAR(match.agreement, 1, 1e-12);
    EXPECT_EQ(match.orderB.size(), 6U);
    const ExpertMatch back = matchExperts(b, 0, a, 0, 4);
    EXPECT_EQ(std::ranges::count(back.partner, -1), 2);
    EXPECT_TRUE(std::isnan(back.usageB[0])) << "expert 0 of the larger run has no partner";
}

TEST_F(CompareViewsTest, RoutingWithoutAProbeSaysSo) {
    open({made("a", 8, 0), made("dense", 0, 0.1)}, CompareView::routing);
    EXPECT_TRUE(shell->text("expertsTitle").contains(QStringLiteral("need experts and a probe"))) << shell->text("expertsTitle").toStdString();
    EXPECT_FALSE(shell->shows("expertsGridA"));
}

TEST_F(CompareViewsTest, TheReportIsWrittenAsPdf) {
    open({made("a", 8, 0, 1), made("a2", 8, 0.1, 2), made("b", 16, 0.1, 1), made("b2", 16, 0.2, 2)}, CompareView::curves);
    const QString path = QString::fromStdString((store.folder().parent_path() / "out.pdf").string());
    page().askFileName = [&](const QString&, const QString&) { return path; };
    page().saveReport();
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    EXPECT_TRUE(bytes.startsWith("%PDF-1."));
    EXPECT_TRUE(bytes.contains("/Image")) << "the curves are in it";
    EXPECT_GT(bytes.size(), 20'000);
}

TEST_F(CompareViewsTest, SummaryColumnsAreThoseOfTheChosenMetric) {
    const FakeRun a = made("a", 8, 0), b = made("b", 16, 0.1);
    open({a, b}, CompareView::curves);
    auto* compared = shell->find<CompareTable>("compareTable");
    for (const char* id : {"@last", "@min", "@max", "@at", "moe.experts"}) compared->addExtra(id);
    const auto value = [&](int extra) { return compared->rows().index(1, CompareTableModel::ColumnCount + extra).data(CompareTableModel::ValueRole).toDouble(); };
    const std::vector<double> all{fakeValLoss(b, 50), fakeValLoss(b, 100), fakeValLoss(b, 150), fakeValLoss(b, 200)};
    EXPECT_DOUBLE_EQ(value(1), all.back());
    EXPECT_DOUBLE_EQ(value(2), std::ranges::min(all));
    EXPECT_DOUBLE_EQ(value(3), std::ranges::max(all));
    EXPECT_TRUE(std::isnan(value(4))) << "nothing was clicked yet";
    compared->rows().setPlace(125, QStringLiteral("at step 125"));
    EXPECT_NEAR(value(4), (all[1] + all[2]) / 2, 1e-12);
    EXPECT_DOUBLE_EQ(value(5), 16);
    EXPECT_EQ(compared->rows().headerData(CompareTableModel::ColumnCount + 5, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("E"));
}

}  // namespace
}  // namespace moescope::ui
