// What a run's commands have made of its configuration: settings as steered so far, mutes and rigs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/config/run_config.hpp"
#include "ui/run_data.hpp"

namespace moescope::ui {

struct Steering {
    config::RunConfig config;
    std::set<std::pair<std::int64_t, std::int64_t>> muted;           ///< (model layer, expert)
    std::map<std::pair<std::int64_t, std::int64_t>, double> rig;     ///< (model layer, expert): constant; zeros left out

    std::set<std::pair<std::int64_t, std::int64_t>> killed, frozen;  ///< (model layer, expert); a killed one is muted too
    std::set<std::int64_t> frozenRouters;                            ///< model layers
    bool oracle = false;                                             ///< the router is overruled for all tokens
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> pins;   ///< (model layer, domain): the expert that has all its tokens

    bool rigged() const { return !rig.empty(); }
    bool isMuted(std::int64_t layer, std::int64_t expert) const { return muted.contains({layer, expert}); }
    /// A domain whose tokens all go to this expert; nullptr when there is none.
    const std::string* domainPinnedTo(std::int64_t layer, std::int64_t expert) const;
    double rigOf(std::int64_t layer, std::int64_t expert) const;
    bool operator==(const Steering&) const = default;
};

/// From the stored configuration and the stored command events, in their order. Pure.
Steering steeringOf(const RunData& run);

/// A cure is due: rigged, nothing balances, and fewer than two experts do the work of a layer.
struct Collapse {
    std::int64_t layer = 0;    ///< model layer
    std::int64_t idle = 0, experts = 0;
    double effective = 0;
};
std::optional<Collapse> collapseOf(const RunData& run, const Steering& steering);

}  // namespace moescope::ui
