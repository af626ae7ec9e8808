// The window's command line.
#include <gtest/gtest.h>

#include "app/desktop/options.hpp"

namespace moescope::app {
namespace {

DesktopOptions good(const QStringList& words) {
    DesktopOptions options;
    const auto mistake = parseOptions(QStringList{"moescope"} + words, options);
    EXPECT_FALSE(mistake) << mistake->argument << " " << mistake->text;
    return options;
}

std::string mistakeOf(const QStringList& words) {
    DesktopOptions options;
    const auto mistake = parseOptions(QStringList{"moescope"} + words, options);
    return mistake ? mistake->argument + ": " + mistake->text : "";
}

TEST(DesktopOptions, AreReadWithSpaceOrEqualsSign) {
    const DesktopOptions options = good({"--open", "last", "--page=train", "--theme", "dark", "--screenshot", "x.png", "--size", "1366x768", "--scale", "2"});
    EXPECT_EQ(options.open, "last");
    EXPECT_EQ(options.page, "train");
    EXPECT_EQ(options.theme, "dark");
    EXPECT_EQ(options.screenshot, "x.png");
    EXPECT_EQ(options.size, QSize(1366, 768));
    EXPECT_EQ(options.scale, 2);
}

TEST(DesktopOptions, APageOfRoutingMayNameItsView) {
    const DesktopOptions options = good({"--page", "routing:paths"});
    EXPECT_EQ(options.page, "routing");
    EXPECT_EQ(options.view, "paths");
    EXPECT_EQ(good({"--page", "routing"}).view, "");
    EXPECT_EQ(good({"--page", "routers:switch"}).view, "switch");
}

TEST(DesktopOptions, MistakesNameTheArgument) {
    EXPECT_EQ(mistakeOf({"--opne", "last"}).find("--opne: there is no such option"), 0u);
    EXPECT_EQ(mistakeOf({"--page", "serve"}).find("--page: must be one of"), 0u);
    EXPECT_EQ(mistakeOf({"--page", "routing:heads"}).find("--page routing:VIEW: must be one of"), 0u);
    EXPECT_EQ(mistakeOf({"--page", "routers:swich"}).find("--page routers:ID: must be one of"), 0u);
    EXPECT_EQ(mistakeOf({"--theme", ""}).find("--theme: "), 0u);
    EXPECT_EQ(mistakeOf({"--size", "12"}).find("--size: must be WIDTHxHEIGHT"), 0u);
    EXPECT_EQ(mistakeOf({"--size", "99999x99999"}).find("--size: must lie between"), 0u);
    EXPECT_EQ(mistakeOf({"--scale", "3"}).find("--scale: must be one of"), 0u);
    EXPECT_EQ(mistakeOf({"--open"}), "--open: needs a value");
    EXPECT_EQ(mistakeOf({"last"}).find("last: is not an option"), 0u);
}

TEST(DesktopOptions, HelpNamesEveryOption) {
    const std::string help = helpText();
    for (const char* option : {"--open", "--page", "--recipe", "--layout", "--theme", "--store", "--screenshot", "--size", "--scale", "--help", "--version"})
        EXPECT_NE(help.find(option), std::string::npos) << option;
}

}  // namespace
}  // namespace moescope::app
