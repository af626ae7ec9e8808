// RouterComparison: a small dialog that puts two routers with paired seeds into the queue.
#pragma once

#include <QDialog>

#include <variant>
#include <vector>

#include "core/config/router_card.hpp"
#include "ui/run_queue.hpp"

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace moescope::ui {

/// GUI thread. Deletes itself when it closes. Both routers train on the same run preset with the same seeds, the other one with the
/// width of its experts solved for equal active FLOPs; the dialog says what it did, or what is left over.
class RouterComparison : public QDialog {
    Q_OBJECT
public:
    RouterComparison(const std::vector<config::RouterCard>& cards, const QString& router, QWidget* parent = nullptr);
    /// What the button would queue, or why it cannot.
    std::variant<QueueOrder, base::Problems> order() const;

signals:
    void studyRequested(const moescope::ui::QueueOrder& order);

private:
    void refresh();
    QString matchText(const config::RunConfig& own, const config::RunConfig& other) const;

    QString m_router;
    QComboBox *m_other, *m_data;
    QSpinBox *m_seeds, *m_steps;
    QLabel* m_note;
    QPushButton* m_queue;
};

}  // namespace moescope::ui
