// Light, dark or as the system: what people chose, kept between starts.
#pragma once

#include <QString>

class QSettings;

namespace moescope::ui {

enum class ThemeChoice { system, light, dark };

QString themeWord(ThemeChoice choice);                    ///< "light": as on the command line
bool parseTheme(const QString& word, ThemeChoice& choice);

/// GUI thread. Applies to the whole program; the system's palette is the one of the first call.
void applyThemeChoice(ThemeChoice choice);

ThemeChoice storedTheme(const QSettings& settings);
void storeTheme(QSettings& settings, ThemeChoice choice);

}  // namespace moescope::ui
