// Painting of the recent runs.
#include "ui/start_page_runs.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <cmath>

#include "plots/figures.hpp"
#include "plots/miniatures.hpp"
#include "plots/paint.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"
#include "ui/start_page_pictures.hpp"

namespace moescope::ui {
namespace {

constexpr int kRow = 36, kMost = 6, kPicture = 66;

QString lineOf(const storage::RunRow& row) {
    const QString steps = RecentRuns::tr("%1 steps").arg(plots::figure(static_cast<double>(row.step), plots::Figure::Integer));
    return QStringLiteral("%1, %2, %3").arg(RunWords::when(row.createdUs), steps, RunWords::state(row.state).toLower());
}

}  // namespace

RecentRuns::RecentRuns(RunLibrary& library, QWidget* parent) : QWidget(parent), m_library(library) {
    setObjectName(QStringLiteral("recentRuns"));
    setAccessibleName(tr("Recent runs"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&library, &RunLibrary::changed, this, &RecentRuns::take);
    take();
}

void RecentRuns::take() {
    m_rows.clear();
    for (const storage::RunRow& row : *m_library.runs())
        if (!row.archived && static_cast<int>(m_rows.size()) < kMost) m_rows.push_back(row);
    updateGeometry();
    update();
}

QSize RecentRuns::sizeHint() const { return {512, kRow * static_cast<int>(m_rows.size())}; }

void RecentRuns::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    for (std::size_t i = 0; i < m_rows.size(); ++i) paintRow(painter, i, QRect(0, static_cast<int>(i) * kRow, width(), kRow));
}

void RecentRuns::paintRow(QPainter& painter, std::size_t index, const QRect& area) const {
    const plots::Theme& t = plots::theme();
    const storage::RunRow& row = m_rows[index];
    const double middle = area.center().y() + 0.5;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    if (static_cast<int>(index) == m_hot) {
        painter.setBrush(t.hover);
        painter.drawRoundedRect(area.adjusted(-4, 2, 4, -2), 6, 6);
    }
    painter.setBrush(plots::colorOf(t, RunWords::ink(row.ulid, row.colour)));
    painter.drawEllipse(QPointF(area.left() + 5, middle), 4, 4);
    const QString loss = std::isnan(row.valLoss) ? QStringLiteral("–") : plots::figure(row.valLoss, plots::Figure::Fixed3);
    plots::drawText(painter, area.right(), middle, loss, plots::uiFont(13), t.text, Qt::AlignRight);
    const QRectF picture(area.right() - 60 - kPicture, middle - 7, kPicture, 14);
    if (const plots::LoadMatrix load = fingerprintOf(row); load.rows > 0) plots::paintFingerprint(painter, picture, load, t);
    const QFont nameFont = plots::uiFont(13, QFont::Medium), lineFont = plots::uiFont(12);
    const int room = static_cast<int>(picture.left()) - area.left() - 34;
    const QString name = QFontMetrics(nameFont).elidedText(RunWords::oneLine(row.name), Qt::ElideRight, room * 6 / 10);
    plots::drawText(painter, area.left() + 18, middle, name, nameFont, t.text);
    const int after = area.left() + 18 + plots::textWidth(nameFont, name) + 10;
    plots::drawText(painter, after, middle, QFontMetrics(lineFont).elidedText(lineOf(row), Qt::ElideRight, static_cast<int>(picture.left()) - after - 12), lineFont, t.text3);
    if (hasFocus() && static_cast<int>(index) == m_hot) plots::drawFocusRing(painter, QRectF(area).adjusted(-3, 2, 3, -2), 6);
}

void RecentRuns::mouseMoveEvent(QMouseEvent* event) {
    const int hot = static_cast<int>(event->position().y()) / kRow;
    if (hot != m_hot) update();
    m_hot = hot;
    setCursor(hot < static_cast<int>(m_rows.size()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void RecentRuns::mouseReleaseEvent(QMouseEvent* event) {
    const int at = static_cast<int>(event->position().y()) / kRow;
    if (event->button() == Qt::LeftButton && at >= 0 && at < static_cast<int>(m_rows.size())) emit runActivated(QString::fromStdString(m_rows[static_cast<std::size_t>(at)].ulid));
}

void RecentRuns::keyPressEvent(QKeyEvent* event) {
    const int last = static_cast<int>(m_rows.size()) - 1;
    if (event->key() == Qt::Key_Down || event->key() == Qt::Key_Up) {
        m_hot = std::clamp(m_hot + (event->key() == Qt::Key_Down ? 1 : -1), 0, std::max(0, last));
        return update();
    }
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && m_hot >= 0 && m_hot <= last)
        return emit runActivated(QString::fromStdString(m_rows[static_cast<std::size_t>(m_hot)].ulid));
    QWidget::keyPressEvent(event);
}

void RecentRuns::leaveEvent(QEvent*) {
    m_hot = -1;
    update();
}

}  // namespace moescope::ui
