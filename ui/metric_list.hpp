// MetricList: every curve the open run stores; drag one onto a plot, or press Enter.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QListWidget;

namespace moescope::ui {

class RunData;

inline constexpr auto kMetricMime = "application/x-moescope-metric";

/// GUI thread.
class MetricList : public QWidget {
    Q_OBJECT
public:
    explicit MetricList(QWidget* parent = nullptr);
    /// nullptr: nothing to list.
    void setRun(const RunData* data);
    /// The plot that Enter adds to; empty = a plot of its own.
    void setTarget(const QString& title);

signals:
    void chosen(const QString& metric, bool ownPlot);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void choose(bool ownPlot);
    void filter(const QString& words);

    QLineEdit* m_filter;
    QListWidget* m_list;
    QLabel* m_hint;
    QString m_target;
};

}  // namespace moescope::ui
