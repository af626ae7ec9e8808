// Puts panels side by side on one page.
#include "ui/page_export.hpp"

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

#include "plots/figures.hpp"
#include "plots/panel.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

QString text(const char* source) { return QCoreApplication::translate("PageExport", source); }

struct Placed {
    plots::Panel* panel;
    QPoint at;
};

/// Where each panel's picture goes: as on screen, moved apart by the room the axis titles take.
std::vector<Placed> layOut(const QWidget& page, QSize& whole) {
    std::vector<Placed> placed;
    const auto panels = visiblePanels(page);
    std::vector<int> lefts, tops;
    for (const plots::Panel* panel : panels) {
        const QPoint at = panel->mapTo(&page, QPoint());
        lefts.push_back(at.x());
        tops.push_back(at.y());
    }
    const auto rankOf = [](std::vector<int> values, int value) {
        std::ranges::sort(values);
        values.erase(std::unique(values.begin(), values.end()), values.end());
        return static_cast<int>(std::ranges::lower_bound(values, value) - values.begin());
    };
    for (std::size_t i = 0; i < panels.size(); ++i) {
        const QSize size = panels[i]->exportSize();
        const QPoint room = panels[i]->mapTo(&page, QPoint()) - QPoint(*std::ranges::min_element(lefts), *std::ranges::min_element(tops));
        const QSize more = size - panels[i]->size();
        const QPoint at(room.x() + rankOf(lefts, lefts[i]) * std::max(0, more.width()), room.y() + rankOf(tops, tops[i]) * std::max(0, more.height()));
        placed.push_back({panels[i], at});
        whole = whole.expandedTo(QSize(at.x() + size.width(), at.y() + size.height()));
    }
    return placed;
}

void paintPage(QWidget& page, QCPPainter& painter) {
    QSize whole;
    const auto placed = layOut(page, whole);
    if (placed.empty()) return page.render(&painter, QPoint(), QRegion(), QWidget::DrawChildren);
    painter.fillRect(QRect(QPoint(), whole), plots::theme().surface);
    for (const Placed& each : placed) {
        painter.save();
        painter.translate(each.at);
        each.panel->paintVector(painter);
        painter.restore();
    }
}

QByteArray quoted(const QString& field) {
    QString inner = field;
    return field.contains(QLatin1Char(',')) || field.contains(QLatin1Char('"')) || field.contains(QLatin1Char('\n'))
               ? ('"' + inner.replace(QLatin1Char('"'), QLatin1String("\"\"")) + '"').toUtf8()
               : field.toUtf8();
}

}  // namespace

std::vector<plots::Panel*> visiblePanels(const QWidget& page) {
    std::vector<plots::Panel*> panels;
    for (plots::Panel* panel : page.findChildren<plots::Panel*>())
        if (panel->isVisible()) panels.push_back(panel);
    std::ranges::stable_sort(panels, [&](const plots::Panel* a, const plots::Panel* b) {
        const QPoint one = a->mapTo(&page, QPoint()), two = b->mapTo(&page, QPoint());
        return std::pair(one.y(), one.x()) < std::pair(two.y(), two.x());
    });
    return panels;
}

std::optional<plots::ExportFormat> formatOf(const QString& path) {
    const QString suffix = QFileInfo(path).suffix().toLower();
    for (const auto format : {plots::ExportFormat::Png, plots::ExportFormat::Svg, plots::ExportFormat::Pdf, plots::ExportFormat::Csv})
        if (suffix == plots::exportSuffix(format)) return format;
    return {};
}

QImage pageImage(QWidget& page, double scale) {
    QSize whole;
    const auto placed = layOut(page, whole);
    if (placed.empty()) whole = page.size();
    QImage image(QSize(static_cast<int>(std::lround(whole.width() * scale)), static_cast<int>(std::lround(whole.height() * scale))), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    image.fill(plots::theme().surface);
    QPainter painter(&image);
    for (const Placed& each : placed) painter.drawImage(each.at, each.panel->image(scale));
    if (placed.empty()) page.render(&painter, QPoint(), QRegion(), QWidget::DrawChildren);
    return image;
}

QByteArray pageCsv(const QWidget& page) {
    const auto panels = visiblePanels(page);
    if (panels.empty()) return {};
    QByteArray out = "plot,x_name,x,series,value\n";
    for (const plots::Panel* panel : panels) {
        const plots::Table table = panel->visibleTable();
        const QByteArray start = quoted(panel->header()->title()) + ',' + quoted(table.columns.value(0)) + ',';
        for (const auto& row : table.rows)
            for (std::size_t c = 1; c < row.size(); ++c)
                if (!plots::Table::isMissing(row[c]))
                    out += start + plots::plainNumber(row[0]) + ',' + quoted(table.columns[static_cast<qsizetype>(c)]) + ',' + plots::plainNumber(row[c]) + '\n';
    }
    return out;
}

bool savePage(QWidget& page, const QString& title, const QString& path, QString* error) {
    const auto format = formatOf(path);
    if (!format) {
        *error = text("%1: the name must end in .png, .svg, .pdf or .csv.").arg(path);
        return false;
    }
    QByteArray bytes;
    QSize whole;
    if (layOut(page, whole).empty()) whole = page.size();
    const auto paint = [&page](QCPPainter& painter) { paintPage(page, painter); };
    if (*format == plots::ExportFormat::Svg) bytes = plots::svgOf(whole, title, title, paint);
    if (*format == plots::ExportFormat::Pdf) bytes = plots::pdfOf(whole, title, paint);
    if (*format == plots::ExportFormat::Csv) bytes = pageCsv(page);
    if (*format == plots::ExportFormat::Png) {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        pageImage(page, 2).save(&buffer, "PNG");
    }
    if (*format == plots::ExportFormat::Csv && bytes.isEmpty()) {
        *error = text("There is no plot on this page to write as CSV; its Table can be copied.");
        return false;
    }
    return plots::writeFile(path, bytes, error);
}

}  // namespace moescope::ui
