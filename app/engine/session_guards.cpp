// What a session does when training goes wrong or no longer helps: a step that is not finite, a loss that stays, a folder that is gone.
#include "app/engine/session.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/config/commands.hpp"

namespace moescope::app {
namespace {

using telemetry::Severity;

constexpr int kRollbacks = 3;                          // automatic rewinds of one engine before it gives up
constexpr std::int64_t kGoneFor = 20'000'000'000;      // ns a run without a client waits for a folder that vanished

}  // namespace

void Session::onNonFinite(const training::StepResult& result) {
    const std::string where = result.offender.empty() ? "the loss" : result.offender;
    const std::string text = "The next step after " + std::to_string(step()) + " gave a number that is not finite (first in " + where +
                             "). It was not applied: the weights are as after step " + std::to_string(step()) + ".";
    const std::int64_t good = m.checkpoints.newest();
    const std::string back = good < 0 ? std::string() : " Checkpoint " + std::to_string(good) + " is good.";
    event(Severity::error, "loss.nan", text + back, {{"offender", result.offender}, {"checkpoint", good}});
    const std::string& policy = m.trainer.config().training.on_divergence;
    if (policy == "rewind" && rollBack(good)) return;
    saveCheckpoint();
    m_broken = policy == "ask" && m.control.attached() > 0;
    if (m_broken)
        setPaused(true, "a step was not finite; rewind with a smaller learning rate (lr_factor=0.5), or lower it and resume, or stop");
    else
        m_end = End::diverged;
}

/// By itself to the newest good checkpoint with half the learning rate; false if there is none or it was tried often enough.
bool Session::rollBack(std::int64_t good) {
    if (good < 0 || m_rollbacks >= kRollbacks) return false;
    ++m_rollbacks;
    const config::Command back{"rewind", {{"step", good}, {"lr_factor", 0.5}}};
    const base::Problems problems = rewind(back);
    for (const base::Problem& problem : problems) event(Severity::error, "run.rewound", "The automatic rewind failed: " + problem.text);
    return problems.empty();
}

/// Where the validation loss stands; over when `training.patience` validations in a row brought nothing.
void Session::weighLoss(const telemetry::Evaluation& evaluation) {
    const config::TrainingConfig& training = m.trainer.config().training;
    m.patience = training::after(m.patience, evaluation.loss, training.min_improvement);
    if (!training::isOver(m.patience, training.patience) || step() >= steps()) return;
    m_end = End::early;
}

/// A paused run whose folder is gone and that nobody watches ends: there is nothing left to save to.
void Session::endWhenGone() {
    if (m.checkpoints.folderExists() || m.control.attached() > 0) {
        m_goneSince = 0;
        return;
    }
    const std::int64_t now = base::monotonicNanoseconds();
    if (m_goneSince == 0) m_goneSince = now;
    if (now - m_goneSince > kGoneFor)
        throw base::Error(base::ExitCode::io, "run.gone", "the folder of the run has gone while it trained", m.run,
                          "put the store back and resume the run, or start it again");
}

}  // namespace moescope::app
