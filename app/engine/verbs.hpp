// The verbs of the command line, one file each in verbs/; main adds them all.
#pragma once

#include "app/engine/context.hpp"

namespace moescope::app {

void addTrain(CLI::App&, Context&, Action&);       // train, resume, fork, twin
void addSweep(CLI::App&, Context&, Action&);       // sweep, match
void addSend(CLI::App&, Context&, Action&);
void addConvert(CLI::App&, Context&, Action&);     // upcycle, moefy, to-dense
void addDistill(CLI::App&, Context&, Action&);
void addExperiment(CLI::App&, Context&, Action&);
void addRuns(CLI::App&, Context&, Action&);        // runs list|show|rename|...
void addSeries(CLI::App&, Context&, Action&);
void addCompare(CLI::App&, Context&, Action&);
void addProbe(CLI::App&, Context&, Action&);
void addMute(CLI::App&, Context&, Action&);
void addEval(CLI::App&, Context&, Action&);
void addGenerate(CLI::App&, Context&, Action&);
void addData(CLI::App&, Context&, Action&);        // data inspect|sample
void addRoute(CLI::App&, Context&, Action&);
void addEstimate(CLI::App&, Context&, Action&);
void addSettings(CLI::App&, Context&, Action&);    // settings, presets, devices
void addRouters(CLI::App&, Context&, Action&);
void addBench(CLI::App&, Context&, Action&);
void addVerify(CLI::App&, Context&, Action&);      // verify, repair
void addDigest(CLI::App&, Context&, Action&);
void addExport(CLI::App&, Context&, Action&);
void addQuery(CLI::App&, Context&, Action&);
void addSelftest(CLI::App&, Context&, Action&);

}  // namespace moescope::app
