// inspect: what a checkpoint of a run holds, and how alike its experts are.
#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include "app/engine/checkpoint_keeper.hpp"
#include "app/engine/launch.hpp"
#include "app/engine/model_source.hpp"
#include "app/engine/verbs/inspect.hpp"
#include "core/base/error.hpp"
#include "core/model/similarity.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

struct Wanted {
    std::string model;
    std::int64_t layer = -1;
    bool similarity = false, all = false;
};

Json matrix(const std::vector<std::vector<double>>& values) {
    Json rows = Json::array();
    for (const auto& row : values) {
        rows.push_back(Json::array());
        for (const double value : row) rows.back().push_back(number(value));
    }
    return rows;
}

std::string readable(const model::ExpertSimilarity& found, std::int64_t step) {
    std::vector<std::vector<std::string>> rows{{fmt::format("layer {}", found.layer)}};
    for (std::size_t e = 0; e < found.cosine.size(); ++e) {
        rows[0].push_back(fmt::format("E{}", e));
        rows.push_back({fmt::format("E{}", e)});
        for (const double value : found.cosine[e]) rows.back().push_back(fixed(value, 2));
    }
    return table(rows) + fmt::format("\nstep {}: cosine of the weights above, {} on average; linear CKA {} on average", step, fixed(found.meanCosine, 3), fixed(found.meanCka, 3));
}

void tellSimilarity(const Context& context, const checkpoint::LoadedCheckpoint& loaded, const std::vector<std::int64_t>& layers) {
    for (const std::int64_t layer : layers) {
        const model::ExpertSimilarity found = model::expertSimilarity(loaded.model, layer);
        context.result({{"step", loaded.info.step}, {"layer", layer}, {"mean_cosine", number(found.meanCosine)}, {"mean_cka", number(found.meanCka)},
                        {"cosine", matrix(found.cosine)}, {"cka", matrix(found.cka)}},
                       readable(found, loaded.info.step));
    }
}

void tellTensors(const Context& context, const checkpoint::LoadedCheckpoint& loaded) {
    Json tensors = Json::array();
    std::vector<std::vector<std::string>> rows{{"tensor", "type", "shape"}};
    for (const checkpoint::TensorInfo& tensor : loaded.model.tensors()) {
        tensors.push_back({{"name", tensor.name}, {"dtype", std::string(checkpoint::nameOf(tensor.dtype))}, {"shape", tensor.shape}});
        rows.push_back({tensor.name, tensors.back()["dtype"], tensors.back()["shape"].dump()});
    }
    context.result({{"step", loaded.info.step}, {"bytes", loaded.info.bytes}, {"tensors", tensors}},
                   table(rows, "012") + fmt::format("\nstep {}, {} bytes with the state of its optimizer", loaded.info.step, loaded.info.bytes));
}

int inspect(const Context& context, const Wanted& wanted) {
    const storage::Store store(context.storeFolder());
    const CheckpointWish wish = parseModel(wanted.model);
    const std::string run = store.resolve(wish.run);
    storage::RunReader reader(store.runFolder(run));
    std::vector<std::int64_t> steps{wish.step};
    if (wanted.all) {
        steps.clear();
        for (const storage::CheckpointRow& row : reader.checkpoints())
            if (row.state == "good" || row.state == "verified") steps.push_back(row.step);
        if (steps.empty()) steps.push_back(-1);  // says that there is none
    }
    const std::vector<std::int64_t> layers = wanted.similarity ? layersOf(storedConfig(store, run), wanted.layer) : std::vector<std::int64_t>();
    for (const std::int64_t step : steps) {
        const ChosenCheckpoint chosen = choose(store.runFolder(run), reader.checkpoints(), step);
        for (const std::string& complaint : chosen.complaints) context.say("warning: " + complaint);
        if (step >= 0 && chosen.loaded.info.step != step) throw noCheckpoint(run, step, chosen.loaded.info.step);
        if (wanted.similarity) tellSimilarity(context, chosen.loaded, layers);
        else tellTensors(context, chosen.loaded);
    }
    return 0;
}

}  // namespace

void addInspect(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("inspect", "What a checkpoint holds; how alike the experts of a layer are");
    verb->footer("Example: moescope-engine inspect last --similarity");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("model", wanted->model, "RUN or RUN@STEP")->required();
    auto* similarity = verb->add_flag("--similarity", wanted->similarity, "Cosine and linear CKA of the weights of each pair of experts");
    verb->add_option("--layer", wanted->layer, "Only this layer (counted from 0)")->check(CLI::NonNegativeNumber)->needs(similarity);
    verb->add_flag("--all", wanted->all, "Every checkpoint the run has kept, oldest first");
    verb->callback([=, &context, &action] { action = [=, &context] { return inspect(context, *wanted); }; });
}

}  // namespace moescope::app
