// AdamW by LibTorch's fused update: one pass over each parameter, clip and skip included.
#include "core/training/optimizer.hpp"

namespace moescope::training {

AdamW::AdamW(std::vector<model::Parameter>& parameters) : m_parameters(&parameters) {
    for (const model::Parameter& parameter : parameters)
        m_moments.push_back({at::zeros_like(parameter.value).detach(), at::zeros_like(parameter.value).detach(), 0});
}

void AdamW::dropFrozenGradients() {
    const at::NoGradGuard guard;
    for (const FrozenRows& rows : m_frozen) {
        at::Tensor& gradient = (*m_parameters)[rows.parameter].value.mutable_grad();
        if (!gradient.defined()) continue;
        if (rows.count == gradient.size(0))
            gradient = at::Tensor();
        else
            gradient.narrow(0, rows.first, rows.count).zero_();
    }
}

// The update takes whole tensors: what is frozen is put back after it, bit for bit.
std::vector<std::pair<at::Tensor, at::Tensor>> AdamW::frozenCopies() const {
    std::vector<std::pair<at::Tensor, at::Tensor>> out;
    for (const FrozenRows& rows : m_frozen) {
        const model::Parameter& parameter = (*m_parameters)[rows.parameter];
        if (!parameter.value.grad().defined()) continue;
        for (const at::Tensor& whole : {parameter.value.detach(), m_moments[rows.parameter].first, m_moments[rows.parameter].second}) {
            const at::Tensor part = whole.narrow(0, rows.first, rows.count);
            out.emplace_back(part, part.clone());
        }
    }
    return out;
}

at::Tensor AdamW::gradientNorm() const {
    std::vector<at::Tensor> gradients;
    for (const model::Parameter& parameter : *m_parameters)
        if (parameter.value.grad().defined()) gradients.push_back(parameter.value.grad());
    if (gradients.empty()) return at::zeros({}, m_parameters->front().value.options());
    return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
}

void AdamW::updateGroup(bool decays, double rate, double decay, const config::TrainingConfig& settings, const at::Tensor& divisor,
                        const at::Tensor& broken) {
    std::vector<at::Tensor> values, gradients, first, second, steps;
    for (std::size_t i = 0; i < m_parameters->size(); ++i) {
        const model::Parameter& parameter = (*m_parameters)[i];
        if (parameter.decays != decays || !parameter.value.grad().defined()) continue;
        values.push_back(parameter.value);
        gradients.push_back(parameter.value.grad());
        first.push_back(m_moments[i].first);
        second.push_back(m_moments[i].second);
        steps.push_back(at::full({}, static_cast<double>(m_moments[i].steps + 1), divisor.options().dtype(at::kFloat)));
    }
    if (values.empty()) return;
    at::_fused_adamw_(values, gradients, first, second, {}, steps, rate, settings.beta1, settings.beta2, decay, settings.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false, divisor, broken);
}

void AdamW::update(double rate, const config::TrainingConfig& settings, const at::Tensor& norm, const at::Tensor& loss) {
    const at::NoGradGuard guard;
    const at::Tensor wide = norm.to(at::kFloat);
    const at::Tensor divisor = settings.clip > 0 ? (wide / settings.clip).clamp_min(1) : at::ones_like(wide);
    const at::Tensor finite = at::isfinite(norm).logical_and(at::isfinite(loss));
    const at::Tensor broken = finite.logical_not().to(at::kFloat);
    const auto frozen = frozenCopies();
    updateGroup(true, rate, settings.weight_decay, settings, divisor, broken);
    updateGroup(false, rate, 0, settings, divisor, broken);
    for (const auto& [part, kept] : frozen) part.copy_(kept);
}

void AdamW::settle(bool applied) {
    if (!applied) return;
    for (std::size_t i = 0; i < m_parameters->size(); ++i)
        if ((*m_parameters)[i].value.grad().defined()) ++m_moments[i].steps;
}

void AdamW::dropGradients() {
    for (model::Parameter& parameter : *m_parameters) parameter.value.mutable_grad() = at::Tensor();
}

}  // namespace moescope::training
