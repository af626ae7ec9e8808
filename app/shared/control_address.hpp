// Where a running engine listens: a Unix socket in a folder that only its user can enter.
#pragma once

#include <filesystem>
#include <string_view>

namespace moescope::app {

/// $XDG_RUNTIME_DIR/moescope, or a 0700 folder under the temporary directory if that is unset or too long for a socket
/// address. Created if absent; throws base::Error (exit 6) if it belongs to somebody else or is open to others.
std::filesystem::path controlFolder();

/// <controlFolder>/<ulid>.sock
std::filesystem::path controlSocket(std::string_view ulid);

}  // namespace moescope::app
