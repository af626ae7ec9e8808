// A short exclusive lock on a folder, for edits of what lies in it by several programs.
#pragma once

#include <filesystem>

namespace moescope::storage {

/// Waits until it has the lock; holds it for its life. The folder is locked, not the file that is replaced in it.
class FolderLock {
public:
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int m_fd;
};

}  // namespace moescope::storage
