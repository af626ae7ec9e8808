// The solo card: what one expert takes more often than chance: tokens and domains with their lift.
#pragma once

#include <QWidget>

#include "ui/routing_probe.hpp"

namespace moescope::ui {

/// What one expert of one layer takes, of first choices; most telling first.
struct SoloFacts {
    struct Row {
        QString name;
        std::int64_t count = 0;
        double share = 0, lift = 0, null95 = 0;   ///< as telemetry::LabelLift
    };
    int expert = -1, tokens = 0, of = 0;          ///< the expert's tokens, of all
    std::vector<Row> words, domains;
};
/// At most `top` tokens (by count * ln lift, lift > 1) and all domains by lift; no domains where the snapshot has none.
SoloFacts soloFacts(const telemetry::ProbeSnapshot& probe, int moeLayer, int expert, const QStringList& domains, int top = 10);

/// GUI thread. Painted; its numbers are also its description for screen readers.
class SoloCard : public QWidget {
    Q_OBJECT
public:
    explicit SoloCard(QWidget* parent = nullptr);
    void setFacts(SoloFacts facts, int experts);
    const SoloFacts& facts() const { return m_facts; }
    QString summary() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent*) override;

private:
    int paintRows(QPainter&, int y, const QString& title, const std::vector<SoloFacts::Row>& rows, bool mono) const;
    SoloFacts m_facts;
    int m_experts = 0;
};

}  // namespace moescope::ui
