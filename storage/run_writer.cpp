// What a run's writer collects between commits.
#include "storage/run_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "storage/run_writer_impl.hpp"
#include "storage/series_shape.hpp"

namespace moescope::storage {

using base::Error;
using base::ExitCode;
using telemetry::Evaluation;
using telemetry::Event;
using telemetry::GeneratedSample;
using telemetry::Metric;
using telemetry::PlaneSnapshot;
using telemetry::ProbeSnapshot;
using telemetry::StepTelemetry;

namespace {

bool hasData(double value) { return !std::isnan(value); }
template <class T> bool hasData(const std::vector<T>& values) {
    return std::any_of(values.begin(), values.end(), [](T value) { return !std::isnan(value); });
}

std::int64_t sizeOf(const ProbeSnapshot& p) {
    std::size_t bytes = 4 * (p.tokenIds.size() + p.domains.size() + p.weights.size() + p.logits.size() + p.losses.size() + p.noisyLogits.size()) + 2 * p.expertIds.size() + p.kept.size();
    for (const std::string& text : p.tokenTexts) bytes += text.size() + sizeof text;
    return static_cast<std::int64_t>(bytes);
}

std::int64_t sizeOf(const PlaneSnapshot& p) { return static_cast<std::int64_t>(sizeof p + (p.probabilities.size() + p.weights.size() + p.output.size() + p.expertOutputs.size() + 5 * p.domains.size()) * sizeof(float)); }
std::int64_t sizeOf(const GeneratedSample& s) {
    std::size_t bytes = 4 * s.weights.size() + 2 * s.expertIds.size();
    for (const std::string& text : s.tokens) bytes += text.size() + sizeof text;
    return static_cast<std::int64_t>(bytes);
}

// In table `events`, detail is limited; a longer one is replaced, never cut into half a JSON.
Event fitting(Event event) {
    if (event.detailJson.size() > 65536) event.detailJson = "{\"left_out_bytes\":" + std::to_string(event.detailJson.size()) + "}";
    return event;
}

}  // namespace

bool isVolatileSeries(std::string_view name) {
    static constexpr std::array<std::string_view, 5> kNames = {"tokens_per_second", "memory", "seconds", "data_wait", "store_wait"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

SeriesRow* RunWriter::Impl::known(std::string_view name) {
    const auto found = seriesByName.find(name);
    return found == seriesByName.end() ? nullptr : &found->second;
}

SeriesRow& RunWriter::Impl::add(SeriesRow row) {
    row.info.id = static_cast<std::int64_t>(seriesByName.size()) + 1;
    unsavedSeries.insert(row.info.id);
    return seriesByName.emplace(row.info.name, row).first->second;
}

Batch& RunWriter::Impl::batch() {
    if (batches.size() == attemptedBatches) batches.emplace_back();
    return batches.back();
}

SeriesRow& RunWriter::Impl::series(const Metric& metric, std::int64_t width, bool evaluation) {
    SeriesRow* row = known(metric.name);
    if (row == nullptr) return add(seriesFor(metric, width, facts, evaluation));
    if (row->info.width != width)
        throw Error(ExitCode::corrupt, "store.shape", "metric " + row->info.name + " had " + std::to_string(row->info.width) + " values and now has " + std::to_string(width),
                    "telemetry", "the number of layers, experts and domains of a run cannot change; fork it instead");
    return *row;
}

SeriesRow& RunWriter::Impl::scalar(std::string_view name, std::string_view unit, bool evaluation) {
    SeriesRow* row = known(name);
    return row ? *row : add(scalarSeries(name, unit, evaluation));
}

bool RunWriter::Impl::advances(std::int64_t& last, std::int64_t step, std::string_view what) const {
    if (!attempt) throw Error(ExitCode::corrupt, "store.order", "a report came before the attempt was started", file.string(), "report a defect: startAttempt() comes first");
    if (step < last)
        throw Error(ExitCode::corrupt, "store.order", std::string(what) + " of step " + std::to_string(step) + " came after one of step " + std::to_string(last), file.string(), "report a defect");
    if (step == last) return false;
    last = step;
    return true;
}

void RunWriter::Impl::note(const std::string& key, double value) {
    summary[key] = value;
    changedSummary.insert(key);
}

void RunWriter::Impl::summarise(const StepTelemetry& t) {
    note("step", static_cast<double>(t.step));
    note("tokens", static_cast<double>(t.tokens));
    note("flops", t.flops);
    note("seconds", t.seconds);
    note("loss", t.loss);
    if (hasData(t.tokensPerSecond)) note("tokens_per_second", t.tokensPerSecond);
    if (hasData(t.memory)) note("memory", t.memory);
}

void RunWriter::Impl::summarise(const Evaluation& e) {
    note("val_loss", e.loss);
    if (hasData(e.bitsPerByte)) note("bits_per_byte", e.bitsPerByte);
    const auto best = summary.find("best_val");
    if (std::isfinite(e.loss) && (best == summary.end() || !(best->second <= e.loss))) {
        note("best_val", e.loss);
        note("best_val_step", static_cast<double>(e.step));
    }
    for (std::size_t i = 0; i < std::min(e.domainLoss.size(), facts.domains.size()); ++i) note("domain_loss." + facts.domains[i], e.domainLoss[i]);
}

CheckpointRow& RunWriter::Impl::checkpoint(std::int64_t step) {
    const auto found = checkpoints.find(step);
    if (found == checkpoints.end())
        throw Error(ExitCode::usage, "checkpoint.unknown", "there is no checkpoint of step " + std::to_string(step), file.string(), "see \"moescope-engine runs show\"");
    changedCheckpoints.insert(step);
    return found->second;
}

RunWriter::RunWriter(RunLock lock, WriterOptions options) : m_impl(std::make_unique<Impl>(std::move(lock), options)) {}
RunWriter::~RunWriter() = default;
RunWriter::RunWriter(RunWriter&&) noexcept = default;
RunWriter& RunWriter::operator=(RunWriter&&) noexcept = default;

const std::filesystem::path& RunWriter::runFolder() const { return m_impl->lock.runFolder(); }
RunState RunWriter::state() const { return m_impl->status.state; }
RunMeta RunWriter::meta() const {
    return guarded(m_impl->file, [&] { return readMeta(*m_impl->statements); });
}

void RunWriter::startAttempt(std::int64_t step, const std::string& environmentJson) { m_impl->startAttempt(step, environmentJson); }

void RunWriter::rewind(std::int64_t step, const std::string& environmentJson) {
    m_impl->commit();
    m_impl->endAttempt();
    if (m_impl->attempt) m_impl->attempt->endReason = "rewound";
    m_impl->statusChanged = true;
    m_impl->startAttempt(step, environmentJson);
}

void RunWriter::setFacts(const RunFacts& facts) {
    m_impl->facts = facts;
    m_impl->transaction([&] {
        writeFacts(*m_impl->statements, facts);
        writeSummaryValue(*m_impl->statements, "params_total", static_cast<double>(facts.paramsTotal));
        writeSummaryValue(*m_impl->statements, "params_active", static_cast<double>(facts.paramsActive));
        writeSummaryValue(*m_impl->statements, "flops_token", facts.flopsToken);
    });
}

void RunWriter::append(const StepTelemetry& t) {
    Impl& w = *m_impl;
    if (!w.advances(w.reportStep, t.step, "a report")) return;
    w.batch().log.add(w.scalar("tokens", "tokens", false), t.step, static_cast<double>(t.tokens));
    w.batch().log.add(w.scalar("flops", "FLOP", false), t.step, t.flops);
    w.batch().log.add(w.scalar("seconds", "s", false), t.step, t.seconds);
    telemetry::visitMetrics(t, [&](const Metric& metric, const auto& values) {
        if (!hasData(values) && (w.known(metric.name) == nullptr)) return;
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, double>) w.batch().log.add(w.series(metric, 1, false), t.step, values);
        else if (!values.empty()) w.batch().log.add(w.series(metric, static_cast<std::int64_t>(values.size()), false), t.step, std::span<const float>(values));
    });
    w.summarise(t);
}

void RunWriter::append(const Evaluation& e) {
    Impl& w = *m_impl;
    if (!w.advances(w.evaluationStep, e.step, "an evaluation")) return;
    const auto add = [&](std::string_view name, std::string_view unit, double value) {
        if (hasData(value) || w.known(name) != nullptr) w.batch().log.add(w.scalar(name, unit, true), e.step, value);
    };
    add(telemetry::kValLoss, "nats/token", e.loss);
    add(telemetry::kBitsPerByte, "bits/byte", e.bitsPerByte);
    if (!e.domainLoss.empty() && (hasData(e.domainLoss) || w.known(telemetry::kDomainLoss) != nullptr)) {
        const Metric metric{telemetry::kDomainLoss, "nats/token", "", telemetry::Shape::domain};
        w.batch().log.add(w.series(metric, static_cast<std::int64_t>(e.domainLoss.size()), true), e.step, std::span<const double>(e.domainLoss));
    }
    w.summarise(e);
}

void RunWriter::append(const Event& event) {
    m_impl->otherBytes += static_cast<std::int64_t>(event.text.size() + event.detailJson.size() + sizeof event);
    m_impl->batch().events.push_back({0, m_impl->status.attempt, base::wallMicroseconds(), false, fitting(event)});
}

void RunWriter::append(const ProbeSnapshot& probe) {
    m_impl->otherBytes += sizeOf(probe);
    m_impl->probes.push_back(probe);
}

void RunWriter::append(const PlaneSnapshot& plane) {
    m_impl->otherBytes += sizeOf(plane);
    m_impl->planes.push_back(plane);
}

void RunWriter::append(const GeneratedSample& sample) {
    m_impl->otherBytes += sizeOf(sample);
    m_impl->samples.push_back(sample);
}

void RunWriter::addCheckpoint(const CheckpointRow& row) {
    m_impl->checkpoints[row.step] = row;
    m_impl->removedCheckpoints.erase(row.step);
    m_impl->changedCheckpoints.insert(row.step);
}

void RunWriter::markCheckpoint(std::int64_t step, const std::string& state) { m_impl->checkpoint(step).state = state; }
void RunWriter::pinCheckpoint(std::int64_t step, bool pinned) { m_impl->checkpoint(step).pinned = pinned; }

void RunWriter::removeCheckpoint(std::int64_t step) {
    m_impl->checkpoint(step);
    m_impl->checkpoints.erase(step);
    m_impl->changedCheckpoints.erase(step);
    m_impl->removedCheckpoints.insert(step);
}

void RunWriter::setState(RunState state, const std::string& reason) {
    m_impl->status.state = state;
    m_impl->status.reason = reason;
    m_impl->statusChanged = true;
    if (state != RunState::running && state != RunState::paused && state != RunState::created) m_impl->endAttempt();
}

void RunWriter::commit() { m_impl->commit(); }

bool RunWriter::pending() const { return m_impl->anythingPending(); }

std::int64_t RunWriter::pendingBytes() const {
    std::int64_t bytes = m_impl->otherBytes;
    for (const Batch& batch : m_impl->batches) bytes += batch.log.bytes();
    return bytes;
}

std::int64_t RunWriter::lastStep() const { return std::max(m_impl->reportStep, m_impl->evaluationStep); }

void RunWriter::compact() {
    m_impl->commit();
    m_impl->compactLog();
    m_impl->emptyWal();
}

void RunWriter::reopen() { m_impl->open(); }
void RunWriter::close() { m_impl->close(); }

}  // namespace moescope::storage
