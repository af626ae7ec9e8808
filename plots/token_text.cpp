// Layout and painting of token text.
#include "plots/token_text.hpp"

#include "plots/paint.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int laneOne = 5, laneTwo = 2, laneGap = 1;

QString shownText(const QString& text) {
    QString out;
    for (const QChar ch : text) {
        if (ch == '\n' || ch == '\r')
            out += QChar(0x21B5);
        else if (ch == '\t')
            out += QChar(0x2192);
        else if (ch.category() == QChar::Other_Control || ch.category() == QChar::Other_Format)
            out += QChar(0x00B7);
        else
            out += ch;
    }
    return out;
}

}  // namespace

TokenText::TokenText(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Text by expert"));
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void TokenText::setMode(Mode mode) {
    m_mode = mode;
    QSizePolicy policy(QSizePolicy::Expanding, mode == Wrapped ? QSizePolicy::Minimum : QSizePolicy::Fixed);
    policy.setHeightForWidth(mode == Wrapped);
    setSizePolicy(policy);
    relayout();
}

void TokenText::setTint(Tint tint) {
    m_tint = tint;
    update();
}

void TokenText::setFontPx(int px) {
    m_px = px;
    relayout();
}

void TokenText::setTokens(std::vector<Token> tokens, int experts) {
    if (tokens == m_tokens && experts == m_experts) return;
    m_tokens = std::move(tokens);
    m_experts = experts;
    if (m_selected >= int(m_tokens.size())) m_selected = -1;
    QString text;
    for (const Token& token : m_tokens) text += token.text;
    setAccessibleDescription(text.left(400));
    relayout();
}

void TokenText::setClusters(std::vector<int> clusterOfExpert) {
    if (clusterOfExpert == m_clusters) return;
    m_clusters = std::move(clusterOfExpert);
    update();
}

void TokenText::setSolo(int expert) {
    m_solo = expert;
    update();
}

void TokenText::setSelected(int token) {
    m_selected = token;
    update();
}

void TokenText::setCaret(bool on) {
    m_caret = on;
    update();
}

int TokenText::pitch() const {
    if (m_mode == Strip) return m_px + 4 + 2 + laneOne + laneGap + laneTwo + 4;
    return m_px >= 17 ? 52 : 40;
}

QColor TokenText::colorOf(int expert) const {
    const Theme& t = theme();
    if (m_solo >= 0 && expert != m_solo) return t.mono;
    if (!expertsHaveIdentity(m_experts)) {
        if (m_solo >= 0) return t.expertFill[1];
        if (expert < int(m_clusters.size()) && m_clusters[size_t(expert)] >= 0) return t.expertFill[size_t(m_clusters[size_t(expert)] % 8)];
        return t.mono;
    }
    return expertFill(t, expert, m_experts);
}

std::vector<TokenText::Cell> TokenText::layoutFor(int width) const {
    const QFontMetricsF metrics(monoFont(m_px));
    const int height = m_px + 6;
    std::vector<Cell> cells;
    double x = 0;
    int y = 2;
    bool full = false;
    for (const Token& token : m_tokens) {
        const QString shown = shownText(token.text);
        const double advance = std::max(2.0, metrics.horizontalAdvance(shown));
        if (x > 0 && x + advance > width) {
            full = m_mode == Strip;
            x = 0;
            y += pitch();
        }
        if (full) {
            cells.push_back({QRect(), shown});
            continue;
        }
        const int left = int(std::lround(x)), right = int(std::lround(x + advance));
        cells.push_back({QRect(left, y, right - left, height), shown});
        x += advance;
        if (m_mode == Wrapped && token.text.contains('\n')) {
            x = 0;
            y += pitch();
        }
    }
    return cells;
}

void TokenText::relayout() {
    m_cells = layoutFor(std::max(40, width()));
    updateGeometry();
    update();
}

void TokenText::resizeEvent(QResizeEvent*) { m_cells = layoutFor(std::max(40, width())); }

int TokenText::heightForWidth(int width) const {
    const auto cells = layoutFor(std::max(40, width));
    const int last = cells.empty() ? 2 : cells.back().rect.top();
    return last + pitch();
}

QSize TokenText::sizeHint() const {
    return {m_mode == Strip ? 500 : 400, m_mode == Strip ? pitch() + 2 : heightForWidth(std::max(200, width()))};
}

QSize TokenText::minimumSizeHint() const { return {80, pitch()}; }

QRect TokenText::tokenRect(int token) const {
    return token >= 0 && token < int(m_cells.size()) ? m_cells[size_t(token)].rect : QRect();
}

int TokenText::tokenAt(const QPoint& at) const {
    for (size_t i = 0; i < m_cells.size(); ++i)
        if (m_cells[i].rect.adjusted(0, 0, 0, laneOne + laneTwo + 4).contains(at)) return int(i);
    return -1;
}

QColor TokenText::groupColor(int group) { return mix(theme().runInk[size_t(group % 8)], theme().surface, theme().isDark ? 0.42 : 0.3); }

QColor TokenText::tintOf(const Token& token) const {
    const Theme& t = theme();
    const int expert = m_tint == Tint::Second ? token.second : token.expert;
    if (m_tint == Tint::Shade) return token.shade < 0 ? QColor() : tableCell(t, std::clamp(double(token.shade), 0.0, 1.0));
    if (m_tint == Tint::Group) return token.group < 0 ? QColor() : groupColor(token.group);
    if (expert < 0) return {};
    const double strength = m_tint == Tint::Second ? 0.7 : std::clamp(double(token.weight), 0.0, 1.0);
    return mix(colorOf(expert), t.surface, t.tintBase + t.tintSpan * strength);
}

void TokenText::paintToken(QPainter& painter, size_t i) const {
    const Theme& t = theme();
    const Token& token = m_tokens[i];
    const Cell& cell = m_cells[i];
    const bool grey = m_solo >= 0 && token.expert != m_solo;
    if (const QColor tint = tintOf(token); tint.isValid()) painter.fillRect(cell.rect, grey ? mix(tint, t.surface, 0.4) : tint);
    painter.setFont(monoFont(m_px));
    painter.setPen(token.expert < 0 || grey ? t.text2 : t.text);
    painter.drawText(QPointF(cell.rect.left(), baselineFor(monoFont(m_px), cell.rect.center().y() + 0.5)), cell.shown);
    if (token.dropped)
        painter.fillRect(QRectF(cell.rect.left(), cell.rect.center().y(), cell.rect.width(), 1.5), t.text);
}

// Runs of the same expert share one lane segment; a run of two or more carries the expert's number.
void TokenText::paintLanes(QPainter& painter) const {
    const Theme& t = theme();
    const auto sameRun = [&](size_t a, size_t b, auto of) {
        return of(a) == of(b) && m_cells[a].rect.top() == m_cells[b].rect.top();
    };
    const auto runs = [&](auto of, auto draw) {
        for (size_t i = 0; i < m_tokens.size();) {
            size_t end = i + 1;
            while (end < m_tokens.size() && !m_cells[end].rect.isNull() && sameRun(i, end, of)) ++end;
            if (of(i) >= 0 && !m_cells[i].rect.isNull())
                draw(of(i), QRect(m_cells[i].rect.topLeft(), m_cells[end - 1].rect.bottomRight()), end - i);
            i = end;
        }
    };
    painter.setRenderHint(QPainter::Antialiasing, false);
    const QFont digits = uiFont(9, QFont::DemiBold);
    runs([&](size_t i) { return m_tokens[i].expert; }, [&](int expert, const QRect& run, size_t count) {
        painter.fillRect(QRect(run.left(), run.bottom() + 2, run.width() - 1, laneOne), colorOf(expert));
        const QString name = QString::number(expert);
        if (m_mode == Wrapped && count >= 2 && textWidth(digits, name) <= run.width())
            drawText(painter, run.left(), run.bottom() + 2 + laneOne + laneGap + laneTwo + 7, name, digits, t.text3);
    });
    runs([&](size_t i) { return m_tokens[i].second; }, [&](int expert, const QRect& run, size_t) {
        painter.fillRect(QRect(run.left(), run.bottom() + 2 + laneOne + laneGap, run.width() - 1, laneTwo), colorOf(expert));
    });
}

void TokenText::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Theme& t = theme();
    for (size_t i = 0; i < m_tokens.size(); ++i)
        if (!m_cells[i].rect.isNull()) paintToken(painter, i);
    paintLanes(painter);
    const auto frame = [&](int token, const QColor& color) {
        const QRect r = tokenRect(token);
        if (r.isNull()) return;
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(color, 2));
        painter.setBrush(Qt::NoBrush);
        QRectF around = QRectF(r).adjusted(-1, -1, 1, 1 + 2 + laneOne + laneGap + laneTwo);
        around.setLeft(std::max(1.0, around.left()));
        painter.drawRoundedRect(around, 3, 3);
    };
    if (m_hovered >= 0 && m_hovered != m_selected) frame(m_hovered, t.control);
    if (m_selected >= 0) frame(m_selected, t.accent);
    if (m_caret) {
        QRect last(0, 2, 0, m_px + 6);
        for (const Cell& cell : m_cells)
            if (!cell.rect.isNull()) last = cell.rect;
        painter.fillRect(QRect(last.right() + 2, last.top(), 2, last.height() + laneOne), t.accent);
    }
    if (hasFocus() && m_selected < 0) drawFocusRing(painter, rect(), 4);
}

void TokenText::mouseMoveEvent(QMouseEvent* event) {
    const int token = tokenAt(event->position().toPoint());
    if (token == m_hovered) return;
    m_hovered = token;
    update();
    emit tokenHovered(token);
}

void TokenText::leaveEvent(QEvent*) {
    m_hovered = -1;
    update();
    emit tokenHovered(-1);
}

void TokenText::mouseReleaseEvent(QMouseEvent* event) {
    const int token = tokenAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && token >= 0) emit tokenClicked(token);
}

void TokenText::keyPressEvent(QKeyEvent* event) {
    const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (step == 0 || m_tokens.empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    setSelected(std::clamp(m_selected + step, 0, int(m_tokens.size()) - 1));
    emit tokenClicked(m_selected);
}

}  // namespace moescope::plots
