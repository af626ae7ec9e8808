// From a checked configuration to a running session: corpus, trainer, run folder, lock, store, socket.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/engine/context.hpp"
#include "core/config/run_config.hpp"
#include "storage/store.hpp"

namespace moescope::training {
class Trainer;
}

namespace moescope::app {

/// What a new run is made of. With a parent it starts from that run's checkpoint.
struct NewTraining {
    config::RunConfig config;
    std::string name;
    std::string group;
    std::vector<std::string> tags;
    std::string parent;             ///< ULID or empty
    std::int64_t parentStep = -1;   ///< checkpoint of the parent to start from; < 0: fresh weights
    std::vector<std::string> sets;  ///< KEY=VALUE on top of the configuration, and of what commands made of it until that checkpoint
    bool ack = false;
    /// A conversion: gives the fresh trainer its weights and says in a sentence where they are from. The parent is recorded, not restored.
    std::function<std::string(training::Trainer&)> firstWeights;
    std::function<void(const std::string& ulid)> onStarted;   ///< called once, when the run is in the store
};

/// Trains a new run to its end; problems are reported with exit code 2 before anything is stored.
int trainNew(const Context& context, NewTraining wanted);

struct Resumption {
    std::string run;               ///< ULID
    std::int64_t from = -1;        ///< newest
    bool replay = true;
    bool hold = false;             ///< start paused, for commands; end when nobody is connected
    std::vector<std::string> sets; ///< only training.steps
    bool ack = false;
};

/// Goes on with a run from a checkpoint.
int resume(const Context& context, const Resumption& wanted);

/// The configuration a run was started with. Settings this program does not know are an Error (exit 7).
config::RunConfig storedConfig(const storage::Store& store, const std::string& ulid);

/// Where tokenised texts are kept.
std::string tokenCache(const Context& context);

}  // namespace moescope::app
