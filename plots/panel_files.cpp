// Panels as pictures and tables in files and on the clipboard.
#include "plots/paint.hpp"
#include "plots/panel.hpp"

#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QSaveFile>
#include <QSvgGenerator>

#include <cmath>

namespace moescope::plots {
namespace {

constexpr int headerHeight = 40, edge = 12;

}  // namespace

// Runs `draw` with real axis titles at the size of the picture and puts everything back.
void Panel::inExportMode(const std::function<void(QSize)>& draw) {
    const bool shown = m_plot->width() > 200 && m_plot->height() > 120;
    const QSize size = shown ? m_plot->size() : QSize(640, 360);
    const QRect before = m_plot->viewport();
    m_plot->setViewport(QRect(QPoint(), size));
    setExportMode(true);
    m_dirty = false;
    rebuild();
    updateReadout();
    draw(size);
    m_plot->setViewport(before);
    setExportMode(false);
    rebuild();
    updateReadout();
    m_plot->replot(QCustomPlot::rpQueuedRefresh);
}

QImage Panel::image(double scale) {
    QImage out;
    inExportMode([&](QSize size) {
        const QSize whole(size.width() + 2 * edge, size.height() + headerHeight + 2 * edge);
        out = QImage(QSize(int(std::lround(whole.width() * scale)), int(std::lround(whole.height() * scale))),
                     QImage::Format_ARGB32_Premultiplied);
        out.setDevicePixelRatio(scale);
        out.fill(theme().surface);
        QPainter painter(&out);
        m_header->paintTo(painter, QRect(edge, edge, size.width(), headerHeight));
        painter.drawPixmap(edge, edge + headerHeight, size.width(), size.height(),
                           m_plot->toPixmap(size.width(), size.height(), scale));
    });
    return out;
}

QByteArray Panel::svg() {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    setPortableFonts(true);
    inExportMode([&](QSize size) {
        const QSize whole(size.width() + 2 * edge, size.height() + headerHeight + 2 * edge);
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setSize(whole);
        generator.setViewBox(QRect(QPoint(), whole));
        generator.setTitle(m_header->title());
        generator.setDescription(summary());
        generator.setResolution(96);
        QCPPainter painter(&generator);
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        painter.setFont(uiFont(11));
        painter.fillRect(QRect(QPoint(), whole), theme().surface);
        m_header->paintTo(painter, QRect(edge, edge, size.width(), headerHeight));
        painter.translate(edge, edge + headerHeight);
        m_plot->toPainter(&painter, size.width(), size.height());
        painter.end();
        setPortableFonts(false);
    });
    return bytes;
}

bool Panel::save(ExportFormat format, const QString& path, QString* error) {
    QByteArray bytes;
    if (format == ExportFormat::Csv) bytes = toCsv(visibleTable());
    if (format == ExportFormat::Svg) bytes = svg();
    if (format == ExportFormat::Png || format == ExportFormat::Png2x) {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        image(format == ExportFormat::Png2x ? 2 : 1).save(&buffer, "PNG");
    }
    QSaveFile file(path);
    const bool ok = file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
    if (!ok && error) *error = tr("The picture could not be written to %1: %2.").arg(path, file.errorString());
    return ok;
}

void Panel::copyImage() { QApplication::clipboard()->setImage(image(2)); }

}  // namespace moescope::plots
