// train, resume, fork, twin: starting an engine on a run.
#include <CLI/CLI.hpp>

#include "app/engine/launch.hpp"
#include "app/engine/run_options.hpp"
#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/config/derived.hpp"
#include "core/training/devices.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

struct Naming {
    std::string name, group;
    std::vector<std::string> tags;
    bool ack = false;
};

void addNaming(CLI::App& verb, Naming& naming) {
    verb.add_option("--name", naming.name, "Name of the run");
    verb.add_option("--tag", naming.tags, "Tag of the run")->take_all();
    verb.add_option("--group", naming.group, "Group of the run, for seeds of one experiment");
    verb.add_flag("--ack", naming.ack, "Say which step is safe on disk after each commit");
}

NewTraining named(const Naming& naming) {
    NewTraining wanted;
    wanted.name = naming.name;
    wanted.group = naming.group;
    wanted.tags = naming.tags;
    wanted.ack = naming.ack;
    return wanted;
}

int train(const Context& context, const RunOptions& options, const Naming& naming) {
    if (options.recipe == "-") training::probeMatrixSpeed();  // everything is loaded before the recipe arrives
    NewTraining wanted = named(naming);
    if (const base::Problems problems = build(options, context, wanted.config); !problems.empty()) return report(context, problems);
    return trainNew(context, std::move(wanted));
}

std::int64_t newestCheckpoint(const storage::Store& store, const std::string& ulid) {
    std::int64_t step = -1;
    for (const storage::CheckpointRow& row : storage::RunReader(store.runFolder(ulid)).checkpoints())
        if (row.state == "good" || row.state == "verified") step = std::max(step, row.step);
    if (step >= 0) return step;
    throw base::Error(base::ExitCode::corrupt, "ckpt.none", "the run has no good checkpoint to fork from", ulid, "fork another run");
}

int fork(const Context& context, const std::string& run, std::int64_t from, const std::vector<std::string>& sets, const Naming& naming) {
    const storage::Store store(context.storeFolder());
    NewTraining wanted = named(naming);
    wanted.parent = store.resolve(run);
    wanted.config = storedConfig(store, wanted.parent);
    if (!context.device.empty()) wanted.config.training.device = context.device;
    if (context.threads >= 0) wanted.config.training.threads = context.threads;
    wanted.sets = sets;
    wanted.parentStep = from >= 0 ? from : newestCheckpoint(store, wanted.parent);
    return trainNew(context, std::move(wanted));
}

int twin(const Context& context, const std::string& run, bool dense, const Naming& naming) {
    const storage::Store store(context.storeFolder());
    NewTraining wanted = named(naming);
    wanted.parent = store.resolve(run);
    wanted.config = storedConfig(store, wanted.parent);
    if (dense && wanted.config.moe.experts == 0)
        return report(context, {{"moe.experts", "this run is dense already; its dense twin would be itself"}});
    if (dense) wanted.config = config::denseTwin(wanted.config);
    wanted.config.script.clear();
    if (wanted.name.empty()) wanted.name = storage::RunReader(store.runFolder(wanted.parent)).meta().name + (dense ? " dense twin" : " control twin");
    return trainNew(context, std::move(wanted));
}

void addResume(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("resume", "Go on with a run from a checkpoint");
    verb->footer("Example: moescope-engine resume last --set training.steps=2000");
    auto run = std::make_shared<std::string>();
    auto wanted = std::make_shared<Resumption>();
    auto noReplay = std::make_shared<bool>(false);
    verb->add_option("run", *run, "ULID, unique prefix, unique name, or last")->required();
    verb->add_option("--from", wanted->from, "Checkpoint to go on from (default: the newest)")->check(CLI::NonNegativeNumber);
    verb->add_flag("--no-replay", *noReplay, "Do not repeat commands given after the checkpoint");
    verb->add_option("--set", wanted->sets, "Only training.steps can change")->type_name("training.steps=N")->take_all();
    verb->add_flag("--ack", wanted->ack, "Say which step is safe on disk after each commit");
    verb->add_flag("--hold", wanted->hold, "Start paused, also a finished run, to mute and rig it; ends when no client is connected any more");
    verb->callback([=, &context, &action] {
        action = [=, &context] {
            for (const std::string& set : wanted->sets)
                if (!set.starts_with("training.steps=")) return report(context, {{set.substr(0, set.find('=')), "only training.steps can change on a resume; fork the run to change more"}});
            wanted->run = storage::Store(context.storeFolder()).resolve(*run);
            wanted->replay = !*noReplay;
            return resume(context, *wanted);
        };
    });
}

void addFork(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("fork", "A new run from a checkpoint of another, with changes");
    verb->footer("Example: moescope-engine fork last --from 200 --set balance.coefficient=0.1");
    auto run = std::make_shared<std::string>();
    auto from = std::make_shared<std::int64_t>(-1);
    auto sets = std::make_shared<std::vector<std::string>>();
    auto naming = std::make_shared<Naming>();
    verb->add_option("run", *run, "ULID, unique prefix, unique name, or last")->required();
    verb->add_option("--from", *from, "Checkpoint to start from (default: the newest)")->check(CLI::NonNegativeNumber);
    verb->add_option("--set", *sets, "Change one setting")->type_name("KEY=VALUE")->take_all();
    addNaming(*verb, *naming);
    verb->callback([=, &context, &action] { action = [=, &context] { return fork(context, *run, *from, *sets, *naming); }; });
}

void addTwin(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("twin", "The same run as a dense model of equal active FLOPs, or without its commands");
    verb->footer("Example: moescope-engine twin last --dense");
    auto run = std::make_shared<std::string>();
    auto dense = std::make_shared<bool>(false);
    auto control = std::make_shared<bool>(false);
    auto naming = std::make_shared<Naming>();
    verb->add_option("run", *run, "ULID, unique prefix, unique name, or last")->required();
    auto* kind = verb->add_option_group("kind");
    kind->add_flag("--dense", *dense, "Without experts, at equal active FLOPs");
    kind->add_flag("--control", *control, "Without the script and the commands");
    kind->require_option(1);
    addNaming(*verb, *naming);
    verb->callback([=, &context, &action] { action = [=, &context] { return twin(context, *run, *dense, *naming); }; });
}

}  // namespace

void addTrain(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("train", "Train a new run to its end");
    verb->footer("Example: moescope-engine train --preset eight_domains --preset switch --set training.steps=300 --name try");
    auto options = std::make_shared<RunOptions>();
    auto naming = std::make_shared<Naming>();
    addRunOptions(*verb, *options);
    addNaming(*verb, *naming);
    verb->callback([=, &context, &action] { action = [=, &context] { return train(context, *options, *naming); }; });
    addResume(app, context, action);
    addFork(app, context, action);
    addTwin(app, context, action);
}

}  // namespace moescope::app
