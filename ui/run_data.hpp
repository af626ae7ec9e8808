// RunData: what the window knows of one run, read from its folder and nothing else.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/run_config.hpp"
#include "storage/run_reader.hpp"
#include "ui/track.hpp"

namespace moescope::ui {

/// Everything read when a run is opened: overviews of all series, then the cursor from which polls go on.
struct RunOpening {
    std::string folder;
    storage::RunMeta meta;
    storage::StateInfo state;
    storage::Summary summary;
    std::vector<storage::SeriesNews> series;
    std::vector<storage::StoredEvent> events;
    std::vector<telemetry::GeneratedSample> samples;
    std::vector<std::int64_t> probes;
    std::vector<storage::CheckpointRow> checkpoints;
    std::vector<storage::SeriesNews> superseded;
    storage::Cursor cursor;
};

/// `seconds` is training time without pauses, `relative` the time since the start with them, `wall` seconds since 1970.
enum class XAxis { step, tokens, flops, seconds, relative, wall };

/// GUI thread. Filled by an opening, continued by updates.
class RunData {
public:
    explicit RunData(const RunOpening& opening);
    void apply(const storage::Update& update);

    const storage::RunMeta& meta() const { return m_meta; }
    const config::RunConfig& config() const { return m_config; }
    const storage::StateInfo& state() const { return m_state; }
    const storage::Summary& summary() const { return m_summary; }
    const std::vector<storage::StoredEvent>& events() const { return m_events; }
    const std::vector<telemetry::GeneratedSample>& samples() const { return m_samples; }
    const std::vector<std::int64_t>& probes() const { return m_probes; }
    const std::vector<storage::CheckpointRow>& checkpoints() const { return m_checkpoints; }
    /// Values that a resume from an earlier checkpoint left behind and has not recomputed to the same bits.
    const std::vector<storage::SeriesNews>& superseded() const { return m_superseded; }
    std::int64_t totalSteps() const { return m_totalSteps; }
    /// Metrics that are peculiar to its router, as the engine declared them; empty for runs of older programs.
    const std::vector<std::string>& ownCurves() const { return m_ownCurves; }

    /// Names of all series that have a point, in alphabetical order.
    std::vector<std::string> trackNames() const;
    /// nullptr if the run has no such series.
    const Track* track(std::string_view name) const;
    /// Index of (MoE layer, expert) or (MoE layer, ...) in a vector series; `moeLayer` counts layers with experts.
    std::size_t element(const Track& track, std::int64_t moeLayer, std::int64_t inner = 0) const;
    /// A step as a point of another axis, linear between stored points.
    double onAxis(XAxis axis, double step) const;
    /// The other way round; a step that was reached at or after the start and not beyond lastStep().
    double stepAt(XAxis axis, double x) const;
    /// Newest step of which anything is known.
    double lastStep() const;
    /// False for axes the run did not store (no step yet).
    bool hasAxis(XAxis axis) const;

    std::int64_t moeLayers() const { return static_cast<std::int64_t>(m_meta.facts.moeLayers.size()); }
    std::int64_t experts() const { return m_meta.facts.experts; }

private:
    void add(const storage::SeriesNews& news);
    void readConfig();
    void anchor();
    double wallAt(double step) const;

    struct Anchor {
        double step, wall;   ///< something happened at this step at this time, seconds since 1970
    };
    storage::RunMeta m_meta;
    config::RunConfig m_config;
    storage::StateInfo m_state;
    storage::Summary m_summary;
    std::map<std::string, Track, std::less<>> m_tracks;
    std::vector<storage::StoredEvent> m_events;
    std::vector<telemetry::GeneratedSample> m_samples;
    std::vector<std::int64_t> m_probes;
    std::vector<storage::CheckpointRow> m_checkpoints;
    std::vector<storage::SeriesNews> m_superseded;
    std::vector<Anchor> m_anchors;
    std::int64_t m_totalSteps = 0;
    std::vector<std::string> m_ownCurves;
};

}  // namespace moescope::ui
