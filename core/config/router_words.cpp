// What each word of the router's settings means: a name for its box, a formula, a sentence. One line a word.
#include <algorithm>
#include <array>

#include "core/config/router_card.hpp"

namespace moescope::config {
namespace {

constexpr auto kWords = std::to_array<RouterWord>({
    {"router.net", "linear", "linear", "z = W x", "A matrix with one row for each expert scores the token."},
    {"router.net", "tree", "two gates", "z_e = ln p(group of e) + ln p(e in its group)", "One gate scores groups of experts, a second one the members of each group."},
    {"router.net", "cosine", "cosine", "z_e = τ cos(P x, v_e), τ learned", "The angle to a learned direction of each expert is the score; lengths do not count."},
    {"router.net", "attention", "attention", "z_i = Σ_j softmax_j(q_i k_j) v_j; q, k, v = W_q x, W_k x, W_v x", "Experts attend to one another, so the score of one depends on those of the others."},
    {"router.net", "hash", "fixed table", "expert = table[token id]", "A fixed table sends each token id to its expert. Nothing is learned."},
    {"router.net", "domain_hash", "domain, then table", "expert = start of the domain's group + table[token id] mod its size", "The domain names a group of experts, a fixed table the expert in it. Nothing is learned."},
    {"router.net", "mlp2", "small network", "z = W₂ tanh(W₁ x)", "A network of two layers scores the token."},
    {"router.net", "bitcode", "binary code", "k selectors, each of log₂ E bits S(x)", "Selectors spell an expert's number in smooth bits."},
    {"router.net", "none", "no scores", "", "There are no scores: experts are dealt out."},
    {"router.transform", "normalise", "normalised", "z ← λ (z − mean z) / std z", "Logits are centred and brought to one spread, so that a token always decides clearly."},
    {"router.transform", "gating_residual", "with the layer before", "z ← z + W_g z of the layer before", "The scores of the layer before are carried over, so that layers agree on paths."},
    {"router.transform", "temperature", "temperature", "z ← z / τ", "Logits are divided by a temperature."},
    {"router.score", "softmax_all", "softmax over all", "p_e = exp z_e / Σ_j exp z_j, j over all E", "Softmax over all experts, before the choice."},
    {"router.score", "softmax_selected", "softmax over the chosen", "p_e = exp z_e / Σ_j exp z_j, j over the k chosen", "Softmax over the chosen experts alone: weights sum to 1 from the first step."},
    {"router.score", "softmax_groups", "softmax in each group", "p_e = exp z_e / Σ_j exp z_j, j over the group of e", "Each group of experts has a softmax of its own."},
    {"router.score", "sigmoid", "sigmoid", "s_e = 1 / (1 + exp(−z_e))", "Each expert is scored by itself; scores do not compete."},
    {"router.score", "relu", "ReLU", "s_e = max(0, z_e)", "What is not above 0 is not chosen: the number of experts varies with the token."},
    {"router.score", "smoothstep", "product of bits", "p_e = Π over the bits of e of S(t) or 1 − S(t)", "The product of an expert's bits: smooth while the bits waver, one expert when they have settled."},
    {"router.noise", "input_jitter", "input jitter", "z = W (x · U(1 − ε, 1 + ε))", "What the router reads is multiplied by random numbers near 1."},
    {"router.noise", "input_dropout", "input dropout", "z = W dropout(x)", "Part of what the router reads is left out at random."},
    {"router.noise", "logit_gauss_learned", "learned Gaussian noise", "z̃ = z + N(0, 1) · (softplus(W_n x) + 0.01)", "Normal noise, as strong as the router has learned for the token and the expert, changes who is chosen."},
    {"router.noise", "logit_gauss_fixed", "Gaussian noise", "z̃ = z + N(0, (σ / E)²)", "Normal noise of fixed strength changes who is chosen."},
    {"router.noise", "logit_mul_jitter", "jitter of the logits", "z̃ = z · U(1 − ε, 1 + ε)", "Logits are multiplied by random numbers near 1."},
    {"router.noise", "logit_add_uniform", "uniform noise", "z̃ = z + U(1 − ε, 1 + ε)", "Uniform noise is added to the logits."},
    {"router.noise", "gumbel_all", "Gumbel noise", "z̃ = z + Gumbel", "Gumbel noise on every logit: experts are drawn with their probabilities."},
    {"router.noise", "gumbel_second", "second drawn", "second = argmax over the others of z + Gumbel", "The first choice is the best, the second is drawn by its probability."},
    {"router.noise", "random_second", "second by chance", "second kept with chance min(1, g₂ / τ)", "The second expert is asked only as often as its weight deserves."},
    {"router.offset", "bias_sign", "bias that follows the load", "choice by s_e + b_e; b_e ← b_e + u · sign(mean load − load_e)", "A bias on the choice, never on the weights, lifts experts that had too little and lowers those that had too much."},
    {"router.offset", "bias_prop", "bias that follows the load", "choice by s_e + b_e; b_e ← b_e + u · (mean load − load_e)", "A bias on the choice moves in proportion to what an expert lacks."},
    {"router.offset", "bias_quantile", "bias by quantile", "choice by z_e − β_e; β_e = the logit of expert e, against the token's best expert left out, that a fair share of tokens exceeds", "The bias of each expert is read off the distribution of its logits, so that load is fair within a few steps."},
    {"router.offset", "load_penalty", "load penalty", "choice by p_e − λ · max(0, L_e / C − ρ) + b_e; b_e ← b_e + u · sign(mean load − load_e)", "Experts that were full lately are fined in the choice, beside a bias that follows the load."},
    {"router.group_rule", "limit_max", "best groups", "groups by the maximum of their scores; the best m stay open", "Only some groups of experts stay open to a token: those with the best single expert."},
    {"router.group_rule", "limit_top2sum", "best groups", "groups by the sum of their two best scores; the best m stay open", "Only some groups of experts stay open to a token: those with the best two experts."},
    {"router.group_rule", "limit_topjsum", "best groups", "groups by the sum of their best scores; the best m stay open", "Only some groups of experts stay open to a token."},
    {"router.group_rule", "limit_sum", "best groups", "groups by the sum of their scores; the best m stay open", "Only some groups of experts stay open to a token: those with the largest sum."},
    {"router.group_rule", "per_group", "equally many of each group", "k / groups experts of every group", "Every group of experts gives equally many."},
    {"router.group_rule", "two_level", "group, then expert", "the best m groups, then the best k′ in each", "A group is chosen first, then experts in it."},
    {"router.group_rule", "two_level_top2", "two groups, two and one", "the best two groups; two experts of the first, one of the second", "Two groups are chosen, then experts in each."},
    {"router.select", "topk", "k best", "chosen: the k largest; ties to the lower number", "The k best experts work on the token."},
    {"router.select", "top1_random_second", "best, and a second by chance", "second kept with chance min(1, g₂ / τ)", "The best expert always, the second as often as its weight deserves."},
    {"router.select", "top1_gumbel_second", "best, and one drawn", "second = argmax over the others of z + Gumbel", "The best expert always, the second is drawn by its probability."},
    {"router.select", "expert_topC", "experts choose tokens", "expert e takes the C tokens with the largest p_te", "Every expert picks the tokens it likes best: load is even, and a token may have no expert or many."},
    {"router.select", "sinkhorn_topk", "even assignment (Sinkhorn)", "exp z scaled until rows and columns have equal sums; then the largest", "Tokens are dealt out so that every expert has nearly the same number; at evaluation each token chooses for itself."},
    {"router.select", "auction", "even assignment (auction)", "max Σ_t affinity(t, expert of t) with T / E tokens each", "The assignment with equal numbers that pleases tokens most in sum; at evaluation each token chooses for itself."},
    {"router.select", "sample_masked", "sampled among the best", "candidates: (z* − z_e) / max(|z_e|, z*) ≤ 2 r; one drawn by softmax over them", "Experts whose score comes close to the best are drawn at random, one after the other."},
    {"router.select", "relu_threshold", "all above zero", "chosen: every e with z_e > 0", "Every expert with a positive score works on the token."},
    {"router.select", "bitcode", "as the bits spell", "one expert a selector, weights by its simplex", "Each selector spells one expert; selectors are weighed against each other."},
    {"router.select", "slots", "slots", "slot = Σ_t softmax over tokens · x_t", "Experts read mixtures of all tokens instead of tokens."},
    {"router.select", "all", "all", "", "Every expert works on every token."},
    {"router.select", "fixed", "as the table says", "", "The table decides."},
    {"router.weigh", "renorm", "sum to 1", "w_e = p_e / Σ over the chosen", "Weights of the chosen experts are scaled to sum 1."},
    {"router.weigh", "renorm_after_drop", "sum to 1 after dropping", "w_e = p_e / Σ over the kept", "Weights of those that found room are scaled to sum 1."},
    {"router.weigh", "Lp", "of norm 1", "w = p / ‖p‖", "Weights of the chosen experts are scaled to norm 1."},
    {"router.weigh", "raw", "as scored", "w_e = p_e", "The score itself is the weight; the weights of a token need not sum to 1."},
    {"router.weigh", "input", "on the input", "y = Expert_e(s_e x)", "The weight multiplies what the expert reads instead of what it answers."},
    {"router.weigh", "one", "one each", "w_e = 1", "Every chosen expert counts in full, whatever its score."},
    {"router.weigh", "uniform", "equal", "w_e = 1 / k", "Chosen experts count alike."},
    {"router.estimator", "straight_through", "straight through", "forward w, backward as if the weight were p", "The gradient is that of the plain probability, whatever the weight."},
    {"router.estimator", "sparsemixer_v2", "gradient of sampling", "w = ω p_D, ω ∈ {1, 1/3}; ∂w/∂z_j = p_D (1[j = D] − p_j)", "The router learns by an estimate of the true gradient of drawing experts."},
    {"router.estimator", "sparsemixer_v2star", "gradient of sampling", "w = ω p_D, ω ∈ {1, 1/3}; ∂w/∂z_j = 2 p_D (1[j = D] − p_j)", "The router learns by an estimate of the true gradient of drawing experts."},
    {"router.estimator", "sparsemixer_v1", "gradient of sampling", "midpoint estimate of the gradient of drawing experts", "The router learns by an estimate of the true gradient of drawing experts."},
    {"moe.residual", "sum", "dense expert added", "y = Dense(x) + Σ w_e Expert_e(x)", "A dense expert works on every token as well."},
    {"moe.residual", "softmax2", "dense expert weighed", "y = c₀ Σ w_e Expert_e(x) + c₁ Dense(x), c = softmax(W_c x + b)", "A dense expert works on every token, and a softmax of two weighs it against the mixture."},
    {"moe.residual", "cmr", "dense expert or mixture", "y = (1 − g) Dense(x) + g Σ w_e Expert_e(x), g = σ(u · x + b)", "A gate decides how much of the mixture a token may have beside a dense expert, within a budget."},
    {"capacity.overflow", "drop", "dropped", "", "Without room the token goes on without that expert."},
    {"capacity.overflow", "reroute_next", "asks the next best", "", "Without room the token asks its next best experts."},
    {"capacity.overflow", "recycle_random", "any free place", "", "Without room the token takes any free place by chance."},
    {"capacity.overflow", "reroute_group", "another of the group", "", "Without room the token asks others of the same group, then the next group."},
    {"capacity.priority", "bpr", "confident tokens first", "", "Confident tokens are served first."},
    {"capacity.priority", "prob", "high scores first", "", "Each expert serves its highest scores first."},
    {"capacity.priority", "random", "served by chance", "", "Chance decides who is served."},
    {"balance.kind", "switch", "balance", "α E Σ_e f_e P_e, f by the first choice", "A loss that grows when the same experts are chosen and likely."},
    {"balance.kind", "gshard_top1", "balance", "α E Σ_e f_e P_e, f by the first choice", "A loss on first choices that grows when the same experts are chosen and likely."},
    {"balance.kind", "topk_sum", "balance", "α E Σ_e f_e P_e, f over all k choices", "A loss on all choices that grows when the same experts are chosen and likely."},
    {"balance.kind", "topk_mean", "balance", "α E Σ_e (f_e / k) P_e", "A loss that grows when the same experts are chosen and likely; 1 at perfect balance."},
    {"balance.kind", "heterogeneous", "balance by kind", "α (Σ_j 1/η_j) Σ_e η_e (f_e / k) P_e, η = 1 for networks, τ for the others", "A balance loss that lets experts without computation be busier than the others."},
    {"balance.kind", "switch_groups", "balance of groups", "α G Σ_g f_g P_g over groups", "A loss that keeps the groups of experts equally busy."},
    {"balance.kind", "switch_members", "balance inside groups", "α M Σ_m f_m P_m inside each group", "A loss that keeps the members of each group equally busy."},
    {"balance.kind", "controller", "controller of the sparsity", "λ (E / k) Σ_e f_e mean_t w_te; λ ← λ · 1.2^sign(active − k)", "A controller makes the penalty on active experts stronger or weaker until k work on a token."},
    {"balance.kind", "entropy_local", "decided for each token", "α mean_t H(p_t) of each domain", "A loss that makes the router decided for each token."},
    {"balance.kind", "entropy_global", "varied over tokens", "α max(0, ln n − H(mean_t p_t)) of each domain", "A loss on domains that use fewer than n experts over their tokens."},
    {"balance.kind", "code_entropy", "decided bits", "α Σ H(bits of a selector)", "A loss that makes the bits settle."},
    {"balance.kind", "importance", "importance", "α CV²(Σ_t w_te over e)", "A loss on how unequal the experts' summed weights are."},
    {"balance.kind", "load", "load", "α CV²(Σ_t P(e chosen under fresh noise) over e)", "A loss on how unequally often noise would choose the experts."},
});

}  // namespace

const RouterWord* routerWord(std::string_view key, std::string_view word) {
    const auto at = std::ranges::find_if(kWords, [&](const RouterWord& each) { return each.key == key && each.word == word; });
    return at == kWords.end() ? nullptr : &*at;
}

}  // namespace moescope::config
