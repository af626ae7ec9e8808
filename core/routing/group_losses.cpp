// Switch's loss on groups and inside them; entropies of the domains of the tokens.
#include "core/tensor.hpp"

#include <cmath>
#include <vector>

#include "core/base/error.hpp"
#include "core/routers/limoe_options.hpp"
#include "core/routing/choice.hpp"
#include "core/routing/group_losses.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routing {

namespace {

constexpr double kTiny = 1e-30;  // p ln p is 0 there

// How many members of each group are alive.
std::vector<double> living(const RouterSpec& spec) {
    const std::int64_t members = spec.experts / spec.groups;
    std::vector<double> out(static_cast<std::size_t>(spec.groups), static_cast<double>(members));
    for (const std::int64_t e : spec.killed) out[static_cast<std::size_t>(e / members)] -= 1;
    return out;
}

at::Tensor byGroup(const RouterSpec& spec, const at::Tensor& table) { return table.reshape({table.size(0), spec.groups, -1}); }

at::Tensor oneHot(const at::Tensor& index, std::int64_t count) { return index.eq(at::arange(count, index.options())); }

// [T, A] bool: the best group of each token.
at::Tensor bestGroup(const RouterSpec& spec, const Routing& routing) {
    return oneHot(largest(byGroup(spec, routing.noisy).logsumexp(2), 1, false), spec.groups);
}

// [T, A] bool: the groups that count for a token.
at::Tensor entered(const RouterSpec& spec, const Routing& routing) {
    if (spec.groupRule == GroupRule::twoLevelTop2) return bestGroup(spec, routing);
    const at::Tensor& wishes = routing.candidates.defined() ? routing.candidates : routing.experts;
    const at::Tensor group = at::where(wishes.ge(0), wishes.div(spec.experts / spec.groups, "floor"), spec.groups);
    const at::Tensor all = at::zeros({wishes.size(0), spec.groups + 1}, wishes.options().dtype(at::kBool));
    return all.scatter(1, group, true).narrow(1, 0, spec.groups);
}

at::Tensor entropyOf(const at::Tensor& p) { return p.mul(p.clamp_min(kTiny).log()).sum(1).neg(); }

// [D, T] shares of the tokens of each domain, rows that sum to one; `present` [D] tells which domains have any.
at::Tensor domainShares(const RouterSpec& spec, const Routing& routing, at::Tensor& present) {
    if (!routing.domains.defined())
        throw base::Error(base::ExitCode::usage, "router.domains", "the entropy losses need the domain of each token, and there are none", "balance",
                          "train on generated domains or on a folder with several files, or take another balance loss");
    const std::int64_t count = spec.domains > 0 ? spec.domains : routing.domains.max().item<std::int64_t>() + 1;
    const at::Tensor in = oneHot(routing.domains.unsqueeze(1), count).to(routing.probabilities.scalar_type()).t();
    const at::Tensor tokens = in.sum(1, true);
    present = tokens.squeeze(1).gt(0);
    return in / tokens.clamp_min(1);
}

}  // namespace

at::Tensor groupBalance(const RouterSpec& spec, const Routing& routing) {
    const at::Tensor share = byGroup(spec, routing.probabilities).sum(2).mean(0);
    const at::Tensor f = bestGroup(spec, routing).to(share.scalar_type()).mean(0);
    double groups = 0;
    for (const double members : living(spec)) groups += members > 0;
    return f.mul(share).sum().mul(groups);
}

at::Tensor memberBalance(const RouterSpec& spec, const Routing& routing) {
    const std::int64_t members = spec.experts / spec.groups;
    const at::Tensor p = normalised(routing.probabilities.reshape({-1, members})).reshape({-1, spec.groups, members});  // p_{j|i}
    const at::Tensor in = entered(spec, routing).to(p.scalar_type()).unsqueeze(2), tokens = in.sum(0);                  // [T, A, 1], [A, 1]
    const at::Tensor best = oneHot(largest(routing.noisy.reshape({-1, members}), 1, false), members).reshape(p.sizes()).to(p.scalar_type());
    const at::Tensor f = best.mul(in).sum(0) / tokens.clamp_min(1), share = p.mul(in).sum(0) / tokens.clamp_min(1);  // [A, B]
    const at::Tensor size = at::tensor(living(spec), at::kDouble).to(p.options());
    const at::Tensor used = tokens.gt(0).sum().clamp_min(1);
    return f.mul(share).sum(1).mul(size).sum() / used;
}

at::Tensor localEntropy(const RouterSpec& spec, const Routing& routing) {
    at::Tensor present;
    const at::Tensor shares = domainShares(spec, routing, present);
    return at::mv(shares, entropyOf(routing.probabilities)).sum();
}

at::Tensor globalEntropy(const RouterSpec& spec, const Routing& routing) {
    at::Tensor present;
    const at::Tensor mean = at::mm(domainShares(spec, routing, present), routing.probabilities);  // [D, E]
    const double tau = std::log(routers::readOptions<routers::LimoeOptions>(spec.options).domainExperts);
    return (tau - entropyOf(mean)).relu().masked_fill(present.logical_not(), 0).sum();
}

}  // namespace moescope::routing
