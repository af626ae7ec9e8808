// SIGINT and SIGTERM: the first asks for a checkpoint and a stop, a second within two seconds stops at once (exit 10).
#pragma once


namespace moescope::app {

/// Installs the handlers; they stay, so that a second signal also ends an engine that is closing its store. SIGPIPE and SIGXFSZ are ignored for ever.
class StopSignal {
public:
    StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    bool asked() const noexcept;
};

void ignoreBrokenPipes();

}  // namespace moescope::app
