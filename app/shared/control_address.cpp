// Finds or makes the private folder for control sockets.
#include "app/shared/control_address.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "core/base/error.hpp"

namespace moescope::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestFolder = 70;  // a socket address holds 107 bytes, "/<ulid>.sock" takes 32

fs::path wantedFolder() {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime && *runtime == '/' && std::string_view(runtime).size() < kLongestFolder) return fs::path(runtime) / "moescope";
    return fs::path("/tmp") / ("moescope-" + std::to_string(getuid()));
}

base::Error notPrivate(const fs::path& folder) {
    return {base::ExitCode::io, "control.folder", "the folder for control sockets is not private", folder.string(),
            "remove it, or set XDG_RUNTIME_DIR to a folder of your own"};
}

}  // namespace

fs::path controlFolder() {
    const fs::path folder = wantedFolder();
    std::error_code ignored;
    fs::create_directories(folder.parent_path(), ignored);
    mkdir(folder.c_str(), 0700);
    struct stat info {};
    if (lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) throw notPrivate(folder);
    if (info.st_uid != getuid() || (info.st_mode & 077) != 0) throw notPrivate(folder);
    return folder;
}

fs::path controlSocket(std::string_view ulid) { return controlFolder() / (std::string(ulid) + ".sock"); }

}  // namespace moescope::app
