// Reads the table of routers as words.
#include "core/tensor.hpp"

#include <algorithm>

#include "core/routing/mechanisms.hpp"

#include "core/routers/router.hpp"

namespace moescope::routing {
namespace {

Mechanism describe(const routers::Router& router) {
    return {std::string(router.id), std::string(router.title), std::string(router.source), router.options ? router.options() : std::vector<OptionInfo>{},
            {router.curves.begin(), router.curves.end()}};
}

void addOfLosses(const RouterSpec& spec, std::vector<std::string>& out) {
    const auto beside = [&](LossKind kind) { return std::ranges::any_of(spec.more, [kind](const BalanceTerm& term) { return term.kind == kind; }); };
    if (beside(LossKind::importance)) out.emplace_back("aux_importance");
    if (beside(LossKind::load)) out.emplace_back("aux_load");
    if (spec.zCoefficient > 0) out.emplace_back("lse_mean");
    if (spec.balance.kind != LossKind::none && spec.balance.kind != LossKind::controller) out.emplace_back("aux_balance");
}

void addOfTopology(const config::RunConfig& config, std::vector<std::string>& out) {
    if (config.moe.residual != "none" && config.moe.residual != "sum") out.emplace_back("mixture_share");
    if (config.moe.residual == "cmr") out.emplace_back("aux_cmr");
}

std::vector<std::string> onceEach(const std::vector<std::string>& names) {
    std::vector<std::string> out;
    for (const std::string& name : names)
        if (std::ranges::find(out, name) == out.end()) out.push_back(name);
    return out;
}

}  // namespace

std::vector<std::string> ownCurves(const config::RunConfig& config) {
    const std::vector<RouterSpec> specs = makeSpecs(config);
    std::vector<std::string> out;
    if (!config.distillation.teacher.empty()) out.emplace_back("aux_kd");
    if (specs.empty()) return out;
    const RouterSpec& spec = specs.front();
    for (const Mechanism& mechanism : mechanismsOf(config)) out.insert(out.end(), mechanism.curves.begin(), mechanism.curves.end());
    addOfTopology(config, out);
    if (spec.transform == Transform::normalise) out.emplace_back("gate_ratio_12");
    addOfLosses(spec, out);
    if (out.empty() && hasLogits(spec)) out.emplace_back(spec.topK > 1 ? "effective_k" : "gate_ratio_12");
    return onceEach(out);
}

std::vector<Mechanism> listMechanisms() {
    std::vector<Mechanism> out;
    for (const routers::Router* router : routers::table()) out.push_back(describe(*router));
    return out;
}

std::vector<Mechanism> mechanismsOf(const config::RunConfig& config) {
    std::vector<Mechanism> out;
    const std::vector<RouterSpec> specs = makeSpecs(config);
    if (specs.empty()) return out;
    for (const routers::Router* router : routers::table())
        if (router->claims(specs.front())) out.push_back(describe(*router));
    return out;
}

}  // namespace moescope::routing
