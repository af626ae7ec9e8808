// Empty state: what a pane says while it has nothing to show: icon, sentence, line, actions.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace moescope::plots {

struct EmptyContent {
    QString icon;                      // name of an icon, "grid"
    QString sentence;                  // "No runs yet"
    QString line;                      // "Watch an expert collapse in 30 seconds."
    QStringList actions;               // the first is primary, the others ghost
    bool warning = false;              // icon in warn colour
    bool operator==(const EmptyContent&) const = default;
};

class EmptyState : public QWidget {
    Q_OBJECT
public:
    explicit EmptyState(QWidget* parent = nullptr);
    void setContent(const EmptyContent&);
signals:
    void actionTriggered(int index);
private:
    void applyTheme();
    EmptyContent m_content;
    QLabel *m_icon, *m_sentence, *m_line;
    QHBoxLayout* m_actions;
};

}  // namespace moescope::plots
