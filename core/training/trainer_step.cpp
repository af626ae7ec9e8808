// One optimizer step: every micro-batch forward and backward, one update, router state, report and alarms.
#include "core/training/task_pass.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/clock.hpp"
#include "core/base/fault.hpp"
#include "core/config/derived.hpp"
#include "core/training/batches.hpp"
#include "core/training/devices.hpp"

namespace moescope::training {

using kernels::Part;
using kernels::TimedPart;

namespace {

double secondsSince(std::int64_t started) { return static_cast<double>(base::monotonicNanoseconds() - started) * 1e-9; }

void addTo(at::Tensor& sum, const at::Tensor& part) { sum = sum.defined() ? sum + part : part; }

// MOESCOPE_FAULT's "nan" makes the value at this site NaN; the other actions carry themselves out.
void faultAt(std::string_view site, at::Tensor& value) {
    if (base::fault::pass(site) == base::fault::Action::nan) value = value * std::nan("");
}

bool broken(const at::Tensor& value) { return value.defined() && !at::isfinite(value).all().item<bool>(); }

}  // namespace

// What the micro-batches of a step add up to. Tensors are on the device, numbers are what the host read from them.
struct LiveTrainer::StepSums {
    at::Tensor loss, auxiliary;               // means over micro-batches
    model::TokenBatch batch;                  // the last one
    std::map<std::string, at::Tensor> terms;  // unweighted auxiliary losses, means over micro-batches
    at::Tensor kept;                          // networks that ran, all layers; undefined while nothing can be dropped
    double lossValue = 0, normValue = 0, auxiliaryValue = 0, keptPerToken = -1, dataSeconds = 0;
};

at::Tensor LiveTrainer::auxiliaryLoss(const model::PassResult& result, std::int64_t sequences, double share, StepSums& sums) {
    if (m_specs.empty()) return {};
    const TimedPart timed(m_times, Part::router);
    const routing::AuxiliaryLosses losses = routing::losses(m_specs, result.routings, sequences, &m_counts);
    if (losses.total.defined()) addTo(sums.auxiliary, losses.total.detach() * share);
    for (const routing::AuxiliaryLoss& term : losses.terms) addTo(sums.terms[term.name], term.value.detach() * share);
    return losses.total;
}

void LiveTrainer::observe(const data::Batch& batch, const model::PassResult& result, bool report, StepSums& sums) {
    const bool idle = std::ranges::any_of(m_specs, [](const auto& spec) { return routing::computing(spec) < spec.experts; });
    const auto sparse = [](const routing::Routing& routing) { return !routing.dispatch.defined() && (!routing.dropless || !routing.complete); };
    if (idle || std::ranges::any_of(result.routings, sparse))
        for (std::size_t i = 0; i < m_specs.size(); ++i)
            addTo(sums.kept, result.routings[i].placed.narrow(0, 0, routing::computing(m_specs[i])).sum());
    if (!report) return;
    const TimedPart timed(m_times, Part::telemetry);
    const at::Tensor domains = m_corpus->domains().empty() ? at::Tensor() : upload(inputDomains(batch), deviceOf());
    for (std::size_t i = 0; i < result.routings.size(); ++i)
        m_statistics->accumulate(i, result.routings[i], batch.sequences, domains);
}

void LiveTrainer::forwardBackward(std::int64_t micro, bool report, StepSums& sums) {
    const std::int64_t started = base::monotonicNanoseconds();
    data::Batch batch;
    {
        const TimedPart timed(m_times, Part::data);
        batch = m_corpus->training(m_progress.steps, micro, m_config.training.batch, m_config.model.context);
    }
    sums.dataSeconds += secondsSince(started);
    const double share = 1.0 / static_cast<double>(m_config.training.accumulate);
    const at::AutoGradMode gradients(!m_model->fitsByItself());
    sums.batch = labelled(batch);
    TaskPass pass = forwardTask(batch, sums.batch, micro);
    model::PassResult& result = pass.result;
    faultAt("step.fwd", result.loss);
    at::Tensor auxiliary = auxiliaryLoss(result, batch.sequences, share, sums);
    if (pass.divergence.defined()) {
        addTo(sums.auxiliary, pass.divergence.detach() * (pass.weight * share));
        addTo(auxiliary, pass.divergence * pass.weight);
        if (!pass.term.empty()) addTo(sums.terms[pass.term], pass.divergence.detach() * share);
    }
    addTo(sums.loss, result.loss.detach() * share);
    observe(batch, result, report, sums);
    if (m_model->fitsByItself()) return;
    const TimedPart timed(m_times, Part::backward);
    const at::Tensor task = pass.share == 1 ? result.loss : result.loss * pass.share;
    const at::Tensor objective = auxiliary.defined() ? task + auxiliary : task;
    (objective * share).backward();
}

// The one look at the device in a step: loss, norm, auxiliary losses and kept assignments together.
void LiveTrainer::readBack(const at::Tensor& norm, StepSums& sums) {
    const at::Tensor none = at::full({}, -1.0, norm.options().dtype(at::kDouble));
    const auto wide = [&](const at::Tensor& value) { return value.defined() ? value.to(at::kDouble) : none; };
    const at::Tensor host = at::stack({wide(sums.loss), wide(norm), wide(sums.auxiliary), wide(sums.kept)}).cpu();
    const double* value = host.const_data_ptr<double>();
    sums.lossValue = value[0];
    sums.normValue = value[1];
    sums.auxiliaryValue = sums.auxiliary.defined() ? value[2] : 0;
    const double tokens = static_cast<double>(tokensPerStep() * static_cast<std::int64_t>(m_specs.size()));
    if (sums.kept.defined()) sums.keptPerToken = value[3] / tokens;
}

// The model's own step in place of the optimizer's; the loss is that before it, as with gradients.
void LiveTrainer::fit(StepSums& sums) {
    readBack(at::zeros({}, sums.loss.options()), sums);
    if (std::isfinite(sums.lossValue)) m_model->fit(sums.batch, passOf(true, 0));
}

void LiveTrainer::update(StepSums& sums) {
    const TimedPart timed(m_times, Part::optimizer);
    if (m_model->fitsByItself()) return fit(sums);
    faultAt("step.bwd", m_model->parameters().front().value.mutable_grad());
    m_optimizer.dropFrozenGradients();
    at::Tensor norm = m_optimizer.gradientNorm();
    faultAt("step.opt", norm);
    m_optimizer.update(config::learningRate(m_config.training, m_progress.steps), m_config.training, norm, sums.loss);
    readBack(norm, sums);
    m_optimizer.settle(std::isfinite(sums.lossValue) && std::isfinite(sums.normValue));
}

// After the optimizer, from the counts of the whole step; never in evaluation.
void LiveTrainer::updateRouters() {
    const at::NoGradGuard guard;
    if (m_counts.empty()) return;
    for (std::size_t i = 0; i < m_specs.size(); ++i)
        if (!m_progress.frozenRouters[i]) routing::updateState(m_specs[i], m_model->routers()[i], m_counts.summary(i));
}

StepResult LiveTrainer::step() {
    const std::int64_t started = base::monotonicNanoseconds();
    const std::int64_t every = m_config.telemetry.report_every;
    const bool report = every > 0 && (m_progress.steps + 1) % every == 0, taught = distils();
    StepSums sums;
    StepResult result;
    m_counts.reset();
    m_optimizer.dropGradients();
    for (std::int64_t micro = 0; micro < m_config.training.accumulate; ++micro) forwardBackward(micro, report, sums);
    update(sums);
    result.finite = std::isfinite(sums.lossValue) && std::isfinite(sums.normValue);
    if (!result.finite) {
        result.offender = nameOffender(sums);
        refreshRouters();  // forgets what the broken step added to the statistics
        m_counts.reset();
        return result;
    }
    updateRouters();
    const double rate = config::learningRate(m_config.training, m_progress.steps);
    ++m_progress.steps;
    m_progress.tokens += tokensPerStep();
    m_progress.flops += static_cast<double>(tokensPerStep()) * (flopsPerToken(sums.keptPerToken) + (taught ? m_teacherFlops : 0));
    if (report) {
        const TimedPart timed(m_times, Part::telemetry);
        result.report = makeReport(sums, rate);
        m_alarms.onReport(*result.report, result.alarms);
    }
    m_alarms.onLoss(m_progress.steps, sums.lossValue, result.alarms);
    if (taught && m_progress.steps < m_config.training.steps && !distils())
        result.alarms.push_back({m_progress.steps, telemetry::Severity::change, "distillation.ended", "Distillation ends: the text alone teaches from here.", "{}"});
    m_progress.seconds += secondsSince(started);
    if (report) finishReport(*result.report);
    return result;
}

telemetry::StepTelemetry LiveTrainer::makeReport(const StepSums& sums, double rate) {
    telemetry::StepTelemetry report;
    report.step = m_progress.steps;
    report.tokens = m_progress.tokens;
    report.flops = m_progress.flops;
    report.loss = sums.lossValue;
    report.gradientNorm = sums.normValue;
    report.learningRate = rate;
    if (m_model->fitsByItself()) report.learningRate = report.gradientNorm = telemetry::kNone;
    report.dataWait = sums.dataSeconds;
    if (sums.auxiliary.defined() || !m_specs.empty()) report.auxiliary = sums.auxiliaryValue;
    if (const auto kd = sums.terms.find("kd"); kd != sums.terms.end()) report.kdLoss = kd->second.item<double>();
    if (m_specs.empty()) return report;
    for (const auto& [name, value] : sums.terms) {
        double* member = name == "balance"      ? &report.balance
                         : name == "z"          ? &report.z
                         : name == "importance" ? &report.importanceLoss
                         : name == "load"       ? &report.loadLoss
                         : name == "cmr"        ? &report.cmrLoss
                                                : nullptr;
        if (member) *member = value.item<double>();
    }
    std::vector<const routing::RouterTensors*> tensors;
    for (const routing::RouterTensors& router : m_model->routers()) tensors.push_back(&router);
    m_statistics->finish(report, tensors);
    m_idle.update(report);
    return report;
}

// What can only be known at the end of the step: time, rate, memory.
void LiveTrainer::finishReport(telemetry::StepTelemetry& report) {
    report.seconds = m_progress.seconds;
    const double seconds = m_progress.seconds - m_secondsAtReport;
    if (seconds > 0) report.tokensPerSecond = static_cast<double>(m_progress.tokens - m_tokensAtReport) / seconds;
    report.memory = peakMemoryBytes(m_deviceName);
    m_secondsAtReport = m_progress.seconds;
    m_tokensAtReport = m_progress.tokens;
}

// The forward pass again, block by block, then the gradients in the order in which the backward pass made them.
std::string LiveTrainer::nameOffender(const StepSums& sums) {
    std::string found;
    {
        const at::NoGradGuard guard;
        for (std::int64_t micro = 0; micro < m_config.training.accumulate && found.empty(); ++micro) {
            model::Pass pass = passOf(true, micro);
            pass.inspect = [&](const std::string& module, const at::Tensor& value) {
                if (found.empty() && broken(value)) found = module;
            };
            const data::Batch batch = m_corpus->training(m_progress.steps, micro, m_config.training.batch, m_config.model.context);
            m_model->forward(labelled(batch), pass);
        }
    }
    if (!found.empty()) return found;
    const auto& parameters = m_model->parameters();
    for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter)
        if (broken(parameter->value.grad())) return "gradient of " + parameter->name;
    return std::isfinite(sums.lossValue) ? "gradient norm" : "loss";
}

}  // namespace moescope::training
