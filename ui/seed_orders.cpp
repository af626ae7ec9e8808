// Looks for seeds in the list of runs and in the queue.
#include "ui/seed_orders.hpp"

#include <algorithm>

#include "core/config/config_json.hpp"
#include "core/statistics/comparison.hpp"
#include "ui/run_library.hpp"
#include "ui/run_queue.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

bool holds(std::span<const std::int64_t> seeds, std::int64_t seed) { return std::ranges::find(seeds, seed) != seeds.end(); }

}  // namespace

SeedsThere seedsOf(const config::RunConfig& wanted, const RunLibrary& library, const RunQueue& queue) {
    SeedsThere there;
    const std::string key = statistics::seedlessKey(wanted);
    const auto same = [&](const std::string& json, std::int64_t& seed) {
        config::RunConfig config;
        if (json.empty() || !config::applyJson(config, json).empty()) return false;
        seed = config.training.seed;
        return statistics::seedlessKey(config) == key;
    };
    for (const storage::RunRow& row : *library.runs()) {
        std::int64_t seed = 0;
        const bool lives = RunWords::isAlive(row.state) || row.state == storage::RunState::finished;
        if (!lives || !row.parent.empty() || !same(row.configJson, seed) || holds(there.seeds, seed)) continue;
        there.seeds.push_back(seed);
        there.runs.prepend(QString::fromStdString(row.ulid));
    }
    for (const storage::QueueEntry& entry : queue.entries()) {
        std::int64_t seed = 0;
        if (entry.state != storage::QueueState::waiting && entry.state != storage::QueueState::running) continue;
        if (same(entry.config, seed) && !holds(there.seeds, seed)) there.seeds.push_back(seed);
    }
    return there;
}

std::vector<std::int64_t> seedsToShare(std::span<const std::int64_t> one, std::span<const std::int64_t> other, std::size_t total) {
    std::vector<std::int64_t> halves;
    std::size_t shared = 0;
    for (const std::int64_t seed : one) holds(other, seed) ? void(++shared) : halves.push_back(seed);
    for (const std::int64_t seed : other)
        if (!holds(one, seed)) halves.push_back(seed);
    std::ranges::sort(halves);
    std::vector<std::int64_t> wanted;
    for (const std::int64_t seed : halves)
        if (shared + wanted.size() < total) wanted.push_back(seed);
    for (std::int64_t seed = 0; shared + wanted.size() < total; ++seed)
        if (!holds(one, seed) && !holds(other, seed)) wanted.push_back(seed);
    return wanted;
}

std::string nameWithoutSeed(const std::string& name, std::int64_t seed) {
    const std::string suffix = "-s" + std::to_string(seed);
    return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

}  // namespace moescope::ui
