// The trainer as it is made: members and helpers shared by its source files.
//
// live_trainer.cpp construction and the step · trainer_consistency.cpp two passes of stochastic experts · trainer_distillation.cpp a frozen
// teacher · trainer_evaluation.cpp losses · trainer_probe.cpp routing snapshots ·
// trainer_generation.cpp text · trainer_plane.cpp the plane as a picture · trainer_commands.cpp live changes · trainer_interventions.cpp changes
// of experts and trainer_intervention_state.cpp what they leave behind · trainer_oracles.cpp routing over the router's head ·
// trainer_state.cpp what a checkpoint holds.
#pragma once

#include "core/tensor.hpp"

#include <memory>

#include "core/model/plane_model.hpp"
#include "core/routing/losses.hpp"
#include "core/routing/statistics.hpp"
#include "core/training/alarms.hpp"
#include "core/training/batches.hpp"
#include "core/training/optimizer.hpp"
#include "core/training/progress.hpp"
#include "core/training/surgery.hpp"
#include "core/training/trainer.hpp"

namespace moescope::training {

class LiveTrainer final : public Trainer {
public:
    LiveTrainer(const config::RunConfig& config, std::shared_ptr<const data::Corpus> corpus, const std::string& device,
                at::ScalarType type = at::kFloat);

    const config::RunConfig& config() const override { return m_config; }
    std::int64_t stepsDone() const override { return m_progress.steps; }
    std::int64_t tokensDone() const override { return m_progress.tokens; }
    double flopsDone() const override { return m_progress.flops; }
    double secondsDone() const override { return m_progress.seconds; }
    std::int64_t vocabulary() const override { return m_model->vocabulary(); }
    std::int64_t parametersTotal() const override { return m_model->parametersTotal(); }
    std::string device() const override { return m_deviceName; }

    StepResult step() override;
    telemetry::Evaluation evaluate() override;
    telemetry::ProbeSnapshot probe() override;
    std::optional<telemetry::PlaneSnapshot> plane() override;
    telemetry::ProbeSnapshot probeText(std::string_view text) override;
    Generation generate(std::string_view prompt, const GenerationOptions&) override;
    MuteTable muteTable(std::int64_t layer) override;
    MuteEffect muteEffect(std::int64_t layer, std::int64_t expert) override;
    TextEvaluation evaluateText(std::string_view text) override;
    TextEvaluation evaluateTokens(const std::vector<std::vector<std::int32_t>>& rows, std::vector<float>* logits) override;
    base::Problems refusal(const config::Command& command) const override;
    base::Problems apply(const config::Command& command, telemetry::Event& event) override;
    void teach(const config::RunConfig& config, const checkpoint::LoadedCheckpoint& saved) override;
    checkpoint::CheckpointContents state() override;
    void restore(const checkpoint::LoadedCheckpoint& saved) override;

    /// For tests and benchmarks.
    model::Network& model() { return *m_model; }
    AdamW& optimizer() { return m_optimizer; }
    Progress& progress() { return m_progress; }
    void listen(kernels::PartTimes* times) { m_times = times; }

private:
    // --- step
    struct StepSums;
    void forwardBackward(std::int64_t micro, bool report, StepSums& sums);
    struct TaskPass;
    TaskPass forwardTask(const data::Batch& batch, const model::TokenBatch& tokens, std::int64_t micro);
    /// Weight of the divergence between two passes (stochastic experts); negative = one pass.
    double consistency() const;
    TaskPass forwardTwice(const model::TokenBatch& batch, std::int64_t micro);
    // --- distillation
    /// The teacher takes part in the next step. Throws (exit 5) when it should and is not there.
    bool distils() const;
    TaskPass forwardDistilled(const data::Batch& batch, const model::TokenBatch& tokens, std::int64_t micro);
    at::Tensor frozenLogits(const data::Batch& batch) const;
    void becomeTeacher(const checkpoint::LoadedCheckpoint& saved);
    at::Tensor auxiliaryLoss(const model::PassResult& result, std::int64_t sequences, double share, StepSums& sums);
    void observe(const data::Batch& batch, const model::PassResult& result, bool report, StepSums& sums);
    void update(StepSums& sums);
    void fit(StepSums& sums);
    void readBack(const at::Tensor& norm, StepSums& sums);
    void updateRouters();
    telemetry::StepTelemetry makeReport(const StepSums& sums, double rate);
    void finishReport(telemetry::StepTelemetry& report);
    std::string nameOffender(const StepSums& sums);
    // --- shared by passes
    model::Pass passOf(bool training, std::int64_t micro) const;
    at::Device deviceOf() const { return m_model->options().device(); }
    void refreshRouters();
    void overrule(std::size_t layer);
    model::TokenBatch labelled(const data::Batch& batch) const { return tokensOf(batch, deviceOf(), m_labelled); }
    std::vector<LayerShape> layerShapes() const;
    double flopsPerToken(double keptPerToken) const;
    std::int64_t tokensPerStep() const { return m_config.training.batch * m_config.model.context * m_config.training.accumulate; }
    // --- evaluation
    struct DomainSums;
    const std::vector<data::Batch>& validation();
    DomainSums evaluateBatches(std::span<const at::Tensor> muted);
    // --- probe
    telemetry::ProbeSnapshot emptySnapshot(std::int64_t tokens, std::int64_t length) const;
    telemetry::ProbeSnapshot probePoints();
    data::Batch probeBatch() const;
    void copyRoutings(const model::PassResult& result, telemetry::ProbeSnapshot& out, std::int64_t from) const;
    void fillSnapshot(telemetry::ProbeSnapshot& snapshot, std::int64_t from, const std::vector<std::int32_t>& ids,
                      std::int64_t sequences, std::int64_t length);
    void fillNoise(telemetry::ProbeSnapshot& snapshot, const model::TokenBatch& batch);
    /// Throws (exit 2) for a family that does not read tokens; `what` asked for them.
    void requireTokens(std::string_view what) const;
    // --- generation
    std::vector<std::int32_t> promptIds(std::string_view prompt) const;
    model::PassResult extendPass(model::Cache& cache, std::span<const std::int32_t> all, std::size_t from);
    // --- commands
    struct Action;  // what a verb is checked and done by
    static const Action* actionOf(const std::string& verb);
    base::Problems checkSet(const config::Command&) const;
    base::Problems checkMute(const config::Command&) const;
    base::Problems checkUnmute(const config::Command&) const;
    std::string set(const config::Command&);
    std::string mute(const config::Command&);
    std::string unmute(const config::Command&);
    std::string rig(const config::Command&);
    std::vector<std::size_t> layersMeant(const config::Command& command) const;
    void rigsFromConfig();
    // --- interventions: each check says why not, each action does it and says what it did
    base::Problems checkNothing(const config::Command&) const { return {}; }
    base::Problems checkKill(const config::Command&) const;
    base::Problems checkFreeze(const config::Command&) const;
    base::Problems checkUnfreeze(const config::Command&) const;
    base::Problems checkReinitialise(const config::Command&) const;
    base::Problems checkCopy(const config::Command&) const;
    base::Problems checkSplit(const config::Command&) const;
    base::Problems checkMerge(const config::Command&) const;
    base::Problems checkSwap(const config::Command&) const;
    std::string kill(const config::Command&);
    std::string freeze(const config::Command&);
    std::string unfreeze(const config::Command&);
    std::string reinitialise(const config::Command&);
    std::string duplicate(const config::Command&);
    std::string split(const config::Command&);
    std::string merge(const config::Command&);
    std::string swap(const config::Command&);
    base::Problems checkOracle(const config::Command&) const;
    base::Problems checkPin(const config::Command&) const;
    base::Problems checkUnpin(const config::Command&) const;
    std::string oracle(const config::Command&);
    std::string pin(const config::Command&);
    std::string unpin(const config::Command&);
    std::int64_t domainOf(const config::Command&) const;
    Surgeon surgeon(std::size_t layer) const;
    void sizeInterventions();
    void checkInterventions(const Progress& progress) const;
    std::vector<FrozenRows> frozenRows() const;
    std::vector<std::int64_t> lastCounts(std::size_t layer) const;
    std::int64_t hottest(std::size_t layer, std::int64_t besides) const;
    bool isKilled(std::size_t layer, std::int64_t expert) const;
    bool isMuted(std::size_t layer, std::int64_t expert) const;
    bool isFree(std::size_t layer, std::int64_t expert) const;
    std::vector<std::int64_t> absent(std::size_t layer) const;
    std::int64_t working(std::size_t layer) const;
    base::Problems checkOneLess(std::size_t layer, std::int64_t expert, const char* fix) const;
    base::Problems checkAtWork(std::size_t layer, std::int64_t expert, const char* name) const;
    base::Problems checkNetwork(std::size_t layer, std::int64_t expert, const char* argument) const;
    base::Problems checkSlot(std::size_t layer, std::int64_t expert) const;
    double constantOn(std::size_t layer, std::int64_t expert) const;
    void setConstant(std::size_t layer, std::int64_t expert, double constant);
    void takeSlot(std::size_t layer, std::int64_t from, std::int64_t to, double noise);
    std::string sharing(std::size_t layer, std::int64_t from, std::int64_t to) const;
    // --- state
    void restoreModel(const checkpoint::LoadedCheckpoint& saved, Progress progress);
    void collectLive();
    void applyLiveSettings();

    config::RunConfig m_config;
    const std::shared_ptr<const data::Corpus> m_corpus;
    const std::string m_deviceName;
    const std::unique_ptr<model::Network> m_model;  // a surgeon borrows it; only actions use one to change it
    mutable AdamW m_optimizer;
    Progress m_progress;  // everything that must travel and is not a tensor

    // Made from the above whenever it changes; nothing here travels.
    std::vector<std::int64_t> m_moeLayers;
    std::vector<routing::RouterSpec> m_specs;
    bool m_labelled = false;  // some layer reads the domains of tokens: pinned ones, a table or a loss by domain
    std::vector<at::Tensor> m_muted;
    model::PlaneModel* const m_plane;  // the model, where it is a mixture on the plane
    std::unique_ptr<routing::RoutingStatistics> m_statistics;
    routing::IdleWindow m_idle;
    Alarms m_alarms;
    routing::StepCounts m_counts;
    std::vector<data::Batch> m_validation;
    std::unique_ptr<LiveTrainer> m_teacher;  // trains never; its optimizer is empty
    double m_teacherFlops = 0;               // of its forward pass, a token
    std::vector<at::Tensor> m_saved;  // host copies that the last state() lent out
    double m_secondsAtReport = 0;
    std::int64_t m_tokensAtReport = 0;
    kernels::PartTimes* m_times = nullptr;
};

}  // namespace moescope::training
