// Finds the platform plug-ins that Qt would try and asks their servers.
#include "app/desktop/display.hpp"

#include <QDir>
#include <QLibrary>
#include <QLibraryInfo>
#include <QLocalSocket>
#include <QStringList>

namespace moescope::app {
namespace {

constexpr int kPatienceMs = 2000;

QStringList pluginFolders() {
    QStringList folders{QLibraryInfo::path(QLibraryInfo::PluginsPath) + QStringLiteral("/platforms")};
    if (const QString own = qEnvironmentVariable("QT_QPA_PLATFORM_PLUGIN_PATH"); !own.isEmpty()) folders << own << own + QStringLiteral("/platforms");
    if (const QString own = qEnvironmentVariable("QT_PLUGIN_PATH"); !own.isEmpty())
        for (const QString& each : own.split(QLatin1Char(':'), Qt::SkipEmptyParts)) folders << each + QStringLiteral("/platforms");
    return folders;
}

bool hasPlugin(const QString& platform) {
    for (const QString& folder : pluginFolders())
        if (!QDir(folder).entryList({QStringLiteral("libq%1.so").arg(platform), QStringLiteral("libq%1-*.so").arg(platform)}, QDir::Files).isEmpty()) return true;
    return false;
}

/// Through the same library as Qt's plug-in, so that names, authority and forwarding mean the same.
bool xServerAnswers() {
    QLibrary xcb(QStringLiteral("xcb"), 1);
    const auto connect = reinterpret_cast<void* (*)(const char*, int*)>(xcb.resolve("xcb_connect"));
    const auto hasError = reinterpret_cast<int (*)(void*)>(xcb.resolve("xcb_connection_has_error"));
    const auto disconnect = reinterpret_cast<void (*)(void*)>(xcb.resolve("xcb_disconnect"));
    if (!connect || !hasError || !disconnect) return false;
    void* connection = connect(nullptr, nullptr);
    const bool works = hasError(connection) == 0;
    disconnect(connection);
    return works;
}

bool waylandAnswers() {
    const QString name = qEnvironmentVariable("WAYLAND_DISPLAY", QStringLiteral("wayland-0"));
    QLocalSocket socket;
    socket.connectToServer(QDir::isAbsolutePath(name) ? name : qEnvironmentVariable("XDG_RUNTIME_DIR") + QLatin1Char('/') + name);
    return socket.waitForConnected(kPatienceMs);
}

std::optional<std::string> whyNot(const QString& platform) {
    if (!hasPlugin(platform)) return "Qt has no platform plug-in named \"" + platform.toStdString() + "\" here";
    if (platform == QLatin1String("xcb") && !xServerAnswers())
        return qEnvironmentVariableIsEmpty("DISPLAY") ? "there is no display to open a window on"
                                                      : "the display \"" + qEnvironmentVariable("DISPLAY").toStdString() + "\" does not answer or refuses the connection";
    if (platform.startsWith(QLatin1String("wayland")) && !waylandAnswers())
        return "the Wayland display \"" + qEnvironmentVariable("WAYLAND_DISPLAY").toStdString() + "\" does not answer";
    return std::nullopt;
}

/// The platforms Qt would try, in its order.
QStringList candidates() {
    if (const QString named = qEnvironmentVariable("QT_QPA_PLATFORM"); !named.isEmpty()) return named.split(QLatin1Char(';'), Qt::SkipEmptyParts);
    QStringList platforms{QStringLiteral("xcb")};
    if (!qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") && hasPlugin(QStringLiteral("wayland"))) platforms << QStringLiteral("wayland");
    return platforms;
}

}  // namespace

std::optional<std::string> whyNoDisplay() {
    std::optional<std::string> first;
    for (const QString& candidate : candidates()) {
        const auto reason = whyNot(candidate.section(QLatin1Char(':'), 0, 0));
        if (!reason) return std::nullopt;
        if (!first) first = reason;
    }
    return first;
}

}  // namespace moescope::app
