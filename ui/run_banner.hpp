// A banner above a page: one sentence, one best action, and a way to put it away.
#pragma once

#include <QFrame>

#include <functional>

class QLabel;
class QPushButton;
class QToolButton;

namespace moescope::ui {

struct BannerContent {
    QString key;            ///< what it is about; a banner that was put away stays away while the key is the same
    QString sentence;
    QString action;         ///< empty: no button
    bool error = false;     ///< err colours, else warn
    bool closable = true;
    QString second = {};    ///< another way, as a quieter button; empty: none
    bool operator==(const BannerContent&) const = default;
};

class RunBanner : public QFrame {
    Q_OBJECT
public:
    explicit RunBanner(QWidget* parent = nullptr);
    /// Shows it unless it was put away; an empty key hides the banner.
    void setContent(const BannerContent& content);
    const BannerContent& content() const { return m_content; }

signals:
    void acted(const QString& key);
    void actedOtherwise(const QString& key);   ///< the second button

private:
    BannerContent m_content;
    QString m_dismissed;
    QLabel *m_icon, *m_sentence;
    QPushButton *m_action, *m_second;
    QToolButton* m_close;
};

}  // namespace moescope::ui
