// moescope: the window. Wiring only.
#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QSettings>
#include <QTimer>

#include <clocale>
#include <cstdio>
#include <iostream>
#include <memory>

#include "app/desktop/display.hpp"
#include "app/desktop/options.hpp"
#include "core/base/error.hpp"
#include "core/base/version.hpp"
#include "storage/store.hpp"
#include "ui/compare_page.hpp"
#include "ui/data_page.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_theme.hpp"
#include "ui/preferences.hpp"
#include "ui/recipe_reader.hpp"
#include "ui/routers_page.hpp"
#include "ui/routing_page.hpp"
#include "ui/screenshot.hpp"

namespace {

using namespace moescope;

constexpr auto kName = "moescope";
constexpr int kUsualPoints = 10;  // the theme's 13 pixels

base::Error usage(const std::string& where, const std::string& what, const std::string& advice) {
    return {base::ExitCode::usage, "usage", what, where, advice};
}

QString resolvedRun(const storage::Store& store, const QString& named) { return QString::fromStdString(store.resolve(named.toStdString())); }

QStringList resolvedRuns(const storage::Store& store, const QString& named) {
    QStringList runs;
    for (const QString& each : named.split(QLatin1Char(','), Qt::SkipEmptyParts)) runs << resolvedRun(store, each.trimmed());
    return runs;
}

std::string recipeText(const QString& recipe) {
    if (recipe.startsWith(QLatin1String("moe:"))) return recipe.toStdString();
    QFile file(recipe);
    const bool open = recipe == QLatin1String("-") ? file.open(stdin, QIODevice::ReadOnly) : file.open(QIODevice::ReadOnly);
    if (!open) throw usage("--recipe " + recipe.toStdString(), "the recipe cannot be read", file.errorString().toStdString());
    return file.read(1 << 20).toStdString();
}

config::RunConfig recipeOf(const QString& recipe) {
    const ui::ReadRecipe read = ui::readRecipe(QString::fromStdString(recipeText(recipe)));
    if (!read.problems.empty()) throw usage("--recipe: " + read.problems.front().key, read.problems.front().text, "correct the recipe");
    return read.config;
}

void show(ui::MainWindow& window, const app::DesktopOptions& options, const storage::Store& store) {
    if (!options.layout.isEmpty() && !window.useLayout(options.layout))
        throw usage("--layout " + options.layout.toStdString(), "there is no layout of this name", "there are " + (window.layouts() + window.ownLayouts()).join(QStringLiteral(", ")).toStdString());
    if (options.page == QLatin1String("compare")) {
        if (!options.open.isEmpty()) window.compareRuns(resolvedRuns(store, options.open));
        if (const auto view = ui::compareView(options.view)) window.comparePage().showView(*view);
        return window.showPage(ui::PageId::compare);
    }
    if (!options.open.isEmpty()) window.openRun(resolvedRun(store, options.open));
    if (!options.recipe.isEmpty()) window.showRecipe(recipeOf(options.recipe), options.recipe);
    if (options.page == QLatin1String("start")) window.showPage(ui::PageId::start);
    if (options.page == QLatin1String("train")) window.showPage(ui::PageId::train);
    if (options.page == QLatin1String("routing")) window.showPage(ui::PageId::routing);
    window.routingPage().setView(options.view);
    if (options.page == QLatin1String("data")) window.showPage(ui::PageId::data);
    window.dataPage().setView(options.view);
    if (options.page == QLatin1String("device")) window.showPage(ui::PageId::device);
    if (options.page == QLatin1String("routers")) window.showPage(ui::PageId::routers);
    if (options.page == QLatin1String("routers") && !options.view.isEmpty()) window.routersPage().setRouter(options.view);
    if (options.page == QLatin1String("new")) window.showPage(ui::PageId::newRun);
}

void applyTheme(const app::DesktopOptions& options, const QSettings& settings) {
    ui::ThemeChoice theme = options.screenshot.isEmpty() ? ui::storedTheme(settings) : ui::ThemeChoice::light;
    ui::parseTheme(options.theme, theme);
    ui::applyThemeChoice(theme);
}

int runWindow(int& count, char** arguments, const app::DesktopOptions& options) {
    QElapsedTimer clock;
    clock.start();
    QApplication application(count, arguments);
    std::setlocale(LC_NUMERIC, "C");
    QCoreApplication::setApplicationName(QStringLiteral("moescope"));
    QSettings settings(QSettings::IniFormat, QSettings::UserScope, QString::fromLatin1(kName), QString::fromLatin1(kName));
    const bool picture = !options.screenshot.isEmpty();
    const storage::Store store(options.store.isEmpty() ? storage::defaultStoreFolder() : std::filesystem::path(options.store.toStdString()));
    ui::PreferencesHub::instance().set(picture ? ui::Preferences() : ui::storedPreferences(settings));
    applyTheme(options, settings);
    ui::MainWindow window(QString::fromStdString(store.folder().string()), picture ? nullptr : &settings);
    show(window, options, store);
    int status = 0;
    ui::Screenshot camera(window, {options.screenshot, options.size});
    QObject::connect(&camera, &ui::Screenshot::done, &application, [&](const QString& problem) {
        if (!problem.isEmpty()) {
            std::cerr << "error: screenshot: " << problem.toStdString() << '\n';
            status = static_cast<int>(base::ExitCode::io);
        }
        QCoreApplication::exit(status);
    });
    if (picture) camera.start();
    else window.show();
    if (qEnvironmentVariableIsSet("MOESCOPE_TIMING"))
        QTimer::singleShot(0, [&clock] { std::fprintf(stderr, "window shown after %lld ms\n", static_cast<long long>(clock.elapsed())); });
    return QApplication::exec();
}

/// Qt warns on every start without a login session that it will use a folder of its own; nobody can do anything with that.
void sayWhatMatters(QtMsgType, const QMessageLogContext&, const QString& message) {
    if (!message.startsWith(QLatin1String("QStandardPaths: XDG_RUNTIME_DIR not set"))) std::fprintf(stderr, "%s\n", qUtf8Printable(message));
}

int start(int count, char** arguments) {
    qInstallMessageHandler(sayWhatMatters);
    QStringList words;
    for (int i = 0; i < count; ++i) words << QString::fromLocal8Bit(arguments[i]);
    app::DesktopOptions options;
    if (const auto mistake = app::parseOptions(words, options)) throw usage(mistake->argument, mistake->text, "see moescope --help");
    if (options.help) return std::cout << app::helpText(), 0;
    if (options.version) return std::cout << "moescope " << base::version() << " (" << base::commit() << "), Qt " << qVersion() << '\n', 0;
    if (!options.screenshot.isEmpty()) {
        if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
        qputenv("QT_SCALE_FACTOR", QByteArray::number(options.scale));
    } else if (!qEnvironmentVariableIsSet("QT_SCALE_FACTOR")) {
        const int points = ui::storedPreferences(QSettings(QSettings::IniFormat, QSettings::UserScope, QString::fromLatin1(kName), QString::fromLatin1(kName))).textPoints;
        if (points != kUsualPoints) qputenv("QT_SCALE_FACTOR", QByteArray::number(points / double(kUsualPoints)));
    }
    if (const auto reason = app::whyNoDisplay()) throw usage("display", *reason, "start it from a desktop session, or draw into a file with --screenshot FILE.png");
    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    return runWindow(count, arguments, options);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return start(count, arguments);
    } catch (const base::Error& error) {
        std::cerr << error.line() << '\n';
        return error.exitStatus();
    } catch (const std::exception& error) {
        std::cerr << "error: unexpected: " << error.what() << '\n';
        return 1;
    }
}
