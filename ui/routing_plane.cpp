// Head, maps, key, cards and files of the Plane view.
#include "ui/routing_plane.hpp"

#include <QBuffer>
#include <QCheckBox>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QSaveFile>
#include <QScrollArea>
#include <QStackedWidget>
#include <QSvgGenerator>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "plots/controls.hpp"
#include "plots/expert_legend.hpp"
#include "plots/figures.hpp"
#include "ui/routing_headings.hpp"
#include "ui/routing_panes.hpp"
#include "ui/routing_table.hpp"

namespace moescope::ui {
namespace {

using plots::Figure;
using plots::PlaneMap;
using plots::PlaneMapData;


QString value(double number) { return plots::figure(number, Figure::Fixed2); }

}  // namespace

RoutingPlane::RoutingPlane(QWidget* parent)
    : RoutingView(parent), m_choice(new plots::SegmentedControl), m_legend(new plots::ExpertLegend), m_points(new QCheckBox(tr("Points"))),
      m_everywhere(new QCheckBox(tr("Everywhere"))), m_stack(new QStackedWidget), m_area(new QWidget), m_grid(new QGridLayout), m_table(new RoutingTable),
      m_key(new PlaneKey), m_card(new PlaneCard), m_pinCard(new PlaneCard), m_hint(routingLabel("hint", 12)) {
    setObjectName(QStringLiteral("routingPlane"));
    setFocusPolicy(Qt::StrongFocus);
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(0);
    columns->addWidget(buildPicture(), 1);
    columns->addWidget(buildCards());
    connect(m_choice, &plots::SegmentedControl::currentChanged, this, [this] { fill(); });
    connect(m_legend, &plots::ExpertLegend::soloChanged, this, [this](int expert) {
        setSolo(expert);
        emit soloChosen(expert);
    });
    for (QCheckBox* box : {m_points, m_everywhere}) connect(box, &QCheckBox::toggled, this, [this] { fill(); });
}

QWidget* RoutingPlane::buildPicture() {
    m_choice->setObjectName(QStringLiteral("planePicture"));
    m_choice->setAccessibleName(tr("What the plane shows"));
    m_choice->setCompact(true);
    m_choice->setOptions({tr("Gate"), tr("Each expert"), tr("Output"), tr("Loss")});
    m_legend->setObjectName(QStringLiteral("planeLegend"));
    m_points->setObjectName(QStringLiteral("planePoints"));
    m_points->setChecked(true);
    m_everywhere->setObjectName(QStringLiteral("planeEverywhere"));
    m_everywhere->setToolTip(tr("Draw each expert's answer also where the gate does not trust it"));
    m_table->setObjectName(QStringLiteral("planeTable"));
    m_table->setAccessibleName(tr("Points of the plane"));
    m_key->setObjectName(QStringLiteral("planeKey"));
    auto* head = new QHBoxLayout;
    head->setSpacing(12);
    head->addWidget(m_choice);
    head->addWidget(m_legend, 1);
    head->addWidget(m_everywhere);
    head->addWidget(m_points);
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setSpacing(8);
    m_area->setLayout(m_grid);
    m_stack->addWidget(m_area);
    m_stack->addWidget(m_table);
    auto* picture = new QWidget;
    auto* column = new QVBoxLayout(picture);
    column->setContentsMargins(16, 6, 8, 8);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(m_stack, 1);
    column->addWidget(m_key);
    return picture;
}

QWidget* RoutingPlane::buildCards() {
    m_card->setObjectName(QStringLiteral("planeCard"));
    m_pinCard->setObjectName(QStringLiteral("planePinnedCard"));
    return cardPane({m_card, m_pinCard}, m_hint, "planeCards");
}

std::optional<plots::EmptyContent> RoutingPlane::missing(const RoutingShown& shown) const {
    if (shown.snapshot && shown.snapshot->plane) return {};
    return plots::EmptyContent{QStringLiteral("grid"), tr("No picture of the plane is stored"), tr("The engine takes one with each probe; runs of older programs have none."), {}, false};
}

void RoutingPlane::show(const RoutingShown& shown) {
    const bool same = m_shown.snapshot == shown.snapshot && m_shown.domains == shown.domains;
    if (m_shown.run != shown.run) {
        m_look.reset();
        m_pin.reset();
        if (m_legend->solo() >= shown.snapshot->plane->experts) m_legend->setSolo(-1);
    }
    m_shown = shown;
    if (same) return;
    m_legend->setExperts(plane().experts);
    fill();
}

RoutingPlane::Picture RoutingPlane::picture() const { return static_cast<Picture>(m_choice->current()); }

void RoutingPlane::setPicture(Picture picture) {
    m_choice->setCurrent(picture);
    fill();
}

void RoutingPlane::setSolo(int expert) {
    m_legend->setSolo(expert);
    if (m_shown.snapshot && m_shown.snapshot->plane) fill();
}

// Reuses the maps there are; a new number of columns lays them out anew.
void RoutingPlane::setMaps(int count, int columns) {
    while (static_cast<int>(m_maps.size()) > count) {
        delete m_maps.back();
        m_maps.pop_back();
    }
    while (static_cast<int>(m_maps.size()) < count) {
        auto* map = new PlaneMap(m_area);
        connect(map, &PlaneMap::hovered, this, [this](QPointF at) { lookAt(at); });
        connect(map, &PlaneMap::left, this, [this] { lookAt(std::nullopt); });
        connect(map, &PlaneMap::clicked, this, [this](QPointF at) {
            setFocus();
            pin(at);
        });
        m_maps.push_back(map);
    }
    for (int i = 0; i < count; ++i) m_grid->addWidget(m_maps[static_cast<std::size_t>(i)], i / columns, i % columns);
    for (int c = 0; c < m_grid->columnCount(); ++c) m_grid->setColumnStretch(c, c < columns ? 1 : 0);
    for (int r = 0; r < m_grid->rowCount(); ++r) m_grid->setRowStretch(r, r < (count + columns - 1) / columns ? 1 : 0);
}

void RoutingPlane::fill() {
    if (!m_shown.snapshot || !m_shown.snapshot->plane) return;
    m_everywhere->setVisible(picture() == experts);
    m_points->setVisible(picture() == gate || picture() == output);
    m_legend->setVisible(picture() == gate);
    fillMaps();
    fillKey();
    fillCards();
    if (m_stack->currentWidget() == m_table) fillTable();
}

void RoutingPlane::fillMaps() {
    if (picture() == experts) {
        const int count = plane().experts, columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(count * 1.6))));
        setMaps(count, std::min(count, columns));
        for (int e = 0; e < count; ++e) m_maps[static_cast<std::size_t>(e)]->setData(expertMap(plane(), e, m_everywhere->isChecked()));
        return;
    }
    setMaps(1, 1);
    PlaneMapData map = picture() == gate ? gateMap(plane(), m_legend->solo()) : picture() == output ? outputMap(plane()) : lossMap(plane(), m_mostLoss);
    if (picture() != loss && m_points->isChecked()) addTargets(map, plane());
    m_maps.front()->setData(std::move(map));
    m_maps.front()->setAccessibleName(m_choice->options().value(m_choice->current()));
}

void RoutingPlane::fillKey() {
    const PlaneScale scale = scaleOf(plane());
    if (picture() == loss) return m_key->setKey(tr("loss of a point, nats"), QStringLiteral("0"), tr("%1 and more").arg(value(m_mostLoss)), 0, m_shown.domains);
    const QString name = picture() == gate ? tr("points: target") : picture() == output ? tr("output, points: target") : tr("answer of the expert");
    m_key->setKey(name, value(scale.low), value(scale.high), scale.classes ? scale.outputs : 0, picture() == experts ? QStringList() : m_shown.domains);
}

void RoutingPlane::fillTable() {
    const plots::Table all = pointTable(plane());
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (const std::vector<double>& row : all.rows) {
        rows.emplace_back();
        for (std::size_t c = 0; c < row.size(); ++c) {
            const QString& name = all.columns[static_cast<qsizetype>(c)];
            const auto whole = static_cast<int>(row[c]);
            if (name == tr("domain")) rows.back().push_back(RoutingTable::word(m_shown.domains.value(whole)));
            else if (name == tr("expert")) rows.back().push_back(RoutingTable::word(expertName(whole)));
            else rows.back().push_back(RoutingTable::number(row[c], plane().classes && (name == tr("target") || name == tr("output")) ? Figure::Integer : Figure::Fixed3));
        }
    }
    m_table->setRows(all.columns, rows);
}

void RoutingPlane::setTable(bool on) {
    m_stack->setCurrentWidget(on ? static_cast<QWidget*>(m_table) : m_area);
    m_key->setVisible(!on);
    if (on && m_shown.snapshot && m_shown.snapshot->plane) fillTable();
}

PlaneCard::Facts RoutingPlane::factsAt(QPointF at, bool pinned) const {
    PlaneCard::Facts facts{pointAt(plane(), at.x(), at.y()), {}, {}, {}, pinned};
    const int near = facts.point.nearest;
    if (near < 0) return facts;
    const auto i = static_cast<std::size_t>(near);
    facts.domain = m_shown.domains.value(plane().domains[i]);
    facts.target = plane().classes ? tr("class %1").arg(static_cast<int>(plane().targets[i])) : value(plane().targets[i]);
    facts.loss = tr("%1 nats").arg(value(plane().losses[i]));
    return facts;
}

void RoutingPlane::fillCards() {
    const QPointF seen = m_look.value_or(QPointF(0, 0));
    m_card->setVisible(m_look || !m_pin);
    m_card->setFacts(factsAt(seen, false));
    m_pinCard->setVisible(m_pin.has_value());
    if (m_pin) m_pinCard->setFacts(factsAt(*m_pin, true));
    m_hint->setText(m_pin ? tr("\u2190 \u2191 \u2192 \u2193 move the pin, Esc lets go.") : tr("Point at the plane for its numbers; a click pins them."));
    for (PlaneMap* map : m_maps) {
        map->setPointer(m_look);
        map->setPin(m_pin);
    }
}

void RoutingPlane::lookAt(std::optional<QPointF> at) {
    m_look = at;
    if (m_shown.snapshot && m_shown.snapshot->plane) fillCards();
}

void RoutingPlane::pin(std::optional<QPointF> at) {
    m_pin = at;
    if (m_shown.snapshot && m_shown.snapshot->plane) fillCards();
}

void RoutingPlane::keyPressEvent(QKeyEvent* event) {
    const bool plain = event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
    if (!plain || !m_shown.snapshot || !m_shown.snapshot->plane) return RoutingView::keyPressEvent(event);
    const double across = (plane().right - plane().left) / plane().columns, up = (plane().top - plane().bottom) / plane().rows;
    const auto move = [&](double dx, double dy) {
        const QPointF from = m_pin.value_or(QPointF(0, 0));
        pin(QPointF(std::clamp(from.x() + dx, double(plane().left), double(plane().right)), std::clamp(from.y() + dy, double(plane().bottom), double(plane().top))));
    };
    switch (event->key()) {
        case Qt::Key_Left: return move(-across, 0);
        case Qt::Key_Right: return move(across, 0);
        case Qt::Key_Up: return move(0, up);
        case Qt::Key_Down: return move(0, -up);
        case Qt::Key_Escape: return m_pin ? pin(std::nullopt) : RoutingView::keyPressEvent(event);
        default: RoutingView::keyPressEvent(event);
    }
}

void RoutingPlane::contextMenuEvent(QContextMenuEvent* event) {
    if (!m_shown.snapshot || !m_shown.snapshot->plane) return;
    QMenu menu(this);
    const std::pair<QString, plots::ExportFormat> formats[] = {{tr("Save as PNG…"), plots::ExportFormat::Png},
                                                               {tr("Save as PNG, double size…"), plots::ExportFormat::Png2x},
                                                               {tr("Save as SVG…"), plots::ExportFormat::Svg},
                                                               {tr("Save as CSV…"), plots::ExportFormat::Csv}};
    for (const auto& [name, format] : formats) menu.addAction(name, this, [this, format = format] { askToSave(format); });
    menu.exec(event->globalPos());
}

void RoutingPlane::askToSave(plots::ExportFormat format) {
    const QString suffix = plots::exportSuffix(format);
    QString path = QFileDialog::getSaveFileName(this, tr("Save the plane"), tr("plane_step_%1.%2").arg(plane().step).arg(suffix), tr("%1 files (*.%2)").arg(suffix.toUpper(), suffix));
    if (path.isEmpty()) return;
    if (!path.endsWith(QLatin1Char('.') + suffix, Qt::CaseInsensitive)) path += QLatin1Char('.') + suffix;
    QString error;
    m_hint->setText(save(format, path, &error) ? tr("Saved %1").arg(path) : error);
}

bool RoutingPlane::save(plots::ExportFormat format, const QString& path, QString* error) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    const QSize size(m_area->width(), m_area->height() + m_key->height());
    const auto draw = [&](QPainter& painter) {
        painter.fillRect(QRect(QPoint(), size), plots::theme().surface);
        m_area->render(&painter, {}, {}, QWidget::DrawChildren);
        m_key->render(&painter, QPoint(8, m_area->height()), {}, QWidget::DrawChildren);
    };
    if (format == plots::ExportFormat::Csv) {
        bytes = plots::toCsv(pointTable(plane()));
    } else if (format == plots::ExportFormat::Svg) {
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setSize(size);
        generator.setViewBox(QRect(QPoint(), size));
        generator.setTitle(tr("Plane, step %1").arg(plane().step));
        QPainter painter(&generator);
        draw(painter);
    } else {
        const int scale = format == plots::ExportFormat::Png2x ? 2 : 1;
        QImage image(size * scale, QImage::Format_ARGB32_Premultiplied);
        image.setDevicePixelRatio(scale);
        QPainter painter(&image);
        draw(painter);
        painter.end();
        image.save(&buffer, "PNG");
    }
    QSaveFile file(path);
    const bool ok = file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
    if (!ok && error) *error = tr("The picture could not be written to %1: %2.").arg(path, file.errorString());
    return ok;
}

}  // namespace moescope::ui
