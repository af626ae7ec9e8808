// Bars of a change by domain, bias sliders, text tinted by label, menus on experts.
#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QtTest>

#include <cmath>

#include "plots/bias_bars.hpp"
#include "plots/delta_bars.hpp"
#include "plots/labelled_text.hpp"
#include "plots/theme.hpp"

namespace moescope::plots {
namespace {

TEST(DeltaBars, TheLargestGainIsInTheExpertsColourAndALossLiesLeftOfZero) {
    DeltaBars bars;
    bars.setData({{"latin", 0.6, 0.5, }, {"greek", 0.4, 4.6}}, 1, 4);
    bars.resize(240, bars.sizeHint().height());
    EXPECT_EQ(bars.summary(), QStringLiteral("latin \u22120.10, greek +4.20"));
    const QImage picture = bars.grab().toImage();
    const QColor owner = expertFill(theme(), 1, 4);
    int first = 0, second = 0;
    for (int x = 0; x < picture.width(); ++x) {
        first += picture.pixelColor(x, 9) == owner;
        second += picture.pixelColor(x, 27) == owner;
    }
    EXPECT_EQ(first, 0);
    EXPECT_GT(second, 40) << "nearly the whole width";
}

TEST(DeltaBars, NoiseLooksLikeNoise) {
    DeltaBars bars;
    bars.setData({{"latin", 0.5, 0.504}}, 0, 4);
    bars.resize(240, bars.sizeHint().height());
    const QImage picture = bars.grab().toImage();
    int drawn = 0;
    for (int x = 90; x < 180; ++x) drawn += picture.pixelColor(x, 9) == theme().mono;
    EXPECT_LT(drawn, 10) << "0.004 nats are no bar across the dock";
}

class Bias : public ::testing::Test {
protected:
    Bias() {
        bars.setData({{0, 1.2, 0, false}, {1, 0.8, 6, false}, {2, std::nan(""), -3, true}}, 8);
        bars.setAdjustable(true);
        bars.resize(240, bars.sizeHint().height());
        bars.show();
    }
    BiasBars bars;
};

TEST_F(Bias, ADoubleClickTakesItAway) {
    QSignalSpy chosen(&bars, &BiasBars::biasChosen);
    QTest::mouseDClick(&bars, Qt::LeftButton, {}, bars.handleRect(1).center());
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(chosen[0][0].toInt(), 1);
    EXPECT_EQ(chosen[0][1].toDouble(), 0);
}

TEST_F(Bias, KeysMoveHalfALogitAndStopAtTheEnds) {
    QSignalSpy chosen(&bars, &BiasBars::biasChosen);
    QTest::keyClick(&bars, Qt::Key_Down);
    QTest::keyClick(&bars, Qt::Key_Right);
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(chosen[0][1].toDouble(), 6.5);
    for (int i = 0; i < 10; ++i) QTest::keyClick(&bars, Qt::Key_Right);
    EXPECT_EQ(bars.data()[1].bias, BiasBars::kMost);
    EXPECT_EQ(chosen.size(), 4) << "6.5, 7, 7.5, 8 and then nothing more";
}

TEST_F(Bias, AnIdleRunsHandlesCannotBeMoved) {
    bars.setAdjustable(false);
    QSignalSpy chosen(&bars, &BiasBars::biasChosen);
    QTest::mouseDClick(&bars, Qt::LeftButton, {}, bars.handleRect(1).center());
    QTest::keyClick(&bars, Qt::Key_Right);
    QTest::mousePress(&bars, Qt::LeftButton, {}, bars.handleRect(0).center());
    QTest::mouseRelease(&bars, Qt::LeftButton, {}, bars.handleRect(0).center() + QPoint(50, 0));
    EXPECT_EQ(chosen.size(), 0);
}

TEST(LabelledText, WhatIsOnlyReadHasNoTint) {
    LabelledText text;
    text.setTokens({{"a", 0, false, {}}, {"b", 0, true, {}}});
    text.resize(200, text.heightForWidth(200));
    const QImage picture = text.grab().toImage();
    const auto corner = [&](int token) { return picture.pixelColor(text.tokenRect(token).left() + 1, text.tokenRect(token).top() + 3); };
    EXPECT_NE(corner(0), corner(1));
}

TEST(LabelledText, AnyWidthHoldsEveryToken) {
    LabelledText text;
    std::vector<LabelledToken> tokens;
    for (int i = 0; i < 200; ++i) tokens.push_back({i % 17 == 0 ? QStringLiteral("\n") : QStringLiteral("word "), i % 3, true, {}});
    text.setTokens(tokens);
    for (const int width : {30, 200, 1000}) {
        text.resize(width, text.heightForWidth(width));
        text.grab();
        for (int i = 1; i < 200; ++i) {
            const QRect before = text.tokenRect(i - 1), now = text.tokenRect(i);
            EXPECT_TRUE(now.top() > before.top() || now.left() > before.right()) << width << " " << i;
        }
    }
}

}  // namespace
}  // namespace moescope::plots
