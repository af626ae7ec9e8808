// The Interventions dock: what may be done to an expert, what each domain would lose without it, and what was done so far.
#pragma once

#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

#include "ui/interventions.hpp"

class QCheckBox;
class QComboBox;
class QFrame;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace moescope::plots {
class BiasBars;
class DeltaBars;
}  // namespace moescope::plots

namespace moescope::ui {

class InterventionRow;
class WatchedRun;
struct CommandAnswer;

/// GUI thread. Borrows the run, which outlives it.
class InterventionsDock : public QWidget {
    Q_OBJECT
public:
    explicit InterventionsDock(WatchedRun& run, QWidget* parent = nullptr);

    /// Another run, or its state, steering or load changed.
    void refresh(double step);
    ExpertPlace place() const { return m_place; }
    void setPlace(const ExpertPlace& place);
    /// Does an action at the chosen place and says under it what came of it.
    void apply(const QString& id, const std::optional<config::Value>& argument);
    /// Asks what each domain would lose, and changes nothing.
    void askEffect();
    /// Opens the row of an action.
    void unfold(const QString& id);

signals:
    /// An engine should take the idle run, paused; `more` > 0: a finished run may then train so many steps beyond its end.
    void takeRequested(qint64 more);
    void rewindRequested(qint64 checkpoint);
    void twinRequested(qint64 checkpoint, const QString& words); ///< the same run from there, without what came after
    void message(const QString& sentence);

private:
    void build();
    void buildHead(QVBoxLayout& column);
    void buildNotice(QVBoxLayout& column);
    void buildBias(QVBoxLayout& column);
    void buildActions(QVBoxLayout& column);
    void buildHistory(QVBoxLayout& column);
    void fillPlaces();
    void showBias(double step);
    void showNotice();
    void showRows();
    void showHistory();
    void sendRig(std::int64_t expert, double bias);
    void settled(const QString& id, const CommandAnswer& answer);
    void showEffect(const CommandAnswer& answer);
    void startTwinOf(std::int64_t step);

    WatchedRun& m_run;
    ExpertPlace m_place;
    QString m_shownUlid;
    std::vector<PastIntervention> m_past;
    bool m_pastAlive = false;
    std::optional<std::int64_t> m_twinWanted;   ///< step of the change a twin should be trained without
    QComboBox *m_layer = nullptr, *m_expert = nullptr;
    QFrame* m_notice = nullptr;
    QLabel *m_noticeText = nullptr, *m_effectTitle = nullptr, *m_noPast = nullptr, *m_biasTitle = nullptr, *m_biasNote = nullptr;
    QPushButton *m_take = nullptr, *m_takeMore = nullptr;
    QWidget *m_body = nullptr, *m_effectBox = nullptr;
    plots::BiasBars* m_bias = nullptr;
    plots::DeltaBars* m_effect = nullptr;
    QCheckBox* m_twin = nullptr;
    QVBoxLayout* m_history = nullptr;
    std::vector<InterventionRow*> m_rows;
};

}  // namespace moescope::ui
