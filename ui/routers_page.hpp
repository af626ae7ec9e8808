// The Routers page: every router preset with a card: its stages as a picture, formulas, marks, source, and what to do with it.
#pragma once

#include <QWidget>

#include <vector>

#include "core/config/router_card.hpp"
#include "ui/run_queue.hpp"

class QLabel;
class QLineEdit;
class QListView;
class QPushButton;
class QSortFilterProxyModel;
class QStandardItemModel;
class QVBoxLayout;

namespace moescope::plots {
class StageRow;
}

namespace moescope::ui {

/// GUI thread. Reads the presets once, when it is first shown.
class RoutersPage : public QWidget {
    Q_OBJECT
public:
    explicit RoutersPage(QWidget* parent = nullptr);

    /// Ids of the router presets.
    static QStringList ids();
    /// Shows this router's card; an unknown id changes nothing.
    void setRouter(const QString& id);
    QString router() const;
    const std::vector<config::RouterCard>& cards() const { return m_cards; }
    /// Fills the list if that has not been done.
    void load();

signals:
    /// The form of a new run shall open with these settings.
    void trainRequested(const moescope::config::RunConfig& config, const QString& from);
    void studyRequested(const moescope::ui::QueueOrder& order);

protected:
    void showEvent(QShowEvent*) override;

private:
    QWidget* buildList();
    QWidget* buildCard();
    QWidget* buildHead();
    void fillList();
    void showCard(const config::RouterCard& card);
    void showStage(int stage);
    void fillStages(const config::RouterCard& card);
    void fillFacts(const config::RouterCard& card);
    void addFact(const QString& caption, const QString& text, const char* role);
    void askComparison();
    const config::RouterCard* shown() const;

    std::vector<config::RouterCard> m_cards;
    bool m_loaded = false;
    QStandardItemModel* m_model;
    QSortFilterProxyModel* m_filtered;
    QListView* m_list = nullptr;
    QLineEdit* m_filter = nullptr;
    QLabel *m_count = nullptr, *m_title = nullptr, *m_size = nullptr, *m_description = nullptr, *m_problem = nullptr;
    plots::StageRow* m_stages = nullptr;
    QVBoxLayout *m_lines = nullptr, *m_facts = nullptr;
    QPushButton *m_train = nullptr, *m_compare = nullptr;
    std::vector<QWidget*> m_stageLines;
};

}  // namespace moescope::ui
