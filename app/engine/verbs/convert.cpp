// upcycle, moefy, to-dense: a new run whose first weights come from a trained model of another shape.
#include <CLI/CLI.hpp>

#include "app/engine/converted_start.hpp"
#include "app/engine/run_options.hpp"
#include "app/engine/verbs.hpp"
#include "core/config/config_json.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

using conversion::Kind;
using conversion::Order;

struct ConvertOptions {
    std::string model, name, group, keep = "average", split = "clusters";
    std::vector<std::string> sets, tags;
    std::int64_t steps = 0;
    Order order;
};

/// The last stored loads, by layer with experts.
std::vector<std::vector<double>> storedLoad(const Context& context, const std::string& run) {
    storage::RunReader reader(storage::Store(context.storeFolder()).runFolder(run));
    const auto info = reader.findSeries("load");
    if (!info || info->sizes.size() != 2) return {};
    const storage::SeriesData data = reader.series("load", {.maxPoints = 0});
    if (data.steps.empty()) return {};
    const auto layers = static_cast<std::size_t>(info->sizes[0]), experts = static_cast<std::size_t>(info->sizes[1]);
    std::vector<std::vector<double>> load(layers);
    const double* last = data.values.data() + data.values.size() - layers * experts;
    for (std::size_t layer = 0; layer < layers; ++layer) load[layer].assign(last + layer * experts, last + (layer + 1) * experts);
    return load;
}

int convert(const Context& context, const ConvertOptions& options) {
    LoadedModel old = loadModel(context, options.model);
    Order order = options.order;
    order.keep = options.keep == "busiest" ? conversion::Keep::busiest : conversion::Keep::average;
    order.split = options.split == "random" ? conversion::Split::random : conversion::Split::clusters;
    if (order.kind == Kind::toDense) order.load = storedLoad(context, old.run);
    NewTraining wanted;
    base::Problems problems = conversion::convertedConfig(old.trainer->config(), order, wanted.config);
    if (!problems.empty()) return report(context, problems);
    wanted.config.preset = conversion::presetAfter(storedConfig(storage::Store(context.storeFolder()), old.run).preset, order);
    problems = applySets(options.sets, wanted.config);
    if (!problems.empty()) return report(context, problems);
    if (options.steps > 0) wanted.config.training.steps = options.steps;
    wanted.name = !options.name.empty() ? options.name : old.name + " " + std::string(conversion::toText(order.kind));
    wanted.group = options.group;
    wanted.tags = options.tags;
    startConverted(context, std::move(old), std::move(order), wanted);
    return trainNew(context, std::move(wanted));
}

void addCommon(CLI::App& verb, ConvertOptions& options) {
    verb.add_option("run", options.model, "RUN or RUN@STEP: the trained model")->required();
    verb.add_option("--set", options.sets, "Change one setting of the new run")->type_name("KEY=VALUE")->take_all();
    verb.add_option("--steps", options.steps, "Steps of the new run (default: as many as the old one)")->check(CLI::PositiveNumber);
    verb.add_option("--name", options.name, "Name of the new run");
    verb.add_option("--group", options.group, "Group of the new run");
    verb.add_option("--tag", options.tags, "Tag of the new run")->take_all();
}

std::shared_ptr<ConvertOptions> addVerb(CLI::App* verb, Kind kind, Context& context, Action& action) {
    auto options = std::make_shared<ConvertOptions>();
    options->order.kind = kind;
    addCommon(*verb, *options);
    verb->callback([=, &context, &action] { action = [=, &context] { return convert(context, *options); }; });
    return options;
}

}  // namespace

void addConvert(CLI::App& app, Context& context, Action& action) {
    auto* up = app.add_subcommand("upcycle", "A trained dense run as a mixture: every expert a copy of its feed-forward layer, the function kept at step 0");
    up->footer("Example: moescope-engine upcycle last --experts 8 --top-k 2");
    const auto upcycle = addVerb(up, Kind::upcycle, context, action);
    up->add_option("--experts", upcycle->order.experts, "Copies (8)")->check(CLI::Range(2, 1024));
    up->add_option("--top-k", upcycle->order.topK, "Copies that work on a token (2)")->check(CLI::Range(1, 1024));
    up->add_option("--granularity", upcycle->order.granularity, "Cut each copy into so many experts (1); the router takes whole copies at first")->check(CLI::Range(1, 64));
    up->add_option("--noise", upcycle->order.noise, "Noise on the copies, as a share of their spread (0); above 0 the function changes")->check(CLI::Range(0.0, 10.0));
    auto* split = app.add_subcommand("moefy", "A trained dense run as a mixture: its neurons shared out to experts, all of them together the same layer");
    split->footer("Example: moescope-engine moefy last --experts 16 --top-k 4 --steps 50\n         moescope-engine moefy last --split random --experts 8 --top-k 2\n--set router.options.neurons=WIDTH, the width of an expert, chooses by what the neurons would answer: a bound for other routers.");
    const auto moefy = addVerb(split, Kind::moefy, context, action);
    split->add_option("--experts", moefy->order.experts, "Experts (16); must divide the width of the layer")->check(CLI::Range(2, 1024));
    split->add_option("--top-k", moefy->order.topK, "Experts that work on a token (4); all of them give the dense layer back")->check(CLI::Range(1, 1024));
    split->add_option("--split", moefy->split, "clusters: neurons that look in similar directions, ReLU only, a router that is not trained (MoEfication); random: by chance, any activation, a router that learns (LLaMA-MoE)")->check(CLI::IsMember({"clusters", "random"}));
    moefy->order.experts = 16;
    moefy->order.topK = 4;
    auto* dense = app.add_subcommand("to-dense", "A trained mixture as a dense run: everything but the experts copied, the experts put together");
    dense->footer("Example: moescope-engine to-dense last --experts average --steps 200");
    const auto toDense = addVerb(dense, Kind::toDense, context, action);
    dense->add_option("--experts", toDense->keep, "What becomes the dense layer: the average of all experts, or the one with most tokens")->check(CLI::IsMember({"average", "busiest"}));
}

}  // namespace moescope::app
