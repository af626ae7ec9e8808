// Bootstrap, sign flips and Holm against enumeration: every resample and every sign pattern of small samples, weighed exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/statistics/resampling.hpp"

namespace moescope::statistics {
namespace {

/// The exact distribution of the mean of n draws with replacement: value -> probability, over all multisets.
class ExactBootstrap {
public:
    explicit ExactBootstrap(std::vector<double> values) : m_values(std::move(values)) { walk(0, m_values.size(), 0, 0); }
    double below(double x) const { return upTo(x, false); }
    double atMost(double x) const { return upTo(x, true); }

private:
    void walk(std::size_t index, std::size_t left, double sum, double logWeight) {
        const std::size_t n = m_values.size();
        if (index + 1 == n) {
            const double count = static_cast<double>(left);
            const double weight = std::exp(logWeight - std::lgamma(count + 1) + std::lgamma(static_cast<double>(n) + 1) - static_cast<double>(n) * std::log(static_cast<double>(n)));
            m_atoms[(sum + count * m_values[index]) / static_cast<double>(n)] += weight;
            return;
        }
        for (std::size_t count = 0; count <= left; ++count)
            walk(index + 1, left - count, sum + static_cast<double>(count) * m_values[index], logWeight - std::lgamma(static_cast<double>(count) + 1));
    }
    double upTo(double x, bool inclusive) const {
        double total = 0;
        for (const auto& [value, weight] : m_atoms)
            if (value < x - 1e-12 || (inclusive && value <= x + 1e-12)) total += weight;
        return total;
    }
    std::vector<double> m_values;
    std::map<double, double> m_atoms;
};

/// 10,000 draws put a quantile within this share of the exact one (four standard errors at 0.025 are 0.006).
constexpr double kDrawError = 0.0065;

void expectQuantile(const ExactBootstrap& exact, double value, double share) {
    EXPECT_LE(exact.below(value) - kDrawError, share);
    EXPECT_GE(exact.atMost(value) + kDrawError, share);
}

int flipsAsFar(const std::vector<double>& d, std::size_t i, double sum, double least) {
    if (i == d.size()) return std::abs(sum) >= least - 1e-12;
    return flipsAsFar(d, i + 1, sum + d[i], least) + flipsAsFar(d, i + 1, sum - d[i], least);
}

double enumeratedP(const std::vector<double>& d) {
    const double own = std::abs(std::accumulate(d.begin(), d.end(), 0.0));
    return flipsAsFar(d, 0, 0, own) / std::ldexp(1.0, static_cast<int>(d.size()));
}

const std::vector<double> kFive{-0.031, -0.012, 0.004, -0.027, -0.019};
const std::vector<double> kNine{0.02, -0.11, -0.35, 0.07, -0.52, -0.01, -0.94, 0.13, -0.21};

TEST(Spread, MeanAndDeviationAreTheTextbookOnes) {
    EXPECT_DOUBLE_EQ(mean(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}), 5);
    EXPECT_DOUBLE_EQ(deviation(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}), std::sqrt(32.0 / 7));
    EXPECT_TRUE(std::isnan(deviation(std::vector<double>{1})));
    EXPECT_TRUE(std::isnan(mean({})));
    EXPECT_DOUBLE_EQ(quantile(std::vector<double>{1, 2, 3, 4}, 0.25), 1.75);
}

TEST(Spread, TheNormalQuantileIsThatOfTheTables) {
    EXPECT_NEAR(normalQuantile(0.975), 1.959963984540054, 1e-12);
    EXPECT_NEAR(normalQuantile(0.9), 1.2815515655446004, 1e-12);
    EXPECT_NEAR(normalQuantile(0.001), -3.090232306167813, 1e-12);
    EXPECT_TRUE(std::isinf(normalQuantile(0)));
}

TEST(Bootstrap, BelowEightItsEndsAreThePercentilesOfAllResamples) {
    const ExactBootstrap exact(kFive);
    const Interval interval = meanInterval(kFive);
    EXPECT_EQ(interval.method, Method::percentile);
    EXPECT_TRUE(interval.rough());
    expectQuantile(exact, interval.low, 0.025);
    expectQuantile(exact, interval.high, 0.975);
}

TEST(Bootstrap, FromEightOnItsEndsAreTheBcaSharesOfAllResamples) {
    const ExactBootstrap exact(kNine);
    const double own = mean(kNine), z = 1.959963984540054;
    const double z0 = normalQuantile((exact.below(own) + exact.atMost(own)) / 2);
    double squares = 0, cubes = 0;  // of a mean, the jackknife's acceleration is the skewness / (6 sqrt(n))
    for (const double value : kNine) {
        squares += std::pow(value - own, 2);
        cubes += std::pow(value - own, 3);
    }
    const double a = cubes / (6 * std::pow(squares, 1.5));
    const Interval interval = meanInterval(kNine);
    EXPECT_EQ(interval.method, Method::bca);
    EXPECT_GT(std::abs(a), 0.05);  // skewed enough that percentiles would be told apart
    expectQuantile(exact, interval.low, normalBelow(z0 + (z0 - z) / (1 - a * (z0 - z))));
    expectQuantile(exact, interval.high, normalBelow(z0 + (z0 + z) / (1 - a * (z0 + z))));
    EXPECT_GT(std::abs(exact.atMost(interval.low) - 0.025), kDrawError);
}

TEST(Bootstrap, ABandHasThePercentilesOfAllResamplesAtEachPoint) {
    std::vector<std::vector<double>> runs;
    for (const double value : kFive) runs.push_back({value, 1, -2 * value});
    const auto band = meanBand(runs);
    ASSERT_EQ(band.size(), 3U);
    const ExactBootstrap exact(kFive);  // 2000 draws: four standard errors at 0.025 are 0.014
    EXPECT_LE(exact.below(band[0].low) - 0.014, 0.025);
    EXPECT_GE(exact.atMost(band[0].low) + 0.014, 0.025);
    EXPECT_LT(exact.below(band[0].high), 0.99);
    EXPECT_GT(exact.atMost(band[0].high), 0.96);
    EXPECT_DOUBLE_EQ(band[1].low, 1);
    EXPECT_DOUBLE_EQ(band[2].low, -2 * band[0].high);
    EXPECT_FALSE(meanBand({{1, 2}})[0].known());
}

TEST(Bootstrap, OneValueHasNoIntervalAndEqualOnesHaveNoWidth) {
    EXPECT_FALSE(meanInterval(std::vector<double>{3}).known());
    const Interval equal = meanInterval(std::vector<double>(9, 0.5));
    EXPECT_DOUBLE_EQ(equal.low, 0.5);
    EXPECT_DOUBLE_EQ(equal.high, 0.5);
}

TEST(Bootstrap, TheSameNumbersGiveTheSameInterval) {
    EXPECT_EQ(meanInterval(kNine).low, meanInterval(kNine).low);
}

TEST(SignFlip, PIsTheShareOfAllSignPatterns) {
    EXPECT_DOUBLE_EQ(signFlip(kFive).p, enumeratedP(kFive));
    EXPECT_DOUBLE_EQ(signFlip(kNine).p, enumeratedP(kNine));
    const std::vector<double> sixteen{1, -2, 3, 4, -5, 6, 7, 8, 9, -1, 2, 3, -4, 5, 6, 2.5};
    EXPECT_DOUBLE_EQ(signFlip(sixteen).p, enumeratedP(sixteen));
    EXPECT_EQ(signFlip(sixteen).flips, 65536);
    EXPECT_TRUE(signFlip(sixteen).exact);
}

TEST(SignFlip, TheSmallestPIsReachedWhenAllDifferencesAgree) {
    const double smallest[] = {0.5, 0.25, 0.125, 0.0625, 0.03125};
    for (std::size_t n = 2; n <= 6; ++n) {
        const SignFlip test = signFlip(std::vector<double>(n, 0.07));
        EXPECT_DOUBLE_EQ(test.p, smallest[n - 2]);
        EXPECT_DOUBLE_EQ(test.smallest, smallest[n - 2]);
    }
    EXPECT_EQ(pairsToReach(0.05), 6U);
}

TEST(SignFlip, OneDifferenceHasNoPAndZeroDifferencesHaveOne) {
    EXPECT_TRUE(std::isnan(signFlip(std::vector<double>{0.3}).p));
    EXPECT_DOUBLE_EQ(signFlip(std::vector<double>{0, 0, 0}).p, 1);
}

TEST(SignFlip, AboveSixteenPairsDrawnFlipsComeNearTheEnumeratedShare) {
    std::vector<double> twenty;
    for (int i = 0; i < 20; ++i) twenty.push_back(0.5 + std::sin(3.0 * i));
    const SignFlip test = signFlip(twenty);
    EXPECT_FALSE(test.exact);
    EXPECT_EQ(test.flips, 100'000);
    const double exact = enumeratedP(twenty);
    EXPECT_GT(exact, 0.001);
    EXPECT_NEAR(test.p, exact, 4 * std::sqrt(exact * (1 - exact) / 100'000) + 1e-5);
    EXPECT_DOUBLE_EQ(signFlip(std::vector<double>(20, 1.0)).smallest, 1 / 100'001.0);
}

TEST(SignFlip, MoreThanAHundredAndTwentyEightPairsHaveSignsOfTheirOwn) {
    std::vector<double> many(300);
    for (std::size_t i = 0; i < many.size(); ++i) many[i] = i % 3 == 0 ? -1 : i % 3 == 1 ? 1 : 0.2;   // mean 0.2 / 3, sum 20
    const double z = 20 / std::sqrt(200 + 100 * 0.04);                                               // the sum's own standard deviation
    EXPECT_NEAR(signFlip(many).p, 2 * normalBelow(-z), 0.01);
}

TEST(Holm, CorrectsStepByStepFromTheSmallest) {
    const std::vector<double> adjusted = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
    EXPECT_DOUBLE_EQ(adjusted[3], 0.02);
    EXPECT_DOUBLE_EQ(adjusted[0], 0.03);
    EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
    EXPECT_DOUBLE_EQ(adjusted[1], 0.06);
    const std::vector<double> missing = holm(std::vector<double>{0.5, kUnknown, 0.9});
    EXPECT_DOUBLE_EQ(missing[0], 1);
    EXPECT_TRUE(std::isnan(missing[1]));
    EXPECT_DOUBLE_EQ(missing[2], 1);
}

}  // namespace
}  // namespace moescope::statistics
