// The armed faults of this process and the counts of their visits.
#include "core/base/fault.hpp"

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace moescope::base::fault {

namespace {

constexpr std::array<std::string_view, 14> kSites = {"ckpt.write", "ckpt.fsync", "ckpt.rename", "ckpt.dirsync", "db.begin",  "db.commit", "db.ckpt",
                                                     "cat.commit", "mig.N",      "step.fwd",    "step.bwd",     "step.opt",  "tele.push", "http.write"};

constexpr std::array<std::string_view, 12> kActions = {"kill",  "eio",      "enospc",      "short",     "torn", "bitflip", "sleep_ms",
                                                       "throw", "cuda_oom", "cuda_assert", "cuda_lost", "nan"};   // Action 1, 2, ...

constexpr std::int64_t kEvery = 0;
constexpr std::int64_t kLast = -1;

struct Spec {
    std::string site;
    std::int64_t nth = kEvery;
    Action action = Action::none;
    std::int64_t milliseconds = 100;
    bool spent = false;   // only for kLast
};

struct Due {
    Action action = Action::none;
    std::int64_t milliseconds = 0;
};

struct Armoury {
    std::mutex mutex;
    std::vector<Spec> specs;
    std::map<std::string, std::int64_t, std::less<>> visits;
    bool closing = false;
};

Armoury& armoury() {
    static Armoury it;
    return it;
}

bool isSite(std::string_view site) {
    if (site.starts_with("mig.")) return toUnsigned(site.substr(4)).has_value();
    return site != "mig.N" && std::find(kSites.begin(), kSites.end(), site) != kSites.end();
}

std::optional<std::int64_t> parseNth(std::string_view text) {
    if (text == "*") return kEvery;
    const auto number = toInt(text);
    if (!number || *number == 0 || *number < kLast) return std::nullopt;
    return number;
}

bool parseAction(std::string_view text, Spec& spec) {
    const auto equals = text.find('=');
    const auto found = std::find(kActions.begin(), kActions.end(), text.substr(0, equals));
    if (found == kActions.end()) return false;
    spec.action = static_cast<Action>(1 + (found - kActions.begin()));
    if (equals == std::string_view::npos) return true;
    const auto milliseconds = toInt(text.substr(equals + 1));
    if (spec.action != Action::sleep || !milliseconds || *milliseconds < 0) return false;
    spec.milliseconds = *milliseconds;
    return true;
}

std::string joined(std::span<const std::string_view> words) {
    std::string text;
    for (const auto word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

std::string quoted(std::string_view text) { return std::string(1, '"').append(printable(text)).append(1, '"'); }

// What is wrong with one spec; empty: nothing.
std::string parseSpec(std::string_view text, Spec& spec) {
    const auto first = text.find(':');
    const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
    if (second == std::string_view::npos) return quoted(text) + " is not site:nth:action";
    spec.site = text.substr(0, first);
    if (!isSite(spec.site)) return "unknown site " + quoted(spec.site) + "; known: " + joined(kSites);
    const auto nth = parseNth(text.substr(first + 1, second - first - 1));
    if (!nth) return "nth in " + quoted(text) + " must be 1, 2, ..., -1 (last) or *";
    spec.nth = *nth;
    if (!parseAction(text.substr(second + 1), spec)) return "unknown action in " + quoted(text) + "; known: " + joined(kActions);
    return {};
}

Problems parseAll(std::string_view text, std::vector<Spec>& specs) {
    Problems problems;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        Spec spec;
        std::string wrong = parseSpec(text.substr(0, comma), spec);
        if (wrong.empty()) specs.push_back(std::move(spec));
        else problems.push_back({"MOESCOPE_FAULT", std::move(wrong)});
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return problems;
}

bool isDue(Spec& spec, std::int64_t visit, bool isClosing) {
    if (spec.nth == kEvery) return true;
    if (spec.nth != kLast) return spec.nth == visit;
    return isClosing && !std::exchange(spec.spent, true);
}

Due dueAt(std::string_view site) {
    Armoury& all = armoury();
    const std::lock_guard lock(all.mutex);
    auto count = all.visits.find(site);
    if (count == all.visits.end()) count = all.visits.emplace(site, 0).first;
    ++count->second;
    for (Spec& spec : all.specs)
        if (spec.site == site && isDue(spec, count->second, all.closing)) return {spec.action, spec.milliseconds};
    return {};
}

Problems readEnvironment() {
    const char* text = std::getenv("MOESCOPE_FAULT");
    return text == nullptr ? Problems{} : configure(text);
}

}  // namespace

namespace detail {

constinit bool armed = false;

Action visit(std::string_view site) { return dueAt(site).action; }

Action enact(std::string_view site) {
    const Due due = dueAt(site);
    if (due.action == Action::kill) {
        ::kill(::getpid(), SIGKILL);
        for (;;) ::pause();   // the signal is on its way to this thread
    }
    if (due.action == Action::sleep) std::this_thread::sleep_for(std::chrono::milliseconds(due.milliseconds));
    if (due.action == Action::throwError)
        throw Error(ExitCode::io, "fault.injected", "a fault was asked for", std::string(site), "unset MOESCOPE_FAULT");
    return due.action == Action::sleep ? Action::none : due.action;
}

}  // namespace detail

std::span<const std::string_view> sites() { return kSites; }
std::span<const std::string_view> actions() { return kActions; }

Problems configure(std::string_view text) {
    std::vector<Spec> specs;
    Problems problems = parseAll(text, specs);
    if (!problems.empty()) specs.clear();
    Armoury& all = armoury();
    const std::lock_guard lock(all.mutex);
    all.specs = std::move(specs);
    all.visits.clear();
    all.closing = false;
    detail::armed = !all.specs.empty();
    return problems;
}

const Problems& environmentProblems() {
    static const Problems problems = readEnvironment();
    return problems;
}

// Arms the hooks before main wherever they are linked in.
[[maybe_unused]] static const bool kArmedAtStart = (environmentProblems(), true);

void closing() {
    Armoury& all = armoury();
    const std::lock_guard lock(all.mutex);
    all.closing = true;
}

int systemError(Action action) {
    if (action == Action::eio) return EIO;
    if (action == Action::enospc) return ENOSPC;
    return 0;
}

}  // namespace moescope::base::fault
