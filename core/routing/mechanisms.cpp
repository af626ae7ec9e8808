// Reads the table of routers as words.
#include "core/tensor.hpp"

#include "core/routing/mechanisms.hpp"

#include "core/routers/router.hpp"

namespace moescope::routing {
namespace {

Mechanism describe(const routers::Router& router) {
    return {std::string(router.id), std::string(router.title), std::string(router.source), router.options ? router.options() : std::vector<OptionInfo>{}};
}

}  // namespace

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
