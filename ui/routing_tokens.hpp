// Routing > Tokens: the probe's text or one's own, coloured by expert, and a card for the chosen token.
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

class OwnText;
class RoutingTable;
class SoloCard;
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
    void setSolo(int expert) override;
    bool showsSolo() const override { return true; }
    /// What the tint stands for.
    enum Colour { byFirst, bySecond, byWeight, byLoss, byDomain };
    void setColour(Colour colour);
    /// The user's own text in place of the probe's.
    void setOwn(bool own);
    OwnText& ownText() { return *m_own; }
    bool showsProbe() const override { return !m_isOwn; }
    bool isComplete() const override;
    using RoutingView::show;

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* buildText();
    QWidget* buildCards();
    void apply(const RoutingShown& shown);
    RoutingShown effective() const;
    void fillSources(const QStringList& domains);
    void makeRows();
    void fillRows();
    void fillTable();
    void showCards();
    void showSolo();
    void showKey();
    double lossTop() const;
    void move(int by);
    int rowOf(int token) const;

    RoutingShown m_given;         ///< by the page
    RoutingShown m_shown;         ///< on screen: the same, or with the snapshot of the own text
    QStringList m_sources;        ///< domains that can be chosen
    bool m_isOwn = false;
    Colour m_colour = byFirst;
    std::vector<ProbeSequence> m_sequences;
    std::vector<plots::TokenText*> m_texts;   ///< one for each sequence
    int m_selected = -1, m_pinned = -1;
    plots::ExpertLegend* m_legend;
    QComboBox *m_solo, *m_domain, *m_colourChoice;
    OwnText* m_own;
    SoloCard* m_soloCard;
    QLabel* m_key;
    QStackedWidget* m_stack;
    QScrollArea *m_scroll, *m_cardScroll;
    QVBoxLayout* m_rows = nullptr;
    RoutingTable* m_table;
    QLabel* m_hint;
    TokenCard *m_card, *m_pinCard;
};

}  // namespace moescope::ui
