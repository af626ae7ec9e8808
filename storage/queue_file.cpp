// queue.json, read with suspicion and written whole.
#include "storage/queue_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/files.hpp"

namespace moescope::storage {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr int kVersion = 1;
constexpr std::uint64_t kLargest = 256ull << 20;
constexpr std::array<const char*, 4> kStates{"waiting", "running", "done", "failed"};

fs::path fileOf(const Store& store) { return store.folder() / "queue.json"; }

Json toJson(const QueueEntry& entry) {
    Json json{{"id", entry.id}, {"study", entry.study}, {"name", entry.name}, {"group", entry.group}, {"tags", entry.tags}, {"state", kStates[static_cast<std::size_t>(entry.state)]},
              {"run", entry.run}, {"reason", entry.reason}, {"started_us", entry.startedUs}};
    if (!entry.config.empty()) json["config"] = Json::parse(entry.config);
    return json;
}

Json toJson(const QueueStudy& study) { return {{"id", study.id}, {"title", study.title}, {"axis", study.axis}, {"group_by", study.groupBy}, {"runs", study.runs}, {"told", study.told}}; }

QueueEntry entryOf(const Json& json) {
    QueueEntry entry;
    entry.id = json.at("id").get<std::int64_t>();
    entry.study = json.value("study", std::int64_t{0});
    entry.name = json.value("name", std::string());
    entry.group = json.value("group", std::string());
    entry.tags = json.value("tags", std::vector<std::string>());
    const auto state = std::ranges::find(kStates, json.at("state").get<std::string>(), [](const char* word) { return std::string(word); });
    if (state == kStates.end()) throw std::invalid_argument("a state that is none");
    entry.state = static_cast<QueueState>(state - kStates.begin());
    entry.run = json.value("run", std::string());
    entry.reason = json.value("reason", std::string());
    entry.startedUs = json.value("started_us", std::int64_t{0});
    if (json.contains("config")) entry.config = json["config"].dump();
    if (entry.config.empty() && entry.state == QueueState::waiting) throw std::invalid_argument("an entry without settings");
    return entry;
}

QueueStudy studyOf(const Json& json) {
    return {json.at("id").get<std::int64_t>(), json.value("title", std::string()), json.value("axis", std::string()), json.value("group_by", std::string()), json.value("runs", std::vector<std::string>()), json.value("told", false)};
}

QueueFile parse(const std::string& text) {
    const Json json = Json::parse(text);
    if (json.at("version").get<int>() > kVersion)
        throw base::Error(base::ExitCode::newerSchema, "queue.newer", "the queue was written by a newer MoEScope", "queue.json", "use that one, or move the file away");
    QueueFile file;
    file.paused = json.value("paused", false);
    file.atOnce = std::clamp(json.value("at_once", 0), 0, 64);
    std::set<std::int64_t> ids;
    for (const Json& each : json.at("entries")) {
        file.entries.push_back(entryOf(each));
        if (!ids.insert(file.entries.back().id).second) throw std::invalid_argument("two entries with one id");
    }
    for (const Json& each : json.at("studies")) {
        file.studies.push_back(studyOf(each));
        ids.insert(file.studies.back().id);
    }
    file.next = ids.empty() ? 1 : std::max<std::int64_t>(1, *ids.rbegin() + 1);
    return file;
}

}  // namespace

QueueRead readQueue(const Store& store) {
    std::error_code ignored;
    if (!fs::exists(fileOf(store), ignored)) return {};
    try {
        return {parse(base::readWhole(fileOf(store), kLargest)), {}};
    } catch (const base::Error& error) {
        if (error.exit() != base::ExitCode::badInput) throw;
    } catch (const std::exception&) {
        // Not JSON, or not a queue: as below.
    }
    fs::path bad = fileOf(store);
    bad += ".bad-" + std::to_string(base::wallMicroseconds());
    fs::rename(fileOf(store), bad, ignored);
    return {{}, "The queue could not be read. It was set aside as " + bad.filename().string() + "."};
}

void writeQueue(const Store& store, const QueueFile& file) {
    Json json{{"version", kVersion}, {"paused", file.paused}, {"at_once", file.atOnce}, {"entries", Json::array()}, {"studies", Json::array()}};
    for (const QueueEntry& entry : file.entries) json["entries"].push_back(toJson(entry));
    for (const QueueStudy& study : file.studies) json["studies"].push_back(toJson(study));
    std::error_code ignored;
    fs::create_directories(store.folder(), ignored);
    base::replaceAtomically(fileOf(store), json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<QueueLock> QueueLock::tryAcquire(const Store& store) {
    std::error_code ignored;
    fs::create_directories(store.folder(), ignored);
    const int fd = ::open((store.folder() / "queue.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return std::nullopt;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return QueueLock(fd);
    ::close(fd);
    return std::nullopt;
}

QueueLock::QueueLock(QueueLock&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}

QueueLock& QueueLock::operator=(QueueLock&& other) noexcept {
    std::swap(m_fd, other.m_fd);
    return *this;
}

QueueLock::~QueueLock() {
    if (m_fd >= 0) ::close(m_fd);
}

}  // namespace moescope::storage
