// Routing > Specialisation: domains over experts, whether that is more than chance, and the words each expert takes.
#pragma once

#include "ui/routing_view.hpp"

class QLabel;
class QScrollArea;
class QStackedWidget;
class QVBoxLayout;

namespace moescope::plots {
class SegmentedControl;
}

namespace moescope::ui {

class RoutingGrid;
class RoutingTable;

/// Domain and token information of each MoE layer as bars, with what chance would give as a mark. Painted.
class InformationBars : public QWidget {
    Q_OBJECT
public:
    explicit InformationBars(QWidget* parent = nullptr);
    void setData(const std::vector<telemetry::Specialisation>& layers, int moeLayer);
    QString summary() const;
    int topOf(int moeLayer) const;
    bool hasTokens() const;          ///< points of a plane have no token information       ///< px of its heading
    int heightOfLayer() const { return topOf(1); }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent*) override;

private:
    std::vector<telemetry::Specialisation> m_layers;
    int m_moeLayer = 0;
};

/// A line for each expert: its tokens of greatest lift; with more experts than hues, only for those that have some. Painted.
class VocabularyLines : public QWidget {
    Q_OBJECT
public:
    explicit VocabularyLines(QWidget* parent = nullptr);
    void setData(std::vector<VocabularyRow> rows, int experts);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent*) override;

private:
    std::vector<VocabularyRow> m_rows;
    std::vector<int> m_order;   ///< experts, a line each
    int m_experts = 0;
};

class RoutingSpecialisation : public RoutingView {
    Q_OBJECT
public:
    explicit RoutingSpecialisation(QWidget* parent = nullptr);
    void show(const RoutingShown& shown) override;
    void setTable(bool on) override;
    using RoutingView::show;

private:
    QWidget* buildInformation();
    QWidget* buildVocabulary();
    void fillShares();
    QString shareText(const telemetry::Specialisation& found) const;
    void fitShares(bool table);
    void showInformation(const RoutingShown& shown);
    void showVocabulary(const RoutingShown& shown);

    RoutingGrid* m_share;
    plots::SegmentedControl* m_kind;
    QStringList m_domainsOf;
    int m_modelLayer = 0;
    QScrollArea* m_barsScroll = nullptr;
    QVBoxLayout* m_left;
    QWidget* m_words = nullptr;               ///< absent where the probe has points and no tokens
    QLabel *m_shareNote, *m_verdict, *m_vocabularyNote;
    InformationBars* m_bars;
    VocabularyLines* m_lines;
    RoutingTable *m_information, *m_vocabulary;
    QStackedWidget *m_informationStack, *m_vocabularyStack;
    RoutingSnapshotPtr m_of;
    int m_layerOf = -1;
};

}  // namespace moescope::ui
