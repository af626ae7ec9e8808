// Layout and painting of the number grid.
#include "plots/number_grid.hpp"

#include "plots/paint.hpp"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int kGutterMost = 160, kGutterLeast = 40, kHead = 22, kRow = 23, kColumn = 58, kGap = 2, kChip = 8;
constexpr int kTree = 132, kTreeGap = 14, kTreeEnd = 34, kFewRows = 12, kWideColumn = 72, kHighRow = 40;   // few rows beside a tree have room to be clear
constexpr int kNumberWidth = 28, kNumberHeight = 15, kDescribed = 600;

}  // namespace

NumberGrid::NumberGrid(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setFocusPolicy(Qt::TabFocus);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void NumberGrid::setData(GridData data) {
    if (data == m_data) return;
    m_data = std::move(data);
    m_gutter = measuredGutter();
    setAccessibleName(m_data.title);
    QString words;
    for (int r = 0; r < m_data.rows.size() && words.size() < kDescribed; ++r) {
        words += m_data.rows[r] + QStringLiteral(":");
        for (int c = 0; c < m_data.columns.size() && words.size() < kDescribed; ++c) words += QStringLiteral(" %1 %2").arg(m_data.columns[c], cellText(r, c));
        words += QStringLiteral("; ");
    }
    setAccessibleDescription(words);
    updateGeometry();
    update();
}

QString NumberGrid::cellText(int row, int column) const {
    const double value = m_data.at(row, column);
    if (std::isnan(value)) return {};
    return m_data.percent ? QString::number(std::lround(100 * value)) : figure(value, Figure::Fixed2);
}

int NumberGrid::measuredGutter() const {
    int widest = kGutterLeast;
    for (const QString& row : m_data.rows) widest = std::max(widest, textWidth(uiFont(12), row) + 12 + (m_data.expertRows ? kChip + 5 : 0));
    return std::min(widest, kGutterMost);
}

int NumberGrid::headHeight() const { return kHead; }

bool NumberGrid::roomy() const { return !m_data.tree.empty() && m_data.rows.size() <= kFewRows; }

int NumberGrid::treeRoom() const { return m_data.tree.empty() ? 0 : kTreeGap + kTree + kTreeEnd; }

double NumberGrid::pitchX() const {
    if (m_data.columns.isEmpty()) return 0;
    return std::min<double>(roomy() ? kWideColumn : kColumn, double(width() - gutter() - treeRoom()) / double(m_data.columns.size()));
}

double NumberGrid::pitchY() const {
    if (m_data.rows.isEmpty()) return 0;
    return std::min<double>(roomy() ? kHighRow : kRow, double(height() - headHeight()) / double(m_data.rows.size()));
}

bool NumberGrid::showsNumbers() const { return pitchX() >= kNumberWidth && pitchY() >= kNumberHeight; }

QSize NumberGrid::sizeHint() const {
    return {gutter() + (roomy() ? kWideColumn : kColumn) * int(m_data.columns.size()) + treeRoom(), headHeight() + (roomy() ? kHighRow : kRow) * int(m_data.rows.size())};
}

QRectF NumberGrid::cell(int row, int column) const {
    const double gap = showsNumbers() ? kGap : 0;
    return {gutter() + column * pitchX(), headHeight() + row * pitchY(), pitchX() - gap, pitchY() - gap};
}

int NumberGrid::labelStride(bool rows) const {
    const double pitch = rows ? pitchY() : pitchX(), need = rows ? 13 : 34;
    for (const int stride : {1, 2, 4, 8, 16, 32})
        if (pitch * stride >= need) return stride;
    return 64;
}

QColor NumberGrid::colorFor(double value) const {
    if (m_data.scale == GridScale::Ratio) return loadColor(theme(), std::log2(std::max(value, 1e-9)));
    return tableCell(theme(), std::clamp(value / m_data.top, 0.0, 1.0));
}

void NumberGrid::paintHead(QPainter& painter) const {
    const Theme& t = theme();
    painter.setRenderHint(QPainter::Antialiasing);
    const QFont font = uiFont(11, QFont::Medium);
    const int stride = labelStride(false);
    for (int c = 0; c < m_data.columns.size(); c += stride) {
        const double centre = gutter() + (c + 0.5) * pitchX() - (showsNumbers() ? kGap / 2.0 : 0);
        const bool chip = m_data.experts > 0 && expertsHaveIdentity(m_data.experts) && stride == 1;
        const double width = textWidth(font, m_data.columns[c]) + (chip ? kChip + 5 : 0);
        if (chip) fillExpert(painter, t, QRectF(centre - width / 2, headHeight() / 2.0 - 5, kChip, kChip), 2, m_data.expertAt(c), m_data.experts);
        drawText(painter, centre - width / 2 + (chip ? kChip + 5 : 0), headHeight() / 2.0 - 1, m_data.columns[c], font, t.text2);
    }
}

void NumberGrid::paintRow(QPainter& painter, int row) const {
    const Theme& t = theme();
    painter.setRenderHint(QPainter::Antialiasing);
    if (row % labelStride(true) == 0) {
        const bool chip = m_data.expertRows && expertsHaveIdentity(m_data.experts) && labelStride(true) == 1;
        const double middle = headHeight() + (row + 0.5) * pitchY() - 1;
        if (chip) fillExpert(painter, t, QRectF(0, middle - 4, kChip, kChip), 2, m_data.expertAt(row), m_data.experts);
        const int indent = chip ? kChip + 5 : 0;
        const QString name = QFontMetrics(uiFont(12)).elidedText(m_data.rows[row], Qt::ElideRight, gutter() - 8 - indent);
        drawText(painter, indent, middle, name, uiFont(12), t.text2);
    }
    const bool numbers = showsNumbers();
    for (int c = 0; c < m_data.columns.size(); ++c) {
        const double value = m_data.at(row, c);
        if (std::isnan(value)) continue;
        const QColor fill = colorFor(value);
        painter.setRenderHint(QPainter::Antialiasing, numbers);
        painter.setPen(Qt::NoPen);
        painter.setBrush(fill);
        const QRectF box = cell(row, c);
        if (!numbers) {
            painter.fillRect(box.toAlignedRect(), fill);
            continue;
        }
        painter.drawRoundedRect(box, 3, 3);
        const bool strong = m_data.scale == GridScale::Share ? value >= 0.4 * m_data.top : std::abs(std::log2(std::max(value, 1e-9))) >= 1;
        drawText(painter, box.center().x(), box.center().y(), cellText(row, c), uiFont(12, strong ? QFont::DemiBold : QFont::Normal), strong ? contrastText(t, fill) : t.text2, Qt::AlignHCenter);
    }
}

// From each node a line to where it joins the other side; the nearer to the cells, the more alike.
void NumberGrid::paintTree(QPainter& painter) const {
    const Theme& t = theme();
    double low = 0;
    for (const GridBranch& branch : m_data.tree)
        if (std::isfinite(branch.at)) low = std::min(low, branch.at);
    const double left = gutter() + double(m_data.columns.size()) * pitchX() + kTreeGap;
    const auto xOf = [&](double at) { return left + (std::isfinite(at) ? (m_data.top - at) / (m_data.top - low) : 1) * kTree; };
    std::vector<QPointF> nodes;
    for (int row = 0; row < m_data.rows.size(); ++row) nodes.emplace_back(left, headHeight() + (row + 0.5) * pitchY() - 1);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(t.text2, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    for (const GridBranch& branch : m_data.tree) {
        const QPointF one = nodes[size_t(branch.left)], other = nodes[size_t(branch.right)];
        const double x = xOf(branch.at);
        painter.drawPolyline(QPolygonF{one, {x, one.y()}, {x, other.y()}, other});
        nodes.emplace_back(x, (one.y() + other.y()) / 2);
    }
    const double middle = headHeight() / 2.0 - 1;
    drawText(painter, left, middle, figure(m_data.top, Figure::Fixed1), uiFont(11), t.text3, Qt::AlignHCenter);
    drawText(painter, left + kTree, middle, figure(low, Figure::Fixed1), uiFont(11), t.text3, Qt::AlignHCenter);
    drawText(painter, left + kTree / 2.0, middle, tr("joined at"), uiFont(11), t.text3, Qt::AlignHCenter);
    if (!roomy()) return;
    for (size_t i = 0; i < m_data.tree.size(); ++i)
        if (std::isfinite(m_data.tree[i].at)) drawHaloText(painter, nodes[size_t(m_data.rows.size()) + i].x() + 4, nodes[size_t(m_data.rows.size()) + i].y(), figure(m_data.tree[i].at, Figure::Fixed2), uiFont(11), t.text2);
}

void NumberGrid::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintHead(painter);
    for (int r = 0; r < m_data.rows.size(); ++r) paintRow(painter, r);
    if (!m_data.tree.empty()) paintTree(painter);
    if (hasFocus()) drawFocusRing(painter, rect(), 4);
}

bool NumberGrid::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip || m_data.values.empty()) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int c = int(std::floor((help->pos().x() - gutter()) / pitchX())), r = int(std::floor((help->pos().y() - headHeight()) / pitchY()));
    const bool inside = c >= 0 && r >= 0 && c < m_data.columns.size() && r < m_data.rows.size();
    if (!inside || std::isnan(m_data.at(r, c))) QToolTip::hideText();
    else QToolTip::showText(help->globalPos(), QStringLiteral("%1, %2: %3").arg(m_data.rows[r], m_data.columns[c], figure(m_data.at(r, c), Figure::Fixed3)), this);
    return true;
}

}  // namespace moescope::plots
