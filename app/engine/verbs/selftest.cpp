// selftest: quick checks of this build on this machine, and the list of fault hooks.
#include <CLI/CLI.hpp>

#include "app/engine/verbs.hpp"
#include "core/base/fault.hpp"
#include "core/training/devices.hpp"

namespace moescope::app {
namespace {

int faultSites(const Context& context) {
    for (const std::string_view site : base::fault::sites()) context.result({{"site", site}}, std::string(site));
    for (const std::string_view name : base::fault::actions()) context.result({{"action", name}}, "action " + std::string(name));
    return 0;
}

int selftest(const Context& context) {
    const double speed = training::probeMatrixSpeed();
    const Json environment = Json::parse(training::environmentJson());
    context.result({{"matrix_gflops", number(speed)}, {"environment", environment}},
                   "matrix products run at " + fixed(speed, 0) + " GFLOP/s\n" + environment.dump(2));
    if (speed < 20) context.say("warning: matrix products are slow here (20 GFLOP/s or more is usual); lessons will take longer");
    return 0;
}

}  // namespace

void addSelftest(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("selftest", "Matrix speed and environment of this build on this machine");
    verb->footer("Example: moescope-engine selftest --json");
    auto list = std::make_shared<bool>(false);
    verb->add_flag("--list-fault-sites", *list, "Places where MOESCOPE_FAULT can make something fail");
    verb->callback([=, &context, &action] { action = [=, &context] { return *list ? faultSites(context) : selftest(context); }; });
}

}  // namespace moescope::app
