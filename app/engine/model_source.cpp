// Loads a model of the store.
#include "app/engine/model_source.hpp"

#include <algorithm>

#include "app/engine/checkpoint_keeper.hpp"
#include "app/engine/launch.hpp"
#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/config/derived.hpp"
#include "core/training/devices.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

void require(const base::Problems& problems, const std::string& where) {
    if (problems.empty()) return;
    throw base::Error(base::ExitCode::badInput, "model.load", problems.front().text, where, "check the run's data and device");
}

}  // namespace

CheckpointWish parseModel(const std::string& model) {
    const std::size_t at = model.rfind('@');
    if (at == std::string::npos) return {model, -1};
    const auto step = base::toInt(model.substr(at + 1));
    if (step && *step >= 0) return {model.substr(0, at), *step};
    throw base::Error(base::ExitCode::usage, "model.step", "\"" + base::printable(model.substr(at + 1)) + "\" is no step", model, "write RUN@STEP, for instance last@400");
}

base::Error noCheckpoint(const std::string& run, std::int64_t step, std::int64_t nearest) {
    return {base::ExitCode::corrupt, "ckpt.none", "there is no checkpoint of step " + std::to_string(step), run, "the nearest earlier one is " + std::to_string(nearest)};
}

LoadedModel loadModel(const Context& context, const std::string& model) {
    const CheckpointWish wanted = parseModel(model);
    const storage::Store store(context.storeFolder());
    LoadedModel loaded;
    loaded.run = store.resolve(wanted.run);
    config::RunConfig config = storedConfig(store, loaded.run);
    if (!context.device.empty()) config.training.device = context.device;
    if (context.threads >= 0) config.training.threads = context.threads;
    storage::RunReader reader(store.runFolder(loaded.run));
    loaded.name = reader.meta().name;
    ChosenCheckpoint chosen = choose(store.runFolder(loaded.run), reader.checkpoints(), wanted.step);
    if (wanted.step >= 0 && chosen.loaded.info.step != wanted.step) throw noCheckpoint(loaded.run, wanted.step, chosen.loaded.info.step);
    for (const std::string& complaint : chosen.complaints) context.say("warning: " + complaint);
    base::Problems problems;
    const std::string device = training::resolveDevice(config.training.device, problems);
    require(problems, loaded.run);
    if (device == "cpu" && config.training.precision == "bf16") {
        config.training.precision = "float32";
        context.say("note: trained in bf16 on a GPU, computed here in float32 on the CPU");
    }
    training::prepareThread(config.training.threads, config.training.deterministic);
    loaded.corpus = data::openCorpus(config, tokenCache(context), problems);
    require(problems, loaded.run);
    loaded.trainer = training::Trainer::create(config, loaded.corpus, device, problems);
    require(problems, loaded.run);
    loaded.trainer->restore(chosen.loaded);
    return loaded;
}

std::vector<std::int64_t> layersOf(const config::RunConfig& config, std::int64_t layer) {
    const std::vector<std::int64_t> all = config::moeLayers(config);
    if (all.empty())
        throw base::Error(base::ExitCode::usage, "model.dense", "this run has no experts", "model", "choose a run with experts");
    if (layer < 0) return all;
    if (std::find(all.begin(), all.end(), layer) != all.end()) return {layer};
    throw base::Error(base::ExitCode::usage, "model.layer", "layer " + std::to_string(layer) + " has no experts", "--layer", "the first with experts is " + std::to_string(all.front()));
}

}  // namespace moescope::app
