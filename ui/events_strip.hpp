// The strip of events below the plots: number, step, text; a click goes there.
#pragma once

#include <QWidget>

#include <optional>
#include <vector>

#include "ui/events_list.hpp"

namespace moescope::ui {

class EventsStrip : public QWidget {
    Q_OBJECT
public:
    explicit EventsStrip(QWidget* parent = nullptr);
    void setEvents(const std::vector<ShownEvent>& events);
    /// The newest event at or before it is shown in full ink; nothing = live.
    void setStep(std::optional<double> step);
    const std::vector<ShownEvent>& events() const { return m_events; }
    QSize sizeHint() const override { return {480, 36}; }
    QSize minimumSizeHint() const override { return {120, 36}; }

signals:
    void stepChosen(double step);

protected:
    void paintEvent(QPaintEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    bool event(QEvent*) override;

private:
    struct Item {
        std::size_t event;
        QRect rect;
    };
    /// Those that fit, ending with the newest; the first is preceded by how many were left out.
    std::vector<Item> layOut() const;
    int indexAt(const QPoint& at) const;

    std::vector<ShownEvent> m_events;
    std::optional<double> m_step;
};

}  // namespace moescope::ui
