// flock on run.lock, with the holder's particulars inside.
#include "storage/run_lock.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/files.hpp"
#include "core/base/numbers.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLockBytes = 4096;

fs::path lockFile(const fs::path& folder) { return folder / "run.lock"; }

int tryLock(int fd, int kind) {
    int result;
    do result = ::flock(fd, kind | LOCK_NB);
    while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

// Field 22 of /proc/PID/stat; the command's name before it may hold anything, so count from its last bracket.
std::int64_t startTicksOf(std::int64_t pid) {
    const fs::path file = "/proc/" + std::to_string(pid) + "/stat";
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    char text[2048];
    const ssize_t size = ::read(fd, text, sizeof text);
    ::close(fd);
    std::string_view rest(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto bracket = rest.rfind(')');
    if (bracket == std::string_view::npos) return 0;
    rest.remove_prefix(bracket + 1);
    for (int field = 3; field < 23; ++field) {   // each field has a space before it
        const auto space = rest.find(' ');
        if (space == std::string_view::npos) return 0;
        rest.remove_prefix(space + 1);
        if (field == 22) break;
    }
    return base::toInt(rest.substr(0, rest.find(' '))).value_or(0);
}

Holder parse(std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    Holder holder;
    if (!json.is_object()) return holder;
    const auto number = [&](const char* key) { return json.contains(key) && json[key].is_number_integer() ? json[key].get<std::int64_t>() : 0; };
    holder.pid = number("pid");
    holder.startUs = number("start_us");
    holder.startTicks = number("start_ticks");
    if (json.contains("socket") && json["socket"].is_string()) holder.socketPath = json["socket"];
    return holder;
}

Holder readHolder(int fd) {
    char text[kLockBytes];
    const ssize_t size = ::pread(fd, text, sizeof text, 0);
    return size > 0 ? parse({text, static_cast<std::size_t>(size)}) : Holder{};
}

void writeHolder(int fd, const std::string& socketPath, const fs::path& file) {
    const nlohmann::json json = {{"pid", ::getpid()}, {"start_us", base::wallMicroseconds()}, {"start_ticks", startTicksOf(::getpid())}, {"socket", socketPath}};
    const std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        throw base::FileError(errno, "write", file);
}

base::Error heldBy(const Holder& holder, const fs::path& folder) {
    const std::string who = holder.pid > 0 ? "process " + std::to_string(holder.pid) : "another program";
    return base::Error(base::ExitCode::locked, "run.locked", who + " is using this run", folder.string(),
                       "wait until it ends, steer it with \"moescope-engine send\", or stop it first");
}

}  // namespace

RunLock RunLock::acquire(const fs::path& runFolder, const std::string& socketPath, std::chrono::milliseconds patience) {
    const fs::path file = lockFile(runFolder);
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) throw base::FileError(errno, "open", file);
    RunLock lock(runFolder, fd);
    const auto end = std::chrono::steady_clock::now() + patience;
    while (const int error = tryLock(fd, LOCK_EX)) {
        if (error != EWOULDBLOCK) throw base::FileError(error, "lock", file);
        if (std::chrono::steady_clock::now() >= end) throw heldBy(readHolder(fd), runFolder);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    writeHolder(fd, socketPath, file);
    return lock;
}

RunLock::~RunLock() { release(); }
RunLock::RunLock(RunLock&& other) noexcept : m_folder(other.m_folder), m_fd(std::exchange(other.m_fd, -1)) {}
RunLock& RunLock::operator=(RunLock&& other) noexcept {
    if (this != &other) {
        release();
        m_folder = other.m_folder;
        m_fd = std::exchange(other.m_fd, -1);
    }
    return *this;
}

void RunLock::release() {
    if (m_fd < 0) return;
    ::flock(m_fd, LOCK_UN);   // a child of fork() may still have the descriptor
    ::close(std::exchange(m_fd, -1));
}

std::optional<Holder> probeRunning(const fs::path& runFolder) {
    const int fd = ::open(lockFile(runFolder).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return std::nullopt;
    std::optional<Holder> holder;
    if (tryLock(fd, LOCK_SH) == EWOULDBLOCK) holder = readHolder(fd);
    ::close(fd);
    return holder;
}

bool isAlive(const Holder& holder) {
    if (holder.pid <= 0 || (::kill(static_cast<pid_t>(holder.pid), 0) != 0 && errno == ESRCH)) return false;
    return holder.startTicks == 0 || startTicksOf(holder.pid) == holder.startTicks;
}

}  // namespace moescope::storage
