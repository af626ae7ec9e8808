// Accepts, reads and answers on the control socket with poll().
#include "app/shared/control_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "core/base/error.hpp"

namespace moescope::app {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::size_t kMostClients = 100;
constexpr std::size_t kMostRequests = 256;
constexpr std::size_t kMostOutput = 1024 * 1024;

base::Error cannotListen(const std::filesystem::path& socket) {
    return {base::ExitCode::io, "control.listen", std::string("cannot listen for commands: ") + std::strerror(errno),
            socket.string(), "check that the folder is writable"};
}

int listenOn(const std::filesystem::path& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket.string();
    if (path.size() >= sizeof address.sun_path) throw cannotListen(socket);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    unlink(path.c_str());  // of a dead engine: the caller holds the run's lock
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const mode_t before = umask(0177);
    const bool bound = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    umask(before);
    if (!bound || listen(fd, 16) != 0) throw cannotListen(socket);
    return fd;
}

bool sameUser(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid();
}

}  // namespace

ControlServer::ControlServer(const std::filesystem::path& socket) : m_socket(socket), m_listen(listenOn(socket)) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw cannotListen(socket);
    m_wakeRead = ends[0];
    m_wakeWrite = ends[1];
    m_thread = std::thread([this] { serve(); });
}

ControlServer::~ControlServer() {
    {
        std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    wake();
    m_thread.join();
    for (auto& [key, client] : m_clients) {
        writeClient(client);
        ::close(client.fd);
    }
    ::close(m_listen);
    ::close(m_wakeRead);
    ::close(m_wakeWrite);
    unlink(m_socket.c_str());
}

void ControlServer::wake() noexcept {
    const char byte = 1;
    [[maybe_unused]] const ssize_t written = write(m_wakeWrite, &byte, 1);
}

int ControlServer::attached() const {
    std::lock_guard lock(m_mutex);
    return static_cast<int>(m_clients.size());
}

std::optional<ControlRequest> ControlServer::next(int milliseconds) {
    std::unique_lock lock(m_mutex);
    if (m_requests.empty() && milliseconds > 0)
        m_arrived.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return !m_requests.empty() || m_woken; });
    m_woken = false;
    if (m_requests.empty()) return std::nullopt;
    ControlRequest request = std::move(m_requests.front());
    m_requests.pop_front();
    return request;
}

void ControlServer::answer(std::uint64_t id, const std::string& line) {
    std::lock_guard lock(m_mutex);
    const auto owner = m_owner.find(id);
    if (owner == m_owner.end()) return;
    const auto client = m_clients.find(owner->second);
    m_owner.erase(owner);
    if (client == m_clients.end()) return;
    client->second.output += line;
    client->second.output += '\n';
    writeClient(client->second);
    if (!client->second.output.empty()) wake();
}

void ControlServer::serve() {
    for (;;) {
        std::vector<pollfd> waits{{m_listen, POLLIN, 0}, {m_wakeRead, POLLIN, 0}};
        std::vector<std::uint64_t> keys;
        {
            std::lock_guard lock(m_mutex);
            if (m_stop) return;
            for (const auto& [key, client] : m_clients) {
                const short wanted = static_cast<short>(client.output.empty() ? POLLIN : POLLIN | POLLOUT);
                waits.push_back({client.fd, wanted, 0});
                keys.push_back(key);
            }
        }
        poll(waits.data(), waits.size(), -1);
        std::lock_guard lock(m_mutex);
        if (waits[1].revents) drainWake();
        if (waits[0].revents) acceptClient();
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (!waits[i + 2].revents) continue;
            auto found = m_clients.find(keys[i]);
            if (found == m_clients.end()) continue;
            const bool alive = readClient(keys[i]) && writeClient(found->second);
            if (alive && !(found->second.closing && found->second.output.empty())) continue;
            ::close(found->second.fd);
            m_clients.erase(found);
        }
    }
}

void ControlServer::drainWake() {
    char buffer[64];
    while (read(m_wakeRead, buffer, sizeof buffer) > 0) {
    }
    m_woken = true;
    m_arrived.notify_all();
}

void ControlServer::acceptClient() {
    const int fd = accept4(m_listen, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (!sameUser(fd) || m_clients.size() >= kMostClients) {
        ::close(fd);
        return;
    }
    m_clients[m_nextClient++] = Client{fd, {}, {}, false};
}

bool ControlServer::readClient(std::uint64_t key) {
    Client& client = m_clients[key];
    char buffer[8192];
    const ssize_t got = recv(client.fd, buffer, sizeof buffer, 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (client.closing) return true;
    client.input.append(buffer, static_cast<std::size_t>(got));
    takeLines(key, client);
    if (client.input.size() > kLongestLine) refuse(client, "a command line may have 64 KiB at most");
    return client.output.size() <= kMostOutput;
}

void ControlServer::takeLines(std::uint64_t key, Client& client) {
    for (std::size_t end; (end = client.input.find('\n')) != std::string::npos && !client.closing;) {
        std::string line = client.input.substr(0, end);
        client.input.erase(0, end + 1);
        if (line.size() > kLongestLine) return refuse(client, "a command line may have 64 KiB at most");
        if (m_requests.size() >= kMostRequests) return refuse(client, "too many commands are waiting");
        m_owner[m_nextRequest] = key;
        m_requests.push_back({m_nextRequest++, std::move(line)});
        m_arrived.notify_all();
    }
}

void ControlServer::refuse(Client& client, const char* text) {
    client.output += std::string(R"({"ok":false,"problems":[{"key":"command","text":")") + text + "\"}]}\n";
    client.input.clear();
    client.closing = true;
}

bool ControlServer::writeClient(Client& client) {
    while (!client.output.empty()) {
        const ssize_t sent = send(client.fd, client.output.data(), client.output.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        client.output.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace moescope::app
