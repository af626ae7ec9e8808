// What nobody here can put right: an exception that says what happened, where, and what to do.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace moescope::base {

// The exit codes of both programs. There are no others.
enum class ExitCode : int {
    ok = 0,
    usage = 2,         // bad arguments or configuration
    badInput = 3,      // a file from outside is broken or hostile
    locked = 4,        // another engine holds the run
    corrupt = 5,       // store or checkpoint damaged
    io = 6,            // I/O error, disk full, read-only
    newerSchema = 7,   // written by a newer MoEScope
    device = 8,        // device lost or out of memory
    diverged = 9,      // stopped by the divergence policy
    signalled = 10,    // stopped cleanly by a signal, checkpoint written
};

// Thrown anywhere, caught once per thread and once per main.
// `code` is a machine word that never changes meaning ("ckpt.bad", "disk.full").
class Error : public std::runtime_error {
public:
    Error(ExitCode exit, std::string code, std::string what, std::string where, std::string advice);

    ExitCode exit() const noexcept { return m_exit; }
    int exitStatus() const noexcept { return static_cast<int>(m_exit); }
    const std::string& code() const noexcept { return m_code; }
    const std::string& happened() const noexcept { return m_happened; }
    const std::string& where() const noexcept { return m_where; }
    const std::string& advice() const noexcept { return m_advice; }

    // "error: <code>: <what>: <where>: <what to do>", one line (line breaks become spaces); also what().
    std::string line() const { return std::runtime_error::what(); }

private:
    ExitCode m_exit;
    std::string m_code;
    std::string m_happened;
    std::string m_where;
    std::string m_advice;
};

// Text from outside made safe for one line of a message: control characters and invalid UTF-8 become "?", and it is cut at
// `limit` bytes (at a character) with "..." after it.
std::string printable(std::string_view text, std::size_t limit = 120);

}  // namespace moescope::base
