// Matrix products of each expert with its own rows, behind three functions that a faster engine can take over.
//
// CPU: LibTorch products on contiguous slices. GPU: at::_grouped_mm, which for bf16 on sm_90/sm_100 needs no host
// synchronisation and elsewhere copies the row counts to the host and loops.
#pragma once

#include "core/tensor.hpp"

#include "core/kernels/dispatch.hpp"

namespace moescope::kernels {

/// out[r] = weight[e] rows[r]: rows [R, n] (or [T, n] when every expert takes all tokens), weight [E, m, n] -> [R, m].
at::Tensor groupedProduct(const at::Tensor& rows, const at::Tensor& weight, const DispatchPlan& plan);

/// out[r] = weight[e]^T rows[r]: rows [R or T, m], weight [E, m, n] -> [R, n].
at::Tensor groupedProductTransposed(const at::Tensor& rows, const at::Tensor& weight, const DispatchPlan& plan);

/// out[e] = sum over the rows of e of left[r] right[r]^T, of the shape of `like` [E, m, n]; zero for an expert without rows.
at::Tensor groupedOuter(const at::Tensor& left, const at::Tensor& right, const DispatchPlan& plan, const at::Tensor& like);

}  // namespace moescope::kernels
