// The drawing of rows and groups.
#include "ui/run_row_delegate.hpp"

#include <QLineEdit>
#include <QPainter>
#include <QTreeView>

#include <algorithm>
#include <cmath>

#include "plots/figures.hpp"
#include "plots/icons.hpp"
#include "plots/miniatures.hpp"
#include "plots/theme.hpp"
#include "ui/run_words.hpp"
#include "ui/runs_dock_model.hpp"

namespace moescope::ui {
namespace {

using plots::Theme;
using storage::RunRow;
using storage::RunState;

constexpr int kRowHeight = 28, kGroupHeight = 34, kDotX = 22, kNameX = 34, kValueWidth = 40, kPrintWidth = 28, kPrintHeight = 14,
              kStarRoom = 18, kShortName = 60, kIndent = 12, kDeepest = 3;

const RunsDockModel& modelOf(const QModelIndex& index) { return *qobject_cast<const RunsDockModel*>(index.model()); }

QRect inside(const QStyleOptionViewItem& option) { return QRect(8, option.rect.top(), option.rect.right() - 15, option.rect.height()); }

void drawIcon(QPainter& painter, const QString& name, const QPoint& centre, int size, const QColor& colour) {
    const QPixmap pixmap = plots::iconPixmap(name, size, colour, painter.device()->devicePixelRatioF());
    painter.drawPixmap(centre.x() - size / 2, centre.y() - size / 2, pixmap);
}

/// States that are news have a shape of their own beside the colour.
QString stateIcon(RunState state) {
    switch (state) {
        case RunState::created: return QStringLiteral("clock");
        case RunState::paused: return QStringLiteral("pause");
        case RunState::stopped: return QStringLiteral("stop");
        case RunState::interrupted:
        case RunState::diverged:
        case RunState::failed:
        case RunState::quarantined: return QStringLiteral("warning");
        default: return {};
    }
}

QColor stateColour(RunState state, const Theme& theme) {
    switch (RunWords::pill(state)) {
        case plots::Pill::Warn: return theme.warn;
        case plots::Pill::Err: return theme.err;
        default: return theme.text3;
    }
}

void drawBack(QPainter& painter, const QRect& line, QStyle::State state, const Theme& theme) {
    const bool selected = state & QStyle::State_Selected;
    if (selected || state & QStyle::State_MouseOver) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(selected ? theme.accentSoft : theme.hover);
        painter.drawRoundedRect(line, 6, 6);
    }
    if (!(state & QStyle::State_HasFocus) || !(state & QStyle::State_KeyboardFocusChange)) return;
    painter.setPen(QPen(theme.accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(line).adjusted(1, 1, -1, -1), 6, 6);
}

void drawDot(QPainter& painter, const QPoint& centre, const QColor& colour, bool live) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawEllipse(QPointF(centre), 4, 4);
    if (!live) return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, 1.4));
    painter.drawEllipse(QPointF(centre), 6.7, 6.7);
}

void drawMiniature(QPainter& painter, const QRect& rect, const RunRow& row, const QColor& ink, const Theme& theme) {
    if (!row.fingerprint.empty())
        plots::paintFingerprint(painter, rect, loadMatrix(row), theme);
    else if (row.sparkline.size() > 1)
        plots::paintSparkline(painter, rect, {row.sparkline.begin(), row.sparkline.end()}, ink);
}

/// A fork hangs on the run above it.
void drawElbow(QPainter& painter, const QRect& line, int x, const Theme& theme) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.fillRect(QRect(x, line.top(), 1, line.height() / 2), theme.lineStrong);
    painter.fillRect(QRect(x, line.center().y(), 5, 1), theme.lineStrong);
    painter.setRenderHint(QPainter::Antialiasing);
}

void drawName(QPainter& painter, const QRect& room, const QString& name, bool star, const QColor& colour, const Theme& theme) {
    const QFontMetrics metrics = painter.fontMetrics();
    const int starRoom = star ? kStarRoom : 0;
    const QString shown = metrics.elidedText(name, Qt::ElideMiddle, room.width() - starRoom);  // the seed is at the end
    painter.setPen(colour);
    // Names begin at the dot whatever their script, so that the list has one edge.
    painter.drawText(room.adjusted(0, 0, -starRoom, 0), Qt::AlignVCenter | Qt::AlignAbsolute | Qt::AlignLeft | Qt::TextSingleLine, shown);
    if (star) drawIcon(painter, QStringLiteral("star-filled"), {room.left() + metrics.horizontalAdvance(shown) + 11, room.center().y()}, 12, theme.text3);
}

}  // namespace

plots::LoadMatrix loadMatrix(const RunRow& row) {
    plots::LoadMatrix matrix;
    matrix.rows = row.fingerprintWidth;
    if (matrix.rows == 0) return matrix;
    matrix.columns = static_cast<int>(row.fingerprint.size()) / matrix.rows;
    matrix.ratio.resize(row.fingerprint.size());
    for (int time = 0; time < matrix.columns; ++time)
        for (int expert = 0; expert < matrix.rows; ++expert)
            matrix.ratio[static_cast<std::size_t>(expert * matrix.columns + time)] =
                row.fingerprint[static_cast<std::size_t>(time * matrix.rows + expert)] * static_cast<float>(matrix.rows);
    return matrix;
}

void RunRowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    painter->save();
    const RunsDockModel& model = modelOf(index);
    if (model.run(index))
        paintRun(*painter, option, index, model);
    else
        paintGroup(*painter, option, index, model);
    painter->restore();
}

void RunRowDelegate::paintGroup(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index, const RunsDockModel& model) const {
    const Theme& theme = plots::theme();
    const QRect line = inside(option).adjusted(0, 6, 0, 0);
    const auto* view = qobject_cast<const QTreeView*>(option.widget);
    drawIcon(painter, view && view->isExpanded(index) ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"), {line.left() + 6, line.center().y()}, 12, theme.text3);
    const bool headed = index.row() == 0 && model.section(index) == RunsDockModel::Section::runs;
    const QString count = QString::number(index.data(RunsDockModel::CountRole).toInt());
    painter.setFont(plots::uiFont(12, QFont::Medium));
    const QFontMetrics metrics = painter.fontMetrics();
    const int right = headed ? kValueWidth + 8 : 0, countWidth = metrics.horizontalAdvance(count) + 6;
    const QString title = metrics.elidedText(index.data().toString(), Qt::ElideRight, line.width() - 18 - right - countWidth);
    painter.setPen(theme.text2);
    painter.drawText(line.adjusted(18, 0, -right, 0), Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine, title);
    painter.setPen(theme.text3);
    painter.drawText(line.adjusted(18 + metrics.horizontalAdvance(title) + 6, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, count);
    if (!headed) return;
    painter.setFont(plots::uiFont(11));
    painter.drawText(line.adjusted(0, 0, -8, 0), Qt::AlignVCenter | Qt::AlignRight, tr("val loss"));
}

void RunRowDelegate::paintRun(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index, const RunsDockModel& model) const {
    const Theme& theme = plots::theme();
    const RunRow& row = *model.run(index);
    const QRect whole = inside(option);
    const int depth = std::min(index.data(RunsDockModel::DepthRole).toInt(), kDeepest), indent = depth * kIndent;
    const QRect line = whole.adjusted(indent, 0, 0, 0);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(plots::uiFont(13));
    drawBack(painter, whole, option.state, theme);
    if (depth > 0) drawElbow(painter, line, kDotX + whole.left() - 8 + indent - kIndent, theme);
    const bool gone = model.section(index) == RunsDockModel::Section::trash;
    const QColor ink = gone ? theme.text3 : plots::colorOf(theme, RunWords::ink(row.ulid, row.colour));
    const QColor words = gone ? theme.text3 : theme.text;
    drawDot(painter, {kDotX + line.left() - 8, line.center().y()}, ink, RunWords::isAlive(row.state));

    const QString name = index.data().toString(), mark = stateIcon(row.state);
    const bool valued = std::isfinite(row.valLoss);
    int right = line.right() - 8;
    if (valued) {
        painter.setPen(words);
        painter.drawText(QRect(right - kValueWidth, line.top(), kValueWidth, line.height()), Qt::AlignVCenter | Qt::AlignRight, plots::figure(row.valLoss, plots::Figure::Fixed3));
        right -= kValueWidth + 6;
    }
    const int markRoom = mark.isEmpty() ? 0 : 16;
    const int room = right - markRoom - line.left() - kNameX - kPrintWidth - 6;
    const bool fits = painter.fontMetrics().horizontalAdvance(name) + (row.star ? kStarRoom : 0) <= std::max(room, kShortName);
    if (m_fingerprints && valued && (mark.isEmpty() || fits) && room >= kShortName / 2) {
        drawMiniature(painter, QRect(right - kPrintWidth, line.center().y() - kPrintHeight / 2, kPrintWidth, kPrintHeight), row, ink, theme);
        right -= kPrintWidth + 6;
    }
    if (markRoom > 0) drawIcon(painter, mark, {right - 6, line.center().y()}, 12, stateColour(row.state, theme));
    right -= markRoom;
    drawName(painter, QRect(QPoint(kNameX + line.left(), line.top()), QPoint(right, line.bottom())), name, row.star, words, theme);
}

QSize RunRowDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const {
    return {180, modelOf(index).run(index) ? kRowHeight : kGroupHeight};
}

QWidget* RunRowDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex&) const {
    auto* editor = new QLineEdit(parent);
    editor->setObjectName(QStringLiteral("runNameEditor"));
    editor->setAccessibleName(tr("New name"));
    editor->setMaxLength(200);
    return editor;
}

void RunRowDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const {
    const QRect line = inside(option);
    editor->setGeometry(line.left() + kNameX - 8, line.top(), line.width() - kNameX + 8, line.height());
}

}  // namespace moescope::ui
