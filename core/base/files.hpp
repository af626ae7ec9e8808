// Every file operation that durability hangs on, behind one interface, so that tests can log it, fail it and cut it short.
#pragma once

#include "core/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::base {

using Path = std::filesystem::path;
using Bytes = std::span<const std::byte>;

// An operation of the file system failed. Exit 6; code "disk.full" (ENOSPC, EDQUOT, EFBIG), "io.fsync_failed" for a failed sync,
// else "io.failed". `systemError` is the errno.
class FileError : public Error {
public:
    FileError(int systemError, std::string_view operation, const Path& path);
    int systemError() const noexcept { return m_systemError; }
    bool diskFull() const noexcept;

private:
    int m_systemError;
};

enum class OpenMode { read, createNew, replace };

// Blocking; each call throws FileError. An implementation may be used by one thread at a time unless it says otherwise.
class FileOps {
public:
    virtual ~FileOps() = default;
    // read: regular files only (a FIFO or device is refused at once). createNew: fails if the name is there. Close-on-exec, mode 0644.
    virtual int open(const Path& path, OpenMode mode) = 0;
    virtual void close(int fd) = 0;
    // May write fewer bytes than given, never 0 of a non-empty span.
    virtual std::size_t writeSome(int fd, Bytes bytes) = 0;
    // May read fewer; 0 at the end of the file.
    virtual std::size_t readSome(int fd, std::span<std::byte> into, std::uint64_t offset) = 0;
    virtual std::uint64_t size(int fd) = 0;
    virtual void syncData(int fd) = 0;
    virtual void syncAll(int fd) = 0;
    virtual void syncFolder(const Path& folder) = 0;
    virtual void makeFolder(const Path& folder) = 0;                          // fails if it is there
    virtual void renameNew(const Path& from, const Path& to) = 0;             // fails if `to` is there
    virtual void renameOver(const Path& from, const Path& to) = 0;
    virtual void removeFile(const Path& path) = 0;
    virtual void removeFolder(const Path& folder) = 0;                        // must be empty
    virtual std::vector<std::string> list(const Path& folder) = 0;            // names, sorted; no "." and ".."
    virtual bool exists(const Path& path) = 0;                                // a symbolic link counts, wherever it leads
    virtual bool isFolder(const Path& path) = 0;                              // a real folder, not a link to one
    virtual std::uint64_t freeBytes(const Path& path) = 0;                    // for a normal user
};

// The real thing; stateless, any thread.
FileOps& realFiles();

// `inner` with the fault hooks "<prefix>.write", ".fsync", ".rename" and ".dirsync" in front; an operation whose site
// is not in fault::sites() is passed through. `short` halves a write, `torn` writes a part and kills the process, `bitflip` spoils one bit.
std::unique_ptr<FileOps> hookedFiles(FileOps& inner, std::string prefix);

// Owns one descriptor. close() reports errors; the destructor cannot and does not.
class FileHandle {
public:
    FileHandle(FileOps& files, const Path& path, OpenMode mode);
    ~FileHandle();
    FileHandle(FileHandle&& other) noexcept;
    FileHandle(const FileHandle&) = delete;
    FileHandle& operator=(const FileHandle&) = delete;
    FileHandle& operator=(FileHandle&&) = delete;

    void write(Bytes bytes);                                                  // all of them
    void read(std::span<std::byte> into, std::uint64_t offset) const;         // exactly; a shorter file is exit 3, "file.truncated"
    std::uint64_t size() const;
    void syncData();
    void syncAll();
    void close();
    const Path& path() const noexcept { return m_path; }

private:
    FileOps& m_files;
    Path m_path;
    int m_fd;
};

// The whole of a regular file; more than `limit` bytes is exit 3, "file.too_large".
std::string readWhole(const Path& path, std::uint64_t limit, FileOps& files = realFiles());

// After this returns, `path` holds `bytes` even through a power cut; at every moment it holds the old bytes or the new ones.
// A leftover temporary file is "<name>.tmp-<random>" beside it, and is removed on errors.
void replaceAtomically(const Path& path, std::string_view bytes, FileOps& files = realFiles());

std::uint64_t freeBytes(const Path& path);

// Deletes a folder and all below it; follows no link. Missing is fine.
void removeTree(const Path& folder, FileOps& files = realFiles());

inline Bytes asBytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

}  // namespace moescope::base
