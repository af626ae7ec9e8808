// The plain values that go into and come out of a run's folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/telemetry/records.hpp"

namespace moescope::storage {

/// `running`, `paused` are true only while the run's lock is held; without it they read as `interrupted`.
enum class RunState { created, running, paused, stopped, interrupted, diverged, failed, finished, quarantined };
std::string_view toText(RunState state);
std::optional<RunState> parseRunState(std::string_view text);

/// What is known before a run's data and model are loaded; written by Store::newRun and never changed.
struct NewRun {
    std::string name;          ///< empty: "<preset> <number>"
    std::string preset;        ///< id, or empty
    std::string router;        ///< id of the router preset, or the selection rule
    std::string configJson;    ///< the whole resolved configuration
    std::string parent;        ///< ULID of the run this one was forked from, or empty
    std::int64_t parentStep = 0;
    std::string group;
    std::vector<std::string> tags;
};

/// What is known once data and model are loaded. Must be set before the first report with layers.
struct RunFacts {
    std::vector<std::string> domains;
    std::vector<double> domainFloors;      ///< source entropy in nats per token, NaN where unknown; empty or [domains]
    std::vector<std::string> vocabulary;   ///< text of each token id
    std::vector<std::int32_t> moeLayers;   ///< model layer of each MoE layer
    std::int32_t experts = 0, slotsPerToken = 0;
    std::vector<double> quantiles;         ///< quantiles between min and max of `logit_quantiles`
    std::int64_t paramsTotal = 0, paramsActive = 0;
    double flopsToken = 0;
    std::string deviceName;                ///< what it trains on, for people
    std::string moreJson = "{}";           ///< anything else worth keeping: corpus identity, tokenizer, entropy ...
    bool operator==(const RunFacts&) const = default;
};

struct RunMeta {
    std::string ulid, name, preset, router, configJson, parent, group, appVersion;
    std::int64_t parentStep = 0, createdUs = 0, generation = 0;
    RunFacts facts;
};

/// One start or resume. Order of a run is (attempt, step), never wall time.
struct Attempt {
    std::int64_t id = 0, startUs = 0, endUs = 0, startStep = 0, endStep = 0;  ///< endUs 0 = not ended
    std::string endReason, appVersion, environmentJson;
};

struct StateInfo {
    RunState state = RunState::created;
    std::string reason;            ///< one sentence for people, may be empty
    bool lockHeld = false;
    std::int64_t pid = 0;          ///< of the holder
    std::string socketPath;        ///< of the holder; empty when it has none
    bool operator==(const StateInfo&) const = default;
};

/// The last values, kept in the same transaction as the telemetry they sum up; NaN where there is none yet.
struct Summary {
    std::int64_t step = 0, tokens = 0;
    double flops = 0, seconds = 0;
    double loss = telemetry::kNone, valLoss = telemetry::kNone, bestVal = telemetry::kNone, bitsPerByte = telemetry::kNone;
    double tokensPerSecond = telemetry::kNone, memory = telemetry::kNone;
    std::int64_t bestValStep = 0;
    std::vector<double> domainLoss;  ///< of the newest validation
};

/// A curve, or a vector that changes over time. `dimensions` names the axes of an element, slowest first ("layer",
/// "expert", "domain", "quantile", "position"); `sizes` their lengths; the product is `width`. A scalar has neither.
struct SeriesInfo {
    std::int64_t id = 0;
    std::string name, unit;
    std::vector<std::string> dimensions;
    std::vector<std::int64_t> sizes;
    std::int64_t width = 1;
    bool evaluation = false;  ///< from validations; otherwise from training reports
    bool operator==(const SeriesInfo&) const = default;
};
/// Element of a vector series, e.g. elementAt(info, {{"layer", 1}, {"expert", 3}}); nothing when out of range.
struct Coordinate { std::string_view dimension; std::int64_t index; };
std::optional<std::int64_t> elementAt(const SeriesInfo& info, const std::vector<Coordinate>& coordinates);

/// Points of a series. Raw: `steps` [n], `values` [n][width]. Bucketed (`values` empty): bucket i covers the stored
/// points from `steps[i]` to `lastSteps[i]`; minimum, maximum and mean [n][width] are over its finite values, NaN when
/// it has none; `nonfinite[i]` counts its NaN and infinite values over all elements.
struct SeriesData {
    std::int64_t width = 0;
    std::vector<std::int64_t> steps, lastSteps;
    std::vector<double> values;
    std::vector<double> minimum, maximum, mean;
    std::vector<std::uint32_t> nonfinite;
    bool raw() const { return lastSteps.empty(); }
    std::size_t size() const { return steps.size(); }
};

struct StoredEvent {
    std::int64_t seq = 0, attempt = 0, wallUs = 0;
    bool superseded = false;   ///< a later attempt went back before its step
    telemetry::Event event;
};

struct CheckpointRow {
    std::int64_t step = 0;
    std::string folder;        ///< name below checkpoints/, "step-000001200"
    std::string kind = "full"; ///< full, weights
    bool pinned = false;
    std::int64_t bytes = 0, createdUs = 0;
    std::string manifestHash;  ///< XXH3-128 of manifest.json, 32 hexadecimal digits
    std::string state = "good";///< good, verified, bad, deleting
    bool operator==(const CheckpointRow&) const = default;
};

}  // namespace moescope::storage
