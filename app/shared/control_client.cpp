// One request, one answer over a Unix socket.
#include "app/shared/control_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

namespace moescope::app {
namespace {

class Connection {
public:
    explicit Connection(const std::filesystem::path& socket) : m_path(socket), m_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = socket.string();
        if (path.size() < sizeof address.sun_path) std::memcpy(address.sun_path, path.c_str(), path.size());
        if (connect(m_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return;
        ::close(m_fd);
        throw failure("control.absent", "no engine listens");
    }
    ~Connection() { ::close(m_fd); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(m_fd, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) throw failure("control.silent", "the engine closed the connection");
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    std::string readLine(double seconds) {
        const std::int64_t deadline = base::monotonicNanoseconds() + static_cast<std::int64_t>(seconds * 1e9);
        std::string line;
        while (line.find('\n') == std::string::npos) line += readSome(deadline);
        return line.substr(0, line.find('\n'));
    }

private:
    std::string readSome(std::int64_t deadline) {
        const std::int64_t left = (deadline - base::monotonicNanoseconds()) / 1'000'000;
        pollfd ready{m_fd, POLLIN, 0};
        if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0) throw failure("control.silent", "the engine did not answer");
        char buffer[4096];
        const ssize_t got = recv(m_fd, buffer, sizeof buffer, 0);
        if (got <= 0) throw failure("control.silent", "the engine closed the connection");
        return {buffer, static_cast<std::size_t>(got)};
    }

    base::Error failure(std::string code, std::string what) const {
        return {base::ExitCode::io, std::move(code), std::move(what), m_path.string(),
                "see `moescope-engine runs` for what is running"};
    }

    std::filesystem::path m_path;
    int m_fd;
};

}  // namespace

std::string sendCommand(const std::filesystem::path& socket, std::string_view line, double seconds) {
    Connection connection(socket);
    connection.send(line);
    connection.send("\n");
    return connection.readLine(seconds);
}

}  // namespace moescope::app
