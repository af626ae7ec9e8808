// Choosing a level of the pyramid, filling up its open end from the levels below, merging to what was asked for.
#include "storage/overview.hpp"

#include <algorithm>
#include <cmath>

namespace moescope::storage {

namespace {

std::size_t asSize(std::int64_t value) { return static_cast<std::size_t>(value); }

// Buckets and the index of the first value in each.
struct Items {
    Buckets buckets;
    std::vector<std::int64_t> start;
};

Buckets pickElement(Buckets b, std::int64_t element) {
    if (element < 0 || b.width == 1) return b;
    Buckets one;
    one.first = std::move(b.first);
    one.last = std::move(b.last);
    one.count = std::move(b.count);
    for (std::size_t at = asSize(element); at < b.finite.size(); at += asSize(b.width)) {
        one.minimum.push_back(b.minimum[at]);
        one.maximum.push_back(b.maximum[at]);
        one.mean.push_back(b.mean[at]);
        one.finite.push_back(b.finite[at]);
    }
    return one;
}

class Overview {
public:
    Overview(ChunkReader& chunks, const LogTail& tail, const SeriesKey& series, const SeriesQuery& query, std::int64_t count)
        : m_chunks(chunks), m_tail(tail), m_series(series), m_query(query), m_count(count) {
        while (m_level < kPyramidLevels && (count >> (4 * (m_level + 1))) >= query.maxPoints) ++m_level;
        while (m_level > 0 && chunks.total(series, m_level) == 0) --m_level;
    }

    SeriesData read() {
        for (int level = m_level; level > 0; --level) addLevel(level);
        addValues();
        const std::int64_t stored = m_chunks.total(m_series, 0);
        addPoints(m_tail.points(m_series, 0, kLastStep), stored);
        return merged();
    }

private:
    void add(const Buckets& buckets, std::int64_t firstIndex, std::int64_t size) {
        std::size_t begin = 0, end = buckets.size();
        while (begin < end && buckets.last[begin] < m_query.fromStep) ++begin;
        while (end > begin && buckets.first[end - 1] > m_query.toStep) --end;
        append(m_items.buckets, pickElement(slice(buckets, begin, end), m_query.element));
        for (std::size_t i = begin; i < end; ++i) m_items.start.push_back((firstIndex + static_cast<std::int64_t>(i)) * size);
    }

    void addPoints(const Points& points, std::int64_t firstIndex) { add(unitBuckets(points), firstIndex, 1); }

    void addLevel(int level) {
        std::int64_t first = 0;
        if (level == m_level) {
            const Buckets buckets = m_chunks.buckets(m_series, level, m_query.fromStep, m_query.toStep, first);
            add(buckets, first, sizeOf(level));
        } else {
            first = m_chunks.total(m_series, level + 1) * kPyramidFactor;
            add(m_chunks.bucketsFrom(m_series, level, first), first, sizeOf(level));
        }
    }

    void addValues() {
        if (m_level == 0) {
            addPoints(m_chunks.points(m_series, m_query.fromStep, m_query.toStep), m_chunks.indexOf(m_series, m_query.fromStep));
        } else {
            const std::int64_t first = m_chunks.total(m_series, 1) * kPyramidFactor;
            addPoints(m_chunks.pointsFrom(m_series, first), first);
        }
    }

    // Borders lie at multiples of the group size, so that a growing series keeps its buckets.
    SeriesData merged() const {
        const std::int64_t unit = sizeOf(m_level), points = std::max<std::int64_t>(1, m_query.maxPoints - 2);
        const std::int64_t wanted = (m_count + points - 1) / points, group = std::max<std::int64_t>(1, (wanted + unit - 1) / unit) * unit;
        Buckets out;
        out.width = m_query.element < 0 ? m_series.width : 1;
        for (std::size_t from = 0, to = 0; from < m_items.start.size(); from = to) {
            while (to < m_items.start.size() && m_items.start[to] / group == m_items.start[from] / group) ++to;
            mergeInto(out, m_items.buckets, from, to, 8);
        }
        return toData(std::move(out));
    }

    static SeriesData toData(Buckets b) {
        SeriesData data;
        data.width = b.width;
        data.nonfinite.assign(b.size(), 0);
        for (std::size_t at = 0; at < b.finite.size(); ++at) {
            const std::size_t bucket = at / asSize(b.width);
            data.nonfinite[bucket] += static_cast<std::uint32_t>(b.count[bucket]) - b.finite[at];
        }
        data.steps = std::move(b.first);
        data.lastSteps = std::move(b.last);
        data.minimum = std::move(b.minimum);
        data.maximum = std::move(b.maximum);
        data.mean = std::move(b.mean);
        return data;
    }

    static std::int64_t sizeOf(int level) { return std::int64_t{1} << (4 * level); }

    ChunkReader& m_chunks;
    const LogTail& m_tail;
    const SeriesKey& m_series;
    const SeriesQuery& m_query;
    std::int64_t m_count;
    int m_level = 0;
    Items m_items;
};

}  // namespace

Points pick(Points points, std::int64_t element) {
    if (element < 0 || points.width == 1) return points;
    Points one;
    for (std::size_t at = asSize(element); at < points.values.size(); at += asSize(points.width)) one.values.push_back(points.values[at]);
    one.steps = std::move(points.steps);
    return one;
}

SeriesData toData(Points points) {
    SeriesData data;
    data.width = points.width;
    data.steps = std::move(points.steps);
    data.values = std::move(points.values);
    return data;
}

SeriesData readOverview(ChunkReader& chunks, const LogTail& tail, const SeriesKey& series, const SeriesQuery& query) {
    const std::int64_t count = chunks.about(series, query.fromStep, query.toStep) + tail.count(series, query.fromStep, query.toStep);
    if (query.maxPoints > 0 && count > query.maxPoints) return Overview(chunks, tail, series, query, count).read();
    Points points = chunks.points(series, query.fromStep, query.toStep);
    append(points, tail.points(series, query.fromStep, query.toStep));
    return toData(pick(std::move(points), query.element));
}

}  // namespace moescope::storage
