// Export of the visible: all plots of a page as one picture or one table, or the page as it is drawn.
#pragma once

#include <QImage>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

#include "plots/plot_export.hpp"

namespace moescope::plots {
class Panel;
}

namespace moescope::ui {

/// Plots of the page that can be seen, in reading order.
std::vector<plots::Panel*> visiblePanels(const QWidget& page);

/// The format a file name asks for; nothing for an unknown ending.
std::optional<plots::ExportFormat> formatOf(const QString& path);

/// Plots with axis titles where they stand; a page without plots as it is drawn.
QImage pageImage(QWidget& page, double scale);

/// One row for each value: plot, name of x, x, series, value. Empty without plots.
QByteArray pageCsv(const QWidget& page);

/// False and a sentence when it cannot be written, or when a page without plots is asked for CSV.
bool savePage(QWidget& page, const QString& title, const QString& path, QString* error);

}  // namespace moescope::ui
