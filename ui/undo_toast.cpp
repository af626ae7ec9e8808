// The toast's place, time and button.
#include "ui/undo_toast.hpp"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>

#include <utility>

#include "plots/icons.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {
constexpr int kStayMs = 10'000, kMargin = 8;
}

UndoToast::UndoToast(QWidget* host) : QFrame(host), m_text(new QLabel(this)), m_action(new QPushButton(this)), m_close(new QPushButton(this)), m_timer(new QTimer(this)) {
    setObjectName(QStringLiteral("undoToast"));
    setProperty("role", "card");
    m_text->setObjectName(QStringLiteral("undoToastText"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setFont(plots::uiFont(12));
    m_action->setObjectName(QStringLiteral("undoToastAction"));
    m_action->setProperty("kind", "link");
    m_close->setObjectName(QStringLiteral("undoToastClose"));
    m_close->setProperty("kind", "link");
    m_close->setIcon(plots::icon(QStringLiteral("close")));
    m_close->setAccessibleName(tr("Close this message"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_action);
    row->addStretch();
    row->addWidget(m_close);
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(10, 8, 6, 4);
    lines->setSpacing(2);
    lines->addWidget(m_text);
    lines->addLayout(row);
    connect(m_action, &QPushButton::clicked, this, &UndoToast::act);
    connect(m_close, &QPushButton::clicked, this, &QWidget::hide);
    m_timer->setSingleShot(true);
    m_timer->setInterval(kStayMs);
    connect(m_timer, &QTimer::timeout, this, &QWidget::hide);
    host->installEventFilter(this);
    hide();
}

void UndoToast::offer(const QString& sentence, const QString& action, std::function<void()> run) {
    m_run = std::move(run);
    m_action->setText(action);
    m_action->show();
    appear(sentence);
}

void UndoToast::tell(const QString& sentence) {
    m_run = {};
    m_action->hide();
    appear(sentence);
}

bool UndoToast::act() {
    hide();
    if (!m_run) return false;
    std::exchange(m_run, {})();
    return true;
}

QString UndoToast::sentence() const { return m_text->text(); }

void UndoToast::appear(const QString& sentence) {
    m_text->setText(sentence);
    setAccessibleName(sentence);
    place();
    show();
    raise();
    m_timer->start();
}

void UndoToast::place() {
    const int width = parentWidget()->width() - 2 * kMargin;
    const int height = layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width) : sizeHint().height();
    setGeometry(kMargin, parentWidget()->height() - height - kMargin, width, height);
}

bool UndoToast::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
    return QFrame::eventFilter(watched, event);
}

}  // namespace moescope::ui
