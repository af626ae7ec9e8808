// Draws a window to a file once everything in it has been read.
#pragma once

#include <QObject>
#include <QSize>
#include <QString>

namespace moescope::ui {

class MainWindow;

struct ScreenshotOrder {
    QString file;
    QSize size{1440, 900};
};

/// GUI thread. `done` comes once: with an empty sentence when the file is written, else with what went wrong.
class Screenshot : public QObject {
    Q_OBJECT
public:
    Screenshot(MainWindow& window, ScreenshotOrder order, QObject* parent = nullptr);
    void start();

signals:
    void done(const QString& problem);

private:
    void look();
    void take();

    MainWindow& m_window;
    ScreenshotOrder m_order;
    int m_waited = 0, m_settled = 0;
};

}  // namespace moescope::ui
