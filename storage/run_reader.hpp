// Reads a run's folder, live or long finished, without ever writing to it.
//
// Every call is one short read transaction. Confined to one thread; open one reader per thread. Everything read is checked
// (checksums, sizes); errors are base::Error: exit 5 (damaged, not a run), 6 (cannot be read), 7 (newer schema).
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/records.hpp"

namespace moescope::storage {

/// Which points of a series. `element` < 0: all elements. At most `maxPoints` points come back; more are merged into
/// buckets of min, max and mean. 0 = every stored point.
struct SeriesQuery {
    std::int64_t element = -1;
    std::int64_t maxPoints = 2000;
    std::int64_t fromStep = 0;
    std::int64_t toStep = std::numeric_limits<std::int64_t>::max();
};

/// Where a live reader is. The default stands before everything.
struct Cursor {
    std::int64_t seq = 0, generation = 0;
    std::int64_t reportStep = -1, evaluationStep = -1;
    bool operator==(const Cursor&) const = default;
};

struct SeriesNews {
    SeriesInfo info;
    SeriesData data;  ///< raw, steps ascending
};

/// What came after a cursor. `restarted`: the run went back to an earlier step (a resume); drop what you had, `series` holds
/// everything again.
struct Update {
    Cursor cursor;
    bool restarted = false;
    std::vector<SeriesNews> series;
    std::vector<StoredEvent> events;
    std::vector<telemetry::GeneratedSample> samples;
    std::vector<std::int64_t> probes;                              ///< steps of new snapshots
    std::optional<std::vector<CheckpointRow>> checkpoints;         ///< all rows, when any changed
    StateInfo state;
    std::optional<Summary> summary;                                ///< when it changed
    bool empty() const { return series.empty() && events.empty() && samples.empty() && probes.empty() && !checkpoints && !restarted; }
};

class RunReader {
public:
    explicit RunReader(const std::filesystem::path& runFolder);
    ~RunReader();
    RunReader(RunReader&&) noexcept;
    RunReader& operator=(RunReader&&) noexcept;

    const std::filesystem::path& runFolder() const;
    /// True when the folder cannot be written and a private copy is being read: such a run never changes.
    bool isCopy() const;

    RunMeta meta();
    StateInfo state();
    Summary summary();
    std::vector<Attempt> attempts();

    /// In order of first appearance. The axes are series too: "tokens", "flops", "seconds" (by training step).
    std::vector<SeriesInfo> listSeries();
    std::optional<SeriesInfo> findSeries(std::string_view name);
    /// Throws exit 2 "series.unknown" with the known names, or "series.element".
    SeriesData series(std::string_view name, const SeriesQuery& query = {});
    /// Values of an axis ("step", "tokens", "flops", "seconds") at given steps, linear between stored points.
    std::vector<double> axis(std::string_view name, std::span<const std::int64_t> steps);
    /// Values that a resume left behind and has not recomputed to the same bits, oldest attempt first (drawn grey).
    std::vector<SeriesNews> superseded();

    /// The cursor after everything there is now: for a view that has just read overviews. Values committed between those
    /// reads and this call are then only in the overviews; ask for now() first and skip steps already drawn.
    Cursor now();
    /// Everything after `cursor`, each value once, whatever was compacted meanwhile. `names`: only these series (empty = all).
    /// Costs one row read when nothing is new.
    Update poll(const Cursor& cursor, std::span<const std::string> names = {});

    std::vector<StoredEvent> events();
    std::vector<std::int64_t> probes();
    telemetry::ProbeSnapshot probe(std::int64_t step);   ///< exit 2 "probe.unknown"
    /// The newest at or before `step`; none for runs of other families and of older programs.
    std::optional<telemetry::PlaneSnapshot> plane(std::int64_t step);
    std::vector<telemetry::GeneratedSample> samples();
    std::vector<CheckpointRow> checkpoints();

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace moescope::storage
