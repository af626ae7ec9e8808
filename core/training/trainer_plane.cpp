// The mixture on the plane as a picture: its gate and experts on a grid, and the fixed points it is probed at.
#include "core/training/live_trainer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/data/plane_corpus.hpp"
#include "core/training/batches.hpp"

namespace moescope::training {

namespace {

constexpr std::int64_t kSide = 64, kLeastSide = 16;
constexpr std::int64_t kMostNumbers = 1 << 18;   // of all cells together: a snapshot stays below 1 MiB
constexpr std::uint32_t kDroppedBits = 11;       // of 23: relative error below 2^-12 after rounding

// Rounded to the bits that are kept, the rest 0: such floats compress well.
float shortened(float value) {
    if (!std::isfinite(value)) return value;
    const std::uint32_t half = 1u << (kDroppedBits - 1), mask = ~((1u << kDroppedBits) - 1);
    const float out = std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + half) & mask);
    return std::isfinite(out) ? out : value;
}

std::vector<float> hostFloats(const at::Tensor& values) {
    const at::Tensor host = values.to(at::kFloat).cpu().contiguous();
    std::vector<float> out(host.const_data_ptr<float>(), host.const_data_ptr<float>() + host.numel());
    std::ranges::transform(out, out.begin(), shortened);
    return out;
}

std::int64_t sideFor(std::int64_t experts, std::int64_t outputs) {
    const std::int64_t each = 2 * experts + outputs + experts * outputs;
    const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(kMostNumbers / each)));
    return std::clamp(side, kLeastSide, kSide);
}

// Cell centres [side * side, 2], row by row from the bottom.
at::Tensor gridPoints(std::int64_t side, const at::Device& device) {
    const double cell = 2 * data::kPlaneEdge / static_cast<double>(side);
    std::vector<float> points;
    for (std::int64_t row = 0; row < side; ++row)
        for (std::int64_t column = 0; column < side; ++column)
            for (const std::int64_t at : {column, row})
                points.push_back(static_cast<float>(-data::kPlaneEdge + (static_cast<double>(at) + 0.5) * cell));
    return upload(points, device).view({-1, 2});
}

}  // namespace

data::Batch LiveTrainer::probeBatch() const {
    const std::int64_t length = m_config.model.context;
    return m_corpus->validation(0, std::max<std::int64_t>(1, m_config.telemetry.probe_tokens / length), length);
}

// Points have no ids and no text, and unlike tokens each has its own loss.
telemetry::ProbeSnapshot LiveTrainer::probePoints() {
    const at::NoGradGuard guard;
    const data::Batch batch = probeBatch();
    telemetry::ProbeSnapshot out = emptySnapshot(batch.sequences * batch.length, 1);
    out.domains = batch.domains;
    const model::PassResult result = m_model->forward(tokensOf(batch, deviceOf()), passOf(false, 0));
    copyRoutings(result, out, 0);
    const at::Tensor losses = result.tokenLoss.to(at::kFloat).cpu();
    std::copy_n(losses.const_data_ptr<float>(), losses.numel(), out.losses.begin());
    return out;
}

std::optional<telemetry::PlaneSnapshot> LiveTrainer::plane() {
    if (!m_plane) return std::nullopt;
    const at::NoGradGuard guard;
    telemetry::PlaneSnapshot out;
    out.step = m_progress.steps;
    out.experts = static_cast<std::int32_t>(m_specs[0].experts);
    out.outputs = static_cast<std::int32_t>(m_model->vocabulary());
    out.classes = m_plane->classes();
    out.columns = out.rows = static_cast<std::int32_t>(sideFor(out.experts, out.outputs));
    out.left = out.bottom = static_cast<float>(-data::kPlaneEdge);
    out.right = out.top = static_cast<float>(data::kPlaneEdge);
    const model::PlaneField field = m_plane->field(gridPoints(out.columns, deviceOf()), passOf(false, 0));
    out.probabilities = hostFloats(field.probabilities);
    out.weights = hostFloats(field.weights);
    out.output = hostFloats(field.output);
    out.expertOutputs = hostFloats(field.expertOutputs);
    const data::Batch batch = probeBatch();
    out.points = static_cast<std::int32_t>(batch.domains.size());
    for (std::size_t i = 0; i < batch.domains.size(); ++i) {
        out.x.push_back(batch.points[2 * i]);
        out.y.push_back(batch.points[2 * i + 1]);
        out.targets.push_back(out.classes ? static_cast<float>(batch.targets[i]) : batch.values[i]);
    }
    out.domains = batch.domains;
    out.losses = hostFloats(m_model->forward(tokensOf(batch, deviceOf()), passOf(false, 0)).tokenLoss);
    return out;
}

}  // namespace moescope::training
