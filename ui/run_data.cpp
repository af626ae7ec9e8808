// Keeps what the reader thread sends.
#include "ui/run_data.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/config/config_json.hpp"

namespace moescope::ui {
namespace {

constexpr std::array<std::string_view, 6> kAxisNames = {"step", "tokens", "flops", "seconds", "seconds", "seconds"};

}  // namespace

RunData::RunData(const RunOpening& opening)
    : m_meta(opening.meta), m_state(opening.state), m_summary(opening.summary), m_events(opening.events),
      m_samples(opening.samples), m_probes(opening.probes), m_checkpoints(opening.checkpoints), m_superseded(opening.superseded) {
    for (const storage::SeriesNews& news : opening.series) add(news);
    readConfig();
    anchor();
}

void RunData::readConfig() {
    config::applyJson(m_config, m_meta.configJson);  // what this program does not know is shown elsewhere, as stored
    m_totalSteps = m_config.training.steps;
    const auto more = nlohmann::json::parse(m_meta.facts.moreJson, nullptr, false);
    m_ownCurves.clear();
    if (more.is_object() && more.contains("curves") && more["curves"].is_array())
        for (const auto& name : more["curves"])
            if (name.is_string()) m_ownCurves.push_back(name.get<std::string>());
    if (more.is_object() && more.contains("steps") && more["steps"].is_number_integer()) m_totalSteps = more["steps"].get<std::int64_t>();
}

void RunData::apply(const storage::Update& update) {
    if (update.restarted) {
        m_tracks.clear();
        m_events.clear();
        m_samples.clear();
        m_probes.clear();
    }
    for (const storage::SeriesNews& news : update.series) add(news);
    for (const storage::StoredEvent& event : update.events)
        if (m_events.empty() || event.seq > m_events.back().seq) m_events.push_back(event);
    for (const telemetry::GeneratedSample& sample : update.samples)
        if (m_samples.empty() || sample.step > m_samples.back().step) m_samples.push_back(sample);
    for (const std::int64_t step : update.probes)
        if (m_probes.empty() || step > m_probes.back()) m_probes.push_back(step);
    if (update.checkpoints) m_checkpoints = *update.checkpoints;
    if (update.summary) m_summary = *update.summary;
    m_state = update.state;
    if (update.restarted || !update.events.empty()) anchor();
}

// The engine writes the time beside every event: a pause or a resume is where the clock ran on without steps.
void RunData::anchor() {
    m_anchors.clear();
    if (m_meta.createdUs > 0) m_anchors.push_back({0, static_cast<double>(m_meta.createdUs) / 1e6});
    for (const storage::StoredEvent& event : m_events) {
        const double wall = static_cast<double>(event.wallUs) / 1e6;
        if (event.superseded || event.wallUs <= 0 || (!m_anchors.empty() && (wall < m_anchors.back().wall || static_cast<double>(event.event.step) < m_anchors.back().step))) continue;
        m_anchors.push_back({static_cast<double>(event.event.step), wall});
    }
}

double RunData::wallAt(double step) const {
    if (m_anchors.empty()) return telemetry::kNone;
    const auto after = std::ranges::lower_bound(m_anchors, step, {}, &Anchor::step);   // the first not before it
    if (after == m_anchors.begin()) return std::ranges::upper_bound(m_anchors, step, {}, &Anchor::step)[-1].wall;
    const Anchor& before = after[-1];
    const double trained = onAxis(XAxis::seconds, step) - onAxis(XAxis::seconds, before.step);
    const double wall = before.wall + (std::isnan(trained) ? 0 : trained);
    return after == m_anchors.end() ? wall : std::min(wall, after->wall);
}

std::vector<std::string> RunData::trackNames() const {
    std::vector<std::string> names;
    for (const auto& [name, track] : m_tracks)
        if (!track.empty()) names.push_back(name);
    return names;
}

void RunData::add(const storage::SeriesNews& news) {
    const auto [track, added] = m_tracks.try_emplace(news.info.name, news.info);
    track->second.append(news.data);
}

const Track* RunData::track(std::string_view name) const {
    const auto found = m_tracks.find(name);
    return found == m_tracks.end() || found->second.empty() ? nullptr : &found->second;
}

std::size_t RunData::element(const Track& track, std::int64_t moeLayer, std::int64_t inner) const {
    const std::int64_t layers = std::max<std::int64_t>(1, moeLayers());
    return static_cast<std::size_t>(moeLayer * (track.info().width / layers) + inner);
}

bool RunData::hasAxis(XAxis axis) const { return axis == XAxis::step || track(kAxisNames[static_cast<std::size_t>(axis)]); }

double RunData::lastStep() const {
    const Track* loss = track("loss");
    return std::max(static_cast<double>(m_summary.step), loss ? loss->step(loss->size() - 1) : 0.0);
}

double RunData::stepAt(XAxis axis, double x) const {
    const double last = lastStep();
    if (axis == XAxis::step) return std::clamp(x, 0.0, last);
    double low = 0, high = last;
    while (high - low > 0.5) {
        const double middle = (low + high) / 2;
        (onAxis(axis, middle) < x ? low : high) = middle;
    }
    return std::round(high);
}

double RunData::onAxis(XAxis axis, double step) const {
    if (axis == XAxis::wall) return wallAt(step);
    if (axis == XAxis::relative) return wallAt(step) - wallAt(0);
    const Track* along = axis == XAxis::step ? nullptr : track(kAxisNames[static_cast<std::size_t>(axis)]);
    if (!along) return axis == XAxis::step || step == 0 ? step : telemetry::kNone;
    const std::size_t at = along->at(step);
    if (at == along->size()) return along->mean(0) * step / along->step(0);
    if (at + 1 >= along->size() || along->step(at) >= step) return along->high(at);
    const double share = (step - along->step(at)) / (along->step(at + 1) - along->step(at));
    return along->high(at) + share * (along->high(at + 1) - along->high(at));
}

}  // namespace moescope::ui
