// The integer part of routing: who is chosen, who stands where in a queue, how many there are. No gradient.
//
// Each function has a plain loop for CPU tensors and a form in tensor operations for other devices (`...ByTensors`, which also
// runs on the CPU: the two are tested equal). A tie always goes to the lowest index. `groupTokens` cuts the tokens into
// groups that are counted apart; 0 = one group.
#pragma once

#include "core/tensor.hpp"

namespace moescope::routing {

/// The k largest of each row of `scores` [T, E], descending: indices [T, k] int64. With `skipMinusInfinity`, -inf is never
/// chosen and missing ones are -1. NaN counts as the largest, as everywhere in LibTorch.
at::Tensor largest(const at::Tensor& scores, std::int64_t k, bool skipMinusInfinity);
at::Tensor largestByTensors(const at::Tensor& scores, std::int64_t k, bool skipMinusInfinity);

/// Places [T, slots] in the experts' queues when all first slots stand before all second slots, each in the order of
/// `tokenOrder` [T] (undefined: as they come; it must keep the groups apart). -1 where `experts` is -1.
at::Tensor queuePositions(const at::Tensor& experts, std::int64_t expertCount, std::int64_t groupTokens,
                          const at::Tensor& tokenOrder);
at::Tensor queuePositionsByTensors(const at::Tensor& experts, std::int64_t expertCount, std::int64_t groupTokens,
                                   const at::Tensor& tokenOrder);

/// Rank [T, E] of each entry within its column, largest first, ties to the lowest row.
at::Tensor columnRanks(const at::Tensor& scores, std::int64_t groupTokens);
at::Tensor columnRanksByTensors(const at::Tensor& scores, std::int64_t groupTokens);

/// Indices [T] that put `key` [T] in descending order inside each group, ties to the lowest index.
at::Tensor descendingOrder(const at::Tensor& key, std::int64_t groupTokens);

/// How often each expert occurs in each row of `experts` [R, n] (-1 is nobody): [R, E] int64.
at::Tensor countExperts(const at::Tensor& experts, std::int64_t expertCount);
at::Tensor countExpertsByTensors(const at::Tensor& experts, std::int64_t expertCount);

}  // namespace moescope::routing
