// Scrubber: the run as one line with its events; the current step; the way back to live.
#pragma once

#include "plots/cursor_hub.hpp"

#include <QPointer>
#include <QWidget>

namespace moescope::plots {

struct ScrubberState {
    double last = 0;                   // newest step that has been recorded
    double total = 0;                  // planned steps; 0 = unknown, then last is the end
    double interval = 1;               // steps between reports: one arrow key
    bool training = false;             // false: "Finished" stands where the Live button was
    QString stateWord;                 // "Finished", "Paused", "Interrupted" (not training)
    bool operator==(const ScrubberState&) const = default;
};

// Follows the hub: its cursor is the handle (nullopt = live, at `last`), its flags are the ticks.
class Scrubber : public QWidget {
    Q_OBJECT
public:
    explicit Scrubber(QWidget* parent = nullptr);
    void setHub(CursorHub*);
    void setState(const ScrubberState&);
    void setXName(const QString&);     // "step"
    QSize sizeHint() const override { return {800, 40}; }
    QSize minimumSizeHint() const override { return {360, 40}; }
    bool isLive() const;

public slots:
    void previousEvent();
    void nextEvent();
    void goLive();

signals:
    void scrubbed(double x);           // the hub's cursor has been moved there
    void wentLive();

protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void leaveEvent(QEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    bool event(QEvent*) override;

private:
    QRect groove() const;
    QRect liveRect() const;
    QRect arrowRect(bool next) const;
    double end() const;
    double current() const;
    double xAt(int px) const;
    int pxAt(double x) const;
    void moveTo(double x);
    void paintFlags(QPainter&) const;
    void paintGroove(QPainter&) const;
    void paintLive(QPainter&) const;
    void describe();

    QPointer<CursorHub> m_hub;
    ScrubberState m_state;
    QString m_xName;
    bool m_dragging = false;
    int m_hot = 0;                     // hovered part
};

}  // namespace moescope::plots
