// Dispatch by counting on the CPU, by a stable sort on a GPU; gather and combine without atomics.
#include "core/kernels/dispatch.hpp"

namespace moescope::kernels {

namespace {

// Row of each pair and token of each row; pairs are visited token by token, slot by slot, so the sort is stable.
void countingSort(const at::Tensor& experts, const at::Tensor& kept, DispatchPlan& plan) {
    const std::int64_t pairs = plan.tokens * plan.slots;
    const std::int64_t* expert = experts.const_data_ptr<std::int64_t>();
    const bool* keep = kept.defined() ? kept.const_data_ptr<bool>() : nullptr;
    plan.begin.assign(static_cast<std::size_t>(plan.experts) + 1, 0);
    for (std::int64_t i = 0; i < pairs; ++i)
        if (!keep || keep[i]) ++plan.begin[static_cast<std::size_t>(expert[i]) + 1];
    for (std::size_t e = 1; e < plan.begin.size(); ++e) plan.begin[e] += plan.begin[e - 1];
    plan.rows = plan.begin.back();
    plan.tokenOfRow = at::empty({plan.rows}, experts.options());
    plan.rowOfPair = at::empty({pairs}, experts.options());
    auto* tokenOfRow = plan.tokenOfRow.mutable_data_ptr<std::int64_t>();
    auto* rowOfPair = plan.rowOfPair.mutable_data_ptr<std::int64_t>();
    std::vector<std::int64_t> next(plan.begin.begin(), plan.begin.end() - 1);
    for (std::int64_t i = 0; i < pairs; ++i) {
        const bool kept_i = !keep || keep[i];
        const std::int64_t row = kept_i ? next[static_cast<std::size_t>(expert[i])]++ : 0;
        rowOfPair[i] = row;
        if (kept_i) tokenOfRow[row] = i / plan.slots;
    }
}

// The same on a device without asking it: dropped pairs sort behind the last expert.
void deviceSort(const at::Tensor& experts, const at::Tensor& kept, DispatchPlan& plan) {
    const std::int64_t pairs = plan.tokens * plan.slots;
    const at::Tensor key = kept.defined() ? at::where(kept, experts, plan.experts).flatten() : experts.flatten();
    const auto [sorted, order] = key.sort(/*stable=*/true, 0, false);
    plan.rows = pairs;
    plan.tokenOfRow = order.div(plan.slots, "floor");
    plan.rowOfPair = at::empty_like(order).scatter_(0, order, at::arange(pairs, order.options()));
    plan.ends = at::searchsorted(sorted, at::arange(plan.experts, order.options()), /*out_int32=*/true, /*right=*/true);
}

}  // namespace

DispatchPlan planDispatch(const at::Tensor& experts, const at::Tensor& kept, std::int64_t expertCount, bool allKept) {
    DispatchPlan plan{.tokens = experts.size(0), .slots = experts.size(1), .experts = expertCount};
    const at::Tensor keep = allKept ? at::Tensor() : kept.contiguous();
    if (experts.is_cpu())
        countingSort(experts.contiguous(), keep, plan);
    else
        deviceSort(experts, keep, plan);
    if (keep.defined()) plan.keptPair = keep.flatten();
    return plan;
}

DispatchPlan planEverywhere(const at::Tensor& experts, std::int64_t expertCount) {
    DispatchPlan plan{.tokens = experts.size(0), .slots = experts.size(1), .experts = expertCount};
    plan.everyTokenEverywhere = true;
    plan.rows = plan.tokens * expertCount;
    plan.rowOfPair = (experts * plan.tokens + at::arange(plan.tokens, experts.options()).unsqueeze(1)).flatten();
    for (std::int64_t e = 0; e <= expertCount; ++e) plan.begin.push_back(e * plan.tokens);
    return plan;
}

at::Tensor gatherRows(const at::Tensor& x, const DispatchPlan& plan) { return x.index_select(0, plan.tokenOfRow); }

at::Tensor combineRows(const at::Tensor& rows, const at::Tensor& weights, const DispatchPlan& plan, at::ScalarType type) {
    at::Tensor out = at::zeros({plan.tokens, rows.size(1)}, rows.options().dtype(type));
    if (plan.rows == 0) return out;
    const at::Tensor rowOfPair = plan.rowOfPair.view({plan.tokens, plan.slots});
    const at::Tensor kept = plan.keptPair.defined() ? plan.keptPair.view({plan.tokens, plan.slots, 1}) : at::Tensor();
    for (std::int64_t slot = 0; slot < plan.slots; ++slot) {
        at::Tensor part = rows.index_select(0, rowOfPair.select(1, slot)).to(type);
        if (kept.defined()) part.masked_fill_(kept.select(1, slot).logical_not(), 0);
        if (weights.defined())
            out.addcmul_(part, weights.narrow(1, slot, 1).to(type));
        else
            out.add_(part);
    }
    return out;
}

}  // namespace moescope::kernels
