// File operations that fail on demand.
#include "core/base/fault.hpp"
#include "core/base/files.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <map>

namespace moescope::base {

namespace {

constexpr std::size_t kSector = 512;

class HookedFiles final : public FileOps {
public:
    HookedFiles(FileOps& inner, const std::string& prefix)
        : m_inner(inner), m_write(prefix + ".write"), m_sync(prefix + ".fsync"), m_rename(prefix + ".rename"), m_folderSync(prefix + ".dirsync") {}

    int open(const Path& path, OpenMode mode) override {
        const int fd = m_inner.open(path, mode);
        m_paths.insert_or_assign(fd, path);
        return fd;
    }
    void close(int fd) override { m_paths.erase(fd); m_inner.close(fd); }
    std::size_t writeSome(int fd, Bytes bytes) override {
        const fault::Action action = due(m_write, "write", m_paths[fd]);
        if (action == fault::Action::shortWrite) return m_inner.writeSome(fd, bytes.first((bytes.size() + 1) / 2));
        if (action == fault::Action::torn) tear(fd, bytes);
        if (action == fault::Action::bitflip) return writeSpoiled(fd, bytes);
        return m_inner.writeSome(fd, bytes);
    }
    std::size_t readSome(int fd, std::span<std::byte> into, std::uint64_t offset) override { return m_inner.readSome(fd, into, offset); }
    std::uint64_t size(int fd) override { return m_inner.size(fd); }
    void syncData(int fd) override { due(m_sync, "sync", m_paths[fd]); m_inner.syncData(fd); }
    void syncAll(int fd) override { due(m_sync, "sync", m_paths[fd]); m_inner.syncAll(fd); }
    void syncFolder(const Path& folder) override { due(m_folderSync, "sync", folder); m_inner.syncFolder(folder); }
    void makeFolder(const Path& folder) override { m_inner.makeFolder(folder); }
    void renameNew(const Path& from, const Path& to) override { due(m_rename, "rename to", to); m_inner.renameNew(from, to); }
    void renameOver(const Path& from, const Path& to) override { due(m_rename, "rename to", to); m_inner.renameOver(from, to); }
    void removeFile(const Path& path) override { m_inner.removeFile(path); }
    void removeFolder(const Path& folder) override { m_inner.removeFolder(folder); }
    std::vector<std::string> list(const Path& folder) override { return m_inner.list(folder); }
    bool exists(const Path& path) override { return m_inner.exists(path); }
    bool isFolder(const Path& path) override { return m_inner.isFolder(path); }
    std::uint64_t freeBytes(const Path& path) override { return m_inner.freeBytes(path); }

private:
    static fault::Action due(const std::string& site, std::string_view operation, const Path& path) {
        const fault::Action action = fault::pass(site);
        if (const int error = fault::systemError(action); error != 0) throw FileError(error, operation, path);
        return action;
    }
    [[noreturn]] void tear(int fd, Bytes bytes) {
        const std::size_t half = bytes.size() / 2;
        if (half > 0) m_inner.writeSome(fd, bytes.first(std::max<std::size_t>(half - half % kSector, std::min(half, kSector))));
        ::kill(::getpid(), SIGKILL);
        for (;;) ::pause();
    }
    std::size_t writeSpoiled(int fd, Bytes bytes) {
        std::vector<std::byte> copy(bytes.begin(), bytes.end());
        if (!copy.empty()) copy[copy.size() / 2] ^= std::byte{0x10};
        return m_inner.writeSome(fd, copy);
    }

    FileOps& m_inner;
    std::string m_write, m_sync, m_rename, m_folderSync;
    std::map<int, Path> m_paths;
};

}  // namespace

std::unique_ptr<FileOps> hookedFiles(FileOps& inner, std::string prefix) { return std::make_unique<HookedFiles>(inner, prefix); }

}  // namespace moescope::base
