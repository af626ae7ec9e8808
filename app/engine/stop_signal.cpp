// Signal handlers that do only what a handler may.
#include "app/engine/stop_signal.hpp"

#include <signal.h>
#include <time.h>
#include <unistd.h>

namespace moescope::app {
namespace {

volatile sig_atomic_t g_asked = 0;
volatile long g_firstSecond = 0;

long monotonicSeconds() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

void onSignal(int) {
    const long now = monotonicSeconds();
    if (g_asked && now - g_firstSecond <= 2) _exit(10);
    g_asked = 1;
    g_firstSecond = now;
}

void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigaction(number, &action, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
    g_asked = 0;
    handle(SIGINT, onSignal);
    handle(SIGTERM, onSignal);
}

bool StopSignal::asked() const noexcept { return g_asked != 0; }

void ignoreBrokenPipes() {
    handle(SIGPIPE, SIG_IGN);
    handle(SIGXFSZ, SIG_IGN);
}

}  // namespace moescope::app
