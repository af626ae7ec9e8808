// digest: fingerprints of a run, equal for runs that are equal to the bit.
#include <CLI/CLI.hpp>

#include "app/engine/checkpoint_keeper.hpp"
#include "app/engine/verbs.hpp"
#include "core/checkpoint/digest.hpp"
#include "storage/run_reader.hpp"
#include "storage/store.hpp"
#include "storage/verify.hpp"

namespace moescope::app {
namespace {

Json holdsFor(const Json& environment) {
    Json key = Json::object();
    for (const char* name : {"build", "cpu", "blas", "threads"}) key[name] = environment.value(name, Json(nullptr));
    return key;
}

int digest(const Context& context, const std::string& run) {
    const storage::Store store(context.storeFolder());
    const std::string ulid = store.resolve(run);
    const auto folder = store.runFolder(ulid);
    storage::RunReader reader(folder);
    const ChosenCheckpoint chosen = choose(folder, reader.checkpoints(), -1);
    const Json state = Json::parse(chosen.loaded.stateJson);
    const Json more = Json::parse(reader.meta().facts.moreJson);
    Json series = Json::object();
    for (const auto& [name, hash] : storage::seriesDigest(folder)) series[name] = hash;
    const Json result{{"run", ulid}, {"step", chosen.loaded.info.step}, {"weights", base::hex(checkpoint::digest(chosen.loaded.model))},
                      {"optimizer", base::hex(checkpoint::digest(chosen.loaded.optimizer))}, {"random", base::hex(checkpoint::digest(chosen.loaded.state))},
                      {"data", more.value("corpus", "")}, {"series", series}, {"holds_for", holdsFor(state.value("environment", Json::object()))}};
    context.result(result, result.dump(2));
    return 0;
}

}  // namespace

void addDigest(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("digest", "Fingerprints of weights, optimizer, state, data and series at the newest checkpoint");
    verb->footer("Example: moescope-engine digest last --json");
    auto run = std::make_shared<std::string>();
    verb->add_option("run", *run, "ULID, unique prefix, unique name, or last")->required();
    verb->callback([=, &context, &action] { action = [=, &context] { return digest(context, *run); }; });
}

}  // namespace moescope::app
