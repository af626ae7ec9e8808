// A training from its start to its end: steps, what is due between them, and the commands people give.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "app/engine/checkpoint_keeper.hpp"
#include "app/engine/command_log.hpp"
#include "app/engine/context.hpp"
#include "app/engine/progress.hpp"
#include "app/engine/stop_signal.hpp"
#include "app/shared/control_server.hpp"
#include "core/data/corpus.hpp"
#include "core/training/patience.hpp"
#include "core/training/trainer.hpp"
#include "storage/store_sink.hpp"

namespace moescope::app {

/// Sentences about where a new run's weights and lessons are from, if not from chance and the text: events, and a checkpoint of step 0.
struct Origin {
    std::string converted = {};
    std::string teacher = {};
};

/// What a session works with; everything outlives it.
struct SessionParts {
    const Context& context;
    const std::string& run;
    training::Trainer& trainer;
    const data::Corpus& corpus;
    storage::StoreSink& sink;
    storage::RunFacts& facts;
    CheckpointKeeper& checkpoints;
    ControlServer& control;
    CommandLog& commands;
    std::atomic<bool>& storeStalled;  ///< the disk is full or failing: training waits
    std::int64_t scriptApplied = 0;   ///< entries of the script that the checkpoint already holds
    bool resumed = false;
    training::Patience patience{};  ///< as the checkpoint holds it
    bool hold = false;  ///< wait paused for commands; ends when the last client has gone
    Origin origin = {};
};

/// Confined to the thread that trains; that is the only one that touches the trainer.
class Session {
public:
    explicit Session(SessionParts parts);

    /// Trains to the end or to a stop; returns the exit code: 0 finished (also early) or stopped by command, 9 diverged, 10 by signal.
    int run();

    /// What must travel with a checkpoint besides the trainer's own state.
    static std::int64_t scriptAppliedIn(const std::string& stateJson);
    static std::size_t commandsAppliedIn(const std::string& stateJson);
    static training::Patience patienceIn(const std::string& stateJson);

private:
    enum class End { none, finished, early, stopped, signalled, diverged };

    std::int64_t steps() const { return m.trainer.config().training.steps; }
    std::int64_t step() const { return m.trainer.stepsDone(); }
    bool ended() const { return m_end != End::none; }

    void begin();
    void beginHeld();
    void endWhenAlone();
    void applyScript();
    void applyPending();
    void serve(int milliseconds);
    void holdWhilePaused();
    void keepPace();
    void advance();
    void whatIsDue();
    void checkData();
    void onNonFinite(const training::StepResult& result);
    bool rollBack(std::int64_t good);
    void endWhenGone();
    void saveCheckpoint();
    void waitForCheckpoint();
    void evaluate();
    void weighLoss(const telemetry::Evaluation& evaluation);
    void probe();
    void sample();
    int finish();

    std::string handle(const std::string& line);
    Json muteDelta(const std::string& line);
    base::Problems apply(const config::Command& command);
    void applyQuietly(const config::Command& command, const char* why);
    base::Problems control(const config::Command& command);
    base::Problems saveBefore(const std::string& verb);
    void record(const config::Command& command);
    struct Rewind;
    base::Problems findRewind(const config::Command& command, Rewind& to);
    base::Problems rewind(const config::Command& command);
    void goBack(const Rewind& to);
    void guardRewindPoints();
    Json status() const;
    void setPaused(bool paused, const std::string& why);
    void event(telemetry::Severity severity, const std::string& code, const std::string& text, const Json& detail = Json::object());
    void storeCommands();
    Json finishedJson() const;

    SessionParts m;
    Progress m_progress;
    StopSignal m_signal;
    End m_end = End::none;
    bool m_paused = false;
    bool m_stepOnce = false;
    bool m_repeating = false;  // a command of the script or of a resume is applied
    bool m_checkpointFailed = false;
    bool m_held = false;  ///< as resume --hold began: nobody has let it go on
    std::int64_t m_aloneSince = 0;
    int m_rollbacks = 0;  ///< automatic rewinds since this engine began
    std::int64_t m_goneSince = 0;  ///< 0 = the run's folder is there
    bool m_broken = false;  // paused because a step was not finite
    std::int64_t m_retryAt = 0;
    std::int64_t m_nextStepAt = 0;
    std::int64_t m_nextCheckAt = 0;
    std::int64_t m_lastEvaluated = -1, m_lastProbed = -1, m_lastSaved = -1, m_lastSampled = -1;
};

}  // namespace moescope::app
