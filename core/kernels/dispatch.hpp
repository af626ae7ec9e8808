// Which row of the expert-sorted buffer belongs to which token: a stable counting sort of the kept assignments.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <vector>

namespace moescope::kernels {

/// Rows are sorted by expert, inside an expert by token, inside a token by slot. All tensors are on the device of the
/// routing. On the CPU there are exactly as many rows as kept assignments; on a GPU their number is not known to the host,
/// so there are tokens * slots rows and those of dropped assignments lie behind the last expert's.
struct DispatchPlan {
    std::int64_t tokens = 0, slots = 0, experts = 0, rows = 0;
    bool everyTokenEverywhere = false;  ///< all experts take all tokens in order: row e * tokens + t, nothing is gathered
    at::Tensor tokenOfRow{};              ///< [rows] int64; undefined if everyTokenEverywhere
    at::Tensor rowOfPair{};               ///< [tokens * slots] int64; 0 where nothing was kept
    at::Tensor keptPair{};                ///< [tokens * slots] bool; undefined if all are kept
    at::Tensor ends{};                    ///< [experts] int32, cumulative; GPU only
    std::vector<std::int64_t> begin{};    ///< [experts + 1], CPU only
};

/// `experts` [T, slots] int64 (-1 = unused), `kept` [T, slots] bool; `allKept` promises that kept is all true.
DispatchPlan planDispatch(const at::Tensor& experts, const at::Tensor& kept, std::int64_t expertCount, bool allKept);

/// Every expert for every token; `experts` [T, E] names the expert of each slot.
DispatchPlan planEverywhere(const at::Tensor& experts, std::int64_t expertCount);

/// x [T, d] -> [rows, d]; one gather.
at::Tensor gatherRows(const at::Tensor& x, const DispatchPlan& plan);

/// y[t] = sum over slots j, in this order, of weights[t, j] * rows[row of (t, j)]; `weights` undefined = ones. [T, d] of
/// `type`, in which it is summed.
at::Tensor combineRows(const at::Tensor& rows, const at::Tensor& weights, const DispatchPlan& plan, at::ScalarType type);

}  // namespace moescope::kernels
