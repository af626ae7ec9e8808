// The settings that can be turned while a run trains: how each is shown, read and when it has an effect.
#pragma once

#include <functional>
#include <vector>

#include "core/config/run_config.hpp"
#include "plots/controls.hpp"
#include "ui/preferences.hpp"

namespace moescope::ui {

struct LiveSetting {
    const char* key;                                  ///< "training.lr"
    const char* name;                                 ///< object name: "learningRateKnob"
    plots::KnobSpec knob;                             ///< a slider or segments ...
    std::vector<std::pair<QString, config::Value>> choices;  ///< ... or a list of words when not empty
    int fold = 0;                                     ///< leaves the toolbar when room is short; higher first, 0 = never
    QString note;                                     ///< what it does
    DetailLevel least = DetailLevel::standard;        ///< hidden below

    config::Value value(const config::RunConfig& config) const;
    double number(const config::RunConfig& config) const;
};

/// Those that have an effect in a run of this configuration, in the order of the toolbar.
std::vector<LiveSetting> liveSettings(const config::RunConfig& config);

}  // namespace moescope::ui
