// Is there a display? Qt ends the process when there is none, so it is asked before there is an application object.
#pragma once

#include <optional>
#include <string>

namespace moescope::app {

/// Why no window can be shown here, as a sentence; nothing when one can. Reads QT_QPA_PLATFORM, DISPLAY and WAYLAND_DISPLAY,
/// looks for Qt's plug-in and connects to the display server once.
std::optional<std::string> whyNoDisplay();

}  // namespace moescope::app
