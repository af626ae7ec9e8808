// The Data page: what a run trains on, its batches as the model sees them, and what the model predicts worst and best.
#pragma once

#include <QWidget>

#include <functional>
#include <optional>

#include "core/config/run_config.hpp"
#include "plots/empty_state.hpp"
#include "ui/data_facts.hpp"
#include "ui/engine_question.hpp"
#include "ui/routing_reader.hpp"

class QLabel;
class QSpinBox;
class QStackedWidget;
class QVBoxLayout;

namespace moescope::plots {
class SegmentedControl;
}

namespace moescope::ui {

class RoutingTable;
class WatchedRun;

/// GUI thread. Borrows the run, which outlives it. Data facts come from the engine, samples from the run's newest probe.
class DataPage : public QWidget {
    Q_OBJECT
public:
    /// `formConfig`: what the New run form holds, shown while no run is open.
    DataPage(WatchedRun& run, const QString& storeFolder, std::function<QString(const QString& ulid)> folderOf, std::function<config::RunConfig()> formConfig,
             QWidget* parent = nullptr);

    void reload();
    void refresh();
    /// "corpus", "batch" or "samples"; unknown words change nothing.
    void setView(const QString& id);
    static const QStringList& viewIds();
    /// Everything asked for has been answered.
    bool complete() const;

signals:
    void sampleChosen(int token);   ///< first token of a sequence of the newest probe
    void newRunRequested();

protected:
    void showEvent(QShowEvent*) override;

private:
    QWidget* buildCorpus();
    QWidget* buildBatch();
    QWidget* buildSamples();
    void buildHead();
    void fill();
    void askCorpus();
    void askBatch();
    void wishSamples();
    void fillCorpus();
    void fillBatch();
    void fillSamples();
    std::optional<plots::EmptyContent> missing() const;
    config::RunConfig shownConfig() const;
    int labelOf(const QString& domain) const;
    QString legend() const;

    WatchedRun& m_run;
    std::function<QString(const QString& ulid)> m_folderOf;
    std::function<config::RunConfig()> m_formConfig;
    EngineQuestion m_inspect, m_sample;
    RoutingReader m_reader;
    QString m_key, m_problem, m_batchProblem;              ///< what was asked about; what went wrong
    std::optional<CorpusReport> m_corpus;
    std::optional<std::vector<BatchRow>> m_batch;
    RoutingSnapshotPtr m_probe;
    std::optional<std::int64_t> m_probeWished;
    int m_filled = -1;                                     ///< view that shows what is there; -1 = something is new
    plots::SegmentedControl *m_choice, *m_order = nullptr;
    QStackedWidget* m_stack;
    plots::EmptyState* m_empty;
    QLabel *m_of, *m_facts = nullptr, *m_warnings = nullptr, *m_batchNote = nullptr, *m_legend = nullptr, *m_samplesNote = nullptr;
    RoutingTable *m_domains = nullptr, *m_samples = nullptr;
    QSpinBox* m_step = nullptr;
    QVBoxLayout* m_rows = nullptr;
};

}  // namespace moescope::ui
