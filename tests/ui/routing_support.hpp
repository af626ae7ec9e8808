// Test support: probe snapshots made by formula, and a run that holds them.
#pragma once

#include <string>

#include "core/telemetry/records.hpp"
#include "tests/ui/fake_store.hpp"

namespace moescope::ui::testing {

struct FakeProbe {
    std::int64_t step = 0;
    int layers = 2, experts = 8, perToken = 2, domains = 8, sequences = 16, length = 16;
    int shift = 0;   ///< moves the first choices of the domains above the first half: what churn sees
};

/// Sequence s has domain s % domains; its tokens are letters; domain d prefers expert d, every third token goes elsewhere.
inline telemetry::ProbeSnapshot fakeProbe(const FakeProbe& of) {
    telemetry::ProbeSnapshot probe;
    probe.step = of.step;
    probe.layers = of.layers;
    probe.experts = of.experts;
    probe.slotsPerToken = of.perToken;
    probe.tokens = of.sequences * of.length;
    probe.sequenceLength = of.length;
    for (int layer = 0; layer < of.layers; ++layer) probe.moeLayerIndex.push_back(layer);
    for (int t = 0; t < probe.tokens; ++t) {
        const int sequence = t / of.length, domain = sequence % of.domains, letter = (t * 7 + domain * 3) % 26;
        probe.tokenIds.push_back(letter);
        probe.tokenTexts.emplace_back(1, static_cast<char>('a' + letter));
        probe.domains.push_back(domain);
        probe.losses.push_back((t + 1) % of.length == 0 ? std::nanf("") : 0.1F * static_cast<float>(t % 10));
    }
    for (int layer = 0; layer < of.layers; ++layer)
        for (int t = 0; t < probe.tokens; ++t) {
            const int domain = probe.domains[static_cast<std::size_t>(t)], moved = domain >= of.domains / 2 ? of.shift : 0;
            const int first = (t % 3 == 0 ? t / 3 + layer : domain + layer + moved) % of.experts;
            for (int slot = 0; slot < of.perToken; ++slot) {
                probe.expertIds.push_back(static_cast<std::int16_t>((first + slot * (1 + t % 2)) % of.experts));
                probe.weights.push_back(of.perToken == 1 ? 1.0F : slot == 0 ? 0.7F : 0.3F / static_cast<float>(of.perToken - 1));
                probe.kept.push_back(t % 11 != 5);
            }
            for (int e = 0; e < of.experts; ++e) probe.logits.push_back((e == first ? 2.0F : -0.25F * static_cast<float>(e)) + 0.01F * static_cast<float>(t % 5));
        }
    return probe;
}

/// A run that goes on (its lock is held while the store lives), with a snapshot at each of `steps`.
inline std::string addProbedRun(FakeStore& store, FakeRun run, FakeProbe of, const std::vector<std::int64_t>& steps) {
    run.state = storage::RunState::running;
    const std::string ulid = store.add(run);
    for (const std::int64_t step : steps) {
        of.step = step;
        of.shift = static_cast<int>(step / 100);
        store.writer(ulid).append(fakeProbe(of));
    }
    store.writer(ulid).commit();
    return ulid;
}

}  // namespace moescope::ui::testing
