// Layout and painting of the Sankey.
#include "plots/sankey.hpp"

#include "plots/paint.hpp"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>

namespace moescope::plots {
namespace {

constexpr double kHead = 24, kNode = 14, kGapMost = 10, kSide = 40, kGapShare = 0.25;

QPainterPath ribbonPath(const QRectF& left, const QRectF& right) {
    const double middle = (left.right() + right.left()) / 2;
    QPainterPath path(left.topRight());
    path.cubicTo(middle, left.top(), middle, right.top(), right.left(), right.top());
    path.lineTo(right.left(), right.bottom());
    path.cubicTo(middle, right.bottom(), middle, left.bottom(), left.right(), left.bottom());
    path.closeSubpath();
    return path;
}

}  // namespace

Sankey::Sankey(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Flows of tokens between the experts of neighbouring layers"));
    setFocusPolicy(Qt::TabFocus);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void Sankey::setData(SankeyData data) {
    if (data == m_data) return;
    m_data = std::move(data);
    QStringList words;
    for (const SankeyFlow& flow : m_data.flows) words << flow.words;
    setAccessibleDescription(words.join(QStringLiteral("; ")).left(600));
    update();
}

double Sankey::scale() const { return std::max(10.0, height() - kHead - 4) * (1 - kGapShare); }

double Sankey::columnX(int column) const {
    const double room = width() - 2 * kSide - kNode;
    return kSide + (m_data.columns.size() > 1 ? room * column / double(m_data.columns.size() - 1) : 0);
}

QRectF Sankey::nodeRect(int column, int node) const {
    int used = 0;
    for (int n = 0; n < m_data.nodes; ++n) used += m_data.shares[size_t(column * m_data.nodes + n)] > 0;
    const double gap = used > 1 ? std::min(kGapMost, scale() * kGapShare / (1 - kGapShare) / (used - 1)) : 0;
    double y = kHead;
    for (int n = 0; n < node; ++n)
        if (const double share = m_data.shares[size_t(column * m_data.nodes + n)]; share > 0) y += share * scale() + gap;
    const double share = m_data.shares[size_t(column * m_data.nodes + node)];
    return share > 0 ? QRectF(columnX(column), y, kNode, share * scale()) : QRectF();
}

// Ribbons leave a node in the order of their targets and arrive in the order of their sources, so that they cross least.
std::vector<Sankey::Ribbon> Sankey::ribbons() const {
    std::vector<size_t> order(m_data.flows.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::vector<Ribbon> all(m_data.flows.size());
    const auto place = [&](bool left) {
        std::vector<double> filled(size_t(m_data.columns.size()) * size_t(m_data.nodes));
        std::ranges::stable_sort(order, {}, [&](size_t i) { return left ? m_data.flows[i].to : m_data.flows[i].from; });
        for (const size_t i : order) {
            const SankeyFlow& flow = m_data.flows[i];
            const int column = left ? flow.column : flow.column + 1, node = left ? flow.from : flow.to;
            const QRectF box = nodeRect(column, node);
            double& from = filled[size_t(column * m_data.nodes + node)];
            const QRectF end(left ? box.right() : box.left(), box.top() + from, 0, flow.share * scale());
            from += flow.share * scale();
            all[i].flow = i;
            (left ? all[i].left : all[i].right) = end;
        }
    };
    place(true);
    place(false);
    return all;
}

void Sankey::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme& t = theme();
    for (const Ribbon& ribbon : ribbons()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(withOpacity(expertFill(t, m_data.flows[ribbon.flow].from, m_data.nodes), t.isDark ? 0.5 : 0.42));
        painter.drawPath(ribbonPath(ribbon.left, ribbon.right));
    }
    for (int column = 0; column < m_data.columns.size(); ++column) {
        const bool last = column + 1 == m_data.columns.size();
        const double edge = last ? columnX(column) + kNode : columnX(column);
        drawText(painter, column == 0 ? columnX(0) : last ? edge : edge + kNode / 2, kHead / 2 - 2, m_data.columns[column], uiFont(12), t.text2, column == 0 ? Qt::AlignLeft : last ? Qt::AlignRight : Qt::AlignHCenter);
        double free = 0;
        for (int node = 0; node < m_data.nodes; ++node) {
            const QRectF box = nodeRect(column, node);
            if (box.isNull()) continue;
            fillExpert(painter, t, box, 2, node, m_data.nodes);
            if (box.center().y() - 6 < free) continue;
            free = box.center().y() + 7;
            if (last) drawHaloText(painter, box.right() + 6, box.center().y(), QStringLiteral("E%1").arg(node), uiFont(12, QFont::Medium), t.text);
            else drawHaloText(painter, box.left() - 6, box.center().y(), QStringLiteral("E%1").arg(node), uiFont(12, QFont::Medium), t.text, Qt::AlignRight);
        }
    }
    if (hasFocus()) drawFocusRing(painter, rect(), 4);
}

bool Sankey::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QString words;
    for (const Ribbon& ribbon : ribbons())
        if (ribbonPath(ribbon.left, ribbon.right).contains(help->pos())) words = m_data.flows[ribbon.flow].words;
    if (words.isEmpty()) QToolTip::hideText();
    else QToolTip::showText(help->globalPos(), words, this);
    return true;
}

}  // namespace moescope::plots
