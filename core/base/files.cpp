// The real file operations, and what is built from them.
#include "core/base/files.hpp"

#include "core/base/clock.hpp"
#include "core/base/hash.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace moescope::base {

namespace {

bool meansFull(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

std::string codeFor(int error, std::string_view operation) {
    if (meansFull(error)) return "disk.full";
    return operation == "sync" ? "io.fsync_failed" : "io.failed";
}

std::string adviceFor(int error) {
    if (meansFull(error)) return "free some space on this disk, or raise its quota or file size limit";
    if (error == EACCES || error == EPERM || error == EROFS) return "check who may write there, or choose another folder";
    if (error == ENOENT || error == ENOTDIR) return "check the path";
    if (error == EEXIST || error == ENOTEMPTY) return "move what is there away, or choose another name";
    if (error == EMFILE || error == ENFILE) return "raise the limit of open files (ulimit -n)";
    return "check the disk and its connection";
}

std::string describe(int error, std::string_view operation) {
    const char* reason = strerrordesc_np(error);
    return "cannot " + std::string(operation) + ": " + (reason != nullptr ? reason : "unknown error");
}

// Calls until it is not interrupted by a signal.
template <class Call>
auto retried(Call call) {
    decltype(call()) result;
    do result = call();
    while (result < 0 && errno == EINTR);
    return result;
}

int flagsFor(OpenMode mode) {
    if (mode == OpenMode::read) return O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    return O_WRONLY | O_CREAT | O_CLOEXEC | (mode == OpenMode::createNew ? O_EXCL : O_TRUNC);
}

class RealFiles final : public FileOps {
public:
    int open(const Path& path, OpenMode mode) override {
        const int fd = check(retried([&] { return ::open(path.c_str(), flagsFor(mode), 0644); }), "open", path);
        if (mode == OpenMode::read && !isRegular(fd)) {
            ::close(fd);
            throw Error(ExitCode::badInput, "file.not_regular", "not a regular file", printable(path.native(), 400), "give the path of a file");
        }
        return fd;
    }
    // No retry: Linux has freed the descriptor even when close reports an error.
    void close(int fd) override { if (::close(fd) != 0 && errno != EINTR) fail("close", fd); }
    std::size_t writeSome(int fd, Bytes bytes) override {
        const auto count = retried([&] { return ::write(fd, bytes.data(), bytes.size()); });
        if (count < 0 || (count == 0 && !bytes.empty())) { if (count == 0) errno = ENOSPC; fail("write", fd); }
        return static_cast<std::size_t>(count);
    }
    std::size_t readSome(int fd, std::span<std::byte> into, std::uint64_t offset) override {
        const auto count = retried([&] { return ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset)); });
        if (count < 0) fail("read", fd);
        return static_cast<std::size_t>(count);
    }
    std::uint64_t size(int fd) override {
        struct stat status {};
        if (::fstat(fd, &status) != 0) fail("look at", fd);
        return static_cast<std::uint64_t>(status.st_size);
    }
    void syncData(int fd) override { if (::fdatasync(fd) != 0) fail("sync", fd); }
    void syncAll(int fd) override { if (::fsync(fd) != 0) fail("sync", fd); }
    void syncFolder(const Path& folder) override {
        const int fd = check(retried([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }), "open", folder);
        const int result = ::fsync(fd);
        const int error = errno;
        ::close(fd);
        if (result != 0) throw FileError(error, "sync", folder);
    }
    void makeFolder(const Path& folder) override { check(::mkdir(folder.c_str(), 0755), "make the folder", folder); }
    void renameNew(const Path& from, const Path& to) override {
        if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
        if (errno != EINVAL && errno != ENOSYS) throw FileError(errno, "rename to", to);
        if (exists(to)) throw FileError(EEXIST, "rename to", to);   // a file system without the flag (NFS)
        renameOver(from, to);
    }
    void renameOver(const Path& from, const Path& to) override { check(::rename(from.c_str(), to.c_str()), "rename to", to); }
    void removeFile(const Path& path) override { check(::unlink(path.c_str()), "remove", path); }
    void removeFolder(const Path& folder) override { check(::rmdir(folder.c_str()), "remove the folder", folder); }
    std::vector<std::string> list(const Path& folder) override {
        std::error_code error;
        std::vector<std::string> names;
        std::filesystem::directory_iterator entry(folder, error);
        for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) names.push_back(entry->path().filename().native());
        if (error) throw FileError(error.value(), "list", folder);
        std::sort(names.begin(), names.end());
        return names;
    }
    bool exists(const Path& path) override { return modeOf(path) != 0; }
    bool isFolder(const Path& path) override { return S_ISDIR(modeOf(path)); }
    std::uint64_t freeBytes(const Path& path) override {
        struct statvfs status {};
        check(retried([&] { return ::statvfs(path.c_str(), &status); }), "ask for the free space", path);
        return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
    }

private:
    static int check(int result, std::string_view operation, const Path& path) {
        if (result < 0) throw FileError(errno, operation, path);
        return result;
    }
    // The kernel knows the path of a descriptor, also after a rename.
    [[noreturn]] static void fail(std::string_view operation, int fd) {
        const int error = errno;
        std::error_code ignored;
        const Path link = "/proc/self/fd/" + std::to_string(fd);
        const Path path = std::filesystem::read_symlink(link, ignored);
        throw FileError(error, operation, ignored ? link : path);
    }
    static bool isRegular(int fd) {
        struct stat status {};
        return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    }
    static mode_t modeOf(const Path& path) {
        struct stat status {};
        if (::lstat(path.c_str(), &status) == 0) return status.st_mode;
        if (errno != ENOENT && errno != ENOTDIR) throw FileError(errno, "look at", path);
        return 0;
    }
};

Path temporaryBeside(const Path& path) {
    static std::atomic<std::uint64_t> count{0};
    const std::uint64_t parts[] = {static_cast<std::uint64_t>(::getpid()), count++, static_cast<std::uint64_t>(monotonicNanoseconds())};
    Path temporary = path;
    temporary += ".tmp-" + hex(hash64(std::as_bytes(std::span(parts))));
    return temporary;
}

void writeTemporary(const Path& temporary, std::string_view bytes, FileOps& files) {
    FileHandle file(files, temporary, OpenMode::createNew);
    file.write(asBytes(bytes));
    file.syncAll();
    file.close();
}

}  // namespace

FileError::FileError(int systemError, std::string_view operation, const Path& path)
    : Error(ExitCode::io, codeFor(systemError, operation), describe(systemError, operation), printable(path.native(), 400), adviceFor(systemError)),
      m_systemError(systemError) {}

bool FileError::diskFull() const noexcept { return meansFull(m_systemError); }

FileOps& realFiles() {
    static RealFiles files;
    return files;
}

FileHandle::FileHandle(FileOps& files, const Path& path, OpenMode mode) : m_files(files), m_path(path), m_fd(files.open(path, mode)) {}

FileHandle::~FileHandle() {
    try {
        close();
    } catch (const std::exception&) {   // whoever cares has called close()
    }
}

FileHandle::FileHandle(FileHandle&& other) noexcept : m_files(other.m_files), m_path(std::move(other.m_path)), m_fd(std::exchange(other.m_fd, -1)) {}

void FileHandle::write(Bytes bytes) {
    while (!bytes.empty()) bytes = bytes.subspan(m_files.writeSome(m_fd, bytes));
}

void FileHandle::read(std::span<std::byte> into, std::uint64_t offset) const {
    while (!into.empty()) {
        const std::size_t count = m_files.readSome(m_fd, into, offset);
        if (count == 0)
            throw Error(ExitCode::badInput, "file.truncated", "the file ends at byte " + std::to_string(offset) + ", " + std::to_string(into.size()) + " bytes too soon",
                        printable(m_path.native(), 400), "fetch or write it again");
        into = into.subspan(count);
        offset += count;
    }
}

std::uint64_t FileHandle::size() const { return m_files.size(m_fd); }
void FileHandle::syncData() { m_files.syncData(m_fd); }
void FileHandle::syncAll() { m_files.syncAll(m_fd); }

void FileHandle::close() {
    if (m_fd >= 0) m_files.close(std::exchange(m_fd, -1));
}

std::string readWhole(const Path& path, std::uint64_t limit, FileOps& files) {
    const FileHandle file(files, path, OpenMode::read);
    const std::uint64_t size = file.size();
    if (size > limit)
        throw Error(ExitCode::badInput, "file.too_large", std::to_string(size) + " bytes where at most " + std::to_string(limit) + " are allowed",
                    printable(path.native(), 400), "check that this is the right file");
    std::string bytes(size, '\0');
    file.read(std::as_writable_bytes(std::span(bytes)), 0);
    return bytes;
}

void replaceAtomically(const Path& path, std::string_view bytes, FileOps& files) {
    const Path temporary = temporaryBeside(path);
    try {
        writeTemporary(temporary, bytes, files);
        files.renameOver(temporary, path);
    } catch (...) {
        try {
            if (files.exists(temporary)) files.removeFile(temporary);
        } catch (const std::exception&) {   // the first error is the one to tell
        }
        throw;
    }
    const Path folder = path.parent_path();
    files.syncFolder(folder.empty() ? Path(".") : folder);
}

std::uint64_t freeBytes(const Path& path) { return realFiles().freeBytes(path); }

void removeTree(const Path& folder, FileOps& files) {
    if (!files.exists(folder)) return;
    if (!files.isFolder(folder)) return files.removeFile(folder);
    for (const std::string& name : files.list(folder)) removeTree(folder / name, files);
    files.removeFolder(folder);
}

}  // namespace moescope::base
