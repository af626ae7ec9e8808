// Sends one command line to a running engine and waits for its one answer. Torch-free and Qt-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace moescope::app {

/// Connects to `socket`, sends `line` (JSON without line break) and returns the answer line. Blocks at most `seconds`.
/// Throws base::Error: exit 6, code "control.absent" if nobody listens, "control.silent" if no answer came.
std::string sendCommand(const std::filesystem::path& socket, std::string_view line, double seconds = 30);

}  // namespace moescope::app
