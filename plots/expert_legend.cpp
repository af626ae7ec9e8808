// Layout, painting and choice of the expert legend.
#include "plots/expert_legend.hpp"

#include "plots/paint.hpp"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <numeric>

namespace moescope::plots {
namespace {

constexpr int kRow = 22, kChip = 10, kGap = 14;

QString nameOf(int expert) { return QStringLiteral("E%1").arg(expert); }

}  // namespace

ExpertLegend::ExpertLegend(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Experts: choose one to see its tokens alone"));
    setToolTip(tr("Click an expert to see its tokens alone, click it again for all"));
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void ExpertLegend::setExperts(int experts, std::vector<int> named) {
    if (expertsHaveIdentity(experts)) {
        named.resize(size_t(experts));
        std::iota(named.begin(), named.end(), 0);
    }
    if (experts == m_experts && named == m_shown) return;
    m_experts = experts;
    m_shown = std::move(named);
    m_chips = layoutFor(width());
    updateGeometry();
    update();
}

void ExpertLegend::setSolo(int expert) {
    m_solo = expert;
    setAccessibleDescription(expert < 0 ? tr("all experts") : tr("only %1").arg(nameOf(expert)));
    update();
}

std::vector<ExpertLegend::Chip> ExpertLegend::layoutFor(int width) const {
    std::vector<Chip> chips;
    int x = 0, y = 0;
    for (const int expert : m_shown) {
        const int wide = kChip + 5 + textWidth(uiFont(12, QFont::DemiBold), nameOf(expert));
        if (x > 0 && x + wide > width) {
            x = 0;
            y += kRow;
        }
        chips.push_back({expert, QRect(x, y, wide, kRow)});
        x += wide + kGap;
    }
    return chips;
}

QRect ExpertLegend::chipRect(int expert) const {
    const auto chip = std::ranges::find(m_chips, expert, &Chip::expert);
    return chip == m_chips.end() ? QRect() : chip->rect;
}

int ExpertLegend::heightForWidth(int width) const {
    const auto chips = layoutFor(width);
    return chips.empty() ? kRow : chips.back().rect.bottom() + 1;
}

QSize ExpertLegend::sizeHint() const { return {300, heightForWidth(std::max(200, width()))}; }

void ExpertLegend::resizeEvent(QResizeEvent*) { m_chips = layoutFor(width()); }

void ExpertLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Theme& t = theme();
    const bool identity = expertsHaveIdentity(m_experts);
    for (size_t i = 0; i < m_chips.size(); ++i) {
        const auto& [expert, rect] = m_chips[i];
        const bool faded = m_solo >= 0 && m_solo != expert;
        const QRectF chip(rect.left(), rect.center().y() - kChip / 2.0 + 0.5, kChip, kChip);
        painter.setOpacity(faded ? 0.35 : 1);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(t.expertFill[i % 8]);
        if (identity) fillExpert(painter, t, chip, 2, expert, m_experts);
        else painter.drawRoundedRect(chip, 2, 2);
        painter.setOpacity(1);
        drawText(painter, rect.left() + kChip + 5, rect.center().y() + 0.5, nameOf(expert), uiFont(12, m_solo == expert ? QFont::DemiBold : QFont::Normal), faded ? t.text3 : t.text);
    }
    if (!identity && !m_chips.empty()) drawText(painter, m_chips.back().rect.right() + kGap, m_chips.back().rect.center().y() + 0.5, tr("others grey"), uiFont(12), t.text3);
    if (hasFocus()) drawFocusRing(painter, rect(), 4);
}

void ExpertLegend::choose(int expert) {
    setSolo(expert == m_solo ? -1 : expert);
    emit soloChanged(m_solo);
}

void ExpertLegend::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    for (const Chip& chip : m_chips)
        if (chip.rect.contains(event->position().toPoint())) return choose(chip.expert);
}

void ExpertLegend::contextMenuEvent(QContextMenuEvent* event) {
    for (const Chip& chip : m_chips)
        if (chip.rect.contains(event->pos())) emit expertMenuRequested(chip.expert, event->globalPos());
}

void ExpertLegend::keyPressEvent(QKeyEvent* event) {
    const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (event->key() == Qt::Key_Escape && m_solo >= 0) return choose(m_solo);
    if (step == 0 || m_shown.empty()) return QWidget::keyPressEvent(event);
    const auto now = std::ranges::find(m_shown, m_solo);
    const auto count = std::ptrdiff_t(m_shown.size());
    const auto at = now == m_shown.end() ? (step > 0 ? 0 : count - 1) : std::clamp(now - m_shown.begin() + step, std::ptrdiff_t(0), count - 1);
    if (m_shown[size_t(at)] != m_solo) choose(m_shown[size_t(at)]);
}

}  // namespace moescope::plots
