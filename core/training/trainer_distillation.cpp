// A frozen teacher beside the student: the same batch through its ordinary forward pass, and how far the student's predictions lie from its own.
#include "core/training/task_pass.hpp"

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"

namespace moescope::training {

bool LiveTrainer::distils() const {
    if (m_progress.steps >= config::distillationEnd(m_config)) return false;
    if (m_teacher) return true;
    throw base::Error(base::ExitCode::corrupt, "teacher.missing", "the run learns from a teacher that is not loaded", m_config.distillation.teacher,
                      "resume the run, which loads the teacher from its folder");
}

void LiveTrainer::teach(const config::RunConfig& config, const checkpoint::LoadedCheckpoint& saved) {
    config::RunConfig frozen = config;
    frozen.router.noise_at_evaluation = false;
    frozen.distillation = {};
    auto teacher = std::make_unique<LiveTrainer>(frozen, m_corpus, m_deviceName, c10::typeMetaToScalarType(m_model->options().dtype()));
    teacher->becomeTeacher(saved);
    m_teacher = std::move(teacher);
    m_teacherFlops = config::cost(m_teacher->m_config, m_model->vocabulary()).flopsTokenForward;
}

void LiveTrainer::becomeTeacher(const checkpoint::LoadedCheckpoint& saved) {
    const at::NoGradGuard guard;
    const auto state = nlohmann::json::parse(saved.stateJson, nullptr, false);
    if (!state.is_object() || !state.contains("progress"))
        throw base::Error(base::ExitCode::corrupt, "ckpt.state", "state.json is not a trainer's state", "the teacher's state.json", "name another teacher");
    m_optimizer.moments().clear();
    restoreModel(saved, progressFromJson(state["progress"].dump()));
    refreshRouters();
}

at::Tensor LiveTrainer::frozenLogits(const data::Batch& batch) const {
    const at::NoGradGuard guard;
    model::TokenBatch blind = labelled(batch);
    blind.targets = at::Tensor();
    return m_model->forward(blind, passOf(false, 0)).logits;
}

LiveTrainer::TaskPass LiveTrainer::forwardDistilled(const data::Batch& batch, const model::TokenBatch& tokens, std::int64_t micro) {
    const config::DistillationConfig& d = m_config.distillation;
    model::TokenBatch blind = tokens;
    blind.targets = at::Tensor();
    model::PassResult result = m_model->forward(blind, passOf(true, micro));
    const at::Tensor losses = crossEntropy(result.logits.log_softmax(1), tokens.targets);
    result.loss = losses.mean();
    result.tokenLoss = losses.detach();
    const at::Tensor teacher = m_teacher->frozenLogits(batch).div(d.temperature).log_softmax(1), student = result.logits.div(d.temperature).log_softmax(1);
    at::Tensor divergence = (teacher.exp() * (teacher - student)).sum(1).mean();
    return {std::move(result), std::move(divergence), d.beta * d.temperature * d.temperature, d.truth, "kd"};
}

LiveTrainer::TaskPass LiveTrainer::forwardTask(const data::Batch& batch, const model::TokenBatch& tokens, std::int64_t micro) {
    if (distils()) return forwardDistilled(batch, tokens, micro);
    if (consistency() >= 0) return forwardTwice(tokens, micro);
    return {m_model->forward(tokens, passOf(true, micro))};
}

}  // namespace moescope::training
