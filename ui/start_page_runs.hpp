// The newest runs as rows: colour, name, when, fingerprint, validation loss.
#pragma once

#include <QWidget>

#include <vector>

#include "storage/catalog.hpp"

namespace moescope::ui {

class RunLibrary;

class RecentRuns : public QWidget {
    Q_OBJECT
public:
    explicit RecentRuns(RunLibrary& library, QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {300, sizeHint().height()}; }

signals:
    void runActivated(const QString& ulid);

protected:
    void paintEvent(QPaintEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    void leaveEvent(QEvent*) override;

private:
    void take();
    void paintRow(QPainter& painter, std::size_t index, const QRect& area) const;

    RunLibrary& m_library;
    std::vector<storage::RunRow> m_rows;
    int m_hot = -1;
};

}  // namespace moescope::ui
