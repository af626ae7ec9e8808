// What a router has to keep: declared, and given its first values.
#include "core/tensor.hpp"

#include "core/base/error.hpp"
#include "core/routers/router.hpp"
#include "core/routing/draws.hpp"
#include "core/routing/routing.hpp"

namespace moescope::routing {

namespace {

// Each tensor draws from its own stretch of the layer's stream.
at::Tensor firstValues(const RouterSpec& spec, const ParameterDecl& decl, std::uint64_t seed, std::uint64_t place) {
    const auto options = at::TensorOptions().dtype(at::kFloat);
    if (decl.init == Init::constant) return at::full(decl.shape, decl.std, options);
    if (decl.init == Init::zeros || decl.std == 0) return at::zeros(decl.shape, options);
    const base::RandomKey key{seed, base::Purpose::init, static_cast<std::uint32_t>(spec.layer) + 0x10000u, 0};
    return drawNormal(key, place, decl.shape, options).mul_(decl.std);
}

at::Tensor tableOf(const RouterSpec& spec, const ParameterDecl& decl, routers::Sizes sizes, const routers::TableSource& source) {
    const routers::Router* own = routers::claimant(spec, &routers::Router::table);
    if (!own)
        throw base::Error(base::ExitCode::usage, "router.table", "no router makes the table " + decl.name, "router.net", "choose another router");
    return own->table(spec, decl, sizes, source);
}

}  // namespace

std::vector<ParameterDecl> declareTensors(const RouterSpec& spec, std::int64_t width, std::int64_t vocabulary) {
    std::vector<ParameterDecl> out;
    const bool directions = spec.select == Select::slots;  // one for each slot, the router's own
    if (spec.net == Net::linear && !directions) out.push_back({"weight", {spec.experts, width}, Init::normal, spec.initStd, !spec.frozen, false, /*perExpert=*/true});
    if (spec.bias && spec.net == Net::linear) out.push_back({"bias", {spec.experts}, Init::zeros, 0, !spec.frozen, false, /*perExpert=*/true});
    for (const routers::Router* router : routers::table())
        if (router->declare && router->claims(spec)) router->declare(spec, {width, vocabulary}, out);
    return out;
}

const at::Tensor& RouterTensors::at(const std::string& name) const {
    const auto found = tensors.find(name);
    if (found == tensors.end())
        throw base::Error(base::ExitCode::usage, "router.tensor", "the router has no tensor \"" + name + "\"", "router",
                          "give it its weights, or its logits directly");
    return found->second;
}

RouterTensors createTensors(const RouterSpec& spec, std::int64_t width, std::int64_t vocabulary, std::uint64_t seed,
                            std::span<const std::int64_t> tokenCounts) {
    RouterTensors out;
    std::uint64_t place = 0;
    for (const ParameterDecl& decl : declareTensors(spec, width, vocabulary)) {
        const bool isTable = decl.init == Init::table;
        out.tensors[decl.name] = isTable ? tableOf(spec, decl, {width, vocabulary}, {seed, tokenCounts})
                                         : firstValues(spec, decl, seed, place);
        ++place;
    }
    return out;
}

}  // namespace moescope::routing
