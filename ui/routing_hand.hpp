// Routing > By hand: type a small table of logits and see at once what a router makes of it.
#pragma once

#include <QTimer>

#include <functional>

#include "ui/hand_table.hpp"
#include "ui/route_engine.hpp"
#include "ui/routing_view.hpp"

class QComboBox;
class QLabel;
class QStackedWidget;

namespace moescope::ui {

class HandCells;
class HandSettings;
class RoutingTable;

/// Needs no run: everything is computed by an engine of its own from the table alone.
class RoutingHand : public RoutingView {
    Q_OBJECT
public:
    explicit RoutingHand(QWidget* parent = nullptr);
    void show(const RoutingShown& shown) override;
    bool needsProbe() const override { return false; }
    bool needsRun() const override { return false; }
    bool followsLayer() const override { return false; }
    bool isComplete() const override { return m_engine.isIdle() && !m_waiting.isActive(); }
    void setTable(bool on) override;
    using RoutingView::show;

    const HandTable& table() const { return m_data; }
    /// Nothing before the first answer.
    const std::optional<HandAnswer>& answer() const { return m_answer; }
    const RouteEngine& engine() const { return m_engine; }
    void edit(int token, int expert, const QString& text);
    void setPreset(const QString& id);
    void setLesson(const QString& id);
    /// Numbers from a spreadsheet, or the JSON of `route`.
    void paste(const QString& text, int token = 0, int expert = 0);
    /// The answer as JSON or, where the name ends in .csv, as a table.
    QByteArray exported(bool csv) const;

    /// Seam: where to save; empty = nowhere.
    std::function<QString()> askFile;

private:
    QWidget* buildLeft();
    QWidget* buildRight();
    void fillPresets();
    void changed();                        ///< the table is another one: shown, and asked about soon
    void ask();
    void onReply(const HandReply& reply);
    void refill();
    void fillLogits();
    void fillResults();
    void fillLosses();
    void fillTable();
    void save();
    void resizeEvent(QResizeEvent*) override;
    void fitColumns();

    HandTable m_data;
    std::optional<HandAnswer> m_answer;
    HandTable m_answered;                  ///< what m_answer belongs to
    HandTable m_asked;
    QString m_lesson, m_trouble;
    base::Problems m_problems;
    RouteEngine m_engine;
    QTimer m_waiting;
    bool m_started = false;

    QComboBox* m_preset;
    QLabel *m_about, *m_message, *m_logitsNote, *m_resultsNote, *m_losses;
    HandCells *m_logits, *m_results;
    HandSettings* m_settings;
    QStackedWidget* m_stack;
    RoutingTable* m_table;
};

}  // namespace moescope::ui
