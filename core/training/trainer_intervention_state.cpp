// What interventions leave behind, checked when it comes from a checkpoint, and the tensors that they hold still.
#include "core/training/live_trainer.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace moescope::training {

void LiveTrainer::sizeInterventions() {
    const std::size_t layers = m_moeLayers.size();
    m_progress.killed.resize(layers);
    m_progress.frozen.resize(layers);
    m_progress.frozenRouters.resize(layers, 0);
    m_progress.offsets.resize(layers);
    m_progress.lastCounts.resize(layers);
    m_progress.oracles.resize(layers, "none");
    m_progress.pins.resize(layers);
}

// A state that does not fit this model would be read out of bounds.
void LiveTrainer::checkInterventions(const Progress& progress) const {
    const std::size_t layers = m_moeLayers.size();
    const auto fits = [&](std::size_t layer, const std::vector<std::int64_t>& experts) {
        return std::ranges::is_sorted(experts) &&
               std::ranges::all_of(experts, [&](std::int64_t e) { return e >= 0 && e < m_specs[layer].experts; });
    };
    const auto wide = [&](std::size_t layer, const auto& list) { return list.empty() || list.size() == static_cast<std::size_t>(m_specs[layer].experts); };
    bool good = progress.rigs.size() == layers && progress.muted.size() == layers;
    for (const auto* lists : {&progress.muted, &progress.killed, &progress.frozen}) {
        good = good && (lists->empty() || lists->size() == layers);
        for (std::size_t i = 0; good && i < lists->size(); ++i) good = fits(i, (*lists)[i]);
    }
    for (const auto* lists : {&progress.rigs, &progress.offsets}) {
        good = good && lists->size() <= layers;
        for (std::size_t i = 0; good && i < lists->size(); ++i) good = wide(i, (*lists)[i]);
    }
    good = good && progress.lastCounts.size() <= layers && progress.oracles.size() <= layers && progress.pins.size() <= layers &&
           progress.frozenRouters.size() <= layers;
    for (std::size_t i = 0; good && i < progress.lastCounts.size(); ++i) good = wide(i, progress.lastCounts[i]);
    for (std::size_t i = 0; good && i < progress.pins.size(); ++i)
        good = progress.pins[i].size() <= m_corpus->domains().size() &&
               std::ranges::all_of(progress.pins[i], [&](std::int64_t e) { return e >= -1 && e < m_specs[i].experts; });
    if (good) return;
    throw base::Error(base::ExitCode::corrupt, "ckpt.state", "mutes, rigs or interventions in the state do not fit the model", "state.json",
                      "resume from an earlier checkpoint");
}

std::vector<FrozenRows> LiveTrainer::frozenRows() const {
    std::vector<FrozenRows> out;
    for (std::size_t layer = 0; layer < m_moeLayers.size(); ++layer) {
        if (m_progress.frozen[layer].empty() && !m_progress.frozenRouters[layer]) continue;
        const Surgeon hand = surgeon(layer);
        for (const std::int64_t expert : m_progress.frozen[layer])
            for (const std::size_t parameter : hand.expertParameters()) out.push_back({parameter, expert, 1});
        if (!m_progress.frozenRouters[layer]) continue;
        for (const std::size_t parameter : hand.routerParameters())
            out.push_back({parameter, 0, m_model->parameters()[parameter].value.size(0)});
    }
    return out;
}

}  // namespace moescope::training
