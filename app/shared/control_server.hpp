// The running engine's ear: JSON lines on a user-only Unix socket, answered by the thread that trains.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace moescope::app {

/// One line from a client; answer() takes its id.
struct ControlRequest {
    std::uint64_t id = 0;
    std::string line;
};

/// Listens from construction to destruction. Its own thread accepts, reads and writes; `next`, `answer` and `attached`
/// may be called from any thread. Limits: 64 KiB a line, 100 clients, 256 requests waiting; a client that breaks them, is
/// of another user, hangs or dies changes nothing for the others.
class ControlServer {
public:
    explicit ControlServer(const std::filesystem::path& socket);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    /// The oldest waiting request; waits up to `milliseconds` for one.
    std::optional<ControlRequest> next(int milliseconds);
    void answer(std::uint64_t id, const std::string& line);
    /// Wakes a waiting next(); async-signal-safe.
    void wake() noexcept;
    /// Number of clients connected now: a window that watches keeps its connection.
    int attached() const;

private:
    struct Client {
        int fd = -1;
        std::string input, output;
        bool closing = false;
    };

    void serve();
    void acceptClient();
    bool readClient(std::uint64_t client);
    bool writeClient(Client& client);
    void takeLines(std::uint64_t key, Client& client);
    void refuse(Client& client, const char* text);
    void drainWake();

    std::filesystem::path m_socket;
    int m_listen = -1;
    int m_wakeRead = -1, m_wakeWrite = -1;
    mutable std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::map<std::uint64_t, Client> m_clients;       // by connection number
    std::map<std::uint64_t, std::uint64_t> m_owner;  // request id -> connection number
    std::deque<ControlRequest> m_requests;
    std::uint64_t m_nextClient = 1, m_nextRequest = 1;
    bool m_stop = false;
    bool m_woken = false;
    std::thread m_thread;
};

}  // namespace moescope::app
