// The options of moescope, the window.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

#include <optional>
#include <string>

namespace moescope::app {

struct DesktopOptions {
    QString open, page, view, recipe, layout, theme, store, screenshot;
    QSize size{1440, 900};
    int scale = 1;
    bool help = false, version = false;
};

struct DesktopMistake {
    std::string argument, text;
};

/// Reads the command line; a mistake names the argument and what would be right. Pure.
std::optional<DesktopMistake> parseOptions(const QStringList& arguments, DesktopOptions& options);

std::string helpText();

}  // namespace moescope::app
