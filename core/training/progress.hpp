// What a trainer remembers from step to step besides tensors: one plain value, all of it part of every checkpoint.
//
// `visitProgress` names each member once; a test counts the members of the struct against it, so that none can be
// forgotten. Tensors that travel (weights, moments, router buffers) have their own lists in the model and the optimizer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/training/alarms.hpp"

namespace moescope::training {

struct Progress {
    std::int64_t steps = 0;   ///< optimizer steps applied
    std::int64_t tokens = 0;  ///< tokens trained on
    double flops = 0;
    double seconds = 0;       ///< inside step()
    std::map<std::string, std::string> live;     ///< every live setting as JSON text
    std::vector<std::vector<double>> rigs;       ///< [moeLayer][E] constants on the logits; empty = none
    std::vector<std::vector<std::int64_t>> muted;  ///< [moeLayer] muted experts, ascending
    std::vector<std::int64_t> idle;              ///< where the idle window stands
    AlarmState alarms;
    // What interventions left behind, [moeLayer] first; states saved before there were any lack these.
    std::vector<std::vector<std::int64_t>> killed;  ///< killed experts, ascending
    std::vector<std::vector<std::int64_t>> frozen;  ///< experts that get no optimizer step, ascending
    std::vector<std::int64_t> frozenRouters;        ///< 1 = the router gets none
    std::vector<std::vector<double>> offsets;       ///< [E] on the logits, besides the rig: by them copies share a probability; or empty
    std::vector<std::vector<std::int64_t>> lastCounts;  ///< [E] choices in the last step before the state was saved; or empty
    std::vector<std::string> oracles;               ///< "none", "round_robin", "random"
    std::vector<std::vector<std::int64_t>> pins;    ///< [domains] expert or -1; empty = none
    bool operator==(const Progress&) const = default;
};

template <class P, class Visit>
void visitInterventions(P& p, Visit&& visit) {
    visit("killed", p.killed);
    visit("frozen", p.frozen);
    visit("frozen_routers", p.frozenRouters);
    visit("offsets", p.offsets);
    visit("last_counts", p.lastCounts);
    visit("oracles", p.oracles);
    visit("pins", p.pins);
}

template <class P, class Visit>
void visitProgress(P& p, Visit&& visit) {
    visit("steps", p.steps);
    visit("tokens", p.tokens);
    visit("flops", p.flops);
    visit("seconds", p.seconds);
    visit("live", p.live);
    visit("rigs", p.rigs);
    visit("muted", p.muted);
    visit("idle", p.idle);
    visit("alarms", p.alarms);
    visitInterventions(p, visit);
}

template <class A, class Visit>
void visitAlarmState(A& a, Visit&& visit) {
    visit("idle_announced", a.idleAnnounced);
    visit("collapsed", a.collapsed);
    visit("healthy", a.healthy);
    visit("losses", a.losses);
    visit("spiking", a.spiking);
}

/// JSON object of all members, numbers at full precision; and back (throws base::Error, exit 5, naming the member). What
/// interventions leave behind may be missing.
std::string toJson(const Progress& progress);
Progress progressFromJson(std::string_view json);

}  // namespace moescope::training
