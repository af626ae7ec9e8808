// The simulated disk: trees of nodes, each with what is seen and what is durable.
#include "tests/checkpoint/simulated_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace moescope::checkpoint::testing {

using base::FileError;
using base::Path;

namespace {

constexpr std::size_t kSector = 512;

}  // namespace

SimulatedDisk::SimulatedDisk() : m_root(std::make_shared<Node>()) { m_root->folder = true; }

void SimulatedDisk::start(const Plan& plan) {
    m_plan = plan;
    m_count = 0;
    m_writes = 0;
    m_log.clear();
}

void SimulatedDisk::step(const std::string& what, std::string_view operation, const Path& path) {
    if (m_dead) throw PowerCut();
    m_log.push_back(what);
    if (++m_count != m_plan.at) return;
    if (m_plan.trouble == Trouble::ioError) throw FileError(EIO, operation, path);
    if (m_plan.trouble != Trouble::powerCut) return;
    m_dead = true;
    throw PowerCut();
}

SimulatedDisk::Node* SimulatedDisk::find(const Path& path) const {
    Node* node = m_root.get();
    for (const Path& part : path.relative_path()) {
        const auto entry = node->entries.find(part.native());
        if (entry == node->entries.end()) return nullptr;
        node = entry->second.get();
    }
    return node;
}

SimulatedDisk::Node& SimulatedDisk::folderOf(const Path& path) const {
    Node* folder = find(path.parent_path());
    if (folder == nullptr || !folder->folder) throw FileError(ENOENT, "find", path);
    return *folder;
}

void SimulatedDisk::apply(Node& folder, Change change) {
    for (const auto& [name, node] : change) {
        if (node) folder.entries[name] = node;
        else folder.entries.erase(name);
    }
    folder.pending.push_back(std::move(change));
}

int SimulatedDisk::open(const Path& path, base::OpenMode mode) {
    Node* found = find(path);
    if (mode == base::OpenMode::read) {
        if (m_dead) throw PowerCut();
        if (found == nullptr) throw FileError(ENOENT, "open", path);
        if (found->folder) throw base::Error(base::ExitCode::badInput, "file.not_regular", "not a regular file", path.native(), "give the path of a file");
    } else {
        step("create " + path.native(), "open", path);
        if (found != nullptr) throw FileError(EEXIST, "open", path);
        apply(folderOf(path), {{path.filename().native(), std::make_shared<Node>()}});
    }
    Node& folder = folderOf(path);
    m_open[m_nextFd] = {folder.entries.at(path.filename().native()), path};
    return m_nextFd++;
}

void SimulatedDisk::close(int fd) {
    if (m_dead) throw PowerCut();
    m_open.erase(fd);
}

std::size_t SimulatedDisk::writeSome(int fd, base::Bytes bytes) {
    auto& [node, path] = m_open.at(fd);
    step("write " + std::to_string(fd), "write", path);
    const std::uint64_t used = usedBytes(*m_root);
    if (used >= m_plan.capacity) throw FileError(ENOSPC, "write", path);
    const std::size_t count = std::min<std::uint64_t>(bytes.size(), m_plan.capacity - used);
    node->bytes.append(reinterpret_cast<const char*>(bytes.data()), count);
    if (m_plan.changeEvery > 0 && ++m_writes % m_plan.changeEvery == 0) node->bytes.back() ^= 4;
    return count;
}

std::size_t SimulatedDisk::readSome(int fd, std::span<std::byte> into, std::uint64_t offset) {
    if (m_dead) throw PowerCut();
    const std::string& bytes = m_open.at(fd).first->bytes;
    if (offset >= bytes.size()) return 0;
    const std::size_t count = std::min<std::uint64_t>(into.size(), bytes.size() - offset);
    std::memcpy(into.data(), bytes.data() + offset, count);
    return count;
}

std::uint64_t SimulatedDisk::size(int fd) { return m_open.at(fd).first->bytes.size(); }

void SimulatedDisk::syncData(int fd) {
    auto& [node, path] = m_open.at(fd);
    step("sync " + std::to_string(fd), "sync", path);
    if (m_plan.honestSyncData) node->durableBytes = node->bytes;
}

void SimulatedDisk::syncAll(int fd) { syncData(fd); }

void SimulatedDisk::syncFolder(const Path& folder) {
    step("syncFolder " + folder.native(), "sync", folder);
    Node* node = find(folder);
    if (node == nullptr) throw FileError(ENOENT, "sync", folder);
    if (!m_plan.honestSyncFolder) return;
    node->durableEntries = node->entries;
    node->pending.clear();
}

void SimulatedDisk::makeFolder(const Path& folder) {
    step("makeFolder " + folder.native(), "make the folder", folder);
    if (exists(folder)) throw FileError(EEXIST, "make the folder", folder);
    auto node = std::make_shared<Node>();
    node->folder = true;
    apply(folderOf(folder), {{folder.filename().native(), node}});
}

void SimulatedDisk::renameNew(const Path& from, const Path& to) {
    if (exists(to)) throw FileError(EEXIST, "rename to", to);
    renameOver(from, to);
}

void SimulatedDisk::renameOver(const Path& from, const Path& to) {
    step("rename " + from.native() + " " + to.native(), "rename to", to);
    if (find(from) == nullptr) throw FileError(ENOENT, "rename to", to);
    Node& folder = folderOf(from);
    if (&folder != &folderOf(to)) throw std::logic_error("the simulated disk renames within a folder only");
    const NodePtr node = folder.entries.at(from.filename().native());
    apply(folder, {{from.filename().native(), nullptr}, {to.filename().native(), node}});
}

void SimulatedDisk::removeFile(const Path& path) {
    step("remove " + path.native(), "remove", path);
    Node* node = find(path);
    if (node == nullptr || node->folder) throw FileError(node == nullptr ? ENOENT : EISDIR, "remove", path);
    apply(folderOf(path), {{path.filename().native(), nullptr}});
}

void SimulatedDisk::removeFolder(const Path& folder) {
    step("removeFolder " + folder.native(), "remove the folder", folder);
    Node* node = find(folder);
    if (node == nullptr) throw FileError(ENOENT, "remove the folder", folder);
    if (!node->entries.empty()) throw FileError(ENOTEMPTY, "remove the folder", folder);
    apply(folderOf(folder), {{folder.filename().native(), nullptr}});
}

std::vector<std::string> SimulatedDisk::list(const Path& folder) {
    if (m_dead) throw PowerCut();
    const Node* node = find(folder);
    if (node == nullptr) throw FileError(ENOENT, "list", folder);
    std::vector<std::string> names;
    for (const auto& [name, child] : node->entries) names.push_back(name);
    return names;
}

bool SimulatedDisk::exists(const Path& path) {
    if (m_dead) throw PowerCut();
    return find(path) != nullptr;
}

bool SimulatedDisk::isFolder(const Path& path) {
    const Node* node = find(path);
    return node != nullptr && node->folder;
}

std::uint64_t SimulatedDisk::freeBytes(const Path&) {
    if (!m_plan.admitsBeingFull) return std::uint64_t{1} << 60;
    const std::uint64_t used = usedBytes(*m_root);
    return m_plan.capacity > used ? m_plan.capacity - used : 0;
}

std::uint64_t SimulatedDisk::usedBytes(const Node& node) const {
    std::uint64_t sum = node.bytes.size();
    for (const auto& [name, child] : node.entries) sum += usedBytes(*child);
    return sum;
}

std::string& SimulatedDisk::contentOf(const Path& path) {
    Node* node = find(path);
    if (node == nullptr) throw std::logic_error("no such file: " + path.native());
    return node->bytes;
}

// A file: synced bytes, with none, a part or all of what was appended after; a part ends at a sector, the rest may read as zeros.
void SimulatedDisk::survive(Node& node, const base::RandomStream& random, std::uint64_t& draw) {
    if (!node.folder) {
        const std::string seen = node.bytes;
        switch (random.below(draw++, 4)) {
            case 0: node.bytes = node.durableBytes; break;
            case 1: break;
            case 2: node.bytes.resize(std::clamp<std::size_t>(random.below(draw++, seen.size() + 1) / kSector * kSector, std::min(node.durableBytes.size(), seen.size()), seen.size())); break;
            default: std::fill(node.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(node.durableBytes.size(), seen.size())), node.bytes.end(), '\0'); break;
        }
        node.durableBytes = node.bytes;
        return;
    }
    node.entries = node.durableEntries;
    for (const Change& change : node.pending)
        if (random.below(draw++, 2) == 0)
            for (const auto& [name, child] : change) {
                if (child) node.entries[name] = child;
                else node.entries.erase(name);
            }
    node.pending.clear();
    node.durableEntries = node.entries;
    for (const auto& [name, child] : node.entries) survive(*child, random, draw);
}

void SimulatedDisk::powerUp(const base::RandomKey& key) {
    m_open.clear();
    m_dead = false;
    std::uint64_t draw = 0;
    survive(*m_root, base::RandomStream(key), draw);
    start({});
}

SimulatedDisk::NodePtr SimulatedDisk::clone(const NodePtr& node, std::map<const Node*, NodePtr>& done) {
    if (!node) return nullptr;
    if (const auto found = done.find(node.get()); found != done.end()) return found->second;
    const NodePtr twin = std::make_shared<Node>(*node);
    done[node.get()] = twin;
    for (auto& [name, child] : twin->entries) child = clone(child, done);
    for (auto& [name, child] : twin->durableEntries) child = clone(child, done);
    for (Change& change : twin->pending)
        for (auto& [name, child] : change) child = clone(child, done);
    return twin;
}

SimulatedDisk SimulatedDisk::copy() const {
    SimulatedDisk twin;
    std::map<const Node*, NodePtr> done;
    twin.m_root = clone(m_root, done);
    twin.m_dead = m_dead;
    return twin;
}

}  // namespace moescope::checkpoint::testing
