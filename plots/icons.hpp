// Icons: own line icons (24 grid, stroke 1.8), drawn in the theme's colours at the screen's ratio.
#pragma once

#include "plots/theme.hpp"

#include <QIcon>
#include <QPixmap>
#include <QStringList>

namespace moescope::plots {

QStringList iconNames();
// Follows the theme by itself: the colour is read when it is painted. Unknown names give a null icon.
QIcon icon(const QString& name, Ink = Ink{Ink::Text2, 0, 0, {}});
QPixmap iconPixmap(const QString& name, int px, const QColor&, double ratio = 1);
QPixmap logo(int px, double ratio = 1);                // accent and grey bars

}  // namespace moescope::plots
