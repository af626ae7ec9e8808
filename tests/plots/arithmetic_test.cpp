// The arithmetic between stored points and pictures: labels, ticks, averages, decimation, label placement.
#include "plots/figures.hpp"
#include "plots/plot_export.hpp"
#include "plots/series.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace moescope::plots {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Figures, TickLabelsAreExactWithTrueMinusAndUnits) {
    EXPECT_EQ(tickLabel(0, 0.5), "0");
    EXPECT_EQ(tickLabel(-2, 2), "−2");
    EXPECT_EQ(tickLabel(-0.25, 0.25), "−0.25");
    EXPECT_EQ(tickLabel(1, 0.25), "1.00");
    EXPECT_EQ(tickLabel(400, 100), "400");
    EXPECT_EQ(tickLabel(4000, 4000), "4\u202Fk");
    EXPECT_EQ(tickLabel(7500, 2500), "7.5\u202Fk");
    EXPECT_EQ(tickLabel(11640, 10), "11\u202F640");
    EXPECT_EQ(tickLabel(1.5e6, 5e5), "1.5\u202FM");
    EXPECT_EQ(tickLabel(4e13, 1e13), "40\u202FT");
    EXPECT_EQ(tickLabel(0.1 + 0.2, 0.1), "0.3");
}

TEST(Figures, ValuesAreWrittenForPeople) {
    EXPECT_EQ(figure(1.4042, Figure::Fixed3), "1.404");
    EXPECT_EQ(figure(-0.0001, Figure::Fixed2), "0.00");
    EXPECT_EQ(figure(2.3e-3, Figure::Exponent), "2.3e−3");
    EXPECT_EQ(figure(9.99e-4, Figure::Exponent), "1.0e−3");
    EXPECT_EQ(figure(nan, Figure::Fixed1), "NaN");
    EXPECT_EQ(figure(-INFINITY), "−∞");
    EXPECT_EQ(figure(11640, Figure::Integer), "11\u202F640");
    EXPECT_EQ(figure(8421, Figure::Integer), "8421");
    EXPECT_EQ(timesTenTo(-3), "×10⁻³");
    EXPECT_EQ(timesTenTo(12), "×10¹²");
}

TEST(Figures, NumbersInFilesSurviveTheRoundTrip) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 200; ++i) {
        const double value = std::ldexp(double(random()), int(random() % 80) - 100);
        EXPECT_EQ(plainNumber(value).toDouble(), value);
    }
}

TEST(Ticks, LieInsideTheRangeAtOneStepAndNeverExceedTheirNumber) {
    std::mt19937 random(2);
    std::uniform_real_distribution<double> place(-50, 50), size(-4, 6);
    for (int i = 0; i < 500; ++i) {
        const double lo = place(random), hi = lo + std::pow(10, size(random));
        const int most = 2 + i % 6;
        const Ticks ticks = niceTicks(lo, hi, most);
        ASSERT_LE(int(ticks.at.size()), most);
        for (const double at : ticks.at) {
            EXPECT_GE(at, lo - ticks.step * 1e-6);
            EXPECT_LE(at, hi + ticks.step * 1e-6);
            EXPECT_NEAR(std::remainder(at, ticks.step), 0, ticks.step * 1e-6);
        }
    }
}

TEST(Ticks, StepsOfAnXAxisAreWhole) {
    for (const double hi : {1.0, 3.0, 8.0, 416.0, 11640.0, 2e6}) {
        const Ticks ticks = niceTicks(0, hi, 5, true);
        EXPECT_EQ(ticks.step, std::round(ticks.step)) << hi;
        EXPECT_FALSE(ticks.at.empty());
    }
}

TEST(Ticks, ALiveAxisHasAtMostAnEighthOfHeadroomAndChangesRarely) {
    double before = 0;
    int changes = 0;
    for (int step = 9; step <= 100000; ++step) {
        const double end = growingEnd(step);
        ASSERT_GE(end, step);
        ASSERT_LE(end, step * 1.125 + 1e-9);
        changes += end != before;
        before = end;
    }
    EXPECT_LT(changes, 120);
}

// Closed form: after n equal spacings the weights are (1 - w) w^(n-i), divided by their sum.
TEST(MovingAverage, EqualsTheFormula) {
    const std::vector<double> x{0, 1, 2, 3, 4, 5}, y{3, 1, 4, 1, 5, 9};
    const double w = 0.8;
    const auto out = movingAverage(x, y, w, 1);
    for (size_t n = 0; n < y.size(); ++n) {
        double sum = 0, mass = 0;
        for (size_t i = 0; i <= n; ++i) {
            const double weight = (1 - w) * std::pow(w, double(n - i));
            sum += weight * y[i];
            mass += weight;
        }
        EXPECT_NEAR(out[n], sum / mass, 1e-12);
    }
}

TEST(MovingAverage, TakesDistanceIntoAccountAndSkipsWhatIsNotANumber) {
    const std::vector<double> x{0, 10, 11}, y{1, 2, nan};
    const auto out = movingAverage(x, y, 0.9, 1);
    const double keep = std::pow(0.9, 10), first = 0.1, sum = keep * first * 1 + (1 - keep) * 2, mass = keep * first + (1 - keep);
    EXPECT_NEAR(out[1], sum / mass, 1e-12);
    EXPECT_TRUE(std::isnan(out[2]));
    EXPECT_NEAR(movingAverage(x, std::vector<double>{5, 5, 5}, 0.99, 1)[2], 5, 1e-12);
}

TEST(Decimation, KeepsTheExtremesOfEveryColumnAndAtMostTwoPoints) {
    std::mt19937 random(4);
    std::normal_distribution<double> noise;
    std::vector<double> x, y;
    for (int i = 0; i < 20000; ++i) x.push_back(i), y.push_back(noise(random));
    y[777] = 99, y[15001] = -99, y[500] = nan;
    const int columns = 250;
    const Points thin = decimate(x, y, 0, 20000, columns);
    EXPECT_LE(thin.x.size(), size_t(2 * columns + 4));
    EXPECT_TRUE(std::is_sorted(thin.x.begin(), thin.x.end()));
    for (int c = 0; c < columns; ++c) {
        double low = 1e9, high = -1e9, seenLow = 1e9, seenHigh = -1e9;
        for (int i = c * 80; i < (c + 1) * 80; ++i)
            if (std::isfinite(y[size_t(i)])) low = std::min(low, y[size_t(i)]), high = std::max(high, y[size_t(i)]);
        for (size_t k = 0; k < thin.x.size(); ++k)
            if (int(thin.x[k]) / 80 == c) seenLow = std::min(seenLow, thin.y[k]), seenHigh = std::max(seenHigh, thin.y[k]);
        EXPECT_EQ(seenLow, low);
        EXPECT_EQ(seenHigh, high);
    }
}

TEST(Decimation, KeepsANeighbourOnEitherSideOfTheRange) {
    const std::vector<double> x{0, 1, 2, 3, 4, 5}, y{0, 1, 2, 3, 4, 5};
    EXPECT_THAT(decimate(x, y, 1.5, 3.5, 100).x, testing::ElementsAre(1, 2, 3, 4));
    EXPECT_TRUE(decimate({}, {}, 0, 1, 10).empty());
}

TEST(Labels, ArePushedApartInsideTheirBoundsAndKeepTheirOrder) {
    std::mt19937 random(9);
    std::uniform_real_distribution<double> place(0, 200);
    for (int round = 0; round < 200; ++round) {
        std::vector<double> wish;
        for (int i = 0; i < 2 + round % 12; ++i) wish.push_back(place(random));
        const auto got = pushApart(wish, 13, 0, 200);
        for (size_t i = 0; i < wish.size(); ++i) {
            EXPECT_GE(got[i], -1e-9);
            EXPECT_LE(got[i], 200 + 1e-9);
            for (size_t j = 0; j < wish.size(); ++j) {
                if (i != j) {
                    EXPECT_GE(std::abs(got[i] - got[j]), 13 - 1e-6);
                }
                if (wish[i] < wish[j]) {
                    EXPECT_LT(got[i], got[j]);
                }
            }
        }
    }
}

TEST(Labels, StayWhereTheyAreWhenThereIsRoomAndShareTheShiftWhenNot) {
    EXPECT_THAT(pushApart({10, 50, 90}, 13, 0, 100), testing::ElementsAre(10, 50, 90));
    EXPECT_THAT(pushApart({50, 50}, 12, 0, 100), testing::ElementsAre(44, 56));
}

TEST(Csv, QuotesNamesAndLeavesWhatWasNeverMeasuredEmpty) {
    const Table table{{"step", "loss, \"raw\""}, {{0, 1.5}, {1, Table::missing()}, {2, nan}}};
    EXPECT_EQ(toCsv(table).toStdString(), "step,\"loss, \"\"raw\"\"\"\n0,1.5\n1,\n2,nan\n");
}

}  // namespace
}  // namespace moescope::plots
