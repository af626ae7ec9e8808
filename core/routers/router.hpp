// Router: what one router does beyond the shared stages. The folder is the table; adding a router is adding a file.
//
// A file NAME.cpp defines `const Router& routerNAME()`. `claims` says whether a spec uses it; several may claim one spec. A hook
// that is null means that the shared stage does it; if several claim a spec, the first in the table that has the hook serves.
#pragma once

#include "core/tensor.hpp"

#include <span>
#include <string_view>
#include <vector>

#include "core/routers/options.hpp"
#include "core/routing/routing.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routers {

using routing::Choice;
using routing::GroupRule;
using routing::Net;
using routing::Transform;
using routing::Estimator;
using routing::Measured;
using routing::Noise;
using routing::Offset;
using routing::Overflow;
using routing::ParameterDecl;
using routing::Priority;
using routing::RouterInput;
using routing::RouterSpec;
using routing::RouterTensors;
using routing::Score;
using routing::Scores;
using routing::Second;
using routing::Select;

struct Sizes {
    std::int64_t width = 0, vocabulary = 0;
};
struct TableSource {
    std::uint64_t seed = 0;
    std::span<const std::int64_t> tokenCounts;
};

struct Router {
    std::string_view id, title, source;
    bool (*claims)(const RouterSpec&) = nullptr;
    std::vector<routing::OptionInfo> (*options)() = nullptr;
    void (*checkOptions)(const config::Values&, base::Problems&) = nullptr;
    void (*check)(const RouterSpec&, base::Problems&) = nullptr;
    void (*declare)(const RouterSpec&, Sizes, std::vector<ParameterDecl>&) = nullptr;
    at::Tensor (*table)(const RouterSpec&, const ParameterDecl&, Sizes, const TableSource&) = nullptr;  ///< first values of Init::table
    at::Tensor (*logits)(const RouterSpec&, const RouterTensors&, const at::Tensor& features) = nullptr;  ///< [T, d] -> [T, E]
    at::Tensor (*noiseStd)(const RouterSpec&, const RouterTensors&, const RouterInput&, const at::Tensor& clean) = nullptr;
    at::Tensor (*offset)(const RouterSpec&, const RouterTensors&) = nullptr;  ///< [E], added to the selection score
    /// Changes what the choice ranks, `noisy` and `barred`; every router that claims the spec is asked, at evaluation too.
    void (*steer)(const RouterSpec&, const RouterTensors&, const RouterInput&, Scores&) = nullptr;
    /// [T, slots] or a scalar: what the chosen experts' outputs are multiplied by, beside the weights.
    at::Tensor (*outputFactor)(const RouterSpec&, const RouterInput&, const Choice&) = nullptr;
    Choice (*choose)(const RouterSpec&, const RouterTensors&, const RouterInput&, const Scores&) = nullptr;
    /// Sends choices that find their expert full elsewhere; fills experts, positions (>= C where refused) and candidates.
    void (*overflow)(const RouterSpec&, const RouterTensors&, const RouterInput&, const Scores&, Choice&) = nullptr;
    at::Tensor (*weigh)(const RouterSpec&, const Scores&, const Choice&) = nullptr;  ///< combine weights [T, slots], in the graph
    /// Takes the second choice away where the policy refuses it; sees the weights that the tested gate is taken from.
    void (*thin)(const RouterSpec&, const RouterInput&, const Scores&, Choice&, at::Tensor& gates) = nullptr;
    at::Tensor (*load)(const RouterSpec&, const Scores&) = nullptr;  ///< P(e in top-k) [T, E], in the graph
    /// Adds to a finished routing what only this router knows: observed, lossScale, ownLoss, outputScale, note.
    void (*attach)(const RouterSpec&, const RouterTensors&, const RouterInput&, const Scores&, routing::Routing&) = nullptr;
    void (*update)(const RouterSpec&, RouterTensors&, const routing::StepSummary&) = nullptr;
    std::vector<std::string_view> curves;  ///< what is peculiar to it: names of metrics that the Train page draws by itself
};

/// All routers, in the order of their files' names.
std::span<const Router* const> table();

/// The first router that claims `spec` and has `hook`, or nullptr.
template <class Hook>
const Router* claimant(const RouterSpec& spec, Hook Router::* hook) {
    for (const Router* router : table())
        if (router->*hook && router->claims(spec)) return router;
    return nullptr;
}

}  // namespace moescope::routers
