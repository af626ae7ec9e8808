// Losses of one layer by parts: by groups of experts, and by the domains of the tokens.
//
// Unweighted scalars, in the graph of the routing's probabilities; counts carry no gradient. Killed experts are in no term.
// Sources: Mesh TensorFlow, two-level gating (switch at each level); Mustafa et al. 2022, arXiv 2206.02770 (entropies).
#pragma once

#include "core/routing/routing.hpp"

namespace moescope::routing {

/// A sum_i f_i P_i over A groups: f_i share of tokens whose best group is i, P_i mean of p_i = sum_j p_ij. 1 when even.
at::Tensor groupBalance(const RouterSpec& spec, const Routing& routing);

/// Mean over groups i that some token entered of B sum_j f_{j|i} P_{j|i}, both from those tokens alone (two_level_top2: those
/// whose best group i is); f counts the best member. 1 when even.
at::Tensor memberBalance(const RouterSpec& spec, const Routing& routing);

/// sum over domains m in the batch of the mean of H(p_t) over t in m. Throws base::Error (exit 2) without domains.
at::Tensor localEntropy(const RouterSpec& spec, const Routing& routing);

/// sum over domains m in the batch of max(0, tau - H(mean of p_t over t in m)), tau = ln `router.options.domain_experts`.
at::Tensor globalEntropy(const RouterSpec& spec, const Routing& routing);

}  // namespace moescope::routing
