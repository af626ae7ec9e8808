// Faults on demand: MOESCOPE_FAULT="site:nth:action[,site:nth:action...]" makes a named place fail at its nth visit.
// Always compiled in; one static bool is read when it is not set.
#pragma once

#include "core/base/problem.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace moescope::base::fault {

enum class Action : std::uint8_t {
    none, kill, eio, enospc, shortWrite, torn, bitflip, sleep, throwError, cudaOutOfMemory, cudaAssert, cudaLost, nan,
};

// The closed lists. Sites are "ckpt.write" ... "http.write" and the pattern "mig.N" (N = schema version).
// Actions as written in the variable: kill eio enospc short torn bitflip sleep_ms[=MS] throw cuda_oom cuda_assert cuda_lost nan.
std::span<const std::string_view> sites();
std::span<const std::string_view> actions();

// Replaces what is armed (empty text: nothing) and restarts all visit counts. `nth` is 1, 2, ..., `*` (every visit) or -1 (the first
// visit after closing() was called, that is the one in the last save or commit). On problems nothing is armed.
Problems configure(std::string_view text);

// What was wrong with MOESCOPE_FAULT at start; main refuses to go on when this is not empty.
const Problems& environmentProblems();

// Tells the hooks that the last save and commit of this process begin now.
void closing();

namespace detail {
extern bool armed;
Action visit(std::string_view site);
Action enact(std::string_view site);
}  // namespace detail

// Counts a visit and answers what is due there; carries nothing out. Any thread.
inline Action at(std::string_view site) { return detail::armed ? detail::visit(site) : Action::none; }

// Counts a visit and carries out kill (SIGKILL to this process), sleep_ms and throw (Error, exit 6, code "fault.injected"); the other
// actions are handed back for the caller to enact. Any thread.
inline Action pass(std::string_view site) { return detail::armed ? detail::enact(site) : Action::none; }

// EIO for eio, ENOSPC for enospc, 0 for all others.
int systemError(Action action);

}  // namespace moescope::base::fault
