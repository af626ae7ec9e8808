// Panel header: title, unit and the readout row, which is the legend with live values. 40 px, painted.
#pragma once

#include "plots/theme.hpp"

#include <QStringList>
#include <QWidget>

#include <optional>
#include <vector>

class QMenu;
class QToolButton;

namespace moescope::plots {

struct Readout {
    enum Key { None, Line, ThinLine, Dash, Circle, Area };
    Key key = Line;
    Ink ink;
    QString name, value;
    double opacity = 1;
    bool operator==(const Readout&) const = default;
};

// A gradient strip in the readout row: "idle [strip] 8× | 1 = fair share".
struct ScaleStrip {
    std::vector<QColor> colors;        // left to right
    QString low, high, note;
    double tick = -1;                  // 0..1, a mark on the strip; < 0 = none
};

class PanelHeader : public QWidget {
    Q_OBJECT
public:
    explicit PanelHeader(QWidget* parent = nullptr);
    void setTitle(const QString&);
    void setUnit(const QString&);
    QString title() const { return m_title; }
    QString unit() const { return m_unit; }
    void setReadouts(std::vector<Readout>);
    const std::vector<Readout>& readouts() const { return m_readouts; }
    void setScaleStrip(std::optional<ScaleStrip>);
    // A quiet drop-down in place of the unit (which statistic, which expert). Empty list = the plain unit.
    void setChoices(const QStringList&, int current);
    QMenu* menu() const { return m_menu; }            // the panel's actions; callers may add their own
    void paintTo(QPainter&, const QRect&) const;      // for exports
    QSize sizeHint() const override { return {240, 40}; }
    QSize minimumSizeHint() const override { return {120, 40}; }

signals:
    void maximiseRequested();                          // double-click on the title
    void choiceChanged(int);

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void mouseDoubleClickEvent(QMouseEvent*) override;
    void enterEvent(QEnterEvent*) override;
    void leaveEvent(QEvent*) override;
    bool event(QEvent*) override;

private:
    int paintReadouts(QPainter&, const QRect&) const;
    int paintStrip(QPainter&, const QRect&) const;
    void place();
    int valueWidth(size_t i, const QString&) const;

    QString m_title, m_unit;
    QStringList m_choices;
    int m_choice = -1;
    std::vector<Readout> m_readouts;
    mutable std::vector<int> m_valueWidths;            // only grow, so that nothing moves
    std::optional<ScaleStrip> m_strip;
    QMenu* m_menu;
    QToolButton* m_more;
    QToolButton* m_pick;
};

}  // namespace moescope::plots
