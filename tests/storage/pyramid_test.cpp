// Chunks and their pyramid against a brute-force computation over all values.
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>

#include "storage/codec.hpp"
#include "storage/overview.hpp"
#include "storage/run_database.hpp"
#include "storage/run_tables.hpp"
#include "support.hpp"

namespace moescope::storage::testing {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();

struct Brute {
    double minimum = kNan, maximum = kNan, mean = kNan;
    std::int64_t nonfinite = 0;
};

Brute bruteForce(const Points& points, std::size_t from, std::size_t to, std::size_t element) {
    Brute all;
    long double sum = 0;
    std::int64_t finite = 0;
    for (std::size_t i = from; i < to; ++i) {
        const double value = points.values[i * static_cast<std::size_t>(points.width) + element];
        if (!std::isfinite(value)) {
            ++all.nonfinite;
            continue;
        }
        all.minimum = finite == 0 ? value : std::min(all.minimum, value);
        all.maximum = finite == 0 ? value : std::max(all.maximum, value);
        sum += static_cast<long double>(value);
        ++finite;
    }
    if (finite > 0) all.mean = static_cast<double>(sum / static_cast<long double>(finite));
    return all;
}

Points noisy(std::size_t n, std::int64_t width, unsigned seed, bool even, int bytesPerValue) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(0, 3);
    Points points;
    points.width = width;
    std::int64_t step = 0;
    for (std::size_t i = 0; i < n; ++i) {
        step += even ? 5 : 1 + static_cast<std::int64_t>(random() % 7);
        points.steps.push_back(step);
        for (std::int64_t e = 0; e < width; ++e) {
            const std::uint64_t chance = random() % 200;
            const bool hole = i >= 600 && i < 620;   // a whole bucket without a finite value
            double value = hole || chance == 0 ? kNan : chance == 1 ? kInf : chance == 2 ? -kInf : normal(random);
            points.values.push_back(bytesPerValue == 4 ? static_cast<double>(static_cast<float>(value)) : value);
        }
    }
    return points;
}

struct ChunkTest : ::testing::Test {
    ChunkTest() : connection(createDatabase(temporary.path() / "run.db", runSchema())), statements(*connection) { connection->exec("PRAGMA foreign_keys=OFF; BEGIN"); }
    TemporaryFolder temporary;
    Connection connection;
    Statements statements;
    std::int64_t seq = 0;
};

void expectPyramid(ChunkReader& chunks, const SeriesKey& key, const Points& all) {
    ASSERT_EQ(chunks.pointsFrom(key, 0).steps, all.steps);
    std::int64_t size = 1;
    for (int level = 1; level <= kPyramidLevels; ++level) {
        size *= kPyramidFactor;
        const Buckets buckets = chunks.bucketsFrom(key, level, 0);
        ASSERT_EQ(static_cast<std::int64_t>(buckets.size()), static_cast<std::int64_t>(all.size()) / size) << "level " << level;
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            const std::size_t from = i * static_cast<std::size_t>(size), to = from + static_cast<std::size_t>(size);
            ASSERT_EQ(buckets.first[i], all.steps[from]);
            ASSERT_EQ(buckets.last[i], all.steps[to - 1]);
            for (std::size_t e = 0; e < static_cast<std::size_t>(all.width); ++e) {
                const Brute brute = bruteForce(all, from, to, e);
                const std::size_t at = i * static_cast<std::size_t>(all.width) + e;
                ASSERT_PRED2(same, buckets.minimum[at], brute.minimum);
                ASSERT_PRED2(same, buckets.maximum[at], brute.maximum);
                ASSERT_EQ(size - buckets.finite[at], brute.nonfinite);
                ASSERT_EQ(std::isnan(buckets.mean[at]), std::isnan(brute.mean));
                if (std::isnan(brute.mean)) continue;
                ASSERT_NEAR(buckets.mean[at], brute.mean, (key.bytesPerValue == 4 ? 3e-6 : 1e-12) * (1 + std::abs(brute.mean)));
            }
        }
    }
}

TEST_F(ChunkTest, EveryLevelEqualsBruteForceHoweverTheValuesArrive) {
    struct Case {
        std::size_t n;
        std::int64_t width;
        int bytes;
        bool even;
    };
    std::int64_t id = 0;
    for (const Case c : {Case{70'000, 1, 8, true}, Case{9'000, 1, 4, false}, Case{5'000, 6, 4, true}, Case{300, 3'000, 4, false}, Case{40, 40'000, 4, true}}) {
        const SeriesKey key{++id, c.width, c.bytes};
        const Points all = noisy(c.n, c.width, static_cast<unsigned>(id), c.even, c.bytes);
        ChunkWriter chunks(statements, seq, 1);
        std::mt19937 random(7);
        for (std::size_t at = 0; at < c.n;) {
            const std::size_t next = std::min(c.n, at + 1 + random() % (c.n / 5));
            chunks.append(key, slice(all, at, next));
            at = next;
        }
        expectPyramid(chunks, key, all);
        const Points back = chunks.points(key, 0, kLastStep);
        EXPECT_TRUE(std::equal(back.values.begin(), back.values.end(), all.values.begin(), all.values.end(), same));
    }
}

TEST_F(ChunkTest, CuttingLeavesThePyramidOfAShorterSeries) {
    const SeriesKey key{1, 2, 4};
    const Points all = noisy(20'000, 2, 3, false, 4);
    for (const std::size_t keep : {std::size_t{19'999}, std::size_t{16'385}, std::size_t{4'096}, std::size_t{4'095}, std::size_t{17}, std::size_t{0}}) {
        connection->exec("DELETE FROM chunk");
        ChunkWriter chunks(statements, seq, 1);
        chunks.append(key, all);
        const std::int64_t step = keep == 0 ? 0 : all.steps[keep - 1];
        const Points removed = chunks.cut(key, step);
        EXPECT_EQ(removed.steps, slice(all, keep, all.size()).steps);
        expectPyramid(chunks, key, slice(all, 0, keep));
        chunks.append(key, removed);   // and it can grow again
        expectPyramid(chunks, key, all);
    }
}

TEST_F(ChunkTest, RangesAreFoundByStep) {
    const SeriesKey key{1, 1, 8};
    const Points all = noisy(5'000, 1, 5, false, 8);
    ChunkWriter chunks(statements, seq, 1);
    chunks.append(key, all);
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
        std::int64_t from = static_cast<std::int64_t>(random() % 25'000), to = from + static_cast<std::int64_t>(random() % 6'000);
        const auto begin = std::lower_bound(all.steps.begin(), all.steps.end(), from), end = std::upper_bound(all.steps.begin(), all.steps.end(), to);
        ASSERT_EQ(chunks.points(key, from, to).steps, std::vector<std::int64_t>(begin, std::max(begin, end)));
        ASSERT_EQ(chunks.indexOf(key, from), begin - all.steps.begin());
    }
}

TEST(Codec, BlobsComeBackAndDamageIsRefused) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 200; ++round) {
        std::string raw(random() % 5'000, '\0');
        for (char& c : raw) c = static_cast<char>(random() % (round % 3 == 0 ? 256 : 3));
        const std::size_t element = round % 2 == 0 ? 4 : 8;
        const Packed packed = pack(raw, element, round % 5);
        ASSERT_EQ(unpack(packed.codec, packed.rawBytes, element, packed.data), raw);
        ASSERT_THROW(unpack(packed.codec, packed.rawBytes + 1, element, packed.data), DecodeError);
        ASSERT_THROW(unpack(2, packed.rawBytes, element, packed.data), DecodeError);
    }
    EXPECT_THROW(unpack(1, std::int64_t{1} << 40, 8, "x"), DecodeError);
    EXPECT_THROW(unpack(1, -1, 8, "x"), DecodeError);
}

TEST(Codec, ALogRowThatWasCutOrChangedNeverReadsOutOfBounds) {
    LogRow row;
    row.axes = {{1, 2, 3}, {2}};
    LogBlock block{7, 0, 8, 2, {}};
    putValues(block.values, {1, 2, 3, 4, 5, 6}, 8);
    row.blocks.push_back(block);
    const std::string bytes = encodeLog(row);
    EXPECT_EQ(decodeLog(bytes).blocks.at(0).values, block.values);
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_THROW(decodeLog(std::string_view(bytes).substr(0, size)), DecodeError) << size;
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string changed = bytes;
        changed[random() % changed.size()] ^= static_cast<char>(1 << (random() % 8));
        try {
            decodeLog(changed);
        } catch (const DecodeError&) {
        }
    }
}

// What a window asks for: few points, whatever the length, and exact extremes.
TEST(Overview, BucketsEqualBruteForceAndCostDoesNotGrowWithTheRun) {
    const TestRun run;
    RunWriter writer = run.started();
    const std::int64_t steps = 40'000;
    Points loss;
    for (std::int64_t step = 1; step <= steps; ++step) {
        telemetry::StepTelemetry t = smallReport(step);
        if (step == 12'345) t.loss = 99;
        if (step == 20'000) t.loss = kNan;
        writer.append(t);
        loss.steps.push_back(step);
        loss.values.push_back(t.loss);
        if (step % 1'500 == 0) writer.commit();
    }
    writer.commit();
    RunReader reader(run.folder);
    for (const auto& [from, to, most] : {std::tuple<std::int64_t, std::int64_t, std::int64_t>{0, steps, 500}, {0, steps, 3}, {11'000, 14'000, 100}, {39'900, steps, 50}, {5, 600, 1'000}}) {
        const SeriesData data = reader.series("loss", {-1, most, from, to});
        ASSERT_LE(static_cast<std::int64_t>(data.size()), most);
        if (data.raw()) {
            EXPECT_EQ(static_cast<std::int64_t>(data.size()), to - from + 1);
            continue;
        }
        EXPECT_LE(data.steps.front(), std::max<std::int64_t>(1, from));
        EXPECT_EQ(data.lastSteps.back() >= to, true);
        for (std::size_t i = 0; i < data.size(); ++i) {
            ASSERT_EQ(data.steps[i], i == 0 ? data.steps[0] : data.lastSteps[i - 1] + 1) << "no value is left out, none is in two buckets";
            const Brute brute = bruteForce(loss, static_cast<std::size_t>(data.steps[i] - 1), static_cast<std::size_t>(data.lastSteps[i]), 0);
            ASSERT_EQ(data.minimum[i], brute.minimum);
            ASSERT_EQ(data.maximum[i], brute.maximum);
            ASSERT_NEAR(data.mean[i], brute.mean, 1e-9);
            ASSERT_EQ(data.nonfinite[i], brute.nonfinite);
        }
    }
    const SeriesData all = reader.series("loss", {-1, 200, 0, steps});
    EXPECT_EQ(*std::max_element(all.maximum.begin(), all.maximum.end()), 99) << "one spike is seen fully zoomed out";
    const SeriesData one = reader.series("load", {3, 200, 0, steps});
    EXPECT_EQ(one.width, 1);
    const SeriesData vector = reader.series("load", {-1, 200, 0, steps});
    ASSERT_EQ(vector.size(), one.size());
    for (std::size_t i = 0; i < one.size(); ++i) ASSERT_EQ(vector.maximum[i * kLayers * kExperts + 3], one.maximum[i]);
}

// Pages of the database that an overview touches.
int pagesTouched(std::int64_t steps) {
    const TemporaryFolder temporary;
    const Connection connection = createDatabase(temporary.path() / "run.db", runSchema());
    connection->exec("PRAGMA foreign_keys=OFF; BEGIN");
    Statements statements(*connection);
    std::int64_t seq = 0;
    const SeriesKey key{1, 1, 8};
    Points points;
    for (std::int64_t step = 1; step <= steps; ++step) {
        points.steps.push_back(step);
        points.values.push_back(std::sin(static_cast<double>(step)));
    }
    ChunkWriter chunks(statements, seq, 0);
    chunks.append(key, points);
    const auto touched = [&] {
        int sum = 0;
        for (const int what : {SQLITE_DBSTATUS_CACHE_HIT, SQLITE_DBSTATUS_CACHE_MISS}) {
            int now = 0, highest = 0;
            sqlite3_db_status(connection->getHandle(), what, &now, &highest, 0);
            sum += now;
        }
        return sum;
    };
    const int before = touched();
    const SeriesData data = readOverview(chunks, LogTail(), key, {-1, 1'000});
    EXPECT_LE(data.size(), 1'000u);
    EXPECT_GT(data.size(), 300u);
    return touched() - before;
}

TEST(Overview, TouchesNoMorePagesOfALongSeriesThanOfAShortOne) {
    const int longest = pagesTouched(1'000'000);
    for (const std::int64_t steps : {15'000, 250'000}) EXPECT_LE(longest, 2 * pagesTouched(steps) + 20) << steps;
}

}  // namespace
}  // namespace moescope::storage::testing
