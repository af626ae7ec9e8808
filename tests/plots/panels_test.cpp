// Panels hold still, show what they were given, and export exactly that.
#include "plots/bars.hpp"
#include "plots/chart_panels.hpp"
#include "plots/controls.hpp"
#include "plots/scrubber.hpp"
#include "tests/plots/sample_run.hpp"

#include <qcustomplot.h>

#include <QApplication>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>

#include <gmock/gmock.h>

#include <cmath>

namespace moescope::plots {
namespace {

Lane line(const std::vector<double>& x, const std::vector<double>& y) {
    Lane lane;
    Curve curve;
    curve.id = "loss", curve.name = "train", curve.points = {x, y, {}, {}};
    lane.curves = {curve};
    return lane;
}

void draw(QWidget& widget, QSize size = {300, 260}) {
    widget.resize(size);
    widget.show();
    widget.grab();
    QApplication::processEvents();
}

QRect inner(const Panel& panel, int rect = 0) { return panel.plot()->axisRect(rect)->rect(); }

TEST(Panel, ThePlotDoesNotMoveWhenDigitsGrow) {
    LinePanel panel;
    panel.setData(line({0, 1, 2}, {1, 2, 3}));
    draw(panel);
    const QRect before = inner(panel);
    EXPECT_EQ(before.left(), 40);
    EXPECT_EQ(before.top(), 18);
    for (const double big : {-1e4, 9.9e5, -1e-7, 1e12}) {
        panel.setData(line({0, 1e6, 2e6}, {big, 2 * big, 3 * big}));
        draw(panel);
        EXPECT_EQ(inner(panel), before) << big;
    }
}

TEST(Panel, PanelsOfOneSizeShareTheirAxes) {
    LinePanel lines;
    HeatPanel heat;
    FanPanel fan;
    lines.setData(line({0, 1, 2}, {1, 2, 3}));
    heat.setData(sample::load(8, 50));
    fan.setData(sample::fan(50));
    for (Panel* panel : {static_cast<Panel*>(&lines), static_cast<Panel*>(&heat), static_cast<Panel*>(&fan)}) draw(*panel);
    EXPECT_EQ(inner(lines), inner(heat));
    EXPECT_EQ(inner(lines), inner(fan));
}

TEST(Panel, TheReadoutShowsTheCursorsValueAndElseTheLast) {
    CursorHub hub;
    LinePanel panel;
    panel.setHub(&hub);
    panel.setData(line({0, 10, 20}, {3, 2, 1}));
    draw(panel);
    EXPECT_EQ(panel.header()->readouts().front().value, "1.000");
    hub.setCursor(11);
    EXPECT_EQ(panel.header()->readouts().front().value, "2.000");
    hub.setHover(0);
    EXPECT_EQ(panel.header()->readouts().front().value, "3.000");
    hub.setHover(std::nullopt);
    EXPECT_EQ(panel.header()->readouts().front().value, "2.000");
    panel.setHub(nullptr);
}

TEST(Panel, TheSummarySaysInWordsWhatThePictureShows) {
    LinePanel panel;
    panel.setTitle("Validation loss", "nats/token");
    EXPECT_EQ(panel.summary(), "Validation loss: no data yet");
    panel.setData(line({0, 100, 240}, {3, 2, 1.51}));
    draw(panel);
    EXPECT_EQ(panel.summary(), "Validation loss, step 240: train 1.510, steady");
    std::vector<double> x, y;
    for (int i = 0; i <= 240; ++i) x.push_back(i), y.push_back(3 - i / 160.0);
    panel.setData(line(x, y));
    draw(panel);
    EXPECT_EQ(panel.summary(), "Validation loss, step 240: train 1.500, falling");
    EXPECT_EQ(panel.accessibleName(), "Validation loss");
    EXPECT_EQ(panel.accessibleDescription(), panel.summary());
}

TEST(Panel, TheTableIsExactlyWhatIsVisible) {
    CursorHub hub;
    LinePanel panel;
    panel.setHub(&hub);
    Lane lane = line({0, 1, 2, 3, 4}, {5, 4, std::nan(""), 2, 1});
    Curve other = lane.curves[0];
    other.id = "val", other.points = {{2, 4}, {7, 8}, {}, {}};
    lane.curves.push_back(other);
    panel.setData(lane);
    hub.setXRange(XRange{1, 3});
    draw(panel);
    EXPECT_EQ(toCsv(panel.visibleTable()).toStdString(), "step,loss,val\n1,4,\n2,nan,7\n3,2,\n");
    panel.setHub(nullptr);
}

TEST(Panel, ASmoothedCurveHasBothColumnsInTheTable) {
    LinePanel panel;
    panel.setSmoothing(0.5);
    Lane lane = line({0, 1}, {4, 1});
    lane.curves[0].smoothed = true;
    panel.setData(lane);
    const Table table = panel.visibleTable();
    EXPECT_EQ(table.columns, (QStringList{"step", "loss", "loss_smoothed"}));
    EXPECT_THAT(table.rows[1], testing::ElementsAre(1, 1, (0.25 * 4 + 0.5 * 1) / 0.75));
}

TEST(Panel, FilesAreWrittenInEveryFormatAndAFailureIsASentence) {
    QTemporaryDir folder;
    LinePanel panel;
    panel.setTitle("Loss", "nats/token");
    panel.setData(sample::loss(100));
    draw(panel);
    const QString base = folder.path() + "/loss.";
    ASSERT_TRUE(panel.save(ExportFormat::Png, base + "png"));
    ASSERT_TRUE(panel.save(ExportFormat::Png2x, base + "2x.png"));
    ASSERT_TRUE(panel.save(ExportFormat::Svg, base + "svg"));
    ASSERT_TRUE(panel.save(ExportFormat::Csv, base + "csv"));
    EXPECT_EQ(QImage(base + "2x.png").size(), QImage(base + "png").size() * 2);
    QFile svg(base + "svg");
    ASSERT_TRUE(svg.open(QIODevice::ReadOnly));
    const QByteArray text = svg.readAll();
    EXPECT_TRUE(text.contains("training step"));
    EXPECT_TRUE(text.contains("polyline") || text.contains("<path"));
    EXPECT_TRUE(text.contains("font-family=\"Inter\""));
    EXPECT_TRUE(text.contains("<text"));
    EXPECT_FALSE(QString::fromUtf8(text).contains(QRegularExpression(QStringLiteral("<text[^>]*MoEScope Figures")))) << "other programs do not have it";
    QString error;
    EXPECT_FALSE(panel.save(ExportFormat::Png, folder.path() + "/none/x.png", &error));
    EXPECT_TRUE(error.contains("/none/x.png"));
}

TEST(Panel, AnExportLeavesThePictureOnScreenAsItWas) {
    LinePanel panel;
    panel.setData(line({0, 1, 2}, {1, 2, 3}));
    draw(panel);
    const QRect before = inner(panel);
    const QImage image = panel.grab().toImage();
    panel.image(2);
    QApplication::processEvents();
    EXPECT_EQ(inner(panel), before);
    EXPECT_EQ(panel.grab().toImage(), image);
}

TEST(Panel, MouseMovesTheSharedCursorAndAClickNamesAMeasuredStep) {
    CursorHub hub;
    LinePanel panel, other;
    panel.setHub(&hub), other.setHub(&hub);
    panel.setData(line({0, 10, 20}, {3, 2, 1}));
    draw(panel);
    QSignalSpy clicks(&hub, &CursorHub::clicked);
    const QRect r = inner(panel);
    const QPoint at(r.left() + r.width() * 52 / 100, r.center().y());
    QTest::mouseMove(panel.plot(), at);
    QTest::mouseClick(panel.plot(), Qt::LeftButton, {}, at);
    ASSERT_EQ(clicks.size(), 1);
    EXPECT_EQ(clicks[0][0].toDouble(), 10);
    EXPECT_EQ(hub.shown().value_or(-1), 10);
    panel.setHub(nullptr), other.setHub(nullptr);
}

TEST(Panel, DraggingZoomsEveryPanelAndADoubleClickFits) {
    CursorHub hub;
    LinePanel panel;
    panel.setHub(&hub);
    panel.setData(line({0, 50, 100}, {3, 2, 1}));
    draw(panel);
    const QRect r = inner(panel);
    const auto at = [&](double share) { return QPoint(r.left() + int(r.width() * share), r.center().y()); };
    QTest::mousePress(panel.plot(), Qt::LeftButton, {}, at(0.2));
    QMouseEvent move(QEvent::MouseMove, at(0.6), panel.plot()->mapToGlobal(at(0.6)), Qt::NoButton, Qt::LeftButton, {});
    QApplication::sendEvent(panel.plot(), &move);
    QTest::mouseRelease(panel.plot(), Qt::LeftButton, {}, at(0.6));
    ASSERT_TRUE(hub.xRange());
    EXPECT_NEAR(hub.xRange()->lo, 20, 1);
    EXPECT_NEAR(hub.xRange()->hi, 60, 1);
    QTest::mouseDClick(panel.plot(), Qt::LeftButton, {}, at(0.5));
    EXPECT_FALSE(hub.xRange());
    panel.setHub(nullptr);
}

TEST(Panel, HiddenPanelsAreNotDrawn) {
    LinePanel panel;
    panel.setData(line({0, 1}, {1, 2}));
    QApplication::processEvents();
    EXPECT_EQ(panel.plot()->graphCount(), 0);
    draw(panel);
    EXPECT_EQ(panel.plot()->graphCount(), 1);
}

TEST(HeatPanel, CellsHaveTheColourOfTheirRatioAndUnmeasuredOnesNone) {
    HeatPanel panel;
    HeatData data;
    data.x = {0, 1, 2, 3};
    data.rows = 2;
    data.values = {1, 2, 4, 8, 0, 0.5F, std::nanf(""), 1};
    panel.setData(data);
    draw(panel);
    const QImage& cells = panel.cells();
    ASSERT_FALSE(cells.isNull());
    const auto at = [&](double x, int row) { return cells.pixelColor(int(x / 3 * (cells.width() - 1)), row); };
    EXPECT_EQ(at(0, 0).name(), loadColor(theme(), 0).name());
    EXPECT_EQ(at(1, 0).name(), loadColor(theme(), 1).name());
    EXPECT_EQ(at(3, 0).name(), loadColor(theme(), 3).name());
    EXPECT_EQ(at(0, 1).name(), loadColor(theme(), -3).name());
    EXPECT_EQ(at(1, 1).name(), loadColor(theme(), -1).name());
    EXPECT_EQ(at(2, 1).alpha(), 0);
}

TEST(HeatPanel, RowsAreSortedByLoadAndKeepTheirPlaceUntilTheAxisGrows) {
    HeatPanel panel;
    HeatData data;
    data.rows = 30;
    data.sortByLoad = true;
    const auto fill = [&](int columns, bool reversed) {
        data.x = sample::steps(columns);
        data.values.clear();
        for (int e = 0; e < 30; ++e)
            for (int c = 0; c < columns; ++c) data.values.push_back(float(reversed ? e + 1 : 30 - e));
        panel.setData(data);
    };
    fill(100, true);
    EXPECT_EQ(panel.rowOrder().front(), 29);
    fill(101, false);
    EXPECT_EQ(panel.rowOrder().front(), 29);
    fill(200, false);
    EXPECT_EQ(panel.rowOrder().front(), 0);
}

TEST(LoadBars, EveryExpertFromOneToSixtyFourCanBeFound) {
    for (const int experts : {1, 8, 24, 25, 64}) {
        LoadBars bars;
        LoadBarsData data;
        for (int e = 0; e < experts; ++e) data.ratio.push_back(0.5 + e);
        data.top = experts;
        bars.setData(data);
        bars.resize(240, bars.sizeHint().height());
        std::vector<bool> found(size_t(experts), false);
        for (int y = 0; y < bars.height(); ++y)
            for (int x = 0; x < bars.width(); x += 2)
                if (const int e = bars.expertAt({x, y}); e >= 0) found[size_t(e)] = true;
        EXPECT_THAT(found, testing::Each(true)) << experts;
    }
}

TEST(Scrubber, KeysMoveTheSharedCursorAndEndGoesLive) {
    CursorHub hub;
    hub.setFlags({{96, 1, true, "idle"}, {150, 2, false, "cure"}});
    Scrubber scrubber;
    scrubber.setHub(&hub);
    scrubber.setState({412, 600, 2, true, {}});
    draw(scrubber, {900, 40});
    EXPECT_TRUE(scrubber.isLive());
    QTest::keyClick(&scrubber, Qt::Key_Left);
    EXPECT_EQ(hub.cursor().value_or(-1), 410);
    scrubber.previousEvent();
    EXPECT_EQ(hub.cursor().value_or(-1), 150);
    scrubber.previousEvent();
    EXPECT_EQ(hub.cursor().value_or(-1), 96);
    scrubber.nextEvent();
    EXPECT_EQ(hub.cursor().value_or(-1), 150);
    QTest::keyClick(&scrubber, Qt::Key_End);
    EXPECT_FALSE(hub.cursor());
    EXPECT_TRUE(scrubber.isLive());
}

TEST(Knob, ALogarithmicKnobReachesZeroAndKeepsTypedValuesExact) {
    Knob knob({"Balance", 1e-4, 1, true, true, 0, Figure::Auto, {}, {}, 112});
    QSignalSpy committed(&knob, &Knob::committed);
    knob.setValue(0.05);
    EXPECT_EQ(knob.value(), 0.05);
    EXPECT_EQ(committed.size(), 0);
    knob.slider()->setValue(0);
    EXPECT_EQ(knob.value(), 0);
    knob.slider()->setValue(knob.slider()->maximum());
    EXPECT_EQ(knob.value(), 1);
    knob.setValue(1e-6);
    EXPECT_GT(knob.slider()->value(), 0);
}

TEST(Knob, AValueWithANameIsTheLeftmostNotchAndComesBackFromAnEmptiedField) {
    KnobSpec spec;
    spec.label = QStringLiteral("Noise");
    spec.max = 2;
    spec.special = -1;
    spec.specialName = QStringLiteral("published");
    Knob knob(spec);
    knob.setValue(-1);
    EXPECT_EQ(knob.accessibleDescription(), QStringLiteral("published"));
    EXPECT_EQ(knob.slider()->value(), knob.slider()->minimum());
    knob.slider()->setValue(0);
    EXPECT_EQ(knob.value(), 0);
    knob.slider()->setValue(knob.slider()->minimum());
    EXPECT_EQ(knob.value(), -1);
    knob.setValue(1);
    QTest::mouseClick(&knob, Qt::LeftButton, Qt::NoModifier, QPoint(knob.width() - 4, 8));
    auto* field = knob.findChild<QLineEdit*>(QStringLiteral("knobEdit"));
    ASSERT_TRUE(field);
    field->clear();
    QTest::keyClick(field, Qt::Key_Return);
    EXPECT_EQ(knob.value(), -1);
}

TEST(TokenText, EveryTokenHasItsOwnPlaceAndWrapsInsideTheWidth) {
    TokenText text;
    text.setMode(TokenText::Wrapped);
    text.setTokens(sample::text(8), 8);
    draw(text, {300, 400});
    for (int i = 0; i < int(text.tokens().size()); ++i) {
        const QRect r = text.tokenRect(i);
        EXPECT_LE(r.right(), 300);
        EXPECT_EQ(text.tokenAt(r.center()), i);
    }
    EXPECT_GT(text.heightForWidth(200), text.heightForWidth(600));
}

}  // namespace
}  // namespace moescope::plots
