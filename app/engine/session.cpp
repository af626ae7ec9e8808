// The loop around the trainer.
#include "app/engine/session.hpp"

#include <algorithm>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/fault.hpp"
#include "core/config/derived.hpp"

namespace moescope::app {
namespace {

using telemetry::Severity;

constexpr std::int64_t kRetryPause = 10'000'000'000;  // ns between tries while the disk is full
constexpr std::int64_t kCheckPause = 1'000'000'000;   // ns between looks at the user's text
constexpr int kIdleWait = 200;                        // ms a paused run waits for a command at a time
constexpr std::int64_t kAlone = 20'000'000'000;       // ns a held run waits for a client
constexpr std::int64_t kSampleTokens = 48;

bool due(std::int64_t step, std::int64_t every) { return every > 0 && step % every == 0; }

}  // namespace

Session::Session(SessionParts parts)
    : m(std::move(parts)), m_progress(m.context, m.sink, m.corpus.domains(), m.trainer.config().training.steps) {}

int Session::run() {
    begin();
    while (!ended()) {
        applyPending();
        applyScript();
        serve(0);
        holdWhilePaused();
        if (m_signal.asked()) m_end = End::signalled;
        if (ended()) break;
        if (step() >= steps()) {
            m_end = End::finished;
            break;
        }
        keepPace();
        advance();
    }
    return finish();
}

void Session::begin() {
    guardRewindPoints();
    m.checkpoints.removeDisowned(m.sink);
    if (m.resumed) {
        event(Severity::info, "run.resumed", "Resumed at step " + std::to_string(step()) + ".");
        m_lastSaved = step();
        if (m.hold) beginHeld();
        return;
    }
    event(Severity::info, "run.started", "Training started on " + m.trainer.device() + ".");
    if (!m.origin.converted.empty()) event(Severity::change, "run.converted", "Converted from " + m.origin.converted);
    if (!m.origin.teacher.empty()) event(Severity::change, "distillation.started", m.origin.teacher);
    evaluate();
    probe();
    if (step() > 0 || !m.origin.converted.empty() || !m.origin.teacher.empty()) saveCheckpoint();
}

/// What is stored of its last step stays as it is: a mute that somebody tries changes no result.
void Session::beginHeld() {
    m_held = true;
    m_lastEvaluated = m_lastProbed = m_lastSampled = step();
    m_aloneSince = base::monotonicNanoseconds();
    setPaused(true, "held for commands; nothing trains until it goes on");
}

void Session::endWhenAlone() {
    if (!m_held) return;
    if (m.control.attached() > 0) m_aloneSince = base::monotonicNanoseconds();
    else if (base::monotonicNanoseconds() - m_aloneSince > kAlone) m_end = step() >= steps() ? End::finished : End::stopped;
}

void Session::advance() {
    const bool once = std::exchange(m_stepOnce, false);
    const training::StepResult result = m.trainer.step();
    if (!result.finite) return onNonFinite(result);
    if (once) setPaused(true, "after a single step");
    if (result.report) m_progress.report(*result.report);
    for (const telemetry::Event& alarm : result.alarms) m_progress.event(alarm);
    whatIsDue();
}

void Session::whatIsDue() {
    const config::RunConfig& config = m.trainer.config();
    checkData();
    if (due(step(), config.training.eval_every) || step() == steps()) evaluate();
    if (due(step(), config.telemetry.probe_every)) probe();
    if (due(step(), config.telemetry.sample_every)) sample();
    if (due(step(), config.training.checkpoint_every) || m_checkpointFailed) saveCheckpoint();
}

/// A text that changed under the run ends it: what it trained on is a copy, but a resume could not go on with it.
void Session::checkData() {
    if (base::monotonicNanoseconds() < m_nextCheckAt) return;
    m_nextCheckAt = base::monotonicNanoseconds() + kCheckPause;
    try {
        m.corpus.check();
    } catch (const base::Error& error) {
        event(Severity::error, error.code(), error.happened() + ": " + error.where() + "; " + error.advice() + ". Training ends; what was learned is saved.");
        saveCheckpoint();
        throw;
    }
}

void Session::evaluate() {
    const telemetry::Evaluation evaluation = m.trainer.evaluate();
    m_progress.evaluated(evaluation);
    m_lastEvaluated = step();
    weighLoss(evaluation);
}

void Session::probe() {
    if (m_lastProbed == step() || m.trainer.config().telemetry.report_every == 0) return;
    m_progress.probe(m.trainer.probe());
    if (const auto plane = m.trainer.plane()) m_progress.plane(*plane);
    m_lastProbed = step();
}

void Session::sample() {
    if (m_lastSampled == step() || config::isPlane(m.trainer.config())) return;
    training::GenerationOptions options;
    options.tokens = kSampleTokens;
    options.temperature = 0.8;
    options.seed = static_cast<std::uint64_t>(step());
    m_progress.sample(m.trainer.sample({}, options));
    m_lastSampled = step();
}

void Session::saveCheckpoint() {
    if (m_lastSaved == step()) return;
    probe();
    checkpoint::CheckpointContents contents = m.trainer.state();
    Json state = Json::parse(contents.stateJson);
    state["session"] = {{"script_applied", m.scriptApplied}, {"commands_applied", m.commands.applied()},
                        {"best_val_loss", number(m.patience.best)}, {"evaluations_since_best", m.patience.since}};
    contents.stateJson = state.dump();
    try {
        m.checkpoints.save(step(), contents, m.sink);
        m_lastSaved = step();
        if (m_checkpointFailed) setPaused(false, "the checkpoint could be saved");
        m_checkpointFailed = false;
        event(Severity::info, "checkpoint.saved", "Checkpoint " + std::to_string(step()) + " saved.");
    } catch (const base::Error& error) {
        if (error.exit() != base::ExitCode::io && error.exit() != base::ExitCode::diverged) throw;
        if (!m_checkpointFailed) event(Severity::error, error.code(), "The checkpoint of step " + std::to_string(step()) + " could not be saved: " +
                                       error.happened() + ". Training waits and tries again; checkpoint " + std::to_string(m.checkpoints.newest()) + " is good.");
        m_checkpointFailed = true;
        m_retryAt = base::monotonicNanoseconds() + kRetryPause;
        if (!m_paused && !ended()) setPaused(true, error.happened());
    }
}

void Session::holdWhilePaused() {
    while (!ended() && !m_signal.asked() && (m_paused || m.storeStalled) && !m_stepOnce) {
        serve(kIdleWait);
        endWhenAlone();
        endWhenGone();
        if (m_checkpointFailed && base::monotonicNanoseconds() > m_retryAt) saveCheckpoint();
    }
}

void Session::keepPace() {
    const double pace = m.trainer.config().training.pace;
    if (pace <= 0) return;
    while (!ended() && !m_signal.asked() && base::monotonicNanoseconds() < m_nextStepAt)
        serve(static_cast<int>(std::min<std::int64_t>(kIdleWait, (m_nextStepAt - base::monotonicNanoseconds()) / 1'000'000 + 1)));
    const std::int64_t gap = static_cast<std::int64_t>(1e9 / pace);
    m_nextStepAt = std::max(m_nextStepAt + gap, base::monotonicNanoseconds() - gap) ;
}

int Session::finish() {
    base::fault::closing();
    m_progress.endLine();
    if (m_end == End::finished && m_lastEvaluated != step()) m_progress.evaluated(m.trainer.evaluate());
    if (m_end == End::finished || m_end == End::early || m_end == End::stopped) {
        probe();
        if (m.trainer.config().telemetry.sample_every > 0) sample();
    }
    saveCheckpoint();
    waitForCheckpoint();
    static constexpr struct { End end; storage::RunState state; const char* code; const char* text; int exit; } kEnds[] = {
        {End::finished, storage::RunState::finished, "run.finished", "Training finished.", 0},
        {End::early, storage::RunState::finished, "run.stopped_early", "Finished early: the validation loss no longer improved.", 0},
        {End::stopped, storage::RunState::stopped, "run.stopped", "Stopped; a checkpoint is saved.", 0},
        {End::signalled, storage::RunState::stopped, "run.stopped", "Stopped by a signal; a checkpoint is saved.", 10},
        {End::diverged, storage::RunState::diverged, "run.diverged", "Stopped because a step was not finite; the last good weights are saved.", 9}};
    const auto& how = *std::find_if(std::begin(kEnds), std::end(kEnds), [this](const auto& row) { return row.end == m_end; });
    if (m_lastSaved != step())
        throw base::Error(base::ExitCode::io, "checkpoint.failed", "the last checkpoint could not be saved", "step " + std::to_string(step()),
                          "free some space and resume from checkpoint " + std::to_string(m.checkpoints.newest()));
    event(Severity::info, how.code, how.text);
    m.sink.transact([&](storage::RunWriter& writer) { writer.setState(how.state, how.text); });
    m.context.result(finishedJson(), {});
    m.context.say("run " + m.run + " " + std::string(storage::toText(how.state)) + " at step " + std::to_string(step()));
    return how.exit;
}

void Session::waitForCheckpoint() {
    while (m_checkpointFailed && !m_signal.asked()) {
        serve(kIdleWait);
        endWhenGone();
        if (base::monotonicNanoseconds() > m_retryAt) saveCheckpoint();
    }
}

Json Session::finishedJson() const {
    const double seconds = m.trainer.secondsDone();
    const auto& report = m_progress.lastReport();
    const auto& evaluation = m_progress.lastEvaluation();
    return {{"event", "finished"}, {"run", m.run}, {"step", step()}, {"tokens", m.trainer.tokensDone()},
            {"flops", number(m.trainer.flopsDone())}, {"seconds", number(seconds)},
            {"tokens_per_second", number(static_cast<double>(m.trainer.tokensDone()) / seconds)},
            {"loss", report ? number(report->loss) : Json(nullptr)}, {"val_loss", evaluation ? number(evaluation->loss) : Json(nullptr)},
            {"domains", m_progress.domainLosses()}, {"layers", report ? layersJson(*report) : Json::array()}};
}

void Session::event(Severity severity, const std::string& code, const std::string& text, const Json& detail) {
    m_progress.event({step(), severity, code, text, detail.dump()});
}

}  // namespace moescope::app
