// What a checkpoint holds of a trainer, and how a trainer is brought back to it.
#include "core/training/live_trainer.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/training/devices.hpp"

namespace moescope::training {

namespace {

using checkpoint::DType;
using checkpoint::NamedTensor;
using nlohmann::json;

constexpr std::string_view kGenerator = "generator.cpu";

DType typeOf(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case at::kDouble: return DType::F64;
        case at::kFloat: return DType::F32;
        case at::kLong: return DType::I64;
        case at::kByte: return DType::U8;
        default: throw base::Error(base::ExitCode::corrupt, "ckpt.type", "a tensor has a type that is not saved", "checkpoint", "report this");
    }
}

base::Bytes bytesOf(const at::Tensor& host, std::int64_t offset, std::int64_t elements) {
    const auto size = static_cast<std::size_t>(host.element_size());
    const auto* data = static_cast<const std::byte*>(host.const_data_ptr()) + static_cast<std::size_t>(offset) * size;
    return {data, static_cast<std::size_t>(elements) * size};
}

// One entry for each part of a packed tensor, borrowed from its host copy.
void addParts(std::vector<NamedTensor>& out, const std::string& prefix, const model::Parameter& parameter, const at::Tensor& host) {
    for (const model::Part& part : parameter.parts)
        out.push_back({prefix + part.name, typeOf(host), part.shape, bytesOf(host, part.offset, part.elements())});
}

NamedTensor whole(std::string name, const at::Tensor& host) {
    return {std::move(name), typeOf(host), host.sizes().vec(), bytesOf(host, 0, host.numel())};
}

void readInto(const checkpoint::SafetensorsFile& file, const std::string& name, const at::Tensor& host, std::int64_t offset,
              const std::vector<std::int64_t>& shape) {
    const checkpoint::TensorInfo* info = file.find(name);
    if (!info || info->shape != shape || info->dtype != typeOf(host))
        throw base::Error(base::ExitCode::badInput, "ckpt.mismatch",
                          info ? "the tensor has another shape or type than this model's" : "the tensor is missing", name,
                          "resume with the configuration the run was made with");
    const auto size = static_cast<std::size_t>(host.element_size());
    auto* data = static_cast<std::byte*>(host.mutable_data_ptr()) + static_cast<std::size_t>(offset) * size;
    file.read(*info, {data, static_cast<std::size_t>(info->bytes())});
}

void restoreTensor(const checkpoint::SafetensorsFile& file, const std::string& prefix, const model::Parameter& parameter,
                   const at::Tensor& target) {
    const at::Tensor host = at::empty(target.sizes(), target.options().device(at::kCPU).requires_grad(false));
    for (const model::Part& part : parameter.parts) readInto(file, prefix + part.name, host, part.offset, part.shape);
    target.detach().copy_(host);
}

json optimizerJson(AdamW& optimizer, const std::vector<model::Parameter>& parameters, const config::TrainingConfig& training) {
    json steps = json::object();
    for (std::size_t i = 0; i < parameters.size(); ++i) steps[parameters[i].name] = optimizer.moments()[i].steps;
    return {{"kind", "adamw"}, {"beta1", training.beta1}, {"beta2", training.beta2}, {"epsilon", training.epsilon},
            {"weight_decay", training.weight_decay}, {"steps", std::move(steps)}};
}

}  // namespace

// Live settings as they are, so that a restored trainer goes on with them.
void LiveTrainer::collectLive() {
    m_progress.live.clear();
    for (const config::SettingInfo& setting : config::listSettings())
        if (setting.live) m_progress.live[setting.key] = *config::settingJson(m_config, setting.key);
    m_progress.live["model.ffn_width"] = *config::settingJson(m_config, "model.ffn_width");
    m_progress.idle = m_idle.state();
    for (std::size_t i = 0; i < m_specs.size(); ++i) m_progress.lastCounts[i] = lastCounts(i);
    m_progress.alarms = m_alarms.state();
}

checkpoint::CheckpointContents LiveTrainer::state() {
    const at::NoGradGuard guard;
    m_saved.clear();
    const auto onHost = [this](const at::Tensor& tensor) -> const at::Tensor& {
        m_saved.push_back(tensor.detach().cpu().clone(at::MemoryFormat::Contiguous));
        return m_saved.back();
    };
    checkpoint::CheckpointContents out;
    out.metadata["format"] = "pt";
    const auto& parameters = m_model->parameters();
    m_saved.reserve(3 * parameters.size() + m_model->buffers().size() + 1);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        addParts(out.model, "", parameters[i], onHost(parameters[i].value));
        addParts(out.optimizer, "exp_avg.", parameters[i], onHost(m_optimizer.moments()[i].first));
        addParts(out.optimizer, "exp_avg_sq.", parameters[i], onHost(m_optimizer.moments()[i].second));
    }
    for (const model::Buffer& buffer : m_model->buffers()) out.state.push_back(whole(buffer.name, onHost(buffer.value)));
    out.state.push_back(whole(std::string(kGenerator), onHost(at::globalContext().defaultGenerator(at::kCPU).get_state())));
    collectLive();
    const json state = {{"format", 1},
                        {"min_reader", 1},
                        {"step", m_progress.steps},
                        {"tokens", m_progress.tokens},
                        {"progress", json::parse(toJson(m_progress))},
                        {"optimizer", optimizerJson(m_optimizer, parameters, m_config.training)},
                        {"cursor", {{"seed", m_config.data.seed}, {"step", m_progress.steps}, {"data", m_corpus->fingerprint()}}},
                        {"environment", json::parse(environmentJson())},
                        {"device", m_deviceName}};
    out.stateJson = state.dump();
    return out;
}

void LiveTrainer::applyLiveSettings() {
    for (const auto& [key, value] : m_progress.live)
        if (const base::Problems problems = config::applySetting(m_config, key, value); !problems.empty())
            throw base::Error(base::ExitCode::corrupt, "ckpt.state", problems.front().text, "live setting " + key, "resume from an earlier checkpoint");
}

void LiveTrainer::restoreModel(const checkpoint::LoadedCheckpoint& saved, Progress progress) {
    for (const model::Parameter& parameter : m_model->parameters()) restoreTensor(saved.model, "", parameter, parameter.value);
    for (model::Buffer& buffer : m_model->buffers()) {
        const at::Tensor host = at::empty(buffer.value.sizes(), buffer.value.options().device(at::kCPU));
        readInto(saved.state, buffer.name, host, 0, buffer.value.sizes().vec());
        buffer.value.copy_(host);
    }
    checkInterventions(progress);
    m_progress = std::move(progress);
    sizeInterventions();
    m_counts.reset();
    applyLiveSettings();
}

void LiveTrainer::restore(const checkpoint::LoadedCheckpoint& saved) {
    const at::NoGradGuard guard;
    const json state = json::parse(saved.stateJson, nullptr, false);
    if (!state.is_object() || !state.contains("progress") || !state.contains("optimizer") || !state["optimizer"].contains("steps"))
        throw base::Error(base::ExitCode::corrupt, "ckpt.state", "state.json is not a trainer's state", "state.json", "resume from an earlier checkpoint");
    Progress progress = progressFromJson(state["progress"].dump());
    if (state.contains("cursor") && state["cursor"].value("data", "") != m_corpus->fingerprint())
        throw base::Error(base::ExitCode::badInput, "data.changed", "the data is not what the run was trained on", m_config.data.source,
                          "put the original text back, or start a new run");
    restoreModel(saved, std::move(progress));
    const auto& parameters = m_model->parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        Moments& moments = m_optimizer.moments()[i];
        restoreTensor(saved.optimizer, "exp_avg.", parameters[i], moments.first);
        restoreTensor(saved.optimizer, "exp_avg_sq.", parameters[i], moments.second);
        moments.steps = state["optimizer"]["steps"].value(parameters[i].name, std::int64_t{0});
    }
    m_idle.restore(m_progress.idle);
    m_alarms.state() = m_progress.alarms;
    m_secondsAtReport = m_progress.seconds;
    m_tokensAtReport = m_progress.tokens;
    refreshRouters();
    // Last of all, so that nothing above can draw from it.
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    const at::Tensor bytes = at::empty(generator.get_state().sizes(), at::kByte);
    readInto(saved.state, std::string(kGenerator), bytes, 0, bytes.sizes().vec());
    generator.set_state(bytes);
}

}  // namespace moescope::training
