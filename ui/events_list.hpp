// The events of a run that get a flag: what people or the script did, what the router did, what went wrong.
#pragma once

#include <QList>
#include <QString>

#include <vector>

#include "plots/cursor_hub.hpp"
#include "ui/run_data.hpp"

namespace moescope::ui {

struct ShownEvent {
    int number = 0;       ///< from 1, in order of the list
    double step = 0;
    bool alarm = false;
    QString text;         ///< one line
    bool operator==(const ShownEvent&) const = default;
};

/// One line of an event as people read it.
QString eventWords(const telemetry::Event& event);

/// Commands, alarms of the router, losses that jumped or broke, resumes; superseded ones are left out. Pure.
std::vector<ShownEvent> shownEvents(const RunData& run);

/// The same as flags over an axis.
QList<plots::EventFlag> flagsOf(const std::vector<ShownEvent>& events, const RunData& run, XAxis axis);

}  // namespace moescope::ui
