// Scales of axes: where values stand, which are written, and what a plot makes of them.
#include <gtest/gtest.h>

#include <QAction>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>

#include <qcustomplot.h>

#include "plots/axis_scale.hpp"
#include "plots/chart_panels.hpp"

namespace moescope::plots {
namespace {

constexpr AxisScale kLog{ScaleKind::Log, 1};

TEST(AxisScale, EveryScaleUndoesItself) {
    for (const AxisScale scale : {AxisScale{}, kLog, AxisScale{ScaleKind::SymLog, 1e-3}})
        for (const double v : {1e-4, 0.5, 1.0, 37.0, 1e6}) EXPECT_NEAR(scale.from(scale.to(v)), v, 1e-9 * v);
    const AxisScale symmetric{ScaleKind::SymLog, 0.1};
    for (const double v : {-250.0, -0.01, 0.0, 0.01}) EXPECT_NEAR(symmetric.from(symmetric.to(v)), v, 1e-9);
}

TEST(AxisScale, ALogarithmHasNoPlaceForZeroAndASymmetricOneHas) {
    EXPECT_EQ(kLog.to(0), -std::numeric_limits<double>::infinity());
    EXPECT_EQ((AxisScale{ScaleKind::SymLog, 1}.to(0)), 0);
    EXPECT_NEAR((AxisScale{ScaleKind::SymLog, 1}.to(-99)), -2, 1e-12);
}

TEST(AxisScale, SymmetricTicksHaveZeroAndBothSigns) {
    const Ticks ticks = scaleTicks({ScaleKind::SymLog, 1}, -100, 1000, 9);
    EXPECT_NE(std::ranges::find(ticks.at, 0.0), ticks.at.end());
    EXPECT_LT(ticks.at.front(), 0);
    EXPECT_TRUE(std::ranges::is_sorted(ticks.at));
    EXPECT_LE(ticks.at.size(), 11U);
}

TEST(AxisScale, AShortLogarithmicRangeStillHasTwoTicks) {
    EXPECT_GE(scaleTicks(kLog, 1.21, 1.74, 5).at.size(), 2U);
}

TEST(AxisScale, ClockTicksAreWholeAndFew) {
    const double start = 1'700'000'003;
    const Ticks ticks = clockTicks(start, start + 3600, 6);
    ASSERT_GE(ticks.at.size(), 2U);
    EXPECT_LE(ticks.at.size(), 6U);
    for (const double at : ticks.at) EXPECT_NEAR(std::remainder(at, 60), 0, 1e-6) << "whole minutes everywhere on earth";
}

TEST(AxisScale, TheThresholdFollowsTheSmallValues) {
    EXPECT_DOUBLE_EQ(symLogThreshold({}), 1);
    EXPECT_DOUBLE_EQ(symLogThreshold({0, 0.004, 5, -2, std::nan("")}), 0.001);
}

Lane line(std::vector<double> x, std::vector<double> y) {
    Lane lane;
    Curve curve;
    curve.id = QStringLiteral("a");
    curve.name = curve.id;
    curve.points = {std::move(x), std::move(y), {}, {}};
    lane.curves.push_back(curve);
    return lane;
}

struct Drawn {
    explicit Drawn(Lane lane) {
        panel.resize(420, 300);
        panel.setHub(&hub);
        panel.setData(std::move(lane));
        panel.show();
        panel.grab();
    }
    CursorHub hub;
    LinePanel panel;
};

TEST(ScaledPlot, PointsStandAtTheirLogarithms) {
    Drawn plot(line({1, 10, 100, 1000}, {1, 10, 100, 1000}));
    plot.hub.setXScale(ScaleKind::Log);
    plot.panel.setYScale(ScaleKind::Log);
    plot.panel.grab();
    const QCPGraph* graph = plot.panel.plot()->graph(0);
    ASSERT_EQ(graph->dataCount(), 4);
    for (int i = 0; i < 4; ++i) {
        EXPECT_NEAR(graph->dataMainKey(i), i, 1e-9);
        EXPECT_NEAR(graph->dataMainValue(i), i, 1e-9);
    }
}

TEST(ScaledPlot, StepZeroIsLeftOutOfALogarithmicAxisAndKeptInASymmetricOne) {
    Drawn plot(line({0, 1, 10, 100}, {4, 3, 2, 1}));
    plot.hub.setXScale(ScaleKind::Log);
    plot.panel.grab();
    EXPECT_EQ(plot.panel.plot()->graph(0)->dataCount(), 3);
    plot.hub.setXScale(ScaleKind::SymLog);
    plot.panel.grab();
    EXPECT_EQ(plot.panel.plot()->graph(0)->dataCount(), 4);
}

TEST(ScaledPlot, NegativeValuesHaveAPlaceOnASymmetricAxis) {
    Drawn plot(line({0, 1, 2, 3}, {-100, 0, 1, 100}));
    plot.panel.setYScale(ScaleKind::SymLog);
    plot.panel.grab();
    EXPECT_EQ(plot.panel.plot()->graph(0)->dataCount(), 4);
    EXPECT_LT(plot.panel.plot()->graph(0)->dataMainValue(0), 0);
}

TEST(ScaledPlot, AClickOnALogarithmicAxisMeansTheStepUnderIt) {
    Drawn plot(line({1, 10, 100, 1000}, {1, 2, 3, 4}));
    plot.hub.setXScale(ScaleKind::Log);
    plot.panel.grab();
    QSignalSpy clicks(&plot.hub, &CursorHub::clicked);
    const QRect inner = plot.panel.plot()->axisRect(0)->rect();
    QTest::mouseClick(plot.panel.plot(), Qt::LeftButton, {}, QPoint(inner.left() + inner.width() / 3, inner.center().y()));
    ASSERT_EQ(clicks.size(), 1);
    EXPECT_EQ(clicks[0][0].toDouble(), 10);
}

TEST(ScaledPlot, AnOutlierDoesNotFlattenTheRest) {
    std::vector<double> x, y;
    for (int i = 0; i < 200; ++i) x.push_back(i), y.push_back(1 + 0.001 * i);
    y[100] = 1e4;
    Drawn plot(line(x, y));
    EXPECT_GT(plot.panel.plot()->axisRect(0)->axis(QCPAxis::atLeft)->range().upper, 1e3);
    plot.panel.setIgnoreOutliers(true);
    plot.panel.grab();
    EXPECT_LT(plot.panel.plot()->axisRect(0)->axis(QCPAxis::atLeft)->range().upper, 2);
}

TEST(ScaledPlot, AClickOnACurveNamesIt) {
    Lane lane = line({0, 1, 2}, {1, 1, 1});
    lane.curves.push_back(lane.curves[0]);
    lane.curves[1].id = QStringLiteral("b");
    lane.curves[1].points.y = {3, 3, 3};
    Drawn plot(lane);
    QSignalSpy named(&plot.panel, &ChartPanel::curveClicked);
    QCPAxisRect* rect = plot.panel.plot()->axisRect(0);
    const auto clickAt = [&](double value) {
        QTest::mouseClick(plot.panel.plot(), Qt::LeftButton, {}, QPoint(rect->rect().center().x(), int(rect->axis(QCPAxis::atLeft)->coordToPixel(value))));
    };
    clickAt(3);
    clickAt(2);
    ASSERT_EQ(named.size(), 1) << "nothing is near the middle";
    EXPECT_EQ(named[0][0].toString(), QStringLiteral("b"));
}

TEST(ScaledPlot, ArrowKeysGoFromPointToPointAndTheSummaryFollows) {
    Drawn plot(line({10, 20, 30, 40}, {4, 3, 2, 1}));
    QObject::connect(&plot.hub, &CursorHub::clicked, [&](double x) { plot.hub.setCursor(x); });
    plot.panel.plot()->setFocus(Qt::TabFocusReason);
    QTest::keyClick(plot.panel.plot(), Qt::Key_Left);
    EXPECT_EQ(plot.hub.cursor(), 30);
    QTest::keyClick(plot.panel.plot(), Qt::Key_Left);
    EXPECT_EQ(plot.hub.cursor(), 20);
    QTest::keyClick(plot.panel.plot(), Qt::Key_End);
    EXPECT_EQ(plot.hub.cursor(), 40);
    plot.panel.setTitle(QStringLiteral("Loss"));
    plot.panel.setXAxis(QStringLiteral("step"));
    plot.panel.grab();
    EXPECT_TRUE(plot.panel.plot()->accessibleDescription().startsWith(QStringLiteral("Loss"))) << plot.panel.plot()->accessibleDescription().toStdString();
}

TEST(ScaledPlot, APdfIsOnePageOfThePlot) {
    Drawn plot(line({0, 1, 2}, {1, 2, 3}));
    const QByteArray pdf = plot.panel.pdf();
    EXPECT_TRUE(pdf.startsWith("%PDF-"));
    EXPECT_TRUE(pdf.contains("/Count 1"));
}

}  // namespace
}  // namespace moescope::plots
