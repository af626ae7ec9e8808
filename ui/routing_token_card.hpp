// The token card: what the router made of one token: logits, weights, drops and the path through the layers.
#pragma once

#include <QWidget>

#include "ui/routing_probe.hpp"

namespace moescope::ui {

/// GUI thread. Painted; its numbers are also its description for screen readers.
class TokenCard : public QWidget {
    Q_OBJECT
public:
    explicit TokenCard(QWidget* parent = nullptr);
    /// `modelLayer` is its number as people read it; a pinned card is called "Pinned: token 4".
    void setDetail(const TokenDetail& detail, const QString& domain, int modelLayer, bool pinned);
    const TokenDetail& detail() const { return m_detail; }
    QString summary() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

signals:
    void expertMenuRequested(int expert, const QPoint& globalPos);   ///< on the row of its logit

protected:
    void paintEvent(QPaintEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;

private:
    struct Fact {
        QString name, value;
    };
    std::vector<Fact> facts() const;
    std::vector<int> shownExperts() const;   ///< by logit, at most ten, the chosen ones always
    QString title() const;
    int paintHead(QPainter&, int y) const;
    int paintLogits(QPainter&, int y) const;
    int paintWeights(QPainter&, int y) const;
    int paintPath(QPainter&, int y) const;

    TokenDetail m_detail;
    QString m_domain;
    int m_modelLayer = 0;
    mutable std::vector<std::pair<int, int>> m_logitRows;   ///< (top, expert) as painted
    bool m_pinned = false;
};

}  // namespace moescope::ui
