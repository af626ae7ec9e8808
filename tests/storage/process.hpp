// Children of the test: one that a fault kills, one that may not write.
#pragma once

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <vector>

namespace moescope::storage::testing {

struct ChildEnd {
    int status = 0;                   // of waitpid
    std::vector<std::int64_t> said;   // numbers it told
    bool killed() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }
    int exitCode() const { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
};

// Runs `work(say)` in a child; what it returns is the exit code, an exception is 99.
inline ChildEnd inChild(const std::function<int(const std::function<void(std::int64_t)>&)>& work) {
    int pipe[2];
    if (::pipe(pipe) != 0) ADD_FAILURE() << "no pipe";
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(pipe[0]);
        int code = 99;
        try {
            code = work([&](std::int64_t number) {
                if (::write(pipe[1], &number, sizeof number) != sizeof number) ::_exit(98);
            });
        } catch (...) {
        }
        ::_exit(code);
    }
    ::close(pipe[1]);
    ChildEnd end;
    std::int64_t number = 0;
    while (::read(pipe[0], &number, sizeof number) == sizeof number) end.said.push_back(number);
    ::close(pipe[0]);
    ::waitpid(pid, &end.status, 0);
    return end;
}

// The same as a user to whom `place` and all in it is read-only.
inline ChildEnd asReader(const std::filesystem::path& place, const std::function<int(const std::function<void(std::int64_t)>&)>& work) {
    namespace fs = std::filesystem;
    const bool root = ::geteuid() == 0;
    for (fs::path up = place; root && up != up.root_path() && up != fs::temp_directory_path(); up = up.parent_path()) fs::permissions(up, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec);
    std::vector<fs::path> folders = {place};
    for (const auto& entry : fs::recursive_directory_iterator(place))
        if (entry.is_directory()) folders.push_back(entry.path());
    for (const fs::path& folder : folders) fs::permissions(folder, fs::perms::owner_write, root ? fs::perm_options::add : fs::perm_options::remove);
    const ChildEnd end = inChild([&](const auto& say) {
        if (root && (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0)) return 97;
        return work(say);
    });
    for (const fs::path& folder : folders) fs::permissions(folder, fs::perms::owner_write, fs::perm_options::add);
    return end;
}

}  // namespace moescope::storage::testing
