// Test support: a real store in a folder that goes away, filled through the writer with telemetry made by formula.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config/run_config.hpp"
#include "storage/records.hpp"
#include "storage/run_lock.hpp"
#include "storage/run_writer.hpp"
#include "storage/store.hpp"

namespace moescope::ui::testing {

/// One run to make. Layers and experts follow `config`; the values are those of the functions below.
struct FakeRun {
    std::string name = "run", group;
    std::vector<std::string> tags;
    config::RunConfig config;
    std::int64_t steps = 400;            ///< reports written (config.training.steps = planned)
    std::int64_t evalEvery = 50;
    storage::RunState state = storage::RunState::finished;
    std::string reason;
    bool collapses = false, cured = true; ///< expert 0 takes all from step 30 on; cured = given back after step 150
    double offset = 0;                   ///< added to every loss
    bool events = true, samples = true;
    std::string socketPath;              ///< for runs that stay locked
    std::string parent;
    std::vector<std::string> curves;     ///< declared by the router
};

/// Eight experts, two for each token, two layers, eight domains.
config::RunConfig fakeConfig(std::int64_t experts = 8, std::int64_t topK = 2, std::int64_t layers = 2);

double fakeLoss(const FakeRun& run, std::int64_t step);        ///< of training, with ripples
double fakeValLoss(const FakeRun& run, std::int64_t step);
double fakeDomainLoss(const FakeRun& run, std::int64_t step, std::size_t domain);
double fakeLoad(const FakeRun& run, std::int64_t step, std::int64_t moeLayer, std::int64_t expert);  ///< shares, sum 1
double fakeEffective(const FakeRun& run, std::int64_t step, std::int64_t moeLayer);
inline constexpr double kFakeFlopsPerToken = 3e5, kFakeSecondsPerStep = 0.037;
inline constexpr std::int64_t kFakeTokensPerStep = 1024;

/// <temporary>/store with runs; removed with everything in it when it goes.
class FakeStore {
public:
    FakeStore();
    ~FakeStore();
    FakeStore(const FakeStore&) = delete;
    FakeStore& operator=(const FakeStore&) = delete;

    const std::filesystem::path& folder() const { return m_store.folder(); }
    const storage::Store& store() const { return m_store; }
    /// Makes the run and returns its ULID. `running` and `paused` runs keep their lock while this object lives.
    std::string add(const FakeRun& run);
    /// The writer of a live run, for what happens while a window looks.
    storage::RunWriter& writer(const std::string& ulid);
    /// Adds one more report, as an engine that goes on training would.
    void train(const std::string& ulid, const FakeRun& run, std::int64_t step);
    /// Lets go of the lock of a live run, as if its engine had died.
    void kill(const std::string& ulid);
    /// Damages the run's database.
    void damage(const std::string& ulid) const;

private:
    struct Live;
    std::filesystem::path m_folder;
    storage::Store m_store;
    std::vector<Live> m_live;
};

}  // namespace moescope::ui::testing
