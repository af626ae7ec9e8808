// Evaluates stored models in the ways that experiments ask for.
#include "app/engine/experiment_measures.hpp"

#include <algorithm>
#include <cmath>
#include <unistd.h>

#include "app/engine/adopt_weights.hpp"
#include "app/engine/model_source.hpp"
#include "app/engine/run_options.hpp"
#include "core/base/error.hpp"
#include "core/config/validate.hpp"

namespace moescope::app {
namespace {

using experiments::Term;
using Rows = std::vector<std::vector<std::int32_t>>;

constexpr std::int64_t kRows = 32;        // sequences that are looked at prefix by prefix
constexpr std::int64_t kSeenSteps = 8;    // last steps of training that are looked at again
constexpr std::int64_t kClusters = 16;    // of a dense layer that is split

void addRows(const data::Batch& batch, Rows& rows) {
    for (std::int64_t row = 0; row < batch.sequences; ++row) rows.emplace_back(batch.inputs.begin() + row * batch.length, batch.inputs.begin() + (row + 1) * batch.length);
}

Rows validationRows(const LoadedModel& model) {
    Rows rows;
    addRows(model.corpus->validation(0, kRows, model.trainer->config().model.context), rows);
    return rows;
}

Rows seenRows(const LoadedModel& model) {
    const config::RunConfig& config = model.trainer->config();
    Rows rows;
    for (std::int64_t step = std::max<std::int64_t>(0, model.trainer->stepsDone() - kSeenSteps); step < model.trainer->stepsDone(); ++step)
        addRows(model.corpus->training(step, 0, config.training.batch, config.model.context), rows);
    return rows;
}

/// -ln of the share that the softmax of `logits` gives to `token`.
double surprise(std::span<const float> logits, std::int32_t token) {
    const double largest = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits) sum += std::exp(logit - largest);
    return largest + std::log(sum) - logits[static_cast<std::size_t>(token)];
}

/// Mean over rows that are read one by one.
double wholeLoss(const LoadedModel& model) {
    double sum = 0;
    const Rows rows = validationRows(model);
    for (const auto& row : rows) sum += model.trainer->evaluateTokens({row}, nullptr).loss;
    return sum / static_cast<double>(rows.size());
}

/// Every token after the first is predicted by a pass that ends before it, so that nothing behind it can be seen.
double prefixLoss(const LoadedModel& model) {
    const auto vocabulary = static_cast<std::size_t>(model.trainer->vocabulary());
    double sum = 0;
    std::int64_t count = 0;
    for (const auto& row : validationRows(model))
        for (std::size_t length = 1; length < row.size(); ++length, ++count) {
            std::vector<float> logits;
            model.trainer->evaluateTokens({{row.begin(), row.begin() + static_cast<std::ptrdiff_t>(length)}}, &logits);
            sum += surprise(std::span(logits).last(vocabulary), row[length]);
        }
    return sum / static_cast<double>(count);
}

/// A trainer of `config` with `sets` on top, on the data and the device of `model`.
std::unique_ptr<training::Trainer> trainerOf(const LoadedModel& model, config::RunConfig config, const std::vector<std::string>& sets) {
    base::Problems problems = applySets(sets, config);
    if (problems.empty()) problems = config::validate(config);
    std::unique_ptr<training::Trainer> trainer;
    if (problems.empty()) trainer = training::Trainer::create(config, model.corpus, model.trainer->device(), problems);
    if (trainer) return trainer;
    throw base::Error(base::ExitCode::usage, "measure.settings", problems.front().key + ": " + problems.front().text, model.run, "measure it with settings that fit");
}

std::filesystem::path scratch(const Context& context) { return context.storeFolder() / ("measuring-" + std::to_string(getpid())); }

/// The same weights under other settings.
std::unique_ptr<training::Trainer> changed(const Context& context, const LoadedModel& model, const std::vector<std::string>& sets) {
    auto trainer = trainerOf(model, model.trainer->config(), sets);
    adoptWeights(*trainer, conversion::weightsOf(model.trainer->state()), scratch(context));
    return trainer;
}

void drawExperts(training::Trainer& trainer) {
    telemetry::Event event;
    const base::Problems problems = trainer.apply({"oracle", {{"kind", std::string("random")}}}, event);
    if (!problems.empty()) throw base::Error(base::ExitCode::usage, "measure.random", problems.front().text, "moefied_random", "choose fewer clusters");
}

/// Validation loss of a dense model whose layers are split into clusters; `how` chooses among them: truth, similarity, random.
double moefiedLoss(const Context& context, const LoadedModel& model, std::string_view how, const std::vector<std::string>& sets) {
    const config::RunConfig from = model.trainer->config();
    conversion::Order order;
    order.kind = conversion::Kind::moefy;
    order.experts = order.topK = kClusters;
    config::RunConfig to;
    const base::Problems problems = conversion::convertedConfig(from, order, to);
    if (!problems.empty()) throw base::Error(base::ExitCode::usage, "measure.split", problems.front().key + ": " + problems.front().text, model.run, "measure a dense ReLU run");
    if (how == "truth") to.router.options["neurons"] = to.moe.expert_width;
    const auto trainer = trainerOf(model, to, sets);
    conversion::Weights weights = conversion::weightsOf(trainer->state());
    conversion::convertWeights(conversion::weightsOf(model.trainer->state()), from, trainer->config(), order, weights);
    adoptWeights(*trainer, weights, scratch(context));
    if (how == "random") drawExperts(*trainer);
    return trainer->evaluate().loss;
}

/// Share of the probe's choices that are not among those that the same token has under the other settings.
double flipped(training::Trainer& one, training::Trainer& other) {
    const telemetry::ProbeSnapshot a = one.probe(), b = other.probe();
    if (a.expertIds.size() != b.expertIds.size() || a.expertIds.empty()) return statistics::kUnknown;
    const auto slots = static_cast<std::size_t>(a.slotsPerToken);
    std::size_t lost = 0;
    for (std::size_t first = 0; first < a.expertIds.size(); first += slots)
        for (std::size_t slot = 0; slot < slots; ++slot) lost += std::ranges::count(std::span(b.expertIds).subspan(first, slots), a.expertIds[first + slot]) == 0;
    return static_cast<double>(lost) / static_cast<double>(a.expertIds.size());
}

double measured(const Context& context, const LoadedModel& model, const Term& term) {
    if (term.metric == "whole_loss") return wholeLoss(model);
    if (term.metric == "prefix_loss") return prefixLoss(model);
    if (term.metric == "seen_loss") return model.trainer->evaluateTokens(seenRows(model), nullptr).loss;
    if (term.metric == "flipped") return flipped(*model.trainer, *changed(context, model, term.sets));
    constexpr std::string_view moefied = "moefied_";
    if (term.metric.starts_with(moefied)) return moefiedLoss(context, model, std::string_view(term.metric).substr(moefied.size()), term.sets);
    return changed(context, model, term.sets)->evaluate().loss;
}

}  // namespace

double ExperimentMeasures::of(const std::string& ulid, const Term& term) {
    std::string key = ulid + " " + term.metric;
    for (const std::string& set : term.sets) key += " " + set;
    const auto known = m_known.find(key);
    if (known != m_known.end()) return known->second;
    return m_known[key] = measured(m_context, loadModel(m_context, ulid), term);
}

}  // namespace moescope::app
