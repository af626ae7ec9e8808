// Routing > Plane: what it draws and says equals the stored plane, for runs of that family and only for them.
#include <QContextMenuEvent>
#include <QFile>
#include <QTemporaryDir>

#include <cmath>

#include "plots/controls.hpp"
#include "plots/plane_map.hpp"
#include "tests/ui/routing_support.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/help_text.hpp"
#include "ui/plane_shown.hpp"
#include "ui/routing_page.hpp"
#include "ui/routing_plane.hpp"
#include "ui/routing_table.hpp"
#include "ui/train_cursor.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

constexpr int kSide = 16, kPoints = 40;

// Four experts, each likeliest in its quadrant, the more so the later; expert e answers x + e / 10, the mixture y.
telemetry::PlaneSnapshot fakePlane(std::int64_t step, int experts = 4, bool classes = false) {
    telemetry::PlaneSnapshot p;
    p.step = step;
    p.columns = p.rows = kSide;
    p.experts = experts;
    p.outputs = classes ? 3 : 1;
    p.classes = classes;
    p.points = kPoints;
    p.left = p.bottom = -1.1F;
    p.right = p.top = 1.1F;
    const float sure = 0.4F + 0.001F * static_cast<float>(step);
    for (int row = 0; row < kSide; ++row)
        for (int column = 0; column < kSide; ++column) {
            const float x = -1.1F + 2.2F * (static_cast<float>(column) + 0.5F) / kSide, y = -1.1F + 2.2F * (static_cast<float>(row) + 0.5F) / kSide;
            const int owner = (y >= 0 ? (x >= 0 ? 0 : 1) : (x < 0 ? 2 : 3)) % experts;
            for (int e = 0; e < experts; ++e) {
                p.probabilities.push_back(experts == 1 ? 1.0F : e == owner ? sure : (1 - sure) / static_cast<float>(experts - 1));
                p.weights.push_back(e == owner ? p.probabilities.back() : 0);
                for (int k = 0; k < p.outputs; ++k) p.expertOutputs.push_back(classes ? (k == e % 3 ? 0.8F : 0.1F) : x + 0.1F * static_cast<float>(e));
            }
            for (int k = 0; k < p.outputs; ++k) p.output.push_back(classes ? (k == owner % 3 ? 0.8F : 0.1F) : y);
        }
    for (int i = 0; i < kPoints; ++i) {
        p.x.push_back(std::sin(static_cast<float>(i)));
        p.y.push_back(std::cos(1.7F * static_cast<float>(i)));
        p.targets.push_back(classes ? static_cast<float>(i % 3) : p.y.back());
        p.domains.push_back(i % 4);
        p.losses.push_back(0.01F * static_cast<float>(i));
    }
    return p;
}

telemetry::ProbeSnapshot fakePoints(std::int64_t step, int experts) {
    FakeProbe of;
    of.step = step;
    of.layers = 1, of.experts = experts, of.perToken = 1, of.domains = 4, of.sequences = kPoints, of.length = 1;
    telemetry::ProbeSnapshot probe = fakeProbe(of);
    probe.tokenIds.clear();
    probe.tokenTexts.clear();
    return probe;
}

class PlaneView : public ::testing::Test {
protected:
    void open(int experts = 4, bool classes = false, QSize size = {1440, 900}, bool stored = true) {
        FakeRun run;
        run.config = fakeConfig(experts, 1, 1);
        run.config.model.family = "plane";
        run.config.preset = "plane";
        run.samples = false;
        run.state = storage::RunState::running;
        ulid = store.add(run);
        for (const std::int64_t step : {100, 200}) {
            store.writer(ulid).append(fakePoints(step, experts));
            if (stored) store.writer(ulid).append(fakePlane(step, experts, classes));
        }
        store.writer(ulid).commit();
        show(size);
    }
    void show(QSize size = {1440, 900}) {
        shell = std::make_unique<Shell>(store, size);
        shell->open(ulid);
        shell->window().showPage(PageId::routing);
        settle();
    }
    void settle() {
        EXPECT_TRUE(waitFor([this] { return page().complete(); }));
        shell->settle();
    }
    RoutingPage& page() { return shell->window().routingPage(); }
    RoutingPlane& plane() { return *shell->find<RoutingPlane>("routingPlane"); }
    plots::PlaneMap& map(std::size_t i = 0) { return *plane().maps().at(i); }

    FakeStore store;
    std::string ulid;
    std::unique_ptr<Shell> shell;
};

TEST_F(PlaneView, IsTheFirstViewOfAPlaneAndTokensAreNone) {
    open();
    EXPECT_EQ(page().view(), QStringLiteral("plane"));
    const QStringList offered = shell->find<plots::SegmentedControl>("routingViews")->options();
    EXPECT_EQ(offered.front(), QStringLiteral("Plane"));
    EXPECT_FALSE(offered.contains(QStringLiteral("Tokens")));
    EXPECT_TRUE(shell->text("routingStep").contains(QStringLiteral("40 points")));
    for (const char* view : {"load", "logits", "specialisation", "saturation", "plane"}) {
        page().setView(QString::fromLatin1(view));
        settle();
        EXPECT_EQ(page().view(), QString::fromLatin1(view));
    }
}

TEST_F(PlaneView, IsNotOfferedForALanguageModel) {
    FakeRun run;
    run.config = fakeConfig(8, 2, 2);
    ulid = addProbedRun(store, run, {}, {100});
    show();
    EXPECT_EQ(page().view(), QStringLiteral("tokens"));
    EXPECT_FALSE(shell->find<plots::SegmentedControl>("routingViews")->options().contains(QStringLiteral("Plane")));
    page().setView(QStringLiteral("plane"));
    EXPECT_EQ(page().view(), QStringLiteral("tokens"));
}

TEST_F(PlaneView, ColoursEachCellByItsLikeliestExpertAsStrongAsItsProbability) {
    open();
    const telemetry::PlaneSnapshot stored = fakePlane(200);
    EXPECT_EQ(map().data().columns, 4 * kSide);
    for (const auto& [column, row] : {std::pair{2, 2}, {13, 3}, {3, 12}, {12, 13}}) {
        const float* p = stored.probabilities.data() + (row * kSide + column) * 4;
        const int owner = static_cast<int>(std::max_element(p, p + 4) - p);
        const QColor expected = plots::mix(plots::expertFill(plots::theme(), owner, 4), plots::theme().surface, static_cast<double>(p[owner]));
        EXPECT_EQ(map().cellColor(4 * column + 1, 4 * row + 2).rgb(), expected.rgb()) << column << " " << row;
    }
    EXPECT_EQ(map().data().marks.size(), std::size_t(kPoints));
}

TEST_F(PlaneView, TheCardHasEveryExpertsNumbersAtThePointer) {
    open();
    const QPointF at(0.5, -0.6);
    QTest::mouseMove(&map(), map().toPixel(at).toPoint());
    plane().lookAt(at);
    const PlanePoint& point = plane().card().facts().point;
    ASSERT_EQ(point.probabilities.size(), 4U);
    EXPECT_NEAR(point.probabilities[3], 0.6, 1e-3);
    EXPECT_NEAR(point.weights[3], 0.6, 1e-3);
    EXPECT_EQ(point.weights[0], 0);
    const double x = -1.1 + 2.2 * (std::floor((0.5 + 1.1) / 2.2 * kSide) + 0.5) / kSide;
    EXPECT_EQ(point.answers[2], plots::figure(x + 0.2, plots::Figure::Fixed2));
    EXPECT_TRUE(plane().card().summary().contains(QStringLiteral("E3 probability 0.60")));
}

TEST_F(PlaneView, AClickPinsAPointArrowsMoveItAndEscapeLetsGo) {
    open();
    QTest::mouseClick(&map(), Qt::LeftButton, {}, map().toPixel({-0.5, 0.5}).toPoint());
    ASSERT_TRUE(plane().pinned());
    EXPECT_NEAR(plane().pinned()->x(), -0.5, 0.01);
    EXPECT_TRUE(shell->shows("planePinnedCard"));
    EXPECT_NEAR(plane().pinnedCard().facts().point.probabilities[1], 0.6, 1e-3);
    for (int i = 0; i < 6; ++i) QTest::keyClick(&plane(), Qt::Key_Right);
    EXPECT_NEAR(plane().pinned()->x(), -0.5 + 6 * 2.2 / kSide, 0.01);
    EXPECT_NEAR(plane().pinnedCard().facts().point.probabilities[0], 0.6, 1e-3) << "it is over the border";
    QTest::keyClick(&plane(), Qt::Key_Escape);
    EXPECT_FALSE(plane().pinned());
    EXPECT_FALSE(shell->shows("planePinnedCard"));
}

TEST_F(PlaneView, FollowsTheScrubber) {
    open();
    plane().lookAt(QPointF(0.5, 0.5));
    shell->window().cursor().pin(150);
    settle();
    EXPECT_NEAR(plane().card().facts().point.probabilities[0], 0.5, 1e-3);
}

TEST_F(PlaneView, DrawsEveryExpertsOwnAnswer) {
    open();
    plane().setPicture(RoutingPlane::experts);
    ASSERT_EQ(plane().maps().size(), 4U);
    const telemetry::PlaneSnapshot stored = fakePlane(200);
    const PlaneScale scale = scaleOf(stored);
    for (std::size_t e = 0; e < 4; ++e) {
        EXPECT_EQ(map(e).data().title, QStringLiteral("E%1").arg(e));
        const int column = 9, row = 9;
        const double answer = static_cast<double>(stored.expertOutputs[static_cast<std::size_t>((row * kSide + column) * 4) + e]);
        EXPECT_NEAR(map(e).data().level[static_cast<std::size_t>((4 * row + 1) * 4 * kSide + 4 * column + 2)], scale.level(answer), 0.06);
    }
    EXPECT_GT(map(0).data().strength[(4 * 12) * 4 * kSide + 4 * 12], map(1).data().strength[(4 * 12) * 4 * kSide + 4 * 12]) << "strong where the gate trusts it";
    plane().setPicture(RoutingPlane::output);
    EXPECT_EQ(plane().maps().size(), 1U);
}

TEST_F(PlaneView, MarksPointsByTheirLoss) {
    open();
    plane().setPicture(RoutingPlane::loss);
    const auto& marks = map().data().marks;
    ASSERT_EQ(marks.size(), std::size_t(kPoints));
    EXPECT_NEAR(marks[10].level, 0.10 / 0.38, 1e-3) << "the 95th percentile of the losses is 0.38";
    EXPECT_EQ(marks[39].level, 1);
}

TEST_F(PlaneView, ShowsOneExpertAlone) {
    open();
    plane().setSolo(2);
    for (const int owner : map().data().owner) ASSERT_EQ(owner, 2);
    EXPECT_NEAR(map().data().strength[(4 * 3) * 4 * kSide + 4 * 3], 0.6, 1e-3);
    EXPECT_NEAR(map().data().strength[(4 * 12) * 4 * kSide + 4 * 12], 0.4 / 3, 1e-3);
}

TEST_F(PlaneView, HasItsPointsAsTableAndFile) {
    open();
    page().setTable(true);
    auto* table = shell->find<RoutingTable>("planeTable");
    ASSERT_EQ(table->rowCount(), kPoints);
    EXPECT_EQ(table->columnCount(), 9);
    EXPECT_TRUE(table->item(7, 6)->text().startsWith(QLatin1Char('E')));
    const QTemporaryDir folder;
    for (const auto format : {plots::ExportFormat::Csv, plots::ExportFormat::Png2x, plots::ExportFormat::Svg}) {
        QString error;
        EXPECT_TRUE(plane().save(format, folder.filePath(plots::exportSuffix(format)), &error)) << error.toStdString();
    }
    QFile csv(folder.filePath(QStringLiteral("csv")));
    ASSERT_TRUE(csv.open(QIODevice::ReadOnly));
    EXPECT_EQ(csv.readAll().count('\n'), kPoints + 1);
    EXPECT_FALSE(QImage(folder.filePath(QStringLiteral("png"))).isNull());
    QString error;
    EXPECT_FALSE(plane().save(plots::ExportFormat::Csv, folder.filePath(QStringLiteral("none/x.csv")), &error));
    EXPECT_TRUE(error.contains(QStringLiteral("could not be written")));
}

TEST_F(PlaneView, SaysWhenARunHasProbesButNoPlane) {
    open(4, false, {1440, 900}, false);
    EXPECT_FALSE(shell->shows("routingPlane"));
}

TEST_F(PlaneView, CopesWithOneExpertAndWithManyAndWithClasses) {
    for (const int experts : {1, 64}) {
        open(experts, true, {1366, 768});
        for (const auto picture : {RoutingPlane::gate, RoutingPlane::experts, RoutingPlane::output, RoutingPlane::loss}) {
            plane().setPicture(picture);
            EXPECT_EQ(plane().maps().size(), picture == RoutingPlane::experts ? static_cast<std::size_t>(experts) : 1U);
            shell->settle();
            EXPECT_FALSE(plane().grab().isNull());
        }
        EXPECT_TRUE(plane().card().facts().point.answer.startsWith(QStringLiteral("class ")));
        shell.reset();
    }
}

TEST_F(PlaneView, HasAHelpCard) {
    open();
    EXPECT_TRUE(placeCard("routingPlane").contains(QStringLiteral("softmax")));
}

TEST(PlaneGrid, IsFinerByLinesBetweenCellCentres) {
    const std::vector<float> fine = plots::finer({0, 1, 2, 3}, 2, 2, 1, 2);
    EXPECT_EQ(fine, (std::vector<float>{0, 0.25, 0.75, 1, 0.5, 0.75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3}));
}

}  // namespace
}  // namespace moescope::ui
