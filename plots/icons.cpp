// Icons rendered from the SVG resources in a colour of the theme.
#include "plots/icons.hpp"

#include <QApplication>
#include <QDir>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

#include <cmath>

static void initIconResources() { Q_INIT_RESOURCE(moescope); }

namespace moescope::plots {
namespace {

QString pathOf(const QString& name) {
    static const bool once = (initIconResources(), true);
    Q_UNUSED(once);
    return QStringLiteral(":/icons/%1.svg").arg(name);
}

QPixmap render(const QString& name, const QSize& deviceSize, const QColor& color) {
    const QString key = QStringLiteral("moescope/%1/%2x%3/%4")
                            .arg(name).arg(deviceSize.width()).arg(deviceSize.height()).arg(color.rgba());
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap)) return pixmap;
    pixmap = QPixmap(deviceSize);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    QSvgRenderer(pathOf(name)).render(&painter, QRectF(QPointF(0, 0), deviceSize));
    painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
    painter.fillRect(pixmap.rect(), color);
    painter.end();
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

class ThemedIcon : public QIconEngine {
public:
    ThemedIcon(QString name, Ink ink) : m_name(std::move(name)), m_ink(ink) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        const double ratio = painter->device()->devicePixelRatioF();
        QPixmap pixmap = render(m_name, rect.size() * ratio, color(mode));
        painter->drawPixmap(rect, pixmap);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override {
        return render(m_name, size, color(mode));
    }
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal) override {
        return pixmap(size, mode, state);
    }
    QIconEngine* clone() const override { return new ThemedIcon(*this); }

private:
    QColor color(QIcon::Mode mode) const {
        const QColor full = colorOf(theme(), m_ink);
        return mode == QIcon::Disabled ? mix(full, theme().surface, 0.45) : full;
    }
    QString m_name;
    Ink m_ink;
};

}  // namespace

QStringList iconNames() {
    pathOf({});
    QStringList names = QDir(QStringLiteral(":/icons")).entryList({QStringLiteral("*.svg")}, QDir::Files, QDir::Name);
    for (QString& name : names) name.chop(4);
    return names;
}

QIcon icon(const QString& name, Ink ink) {
    if (!QFile::exists(pathOf(name))) return {};
    return QIcon(new ThemedIcon(name, ink));
}

QPixmap iconPixmap(const QString& name, int px, const QColor& color, double ratio) {
    if (!QFile::exists(pathOf(name))) return {};
    const int device = int(std::lround(px * ratio));
    QPixmap pixmap = render(name, QSize(device, device), color);
    pixmap.setDevicePixelRatio(ratio);
    return pixmap;
}

QPixmap logo(int px, double ratio) {
    QPixmap pixmap(QSize(px, px) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.scale(px / 24.0, px / 24.0);
    const struct { double x, y, width; bool accent; } bars[] = {
        {4, 4, 7, false}, {4, 8.6, 16, true}, {4, 13.2, 9, false}, {4, 17.8, 13, false}};
    for (const auto& bar : bars) {
        painter.setBrush(bar.accent ? theme().accent : mix(theme().text3, theme().window, 0.6));
        painter.drawRoundedRect(QRectF(bar.x, bar.y, bar.width, 2.8), 1.4, 1.4);
    }
    return pixmap;
}

}  // namespace moescope::plots
