// The list, its search and its drag.
#include "ui/metric_list.hpp"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QVBoxLayout>

#include "plots/theme.hpp"
#include "ui/fuzzy.hpp"
#include "ui/help_text.hpp"
#include "ui/train_curves.hpp"

namespace moescope::ui {
namespace {

class DragList : public QListWidget {
public:
    using QListWidget::QListWidget;

protected:
    QMimeData* mimeData(const QList<QListWidgetItem*>& items) const override {
        if (items.isEmpty()) return nullptr;
        auto* data = new QMimeData;
        data->setData(QLatin1String(kMetricMime), items.front()->text().toUtf8());
        return data;
    }
    Qt::DropActions supportedDropActions() const override { return Qt::CopyAction; }
};

}  // namespace

MetricList::MetricList(QWidget* parent) : QWidget(parent), m_filter(new QLineEdit(this)), m_list(new DragList(this)), m_hint(new QLabel(this)) {
    setObjectName(QStringLiteral("metricListBox"));
    setProperty("role", "window");
    setAttribute(Qt::WA_StyledBackground);
    auto* title = new QLabel(tr("Metrics"), this);
    title->setFont(plots::uiFont(13, QFont::DemiBold));
    m_filter->setObjectName(QStringLiteral("metricFilter"));
    m_filter->setProperty("kind", "quiet");
    m_filter->setPlaceholderText(tr("Search"));
    m_filter->setAccessibleName(tr("Search the metrics"));
    m_list->setObjectName(QStringLiteral("metricList"));
    m_list->setAccessibleName(tr("Metrics of this run"));
    m_list->setDragEnabled(true);
    m_list->setDragDropMode(QAbstractItemView::DragOnly);
    m_list->installEventFilter(this);
    m_hint->setObjectName(QStringLiteral("metricHint"));
    m_hint->setProperty("role", "hint");
    m_hint->setFont(plots::uiFont(11));
    m_hint->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 12, 12);
    column->setSpacing(8);
    column->addWidget(title);
    column->addWidget(m_filter);
    column->addWidget(m_list, 1);
    column->addWidget(m_hint);
    connect(m_filter, &QLineEdit::textChanged, this, &MetricList::filter);
    connect(m_list, &QListWidget::itemDoubleClicked, this, [this] { choose(false); });
    setTarget({});
}

void MetricList::setRun(const RunData* data) {
    const QStringList names = data ? metricNames(*data) : QStringList();
    QStringList shown;
    for (int row = 0; row < m_list->count(); ++row) shown << m_list->item(row)->text();
    if (names == shown) return;
    m_list->clear();
    for (const QString& name : names) {
        auto* item = new QListWidgetItem(name, m_list);
        item->setToolTip(metricCard(name.toStdString()));
    }
    filter(m_filter->text());
}

void MetricList::setTarget(const QString& title) {
    m_target = title;
    m_hint->setText(title.isEmpty() ? tr("Drag one onto a plot or beside them. Enter: a plot of its own.") : tr("Drag one onto a plot. Enter: into %1. Shift+Enter: a plot of its own.").arg(title));
}

void MetricList::filter(const QString& words) {
    for (int row = 0; row < m_list->count(); ++row) m_list->item(row)->setHidden(!fuzzyScore(words, m_list->item(row)->text()));
}

void MetricList::choose(bool ownPlot) {
    if (const QListWidgetItem* item = m_list->currentItem(); item && !item->isHidden()) emit chosen(item->text(), ownPlot || m_target.isEmpty());
}

bool MetricList::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) return choose(key->modifiers() & Qt::ShiftModifier), true;
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace moescope::ui
