// Plot export: the formats a panel can be saved in.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <vector>

namespace moescope::plots {

enum class ExportFormat { Png, Png2x, Svg, Csv };

QString exportSuffix(ExportFormat);                    // "png", "svg", "csv"

// A table as RFC 4180 text: C-locale numbers, empty field for "never measured", LF line ends.
struct Table {
    QStringList columns;
    std::vector<std::vector<double>> rows;             // each as long as columns; a missing cell is `missing()`
    static double missing();                           // a NaN with its own payload
    static bool isMissing(double);
};
QByteArray toCsv(const Table&);

}  // namespace moescope::plots
