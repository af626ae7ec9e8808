// The same integer operations in tensor form: stable sorts, integer counts, no atomics, no look at the host.
#include "core/tensor.hpp"

#include <limits>

#include "core/routing/choice.hpp"

namespace moescope::routing {

namespace {

struct Groups {
    std::int64_t length = 1, count = 1;
};

Groups groupsOf(std::int64_t tokens, std::int64_t groupTokens) {
    const std::int64_t length = groupTokens > 0 ? groupTokens : std::max<std::int64_t>(1, tokens);
    return {length, std::max<std::int64_t>(1, (tokens + length - 1) / length)};
}

// [T, n] -> [groups, length, n], filled up at the end.
at::Tensor grouped(const at::Tensor& rows, Groups groups, const at::Scalar& filler) {
    const std::int64_t missing = groups.length * groups.count - rows.size(0);
    const at::Tensor full = missing == 0 ? rows : at::cat({rows, at::full({missing, rows.size(1)}, filler, rows.options())});
    return full.reshape({groups.count, groups.length, rows.size(1)});
}

at::Tensor inverse(const at::Tensor& permutation, std::int64_t dim) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(permutation.dim()), 1);
    shape[static_cast<std::size_t>(dim)] = permutation.size(dim);
    const at::Tensor places = at::arange(permutation.size(dim), permutation.options()).reshape(shape);
    return at::empty_like(permutation).scatter_(dim, permutation, places.expand_as(permutation).contiguous());
}

at::Tensor descending(const at::Tensor& values, std::int64_t dim) {
    return std::get<1>(at::sort(values, /*stable=*/true, dim, /*descending=*/true));
}

}  // namespace

at::Tensor largestByTensors(const at::Tensor& scores, std::int64_t k, bool skipMinusInfinity) {
    const at::Tensor rows = scores.detach();
    const at::Tensor chosen = descending(rows, 1).narrow(1, 0, k).contiguous();
    if (!skipMinusInfinity) return chosen;
    return chosen.masked_fill(rows.gather(1, chosen).eq(-std::numeric_limits<double>::infinity()), -1);
}

at::Tensor queuePositionsByTensors(const at::Tensor& experts, std::int64_t expertCount, std::int64_t groupTokens,
                                   const at::Tensor& tokenOrder) {
    const std::int64_t tokens = experts.size(0), slots = experts.size(1);
    const Groups groups = groupsOf(tokens, groupTokens);
    const at::Tensor ordered = tokenOrder.defined() ? experts.index_select(0, tokenOrder) : experts;
    const at::Tensor queue = grouped(ordered, groups, -1).transpose(1, 2).reshape({groups.count, -1});  // slot by slot
    const at::Tensor wishes = queue.unsqueeze(2).eq(at::arange(expertCount, experts.options()));
    const at::Tensor places = wishes.cumsum(1, at::kLong).sub(1);
    const at::Tensor own = places.gather(2, queue.clamp_min(0).unsqueeze(2)).squeeze(2).masked_fill(queue.lt(0), -1);
    const at::Tensor byToken =
        own.reshape({groups.count, slots, groups.length}).transpose(1, 2).reshape({-1, slots}).narrow(0, 0, tokens);
    return tokenOrder.defined() ? byToken.index_select(0, inverse(tokenOrder, 0)) : byToken.contiguous();
}

at::Tensor columnRanksByTensors(const at::Tensor& scores, std::int64_t groupTokens) {
    const at::Tensor rows = scores.detach();
    const Groups groups = groupsOf(rows.size(0), groupTokens);
    const at::Tensor order = descending(grouped(rows, groups, -std::numeric_limits<double>::infinity()), 1);
    return inverse(order, 1).reshape({-1, rows.size(1)}).narrow(0, 0, rows.size(0));
}

at::Tensor descendingOrder(const at::Tensor& key, std::int64_t groupTokens) {
    const std::int64_t tokens = key.size(0);
    const Groups groups = groupsOf(tokens, groupTokens);
    const at::Tensor rows = grouped(key.detach().unsqueeze(1), groups, -std::numeric_limits<double>::infinity()).squeeze(2);
    const at::Tensor starts = at::arange(groups.count, key.options().dtype(at::kLong)).mul(groups.length).unsqueeze(1);
    return descending(rows, 1).add(starts).reshape({-1}).narrow(0, 0, tokens);  // the filling sorts behind the last token
}

at::Tensor countExpertsByTensors(const at::Tensor& experts, std::int64_t expertCount) {
    const at::Tensor wishes = experts.unsqueeze(2).eq(at::arange(expertCount, experts.options()));
    return wishes.sum({1}, false, at::kLong);
}

}  // namespace moescope::routing
