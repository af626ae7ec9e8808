// The same sums in tensor operations: integer counts, sums in float64, nothing read by the host.
#include "core/tensor.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/routing/choice.hpp"
#include "core/routing/statistics_sums.hpp"

namespace moescope::routing {

namespace {

// Pieces of the row, in its order.
struct Pieces {
    at::TensorOptions options;
    std::vector<at::Tensor> list;

    void number(double value) { list.push_back(at::full({1}, value, options)); }
    void add(const at::Tensor& value) { list.push_back(value.to(options).reshape({-1})); }
    void zeros(std::int64_t count) { list.push_back(at::zeros({count}, options)); }
};

void addWeightSums(const Routing& r, const at::Tensor& weights, Pieces& out) {
    const at::Tensor sum = weights.sum(1), used = sum.gt(0), divisor = at::where(used, sum, 1);
    const at::Tensor squares = weights.square().sum(1);
    out.add(r.kept.any(1).sum());
    out.add(sum.sum());
    out.add(used.sum());
    out.add(weights.amax({1}).div(divisor).masked_fill(used.logical_not(), 0).sum());
    out.add(divisor.square().div(at::where(used, squares, 1)).masked_fill(used.logical_not(), 0).sum());
}

void addLogitSums(const SumsInput& in, Pieces& out) {
    if (!in.logits.defined()) {
        out.zeros(SumsLayout::secondTaken - SumsLayout::logitTokens);
        return;
    }
    const at::Tensor z = in.logits.to(at::kDouble), p = in.probabilities.to(at::kDouble), lse = z.logsumexp(1);
    out.number(static_cast<double>(z.size(0)));
    out.add(p.amax({1}).sum());
    if (p.size(1) > 1) {
        const at::Tensor top = std::get<0>(p.topk(2, 1)), second = top.select(1, 1), divides = second.gt(0);
        out.add(top.select(1, 0).div(at::where(divides, second, 1)).masked_fill(divides.logical_not(), 0).sum());
        out.add(divides.sum());
    } else {
        out.zeros(2);
    }
    out.add(at::xlogy(p, p).sum().neg());
    out.add(lse.sum());
    out.add(lse.square().sum());
    out.add(z.sum());
    out.add(z.square().sum());
}

at::Tensor sumByExpert(const at::Tensor& values, const at::Tensor& experts, std::int64_t expertCount) {
    const at::Tensor column = experts.masked_fill(experts.lt(0), expertCount);
    return at::zeros({experts.size(0), expertCount + 1}, values.options()).scatter(1, column, values).narrow(1, 0, expertCount).sum(0);
}

// [bins]: how many of `marked` [T, slots] fall into each position bin.
at::Tensor countByPosition(const at::Tensor& marked, std::int64_t length) {
    const auto options = marked.options().dtype(at::kLong);
    const at::Tensor bin = at::arange(marked.size(0), options).remainder(length).mul(kPositionBins).floor_divide(length);
    const at::Tensor own = bin.unsqueeze(1).eq(at::arange(kPositionBins, options)).to(at::kLong);
    return own.mul(marked.sum(1, true)).sum(0);
}

void addPositions(const SumsInput& in, Pieces& out) {
    if (!in.countDrops) return out.zeros(2 * kPositionBins);
    const at::Tensor asked = in.routing->experts.ge(0);
    const std::int64_t length = std::max<std::int64_t>(1, asked.size(0) / in.sequences);
    out.add(countByPosition(asked, length));
    out.add(countByPosition(asked.logical_and(in.routing->kept.logical_not()), length));
}

void addDomains(const SumsInput& in, Pieces& out) {
    const SumsLayout& at = in.layout;
    if (at.domains == 0) return;
    if (!in.domainIds.defined()) return out.zeros(at.domains * at.experts);
    const at::Tensor& experts = in.routing->experts;
    const at::Tensor domain = in.domainIds.unsqueeze(1);
    const at::Tensor known = experts.ge(0).logical_and(domain.ge(0)).logical_and(domain.lt(at.domains));
    const at::Tensor cell = (domain * at.experts + experts).masked_fill(known.logical_not(), -1);
    out.add(countExpertsByTensors(cell.reshape({1, -1}), at.domains * at.experts));
}

}  // namespace

at::Tensor sumsByTensors(const SumsInput& in) {
    const Routing& r = *in.routing;
    const at::Tensor weights = r.weights.detach().to(at::kDouble);
    const double tokens = static_cast<double>(r.experts.size(0));
    Pieces out{at::TensorOptions().dtype(at::kDouble).device(weights.device()), {}};
    out.number(tokens);
    out.number(static_cast<double>(r.room));
    addWeightSums(r, weights, out);
    addLogitSums(in, out);
    if (r.secondTaken.defined()) out.add(r.secondTaken.sum());
    else out.zeros(1);
    out.number(r.secondTaken.defined() ? tokens : 0);
    if (r.mixture.defined()) out.add(r.mixture.detach().to(at::kDouble).sum());
    else out.zeros(1);
    out.number(r.mixture.defined() ? tokens : 0);
    out.add(r.counts);
    out.add(r.placed);
    out.add(sumByExpert(weights, r.experts, in.layout.experts));
    if (in.logits.defined()) {
        out.add(in.probabilities.to(at::kDouble).sum(0));
        out.add(in.logits.to(at::kDouble).sum(0));
    } else {
        out.zeros(2 * in.layout.experts);
    }
    addPositions(in, out);
    addDomains(in, out);
    if (in.logits.defined()) {
        out.add(in.logits.amax());
        out.add(in.logits.amin().neg());
    } else {
        out.list.push_back(at::full({2}, -std::numeric_limits<double>::infinity(), out.options));
    }
    return at::cat(out.list);
}

}  // namespace moescope::routing
