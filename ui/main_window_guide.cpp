// Main window: the tour of the start page's second tile: train, take the run, mute an expert, watch which language breaks.
#include <algorithm>

#include "ui/interventions_dock.hpp"
#include "ui/main_window.hpp"
#include "ui/run_banner.hpp"
#include "ui/run_watched.hpp"
#include "ui/train_curves.hpp"

namespace moescope::ui {
namespace {

constexpr QLatin1String kTake("guide-take:"), kMute("guide-mute:"), kWatch("guide-watch:");

/// The expert with the longest bar of the first layer with experts; -1 before anything was measured.
int busiest(const RunData& run) {
    const std::vector<double> ratio = loadBars(run, 0, run.lastStep()).ratio;
    const auto most = std::ranges::max_element(ratio);
    return most == ratio.end() || !(*most >= 0) ? -1 : static_cast<int>(most - ratio.begin());
}

}  // namespace

BannerContent MainWindow::guideBanner() const {
    const QString ulid = m_run->ulid();
    const RunData* data = m_run->data();
    if (m_guided.isEmpty() || ulid != m_guided || !data || data->experts() == 0 || data->lastStep() < static_cast<double>(data->totalSteps())) return {};
    if (!m_run->canSteer())
        return {kTake + ulid, tr("Trained. Each language has an expert of its own now: take the run, mute one expert, and see which language breaks."), tr("Take it, paused"), false, true};
    if (m_run->state() != storage::RunState::paused) return {};
    const std::int64_t layer = data->meta().facts.moeLayers.front();
    const auto& muted = m_run->steering().muted;
    const auto off = std::ranges::find(muted, layer, &std::pair<std::int64_t, std::int64_t>::first);
    if (off != muted.end())
        return {kWatch + QString::number(off->second), tr("E%1 is off. The long bar under Interventions is the language it had; the others hardly move. Unmute it and try another.").arg(off->second), tr("Unmute E%1").arg(off->second), false, true};
    const int expert = busiest(*data);
    if (expert < 0) return {};
    return {kMute + ulid, tr("Mute now: right-click the longest load bar at the right, E%1, and choose Mute. What each language loses appears at once.").arg(expert), tr("Mute E%1").arg(expert), false, true};
}

void MainWindow::followGuide(const QString& key) {
    const RunData* data = m_run->data();
    if (!data || data->experts() == 0) return;
    const std::int64_t layer = data->meta().facts.moeLayers.front();
    if (key.startsWith(kTake)) takeRun(0);
    if (key.startsWith(kWatch)) m_run->send({"unmute", {{"layer", layer}, {"expert", std::int64_t{key.mid(kWatch.size()).toLongLong()}}}});
    if (!key.startsWith(kMute) || busiest(*data) < 0) return;
    showInterventions();
    m_interventions->setPlace({layer, busiest(*data)});
    m_interventions->apply(QStringLiteral("muteExpert"), std::nullopt);
}

}  // namespace moescope::ui
