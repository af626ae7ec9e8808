// Rows of the gallery.
#include "ui/start_page_gallery.hpp"

#include <QKeyEvent>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/error.hpp"
#include "core/config/presets.hpp"
#include "plots/paint.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr int kRow = 42, kIdRole = Qt::UserRole + 1, kLineRole = Qt::UserRole + 2;

/// In this order; presets that only measure speed are on the new-run page.
constexpr std::array kShown = {"collapse", "balanced_to_death", "full_desks", "one_alphabet", "four_alphabets", "eight_domains"};

struct Word {
    QString text;
    QColor ink, fill;
};

Word wordOf(PresetFate fate) {
    const plots::Theme& t = plots::theme();
    switch (fate) {
        case PresetFate::goesWrong: return {PresetGallery::tr("goes wrong"), t.warn, t.warnSoft};
        case PresetFate::reference: return {PresetGallery::tr("reference"), t.text2, t.sunken};
        default: return {PresetGallery::tr("works"), t.ok, t.okSoft};
    }
}

class RowDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {260, kRow}; }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const plots::Theme& t = plots::theme();
        const QRect area = option.rect;
        const auto* view = qobject_cast<const QWidget*>(option.widget);
        const bool chosen = view && view->hasFocus() && option.state & QStyle::State_HasFocus;
        painter->setRenderHint(QPainter::Antialiasing);
        if (option.state & QStyle::State_MouseOver || chosen) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(t.hover);
            painter->drawRoundedRect(area.adjusted(0, 2, 0, -2), 6, 6);
        }
        if (chosen) plots::drawFocusRing(*painter, QRectF(area).adjusted(1, 2, -1, -2), 6);
        const Word word = wordOf(presetFate(index.data(kIdRole).toString()));
        const QFont wordFont = plots::uiFont(11, QFont::Medium), titleFont = plots::uiFont(13, QFont::Medium), lineFont = plots::uiFont(12);
        const int wide = plots::textWidth(wordFont, word.text) + 14;
        const QRectF pill(area.right() - wide - 5, area.top() + 4, wide, 18);
        painter->setPen(Qt::NoPen);
        painter->setBrush(word.fill);
        painter->drawRoundedRect(pill, 9, 9);
        plots::drawText(*painter, pill.center().x(), pill.center().y(), word.text, wordFont, word.ink, Qt::AlignHCenter);
        const int left = area.left() + 6;
        plots::drawText(*painter, left, area.top() + 13, QFontMetrics(titleFont).elidedText(index.data().toString(), Qt::ElideRight, static_cast<int>(pill.left()) - left - 10), titleFont, t.text);
        plots::drawText(*painter, left, area.top() + 30, QFontMetrics(lineFont).elidedText(index.data(kLineRole).toString(), Qt::ElideRight, area.width() - 14), lineFont, t.text3);
    }
};

}  // namespace

PresetFate presetFate(const QString& id) {
    if (id == QLatin1String("collapse") || id == QLatin1String("balanced_to_death") || id == QLatin1String("full_desks") || id == QLatin1String("one_alphabet")) return PresetFate::goesWrong;
    return id == QLatin1String("small_experts") || id == QLatin1String("dense_chars") ? PresetFate::reference : PresetFate::works;
}

PresetGallery::PresetGallery(QWidget* parent) : QListView(parent) {
    setObjectName(QStringLiteral("presetGallery"));
    setAccessibleName(tr("Presets"));
    setFrameShape(QFrame::NoFrame);
    setEditTriggers(NoEditTriggers);
    setMouseTracking(true);
    setCursor(Qt::PointingHandCursor);
    setSelectionMode(NoSelection);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setItemDelegate(new RowDelegate(this));
    auto* model = new QStandardItemModel(this);
    for (const char* id : kShown) {
        std::optional<config::Preset> preset;
        try {
            preset = config::findPreset(id);
        } catch (const base::Error&) {
        }
        if (!preset) continue;
        auto* item = new QStandardItem(QString::fromStdString(preset->title));
        const QString description = QString::fromStdString(preset->description), lookFor = QString::fromStdString(preset->lookFor);
        item->setData(QString::fromLatin1(id), kIdRole);
        item->setData(lookFor, kLineRole);
        item->setToolTip(QStringLiteral("<p>%1</p><p><b>%2</b> %3</p>").arg(description.toHtmlEscaped(), tr("Look for:"), lookFor.toHtmlEscaped()));
        item->setAccessibleText(QStringLiteral("%1, %2. %3").arg(QString::fromStdString(preset->title), wordOf(presetFate(QString::fromLatin1(id))).text, description));
        model->appendRow(item);
    }
    setModel(model);
    setCurrentIndex(model->index(0, 0));
    connect(this, &QListView::clicked, this, [this](const QModelIndex& index) { emit chosen(index.data(kIdRole).toString()); });
    connect(this, &QListView::activated, this, [this](const QModelIndex& index) { emit chosen(index.data(kIdRole).toString()); });
}

QSize PresetGallery::sizeHint() const { return {512, kRow * (model() ? model()->rowCount() : 0)}; }

}  // namespace moescope::ui
