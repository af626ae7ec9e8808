// Asking for a display before Qt does.
#include <gtest/gtest.h>

#include <QByteArray>
#include <QtGlobal>

#include <utility>
#include <vector>

#include "app/desktop/display.hpp"

namespace moescope::app {
namespace {

/// Sets variables for one test; an empty value unsets.
class Environment {
public:
    explicit Environment(const std::vector<std::pair<const char*, QByteArray>>& wanted) {
        for (const auto& [name, value] : wanted) {
            m_before.emplace_back(name, qgetenv(name));
            set(name, value);
        }
    }
    ~Environment() {
        for (const auto& [name, value] : m_before) set(name, value);
    }

private:
    static void set(const char* name, const QByteArray& value) { value.isEmpty() ? qunsetenv(name) : qputenv(name, value); }
    std::vector<std::pair<const char*, QByteArray>> m_before;
};

TEST(Display, ADeadServerIsNamedInsteadOfEndingTheProcess) {
    const Environment here({{"QT_QPA_PLATFORM", ""}, {"WAYLAND_DISPLAY", ""}, {"DISPLAY", ":4711"}});
    const auto reason = whyNoDisplay();
    ASSERT_TRUE(reason);
    EXPECT_NE(reason->find(":4711"), std::string::npos) << *reason;
}

TEST(Display, NoDisplayAtAllIsSaid) {
    const Environment here({{"QT_QPA_PLATFORM", ""}, {"WAYLAND_DISPLAY", ""}, {"DISPLAY", ""}});
    EXPECT_EQ(whyNoDisplay(), "there is no display to open a window on");
}

TEST(Display, APlatformThatQtDoesNotHaveIsNamed) {
    const Environment here({{"QT_QPA_PLATFORM", "typewriter"}, {"DISPLAY", ""}});
    const auto reason = whyNoDisplay();
    ASSERT_TRUE(reason);
    EXPECT_NE(reason->find("typewriter"), std::string::npos) << *reason;
}

TEST(Display, DrawingOffScreenNeedsNone) {
    const Environment here({{"QT_QPA_PLATFORM", "offscreen:enable_fonts"}, {"DISPLAY", ":4711"}});
    EXPECT_FALSE(whyNoDisplay());
}

TEST(Display, TheNextPlatformOfAListIsTried) {
    const Environment here({{"QT_QPA_PLATFORM", "xcb;offscreen"}, {"DISPLAY", ":4711"}});
    EXPECT_FALSE(whyNoDisplay());
}

}  // namespace
}  // namespace moescope::app
