// flock on a folder.
#include "storage/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/files.hpp"

namespace moescope::storage {

FolderLock::FolderLock(const std::filesystem::path& folder) : m_fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) {
    if (m_fd < 0) throw base::FileError(errno, "open", folder);
    while (::flock(m_fd, LOCK_EX) != 0 && errno == EINTR) {
    }
}

FolderLock::~FolderLock() { ::close(m_fd); }

}  // namespace moescope::storage
