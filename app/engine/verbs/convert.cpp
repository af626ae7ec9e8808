// upcycle, moefy, to-dense: a new run whose first weights come from a trained model of another shape.
#include <CLI/CLI.hpp>

#include <unistd.h>

#include <cmath>

#include "app/engine/adopt_weights.hpp"
#include "app/engine/launch.hpp"
#include "app/engine/model_source.hpp"
#include "app/engine/run_options.hpp"
#include "app/engine/verbs.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/conversion/conversion.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

using conversion::Kind;
using conversion::Order;
using conversion::Weights;
using Rows = std::vector<std::vector<std::int32_t>>;

struct ConvertOptions {
    std::string model, name, group, keep = "average", split = "clusters";
    std::vector<std::string> sets, tags;
    std::int64_t steps = 0;
    Order order;
};

constexpr std::int64_t kCheckedRows = 4;

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

/// Token rows of the first validation batch.
Rows rowsToCheck(const LoadedModel& old) {
    const std::int64_t length = old.trainer->config().model.context;
    const data::Batch batch = old.corpus->validation(0, kCheckedRows, length);
    Rows rows;
    for (std::int64_t row = 0; row < batch.sequences; ++row) rows.emplace_back(batch.inputs.begin() + row * length, batch.inputs.begin() + (row + 1) * length);
    return rows;
}

double largestDifference(const std::vector<float>& one, const std::vector<float>& other) {
    double largest = one.size() == other.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i) largest = std::max(largest, std::abs(static_cast<double>(one[i]) - other[i]));
    return largest;
}

std::string presetLabel(const config::RunConfig& from, const Order& order) {
    const std::string base = from.preset.substr(0, from.preset.find('+'));
    const std::string router = order.kind == Kind::toDense ? "dense" : order.kind == Kind::moefy ? (order.split == conversion::Split::random ? "llama_moe" : "moefication") : order.granularity > 1 ? "upcycle_fg" : "upcycle";
    return base.empty() ? router : base + "+" + router;
}

std::string shapeText(const config::RunConfig& to) {
    const auto layers = config::moeLayers(to);
    if (layers.empty()) return "dense layers of width " + std::to_string(config::denseWidth(to));
    const config::MoeShape shape = config::moeShape(to, layers.front());
    return std::to_string(shape.experts) + " experts of width " + std::to_string(shape.expertWidth) + ", " + std::to_string(shape.topK) + " for each token";
}

/// What the new run begins with; put into the fresh trainer when it is there.
class Conversion {
public:
    Conversion(const Context& context, LoadedModel old, Order order, std::int64_t step)
        : m_context(context), m_old(std::move(old)), m_order(std::move(order)), m_from(m_old.trainer->config()), m_step(step), m_rows(rowsToCheck(m_old)),
          m_weights(conversion::weightsOf(m_old.trainer->state())) {
        m_lossBefore = m_old.trainer->evaluateTokens(m_rows, &m_before).loss;
        m_old.trainer.reset();
    }

    std::string operator()(training::Trainer& fresh) const {
        Weights weights = conversion::weightsOf(fresh.state());
        conversion::convertWeights(m_weights, m_from, fresh.config(), m_order, weights);
        adoptWeights(fresh, weights, m_context.storeFolder() / ("converting-" + std::to_string(getpid())));
        std::vector<float> after;
        const double loss = fresh.evaluateTokens(m_rows, &after).loss, difference = largestDifference(m_before, after);
        m_context.result({{"event", "converted"}, {"parent", m_old.run}, {"parent_step", m_step}, {"conversion", conversion::toText(m_order.kind)}, {"keeps_function", conversion::keepsFunction(m_order)},
                          {"largest_logit_difference", number(difference)}, {"loss_before", number(m_lossBefore)}, {"loss_after", number(loss)}}, {});
        const std::string text = "\"" + m_old.name + "\" at step " + std::to_string(m_step) + ", " + std::string(conversion::toText(m_order.kind)) + ": " + shapeText(fresh.config()) + ". On " +
                                 std::to_string(m_rows.size()) + " validation rows the loss is " + fixed(loss, 4) + " (before: " + fixed(m_lossBefore, 4) + "), and no logit differs by more than " +
                                 shortDifference(difference) + ".";
        m_context.say(text);
        return text;
    }

private:
    static std::string shortDifference(double value) { return value < 1e-3 ? fixed(value * 1e6, 2) + "e-6" : fixed(value, 4); }

    const Context& m_context;
    mutable LoadedModel m_old;
    Order m_order;
    config::RunConfig m_from;
    std::int64_t m_step;
    Rows m_rows;
    Weights m_weights;
    std::vector<float> m_before;
    double m_lossBefore = 0;
};

int convert(const Context& context, const ConvertOptions& options) {
    LoadedModel old = loadModel(context, options.model);
    Order order = options.order;
    order.keep = options.keep == "busiest" ? conversion::Keep::busiest : conversion::Keep::average;
    order.split = options.split == "random" ? conversion::Split::random : conversion::Split::clusters;
    if (order.kind == Kind::toDense) order.load = storedLoad(context, old.run);
    NewTraining wanted;
    base::Problems problems = conversion::convertedConfig(old.trainer->config(), order, wanted.config);
    if (!problems.empty()) return report(context, problems);
    wanted.config.preset = presetLabel(storedConfig(storage::Store(context.storeFolder()), old.run), order);
    problems = applySets(options.sets, wanted.config);
    if (!problems.empty()) return report(context, problems);
    if (options.steps > 0) wanted.config.training.steps = options.steps;
    wanted.parent = old.run;
    wanted.parentStep = old.trainer->stepsDone();
    wanted.name = !options.name.empty() ? options.name : old.name + " " + std::string(conversion::toText(order.kind));
    wanted.group = options.group;
    wanted.tags = options.tags;
    order.seed = static_cast<std::uint64_t>(wanted.config.training.seed);
    const auto conversion = std::make_shared<Conversion>(context, std::move(old), order, wanted.parentStep);
    wanted.firstWeights = [conversion](training::Trainer& fresh) { return (*conversion)(fresh); };
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
    split->footer("Example: moescope-engine moefy last --experts 16 --top-k 4 --steps 50\n         moescope-engine moefy last --split random --experts 8 --top-k 2");
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
