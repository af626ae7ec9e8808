// Theme choice.
#include "ui/main_window_theme.hpp"

#include <QApplication>
#include <QSettings>

#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr ThemeChoice kAll[] = {ThemeChoice::system, ThemeChoice::light, ThemeChoice::dark};
constexpr auto kKey = "view/theme";

}  // namespace

QString themeWord(ThemeChoice choice) {
    switch (choice) {
        case ThemeChoice::light: return QStringLiteral("light");
        case ThemeChoice::dark: return QStringLiteral("dark");
        default: return QStringLiteral("system");
    }
}

bool parseTheme(const QString& word, ThemeChoice& choice) {
    for (const ThemeChoice each : kAll)
        if (themeWord(each) == word) {
            choice = each;
            return true;
        }
    return false;
}

void applyThemeChoice(ThemeChoice choice) {
    static const bool systemIsDark = plots::systemPrefersDark(QApplication::palette());
    const bool dark = choice == ThemeChoice::dark || (choice == ThemeChoice::system && systemIsDark);
    plots::applyTheme(*qApp, dark ? plots::Theme::dark() : plots::Theme::light());
}

ThemeChoice storedTheme(const QSettings& settings) {
    ThemeChoice choice = ThemeChoice::system;
    parseTheme(settings.value(QLatin1String(kKey)).toString(), choice);
    return choice;
}

void storeTheme(QSettings& settings, ThemeChoice choice) { settings.setValue(QLatin1String(kKey), themeWord(choice)); }

}  // namespace moescope::ui
