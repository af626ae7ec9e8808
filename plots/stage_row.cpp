// Places and paints the boxes of a pipeline.
#include "plots/stage_row.hpp"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "plots/paint.hpp"

namespace moescope::plots {
namespace {

constexpr double kGap = 26, kRowGap = 16, kPadding = 12, kHeight = 50, kMargin = 2, kRadius = 8, kHead = 4;

QFont titleFont() { return uiFont(11); }
QFont wordFont() { return uiFont(13, QFont::Medium); }

double widthOf(const StageBox& box) { return std::ceil(std::max(textWidth(titleFont(), box.title), textWidth(wordFont(), box.word)) + 2 * kPadding); }

void drawArrow(QPainter& painter, const QPointF& from, const QPointF& to) {
    painter.drawLine(from, to);
    QPainterPath head(to);
    head.lineTo(to.x() - kHead, to.y() - kHead);
    head.moveTo(to);
    head.lineTo(to.x() - kHead, to.y() + kHead);
    painter.drawPath(head);
}

}  // namespace

StageRow::StageRow(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void StageRow::setStages(std::vector<StageBox> stages) {
    m_stages = std::move(stages);
    m_current = -1;
    QString words;
    for (const StageBox& box : m_stages) words += (words.isEmpty() ? QString() : QStringLiteral(", ")) + box.title + QStringLiteral(": ") + box.word;
    setAccessibleName(tr("Stages"));
    setAccessibleDescription(words);
    updateGeometry();
    update();
}

std::vector<QRectF> StageRow::boxes(double width) const {
    std::vector<QRectF> out;
    double x = kMargin, y = kMargin;
    for (const StageBox& box : m_stages) {
        const double w = std::min(widthOf(box), width - 2 * kMargin);
        if (x > kMargin && x + w > width - kMargin) {
            x = kMargin;
            y += kHeight + kRowGap;
        }
        out.emplace_back(x, y, w, kHeight);
        x += w + kGap;
    }
    return out;
}

int StageRow::heightForWidth(int width) const {
    const auto all = boxes(width);
    return all.empty() ? 0 : static_cast<int>(std::ceil(all.back().bottom() + kMargin));
}

QSize StageRow::sizeHint() const {
    double width = 2 * kMargin - kGap;
    for (const StageBox& box : m_stages) width += widthOf(box) + kGap;
    const int wanted = static_cast<int>(std::clamp(width, 240.0, 900.0));
    return {wanted, heightForWidth(wanted)};
}

int StageRow::boxAt(const QPointF& at) const {
    const auto all = boxes(width());
    const auto found = std::ranges::find_if(all, [&](const QRectF& box) { return box.contains(at); });
    return found == all.end() ? -1 : static_cast<int>(found - all.begin());
}

void StageRow::setCurrent(int stage) {
    m_current = stage >= 0 && stage < static_cast<int>(m_stages.size()) ? stage : -1;
    update();
}

void StageRow::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme& colours = theme();
    const auto all = boxes(width());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const QRectF box = all[i].adjusted(0.5, 0.5, -0.5, -0.5);
        const bool chosen = static_cast<int>(i) == m_current;
        painter.setPen(QPen(chosen ? colours.accent : colours.control, chosen ? 1.5 : 1, m_stages[i].aside ? Qt::DashLine : Qt::SolidLine));
        painter.setBrush(chosen ? colours.accentSoft : m_stages[i].aside ? colours.surface : colours.raised);
        painter.drawRoundedRect(box, kRadius, kRadius);
        const double left = box.left() + kPadding - 0.5, room = box.width() - 2 * kPadding + 1;
        drawText(painter, left, box.top() + 16, QFontMetrics(titleFont()).elidedText(m_stages[i].title, Qt::ElideRight, static_cast<int>(room)), titleFont(), colours.text3);
        drawText(painter, left, box.top() + 33, QFontMetrics(wordFont()).elidedText(m_stages[i].word, Qt::ElideRight, static_cast<int>(std::ceil(room)) + 1), wordFont(), colours.text);
        if (i + 1 == all.size() || m_stages[i].aside || m_stages[i + 1].aside) continue;
        painter.setPen(QPen(colours.text3, 1.5));
        painter.setBrush(Qt::NoBrush);
        const double middle = box.center().y(), from = box.right() + 5;
        drawArrow(painter, {from, middle}, {std::min(from + kGap - 11, width() - 1.0), middle});
    }
    if (hasFocus() && m_current >= 0) drawFocusRing(painter, all[static_cast<std::size_t>(m_current)], kRadius);
}

void StageRow::mousePressEvent(QMouseEvent* press) {
    const int box = boxAt(press->position());
    setCurrent(box == m_current ? -1 : box);
    emit stageClicked(m_current);
}

void StageRow::keyPressEvent(QKeyEvent* key) {
    const int step = key->key() == Qt::Key_Right ? 1 : key->key() == Qt::Key_Left ? -1 : 0;
    if (step == 0 || m_stages.empty()) return QWidget::keyPressEvent(key);
    setCurrent(std::clamp(m_current + step, 0, static_cast<int>(m_stages.size()) - 1));
    emit stageClicked(m_current);
}

bool StageRow::event(QEvent* any) {
    if (any->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(any);
        const int box = boxAt(help->pos());
        if (box < 0 || m_stages[static_cast<std::size_t>(box)].hint.isEmpty()) QToolTip::hideText();
        else QToolTip::showText(help->globalPos(), QStringLiteral("<p>") + m_stages[static_cast<std::size_t>(box)].hint.toHtmlEscaped() + QStringLiteral("</p>"), this);
        return true;
    }
    return QWidget::event(any);
}

}  // namespace moescope::plots
