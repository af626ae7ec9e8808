// MatchWizard: models of equal compute, size or time beside a reference, and the queue for training them.
#pragma once

#include <QDialog>

#include <vector>

#include "core/config/matched.hpp"
#include "ui/run_queue.hpp"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QTableWidget;

namespace moescope::plots {
class SegmentedControl;
}

namespace moescope::ui {

class NewRunEngine;
struct DataFacts;

/// GUI thread; never blocks it. The engine is asked for the vocabulary, and for the time of a step where seconds are made equal.
class MatchWizard : public QDialog {
    Q_OBJECT
public:
    explicit MatchWizard(const QString& storeFolder, QWidget* parent = nullptr);

    /// Puts a reference at the head of the list and chooses it.
    void addReference(const QString& name, const config::RunConfig& config);
    /// Chooses a run preset.
    void setPreset(const QString& id);
    const std::vector<config::MatchedRun>& matched() const { return m_set; }
    /// What the button would queue.
    QueueOrder order() const;

signals:
    void queueRequested(const moescope::ui::QueueOrder& order);

private:
    enum class Equal { flops, parameters, seconds };
    QWidget* buildQuestions();
    QWidget* buildCandidates();
    QWidget* buildFoot();
    void onReference();
    void onInspected(const DataFacts& facts);
    void solve();
    void giveEqualTime();
    void measureNext();
    void onMeasured(double seconds, const QString& problem);
    void showTable();
    void showState();
    QString firstProblem() const;
    std::vector<config::MatchCandidate> candidates() const;
    Equal equal() const;
    const config::RunConfig& reference() const;
    std::vector<std::size_t> chosenRuns() const;   ///< those that can be trained

    struct Reference {
        QString name;
        config::RunConfig config;
    };
    std::vector<Reference> m_references;
    std::vector<config::MatchedRun> m_set;
    std::vector<double> m_seconds;                 ///< of one step, for the first runs of the set
    std::int64_t m_vocabulary = 96;
    bool m_vocabularyKnown = false, m_measuring = false;
    QString m_trouble;
    NewRunEngine* m_engine;
    QComboBox *m_reference, *m_seeds;
    plots::SegmentedControl* m_by;
    std::vector<QCheckBox*> m_granularity;
    QCheckBox *m_dense, *m_force;
    QSpinBox *m_experts, *m_topK;
    QWidget* m_shape;
    QTableWidget* m_table;
    QLabel *m_note, *m_problem;
    QLineEdit* m_name;
    QPushButton *m_queue, *m_measure;
};

}  // namespace moescope::ui
