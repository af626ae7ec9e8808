// Layout and painting of labelled text.
#include "plots/labelled_text.hpp"

#include "plots/theme.hpp"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace moescope::plots {
namespace {

constexpr int pitch = 24, tintHeight = 20, fontPx = 13;

QString shownText(const QString& text) {
    QString shown = text;
    shown.replace(QLatin1Char('\n'), QChar(0x21B5)).replace(QLatin1Char('\t'), QChar(0x21E5));
    return shown.isEmpty() ? QString(QChar(0x2400)) : shown;
}

}  // namespace

LabelledText::LabelledText(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("A sequence of the batch"));
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

QColor LabelledText::labelColor(int label) { return theme().runInk[size_t(std::max(0, label)) % theme().runInk.size()]; }

void LabelledText::setTokens(std::vector<LabelledToken> tokens) {
    if (tokens == m_tokens) return;
    m_tokens = std::move(tokens);
    m_rects = layoutFor(width());
    QString whole;
    for (const LabelledToken& token : m_tokens) whole += token.text;
    setAccessibleDescription(whole);
    updateGeometry();
    update();
}

std::vector<QRect> LabelledText::layoutFor(int width) const {
    std::vector<QRect> rects;
    const QFontMetrics metrics(monoFont(fontPx));
    int x = 0, y = 0;
    for (const LabelledToken& token : m_tokens) {
        const int wide = std::max(4, metrics.horizontalAdvance(shownText(token.text)));
        if (x > 0 && x + wide > width) {
            x = 0;
            y += pitch;
        }
        rects.emplace_back(x, y, wide, pitch);
        x += wide;
        if (!token.text.endsWith(QLatin1Char('\n'))) continue;
        x = 0;
        y += pitch;
    }
    return rects;
}

int LabelledText::heightForWidth(int width) const {
    const auto rects = layoutFor(width);
    return rects.empty() ? pitch : rects.back().bottom() + 1;
}

QSize LabelledText::sizeHint() const { return {400, heightForWidth(std::max(400, width()))}; }

void LabelledText::resizeEvent(QResizeEvent*) { m_rects = layoutFor(width()); }

void LabelledText::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Theme& t = theme();
    painter.setFont(monoFont(fontPx));
    for (size_t i = 0; i < m_tokens.size(); ++i) {
        const LabelledToken& token = m_tokens[i];
        const QRect box = m_rects[i].adjusted(0, (pitch - tintHeight) / 2, 0, -(pitch - tintHeight) / 2);
        if (token.trained && token.label >= 0) painter.fillRect(box, withOpacity(labelColor(token.label), t.isDark ? 0.34 : 0.22));
        painter.setPen(token.trained ? t.text : t.text3);
        painter.drawText(m_rects[i], Qt::AlignCenter | Qt::TextSingleLine, shownText(token.text));
        if (!token.trained) painter.fillRect(QRect(box.left() + 1, box.bottom(), box.width() - 2, 1), t.text3);
    }
}

bool LabelledText::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    for (size_t i = 0; i < m_rects.size(); ++i)
        if (m_rects[i].contains(help->pos())) QToolTip::showText(help->globalPos(), m_tokens[i].note, this);
    return true;
}

}  // namespace moescope::plots
