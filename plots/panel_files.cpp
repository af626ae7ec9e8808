// Panels as pictures and tables in files and on the clipboard.
#include "plots/paint.hpp"
#include "plots/panel.hpp"

#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QPageSize>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

#include <cmath>

namespace moescope::plots {
namespace {

constexpr int headerHeight = 40, edge = 12, pointsPerInch = 72;

}  // namespace

QByteArray svgOf(QSize size, const QString& title, const QString& description, const std::function<void(QCPPainter&)>& paint) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(size);
    generator.setViewBox(QRect(QPoint(), size));
    generator.setTitle(title);
    generator.setDescription(description);
    generator.setResolution(96);
    QCPPainter painter(&generator);
    paint(painter);
    painter.end();
    return bytes;
}

QByteArray pdfOf(QSize size, const QString& title, const std::function<void(QCPPainter&)>& paint) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setTitle(title);
    writer.setCreator(QStringLiteral("MoEScope"));
    writer.setResolution(pointsPerInch);   // one logical pixel is one point
    writer.setPageSize(QPageSize(QSizeF(size), QPageSize::Point, {}, QPageSize::ExactMatch));
    writer.setPageMargins({});
    QCPPainter painter(&writer);
    paint(painter);
    painter.end();
    return bytes;
}

bool writeFile(const QString& path, const QByteArray& bytes, QString* error) {
    QSaveFile file(path);
    const bool ok = file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
    if (!ok && error) *error = Panel::tr("%1 could not be written: %2.").arg(path, file.errorString());
    return ok;
}

// Runs `draw` with real axis titles at the size of the picture and puts everything back.
void Panel::inExportMode(const std::function<void(QSize)>& draw) {
    const QSize size = exportSize() - QSize(2 * edge, headerHeight + 2 * edge);
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

QSize Panel::exportSize() const {
    const bool shown = m_plot->width() > 200 && m_plot->height() > 120;
    return (shown ? m_plot->size() : QSize(640, 360)) + QSize(2 * edge, headerHeight + 2 * edge);
}

void Panel::paintVector(QCPPainter& painter) {
    setPortableFonts(true);
    inExportMode([&](QSize size) {
        painter.save();
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        painter.setFont(uiFont(11));
        painter.fillRect(QRect(QPoint(), exportSize()), theme().surface);
        m_header->paintTo(painter, QRect(edge, edge, size.width(), headerHeight));
        painter.translate(edge, edge + headerHeight);
        m_plot->toPainter(&painter, size.width(), size.height());
        painter.restore();
        setPortableFonts(false);
    });
}

QByteArray Panel::svg() {
    return svgOf(exportSize(), m_header->title(), summary(), [this](QCPPainter& painter) { paintVector(painter); });
}

QByteArray Panel::pdf() {
    return pdfOf(exportSize(), m_header->title(), [this](QCPPainter& painter) { paintVector(painter); });
}

bool Panel::save(ExportFormat format, const QString& path, QString* error) {
    QByteArray bytes;
    if (format == ExportFormat::Csv) bytes = toCsv(visibleTable());
    if (format == ExportFormat::Svg) bytes = svg();
    if (format == ExportFormat::Pdf) bytes = pdf();
    if (format == ExportFormat::Png || format == ExportFormat::Png2x) {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        image(format == ExportFormat::Png2x ? 2 : 1).save(&buffer, "PNG");
    }
    return writeFile(path, bytes, error);
}

void Panel::copyImage() { QApplication::clipboard()->setImage(image(2)); }

}  // namespace moescope::plots
