// Routing snapshots: every token of the fixed probe set, or of a text, with its experts, weights, logits and loss.
#include "core/training/live_trainer.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/routing/stages.hpp"
#include "core/training/batches.hpp"

namespace moescope::training {

namespace {

constexpr std::int64_t kTextTokens = 1 << 16;

// Copies [T, width] of a layer into rows of `to` that are `stride` wide, starting at `row`.
template <class From, class To>
void copyRows(const at::Tensor& values, std::vector<To>& to, std::int64_t row, std::int64_t stride) {
    const at::Tensor host = values.cpu().contiguous();
    const From* data = host.const_data_ptr<From>();
    const std::int64_t width = host.size(1);
    for (std::int64_t t = 0; t < host.size(0); ++t)
        for (std::int64_t j = 0; j < width; ++j)
            to[static_cast<std::size_t>((row + t) * stride + j)] = static_cast<To>(data[t * width + j]);
}

double levelOf(const std::vector<float>& sorted, double level) {
    const double at = level * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at), above = std::min(below + 1, sorted.size() - 1);
    const double share = at - static_cast<double>(below);
    return (1 - share) * static_cast<double>(sorted[below]) + share * static_cast<double>(sorted[above]);
}

// Quantiles of each column of [T, E], -inf left out, to `to` at [expert][level].
void copyLevels(const at::Tensor& values, std::vector<float>& to, std::int64_t row) {
    const at::Tensor columns = values.to(at::kFloat).cpu().t().contiguous();
    constexpr std::size_t levels = telemetry::kProbeLevels.size();
    for (std::int64_t e = 0; e < columns.size(0); ++e) {
        const float* data = columns.const_data_ptr<float>() + e * columns.size(1);
        std::vector<float> finite(data, data + columns.size(1));
        std::erase_if(finite, [](float value) { return !std::isfinite(value); });
        std::sort(finite.begin(), finite.end());
        for (std::size_t level = 0; level < levels && !finite.empty(); ++level)
            to[static_cast<std::size_t>(row + e) * levels + level] = static_cast<float>(levelOf(finite, telemetry::kProbeLevels[level]));
    }
}

std::vector<float> noLevels(const telemetry::ProbeSnapshot& of) {
    return std::vector<float>(static_cast<std::size_t>(of.layers * of.experts) * telemetry::kProbeLevels.size(), std::numeric_limits<float>::quiet_NaN());
}

bool showsNoise(const routing::RouterSpec& spec) { return routing::hasLogits(spec) && routing::noiseIsOn(spec, true) && spec.transform == routing::Transform::none; }

}  // namespace

// What a training choice of this step would compare: one more pass, with noise, that changes nothing.
void LiveTrainer::fillNoise(telemetry::ProbeSnapshot& out, const model::TokenBatch& batch) {
    if (std::ranges::none_of(m_specs, showsNoise)) return;
    out.noisyLogits = noLevels(out);
    const model::PassResult noisy = m_model->forward(batch, passOf(true, 0));
    for (std::size_t layer = 0; layer < noisy.routings.size(); ++layer)
        if (showsNoise(m_specs[layer])) copyLevels(noisy.routings[layer].noisy, out.noisyLogits, static_cast<std::int64_t>(layer) * out.experts);
}

telemetry::ProbeSnapshot LiveTrainer::emptySnapshot(std::int64_t tokens, std::int64_t length) const {
    telemetry::ProbeSnapshot out;
    out.step = m_progress.steps;
    out.layers = static_cast<std::int32_t>(m_specs.size());
    for (const routing::RouterSpec& spec : m_specs) {
        out.experts = std::max(out.experts, static_cast<std::int32_t>(spec.experts));
        out.slotsPerToken = std::max(out.slotsPerToken, static_cast<std::int32_t>(routing::slots(spec)));
    }
    out.tokens = static_cast<std::int32_t>(tokens);
    out.sequenceLength = static_cast<std::int32_t>(length);
    out.moeLayerIndex.assign(m_moeLayers.begin(), m_moeLayers.end());
    const auto rows = static_cast<std::size_t>(out.layers) * static_cast<std::size_t>(tokens);
    const auto slots = rows * static_cast<std::size_t>(out.slotsPerToken);
    out.expertIds.assign(slots, -1);
    out.weights.assign(slots, 0);
    out.kept.assign(slots, 0);
    out.logits.assign(rows * static_cast<std::size_t>(out.experts), 0);
    out.losses.assign(static_cast<std::size_t>(tokens), std::numeric_limits<float>::quiet_NaN());
    return out;
}

// Writes the routing of a pass behind token `from`.
void LiveTrainer::copyRoutings(const model::PassResult& result, telemetry::ProbeSnapshot& out, std::int64_t from) const {
    for (std::size_t layer = 0; layer < result.routings.size(); ++layer) {
        const routing::Routing& routing = result.routings[layer];
        const std::int64_t row = static_cast<std::int64_t>(layer) * out.tokens + from;
        copyRows<std::int64_t>(routing.experts, out.expertIds, row, out.slotsPerToken);
        copyRows<float>(routing.weights.to(at::kFloat), out.weights, row, out.slotsPerToken);
        copyRows<bool>(routing.kept, out.kept, row, out.slotsPerToken);
        if (routing.logits.defined()) copyRows<float>(routing.logits.to(at::kFloat), out.logits, row, out.experts);
    }
}

// Runs [sequences, length] ids and writes their routing behind token `from`.
void LiveTrainer::fillSnapshot(telemetry::ProbeSnapshot& out, std::int64_t from, const std::vector<std::int32_t>& ids,
                               std::int64_t sequences, std::int64_t length) {
    const bool wholeProbe = from == 0 && sequences * length == out.tokens;
    const at::NoGradGuard guard;
    std::vector<std::int32_t> targets(ids.begin() + 1, ids.end());
    targets.push_back(ids.front());
    model::TokenBatch batch{sequences, length, upload(ids, deviceOf()), upload(targets, deviceOf()), {}};
    if (m_labelled && !out.domains.empty())
        batch.domains = upload(std::span(out.domains).subspan(static_cast<std::size_t>(from), ids.size()), deviceOf());
    const model::PassResult result = m_model->forward(batch, passOf(false, 0));
    copyRoutings(result, out, from);
    const at::Tensor losses = result.tokenLoss.to(at::kFloat).cpu();
    for (std::int64_t t = 0; t < losses.numel(); ++t)
        if ((t + 1) % length != 0) out.losses[static_cast<std::size_t>(from + t)] = losses.const_data_ptr<float>()[t];
    if (wholeProbe) fillNoise(out, batch);
}

telemetry::ProbeSnapshot LiveTrainer::probe() {
    if (m_plane) return probePoints();
    const std::int64_t length = m_config.model.context;
    const std::int64_t sequences = std::max<std::int64_t>(1, m_config.telemetry.probe_tokens / length);
    const data::Batch batch = m_corpus->validation(0, sequences, length);
    telemetry::ProbeSnapshot out = emptySnapshot(sequences * length, length);
    out.tokenIds = batch.inputs;
    out.domains = inputDomains(batch);
    for (const std::int32_t id : batch.inputs) out.tokenTexts.push_back(m_corpus->decode(id));
    fillSnapshot(out, 0, batch.inputs, sequences, length);
    return out;
}

telemetry::ProbeSnapshot LiveTrainer::probeText(std::string_view text) {
    requireTokens("probe --text");
    std::vector<std::int32_t> ids = m_corpus->encode(text);
    if (ids.empty())
        throw base::Error(base::ExitCode::badInput, "probe.empty", "the text has no tokens", "text", "give at least one character");
    if (static_cast<std::int64_t>(ids.size()) > kTextTokens) ids.resize(static_cast<std::size_t>(kTextTokens));
    const auto count = static_cast<std::int64_t>(ids.size());
    const std::int64_t length = std::min(count, m_config.model.context);
    telemetry::ProbeSnapshot out = emptySnapshot(count, length);
    out.tokenIds = ids;
    for (const std::int32_t id : ids) out.tokenTexts.push_back(m_corpus->decode(id));
    for (std::int64_t from = 0; from < count; from += length) {
        const std::int64_t here = std::min(length, count - from);
        fillSnapshot(out, from, {ids.begin() + from, ids.begin() + from + here}, 1, here);
    }
    return out;
}

}  // namespace moescope::training
