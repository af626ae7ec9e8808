// Help places: what a panel, section or view is called and what to look for in it; help_text.hpp makes cards of them.
#pragma once

#include <array>
#include <string_view>

namespace moescope::ui {

struct HelpPlace {
    std::string_view name;                          ///< of the object
    const char* title;
    const char* lookFor;                            ///< nullptr: nothing beyond the metrics
    std::array<std::string_view, 5> metrics = {};   ///< by name; the empty ones are none
};

/// nullptr for an object without a card. Lives as long as the program.
const HelpPlace* helpPlace(std::string_view objectName);

}  // namespace moescope::ui
