// A disk in memory that keeps apart what programs see and what would survive a power cut, and that can fail at any operation.
#pragma once

#include "core/base/counter_random.hpp"
#include "core/base/files.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace moescope::checkpoint::testing {

// The power is gone: thrown by the operation it happens in, and by all after it.
struct PowerCut : std::runtime_error {
    PowerCut() : std::runtime_error("power cut") {}
};

// What is not synced survives a power cut or not, in any combination: contents are kept, dropped, cut at a sector or filled with zeros; each
// creation, removal and rename in a folder happens or not (a rename as a whole). Only paths below "/" and plain names; one thread.
class SimulatedDisk final : public base::FileOps {
public:
    enum class Trouble { none, powerCut, ioError };

    struct Plan {
        Trouble trouble = Trouble::none;
        int at = 0;                                  // 1 = the first operation that changes or syncs
        bool honestSyncData = true;                  // false: fdatasync and fsync do nothing (a control that must show losses)
        bool honestSyncFolder = true;
        std::uint64_t capacity = ~std::uint64_t{0};  // bytes of all files
        bool admitsBeingFull = true;                 // false: freeBytes() claims plenty of room
        std::uint64_t changeEvery = 0;               // n > 0: every n-th write stores one wrong bit
    };

    explicit SimulatedDisk();
    void start(const Plan& plan);                    // counts operations from here
    int operations() const { return m_count; }
    const std::vector<std::string>& log() const { return m_log; }   // "sync 3", "rename /a /b"...

    // The state after the power came back; `random` decides what survived. All descriptors are gone.
    void powerUp(const base::RandomKey& random);
    // Another disk with the same state, durable and not.
    SimulatedDisk copy() const;
    // For damage: the bytes of a file.
    std::string& contentOf(const base::Path& path);

    int open(const base::Path& path, base::OpenMode mode) override;
    void close(int fd) override;
    std::size_t writeSome(int fd, base::Bytes bytes) override;
    std::size_t readSome(int fd, std::span<std::byte> into, std::uint64_t offset) override;
    std::uint64_t size(int fd) override;
    void syncData(int fd) override;
    void syncAll(int fd) override;
    void syncFolder(const base::Path& folder) override;
    void makeFolder(const base::Path& folder) override;
    void renameNew(const base::Path& from, const base::Path& to) override;
    void renameOver(const base::Path& from, const base::Path& to) override;
    void removeFile(const base::Path& path) override;
    void removeFolder(const base::Path& folder) override;
    std::vector<std::string> list(const base::Path& folder) override;
    bool exists(const base::Path& path) override;
    bool isFolder(const base::Path& path) override;
    std::uint64_t freeBytes(const base::Path& path) override;

private:
    struct Node;
    using NodePtr = std::shared_ptr<Node>;
    using Entries = std::map<std::string, NodePtr>;
    // One change in a folder: names that go (to nothing) and come together.
    using Change = std::vector<std::pair<std::string, NodePtr>>;
    struct Node {
        bool folder = false;
        std::string bytes, durableBytes;
        Entries entries, durableEntries;
        std::vector<Change> pending;
    };

    void step(const std::string& what, std::string_view operation, const base::Path& path);
    Node* find(const base::Path& path) const;
    Node& folderOf(const base::Path& path) const;
    void apply(Node& folder, Change change);
    void survive(Node& node, const base::RandomStream& random, std::uint64_t& draw);
    std::uint64_t usedBytes(const Node& node) const;
    static NodePtr clone(const NodePtr& node, std::map<const Node*, NodePtr>& done);

    NodePtr m_root;
    std::map<int, std::pair<NodePtr, base::Path>> m_open;
    int m_nextFd = 3;
    int m_count = 0;
    std::uint64_t m_writes = 0;
    bool m_dead = false;
    Plan m_plan;
    std::vector<std::string> m_log;
};

}  // namespace moescope::checkpoint::testing
