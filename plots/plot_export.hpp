// Plot export: the formats a panel can be saved in.
#pragma once

#include <QByteArray>
#include <QSize>
#include <QString>
#include <QStringList>

#include <functional>
#include <vector>

class QCPPainter;

namespace moescope::plots {

enum class ExportFormat { Png, Png2x, Svg, Pdf, Csv };

QString exportSuffix(ExportFormat);                    // "png", "svg", "pdf", "csv"

// A table as RFC 4180 text: C-locale numbers, empty field for "never measured", LF line ends.
struct Table {
    QStringList columns;
    std::vector<std::vector<double>> rows;             // each as long as columns; a missing cell is `missing()`
    static double missing();                           // a NaN with its own payload
    static bool isMissing(double);
};
QByteArray toCsv(const Table&);

// What `paint` draws on a page of this size (logical pixels), as lines and text.
QByteArray svgOf(QSize, const QString& title, const QString& description, const std::function<void(QCPPainter&)>& paint);
QByteArray pdfOf(QSize, const QString& title, const std::function<void(QCPPainter&)>& paint);

// Writes the file atomically; false and a sentence in *error when it cannot.
bool writeFile(const QString& path, const QByteArray&, QString* error = nullptr);

}  // namespace moescope::plots
