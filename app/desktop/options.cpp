// Parsing by hand: it happens before there is an application object.
#include "app/desktop/options.hpp"

#include <QRegularExpression>
#include <QtGlobal>

#include "ui/data_page.hpp"
#include "ui/main_window.hpp"
#include "ui/routers_page.hpp"
#include "ui/routing_page.hpp"

namespace moescope::app {
namespace {

constexpr int kLeastSide = 320, kLargestSide = 16384;

std::optional<DesktopMistake> parseSize(const QString& text, QSize& size) {
    static const QRegularExpression shape(QStringLiteral("^(\\d{1,5})x(\\d{1,5})$"));
    const auto match = shape.match(text);
    if (!match.hasMatch()) return DesktopMistake{"--size", "must be WIDTHxHEIGHT in pixels, for example 1440x900"};
    size = {match.captured(1).toInt(), match.captured(2).toInt()};
    if (std::min(size.width(), size.height()) < kLeastSide || std::max(size.width(), size.height()) > kLargestSide)
        return DesktopMistake{"--size", "must lie between 320 and 16384 pixels a side"};
    return std::nullopt;
}

std::optional<DesktopMistake> oneOf(const char* option, const QString& value, const QStringList& allowed) {
    if (allowed.contains(value)) return std::nullopt;
    return DesktopMistake{option, QStringLiteral("must be one of %1, not \"%2\"").arg(allowed.join(QStringLiteral(", ")), value).toStdString()};
}

std::optional<DesktopMistake> take(const QString& option, const QString& value, DesktopOptions& options) {
    if (option == QLatin1String("--open")) options.open = value;
    else if (option == QLatin1String("--recipe")) options.recipe = value;
    else if (option == QLatin1String("--store")) options.store = value;
    else if (option == QLatin1String("--screenshot")) options.screenshot = value;
    else if (option == QLatin1String("--page")) {
        options.page = value.section(QLatin1Char(':'), 0, 0);
        options.view = value.section(QLatin1Char(':'), 1);
        if (options.page == QLatin1String("routing") && value.contains(QLatin1Char(':')))
            return oneOf("--page routing:VIEW", options.view, ui::RoutingPage::viewIds());
        if (options.page == QLatin1String("data") && value.contains(QLatin1Char(':'))) return oneOf("--page data:VIEW", options.view, ui::DataPage::viewIds());
        if (options.page == QLatin1String("compare") && value.contains(QLatin1Char(':')))
            return oneOf("--page compare:VIEW", options.view, {QStringLiteral("runs"), QStringLiteral("curves"), QStringLiteral("scatter"), QStringLiteral("parallel"), QStringLiteral("savings"), QStringLiteral("models"), QStringLiteral("routing")});
        if (options.page == QLatin1String("routers") && !options.view.isEmpty()) return oneOf("--page routers:ID", options.view, ui::RoutersPage::ids());
        return oneOf("--page", value,
                     {QStringLiteral("start"), QStringLiteral("train"), QStringLiteral("routing"), QStringLiteral("compare"), QStringLiteral("data"), QStringLiteral("device"), QStringLiteral("routers"), QStringLiteral("new")});
    } else if (option == QLatin1String("--layout")) {
        options.layout = value;
    } else if (option == QLatin1String("--theme")) {
        options.theme = value;
        return oneOf("--theme", value, {QStringLiteral("light"), QStringLiteral("dark"), QStringLiteral("system")});
    } else if (option == QLatin1String("--size")) {
        return parseSize(value, options.size);
    } else if (option == QLatin1String("--scale")) {
        options.scale = value.toInt();
        return oneOf("--scale", value, {QStringLiteral("1"), QStringLiteral("2")});
    } else {
        return DesktopMistake{option.toStdString(), "there is no such option; see moescope --help"};
    }
    return std::nullopt;
}

}  // namespace

std::optional<DesktopMistake> parseOptions(const QStringList& arguments, DesktopOptions& options) {
    for (qsizetype i = 1; i < arguments.size(); ++i) {
        QString option = arguments[i], value;
        if (option == QLatin1String("--help") || option == QLatin1String("-h")) {
            options.help = true;
            continue;
        }
        if (option == QLatin1String("--version")) {
            options.version = true;
            continue;
        }
        if (!option.startsWith(QLatin1String("--"))) return DesktopMistake{option.toStdString(), "is not an option; a run is opened with --open RUN"};
        if (const qsizetype equals = option.indexOf(QLatin1Char('=')); equals > 0) {
            value = option.mid(equals + 1);
            option.truncate(equals);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        } else {
            DesktopOptions scratch;
            if (auto mistake = take(option, {}, scratch); mistake && mistake->text.starts_with("there is no")) return mistake;
            return DesktopMistake{option.toStdString(), "needs a value"};
        }
        if (auto mistake = take(option, value, options)) return mistake;
        if (value.isEmpty()) return DesktopMistake{option.toStdString(), "needs a value"};
    }
    return std::nullopt;
}

std::string helpText() {
    return "moescope - watch the router of a mixture of experts while it trains\n\n"
           "moescope [OPTIONS]\n\n"
           "  --open RUN          open a run: its ULID, a unique prefix of it, its name, or last;\n"
           "                      with --page compare several, separated by commas\n"
           "  --page PAGE         start, train, routing, compare, data, device, routers or new;\n"
           "                      a view of a page:\n"
           "                      routing:load, logits, tokens, coactivation, paths, specialisation, saturation,\n"
           "                      weights or hand;\n"
           "                      data:corpus, batch or samples;\n"
           "                      routers:ID, the card of a router preset;\n"
           "                      compare:runs, curves, scatter, parallel, savings, models or routing\n"
           "  --recipe RECIPE     fill the form for a new run from a JSON file, a moe: string, or - (standard input)\n"
           "  --layout LAYOUT     research (runs and inspector), teach (inspector only), compact (plots only), steer\n"
           "                      (interventions beside the plots), projector (bigger text, thicker lines), or one saved\n"
           "                      in the window\n"
           "  --theme THEME       light, dark or system\n"
           "  --store DIR         folder of the runs (else $MOESCOPE_STORE, else the user's data folder)\n"
           "  --screenshot FILE   draw the page into a PNG when its data is complete, then exit; needs no display\n"
           "  --size WxH          of the window in a screenshot (1440x900)\n"
           "  --scale 1|2         pixels per unit in a screenshot\n"
           "  --help, --version\n\n"
           "Example: moescope --open last --theme dark --screenshot run.png --size 1366x768\n";
}

}  // namespace moescope::app
