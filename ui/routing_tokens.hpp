// Routing > Tokens: the probe's text coloured by expert, and a card for the chosen token.
#pragma once

#include <vector>

#include "ui/routing_view.hpp"

class QComboBox;
class QLabel;
class QScrollArea;
class QStackedWidget;
class QVBoxLayout;

namespace moescope::plots {
class ExpertLegend;
class TokenText;
}  // namespace moescope::plots

namespace moescope::ui {

class RoutingTable;
class TokenCard;

class RoutingTokens : public RoutingView {
    Q_OBJECT
public:
    explicit RoutingTokens(QWidget* parent = nullptr);
    void show(const RoutingShown& shown) override;
    void setTable(bool on) override;

    void select(int token);       ///< of the probe; -1 = none
    int selected() const { return m_selected; }
    void pinSelected();           ///< or lets go of the pinned one, if it is selected
    int pinned() const { return m_pinned; }
    void setSolo(int expert);
    using RoutingView::show;

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* buildText();
    QWidget* buildCards();
    void makeRows();
    void fillRows();
    void fillTable();
    void showCards();
    void move(int by);
    int rowOf(int token) const;

    RoutingShown m_shown;
    std::vector<ProbeSequence> m_sequences;
    std::vector<plots::TokenText*> m_texts;   ///< one for each sequence
    int m_selected = -1, m_pinned = -1;
    plots::ExpertLegend* m_legend;
    QComboBox *m_solo, *m_domain;
    QLabel* m_key;
    QStackedWidget* m_stack;
    QScrollArea *m_scroll, *m_cardScroll;
    QVBoxLayout* m_rows = nullptr;
    RoutingTable* m_table;
    QLabel* m_hint;
    TokenCard *m_card, *m_pinCard;
};

}  // namespace moescope::ui
