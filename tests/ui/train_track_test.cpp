// Tracks keep extremes and means however long a run is.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/telemetry/step_telemetry.hpp"
#include "ui/track.hpp"

namespace moescope::ui {
namespace {

storage::SeriesInfo infoOf(std::int64_t width) {
    storage::SeriesInfo info;
    info.name = "x";
    info.width = width;
    return info;
}

storage::SeriesData rawPoints(std::int64_t from, std::int64_t to, std::int64_t width, const std::function<double(std::int64_t, std::int64_t)>& value) {
    storage::SeriesData data;
    data.width = width;
    for (std::int64_t step = from; step <= to; ++step) {
        data.steps.push_back(step);
        for (std::int64_t e = 0; e < width; ++e) data.values.push_back(value(step, e));
    }
    return data;
}

TEST(Track, KeepsTheLargestAndSmallestPointAfterMerging) {
    Track track(infoOf(1));
    const auto value = [](std::int64_t step, std::int64_t) { return step == 12345 ? 99.0 : step == 777 ? -99.0 : 1.0; };
    for (std::int64_t step = 1; step <= 40'000; ++step) track.append(rawPoints(step, step, 1, value));
    EXPECT_LE(track.size(), Track::kLargest);
    EXPECT_TRUE(track.merged());
    double least = 0, most = 0;
    for (std::size_t i = 0; i < track.size(); ++i) {
        least = std::min(least, track.low(i));
        most = std::max(most, track.high(i));
    }
    EXPECT_EQ(least, -99);
    EXPECT_EQ(most, 99);
    EXPECT_EQ(track.step(track.size() - 1), 40'000);
}

TEST(Track, MeansOfMergedBucketsAreMeansOfTheirPoints) {
    Track track(infoOf(1));
    track.append(rawPoints(1, 20'000, 1, [](std::int64_t step, std::int64_t) { return static_cast<double>(step); }));
    double previous = 0;
    for (std::size_t i = 0; i < track.size(); ++i) {
        const double last = track.step(i);
        EXPECT_NEAR(track.mean(i), (previous + 1 + last) / 2, 1e-9 * last) << "bucket " << i;
        previous = last;
    }
}

TEST(Track, PointsThatAreThereAlreadyAreIgnored) {
    Track track(infoOf(2));
    const auto value = [](std::int64_t step, std::int64_t e) { return static_cast<double>(10 * step + e); };
    track.append(rawPoints(1, 10, 2, value));
    track.append(rawPoints(8, 12, 2, [](std::int64_t, std::int64_t) { return -1.0; }));
    ASSERT_EQ(track.size(), 12u);
    EXPECT_EQ(track.mean(9, 1), 101);
    EXPECT_EQ(track.mean(10, 0), -1);
}

TEST(Track, ABucketWithoutAnyValueTakesThatOfItsNeighbour) {
    Track track(infoOf(1));
    track.append(rawPoints(1, 2 * static_cast<std::int64_t>(Track::kLargest), 1,
                           [](std::int64_t step, std::int64_t) { return step % 2 ? telemetry::kNone : 4.0; }));
    for (std::size_t i = 0; i + 1 < track.size() / 2; ++i) EXPECT_EQ(track.mean(i), 4) << i;
}

TEST(Track, FindsTheBucketOfAStep) {
    Track track(infoOf(1));
    track.append(rawPoints(10, 20, 1, [](std::int64_t step, std::int64_t) { return static_cast<double>(step); }));
    EXPECT_EQ(track.at(9), track.size());
    EXPECT_EQ(track.mean(track.at(15)), 15);
    EXPECT_EQ(track.mean(track.at(15.9)), 15);
    EXPECT_EQ(track.mean(track.at(1e9)), 20);
}

TEST(Track, WideSeriesStayWithinTheirShareOfMemory) {
    Track track(infoOf(4096));
    track.append(rawPoints(1, 700, 4096, [](std::int64_t, std::int64_t) { return 1.0; }));
    EXPECT_LE(track.size(), 256u);
}

}  // namespace
}  // namespace moescope::ui
