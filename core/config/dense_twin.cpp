// The dense twin: the same run without experts, its hidden width solved for equal active FLOPs.
#include <algorithm>
#include <cmath>

#include "core/config/derived.hpp"

namespace moescope::config {
namespace {

double forwardAtWidth(RunConfig twin, std::int64_t width) {
    twin.model.ffn_width = width;
    return cost(twin, 0).flopsTokenForward;
}

std::int64_t solveWidth(const RunConfig& twin, double target) {
    const double base = forwardAtWidth(twin, 1), perUnit = forwardAtWidth(twin, 2) - base;
    const double exact = 1 + (target - base) / perUnit;
    std::int64_t width = 1;
    for (const std::int64_t multiple : {8, 4, 2, 1}) {
        width = std::max<std::int64_t>(1, std::llround(exact / static_cast<double>(multiple)) * multiple);
        if (std::abs(forwardAtWidth(twin, width) - target) <= 0.01 * target) break;
    }
    return width;
}

bool worksWithoutRouter(const ScriptedCommand& scripted) {
    const Command& command = scripted.command;
    if (command.verb == "mute" || command.verb == "unmute" || command.verb == "rig") return false;
    const auto key = command.arguments.find("key");
    if (command.verb != "set" || key == command.arguments.end()) return true;
    const auto* name = std::get_if<std::string>(&key->second);
    return name && name->starts_with("training.");
}

}  // namespace

RunConfig denseTwin(const RunConfig& run) {
    RunConfig twin = run;
    if (isPlane(run)) {  // has no dense form; the rules say so
        twin.moe.experts = 0;
        return twin;
    }
    const double target = cost(run, 0).flopsTokenForward;
    twin.moe.experts = 0;
    twin.moe.pattern.clear();
    twin.moe.shared_experts = 0;
    twin.moe.shared_gate = false;
    twin.moe.residual = "none";
    twin.moe.pyramid = 1;
    twin.moe.zero_experts = twin.moe.copy_experts = twin.moe.constant_experts = 0;
    twin.router.rig.clear();
    twin.router.rig_layers.clear();
    std::erase_if(twin.script, [](const ScriptedCommand& s) { return !worksWithoutRouter(s); });
    twin.model.ffn_width = solveWidth(twin, target);
    return twin;
}

}  // namespace moescope::config
