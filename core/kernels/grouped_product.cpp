// Grouped products: a loop over contiguous slices on the CPU, at::_grouped_mm on a GPU.
#include "core/kernels/grouped_product.hpp"

namespace moescope::kernels {

namespace {

// The rows of expert e: its slice, or all of them when every expert takes all tokens and the operand is not yet per expert.
at::Tensor sliceOf(const at::Tensor& rows, const DispatchPlan& plan, std::int64_t expert) {
    if (plan.everyTokenEverywhere && rows.size(0) == plan.tokens) return rows;
    const std::int64_t from = plan.begin[static_cast<std::size_t>(expert)];
    return rows.narrow(0, from, plan.begin[static_cast<std::size_t>(expert) + 1] - from);
}

at::Tensor loop(const at::Tensor& rows, const at::Tensor& weight, const DispatchPlan& plan, bool transposed) {
    at::Tensor out = at::empty({plan.rows, weight.size(transposed ? 2 : 1)}, rows.options());
    for (std::int64_t e = 0; e < plan.experts; ++e) {
        const std::int64_t from = plan.begin[static_cast<std::size_t>(e)];
        const std::int64_t count = plan.begin[static_cast<std::size_t>(e) + 1] - from;
        if (count == 0) continue;
        at::Tensor slice = out.narrow(0, from, count);
        const at::Tensor w = weight.select(0, e);
        at::mm_out(slice, sliceOf(rows, plan, e), transposed ? w : w.t());
    }
    return out;
}

bool hostKnowsRows(const DispatchPlan& plan) { return !plan.begin.empty(); }

}  // namespace

at::Tensor groupedProduct(const at::Tensor& rows, const at::Tensor& weight, const DispatchPlan& plan) {
    if (hostKnowsRows(plan)) return loop(rows, weight, plan, false);
    return at::_grouped_mm(rows, weight.transpose(1, 2), plan.ends);
}

at::Tensor groupedProductTransposed(const at::Tensor& rows, const at::Tensor& weight, const DispatchPlan& plan) {
    if (hostKnowsRows(plan)) return loop(rows, weight, plan, true);
    return at::_grouped_mm(rows, weight, plan.ends);
}

at::Tensor groupedOuter(const at::Tensor& left, const at::Tensor& right, const DispatchPlan& plan, const at::Tensor& like) {
    if (!hostKnowsRows(plan)) return at::_grouped_mm(left.t(), right, plan.ends);
    at::Tensor out = at::empty_like(like);
    for (std::int64_t e = 0; e < plan.experts; ++e) {
        at::Tensor slice = out.select(0, e);
        const at::Tensor a = sliceOf(left, plan, e);
        if (a.size(0) == 0)
            slice.zero_();
        else
            at::mm_out(slice, a.t(), sliceOf(right, plan, e));
    }
    return out;
}

}  // namespace moescope::kernels
