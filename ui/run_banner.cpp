// Layout of the banner.
#include "ui/run_banner.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

#include "plots/icons.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {

RunBanner::RunBanner(QWidget* parent)
    : QFrame(parent), m_icon(new QLabel(this)), m_sentence(new QLabel(this)), m_action(new QPushButton(this)), m_second(new QPushButton(this)), m_close(new QToolButton(this)) {
    setObjectName(QStringLiteral("banner"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 6, 6, 6);
    row->setSpacing(10);
    m_sentence->setObjectName(QStringLiteral("bannerSentence"));
    m_sentence->setFont(plots::uiFont(13, QFont::Medium));
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setWordWrap(true);
    m_action->setObjectName(QStringLiteral("bannerAction"));
    m_action->setProperty("kind", "primary");
    m_action->setFont(plots::uiFont(13, QFont::DemiBold));
    m_second->setObjectName(QStringLiteral("bannerSecond"));
    m_second->setFont(plots::uiFont(13, QFont::Medium));
    m_close->setObjectName(QStringLiteral("bannerClose"));
    m_close->setIcon(plots::icon(QStringLiteral("close")));
    m_close->setAccessibleName(tr("Put away"));
    row->addWidget(m_icon);
    row->addWidget(m_sentence, 1);
    row->addWidget(m_second);
    row->addWidget(m_action);
    row->addWidget(m_close);
    hide();
    connect(m_action, &QPushButton::clicked, this, [this] { emit acted(m_content.key); });
    connect(m_second, &QPushButton::clicked, this, [this] { emit actedOtherwise(m_content.key); });
    connect(m_close, &QToolButton::clicked, this, [this] {
        m_dismissed = m_content.key;
        hide();
    });
}

void RunBanner::setContent(const BannerContent& content) {
    if (content.key.isEmpty() || content.key == m_dismissed) {
        m_content = content;
        return hide();
    }
    if (content == m_content && isVisibleTo(parentWidget())) return;
    m_content = content;
    setProperty("role", content.error ? "errCard" : "warnCard");
    style()->unpolish(this);
    style()->polish(this);
    const plots::Theme& t = plots::theme();
    m_icon->setPixmap(plots::iconPixmap(QStringLiteral("warning"), 18, content.error ? t.err : t.warn, devicePixelRatioF()));
    m_sentence->setText(content.sentence);
    m_action->setText(content.action);
    m_action->setVisible(!content.action.isEmpty());
    m_second->setText(content.second);
    m_second->setVisible(!content.second.isEmpty());
    m_close->setVisible(content.closable);
    show();
}

}  // namespace moescope::ui
