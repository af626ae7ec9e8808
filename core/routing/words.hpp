// The words of the settings and the stages they stand for, one table a stage.
#pragma once

#include <array>
#include <string_view>

#include "core/routing/spec.hpp"

namespace moescope::routing {

template <class Enum>
struct Word {
    std::string_view text;
    Enum value;
};

inline constexpr std::array kNets = {
    Word<Net>{"linear", Net::linear}, Word<Net>{"tree", Net::tree}, Word<Net>{"cosine", Net::cosine}, Word<Net>{"attention", Net::attention},
    Word<Net>{"mlp2", Net::mlp2}, Word<Net>{"bitcode", Net::bitcode}, Word<Net>{"hash", Net::hash},
    Word<Net>{"domain_hash", Net::domainHash}, Word<Net>{"none", Net::none}};
inline constexpr std::array kTransforms = {Word<Transform>{"none", Transform::none},
                                           Word<Transform>{"normalise", Transform::normalise},
                                           Word<Transform>{"temperature", Transform::temperature},
                                           Word<Transform>{"gating_residual", Transform::gatingResidual}};
inline constexpr std::array kScores = {Word<Score>{"softmax_all", Score::softmaxAll},
                                       Word<Score>{"softmax_selected", Score::softmaxSelected},
                                       Word<Score>{"softmax_groups", Score::softmaxGroups},
                                       Word<Score>{"sigmoid", Score::sigmoid},
                                       Word<Score>{"relu", Score::relu},
                                       Word<Score>{"smoothstep", Score::smoothstep},
                                       Word<Score>{"softmax_tokens", Score::softmaxTokens}};
inline constexpr std::array kNoises = {Word<Noise>{"none", Noise::none},
                                       Word<Noise>{"input_jitter", Noise::inputJitter},
                                       Word<Noise>{"input_dropout", Noise::inputDropout},
                                       Word<Noise>{"logit_gauss_learned", Noise::logitGaussLearned},
                                       Word<Noise>{"logit_gauss_fixed", Noise::logitGaussFixed},
                                       Word<Noise>{"logit_mul_jitter", Noise::logitMulJitter},
                                       Word<Noise>{"logit_add_uniform", Noise::logitAddUniform},
                                       Word<Noise>{"gumbel_all", Noise::gumbelAll}};
inline constexpr std::array kNoiseScopes = {Word<bool>{"selection", false}, Word<bool>{"selection_and_weight", true}};
inline constexpr std::array kOffsets = {Word<Offset>{"none", Offset::none}, Word<Offset>{"bias_sign", Offset::biasSign},
                                        Word<Offset>{"bias_prop", Offset::biasProp}, Word<Offset>{"bias_quantile", Offset::biasQuantile},
                                        Word<Offset>{"load_penalty", Offset::loadPenalty}};
inline constexpr std::array kGroupRules = {
    Word<GroupRule>{"none", GroupRule::none},           Word<GroupRule>{"limit_max", GroupRule::limitMax},
    Word<GroupRule>{"limit_top2sum", GroupRule::limitTop2Sum}, Word<GroupRule>{"limit_topjsum", GroupRule::limitTopJSum},
    Word<GroupRule>{"limit_sum", GroupRule::limitSum},  Word<GroupRule>{"per_group", GroupRule::perGroup},
    Word<GroupRule>{"two_level", GroupRule::twoLevel},  Word<GroupRule>{"two_level_top2", GroupRule::twoLevelTop2}};
inline constexpr std::array kSelects = {Word<Select>{"topk", Select::topk},
                                        Word<Select>{"top1_random_second", Select::topk},
                                        Word<Select>{"top1_gumbel_second", Select::topk},
                                        Word<Select>{"expert_topC", Select::expertTopC},
                                        Word<Select>{"sinkhorn_topk", Select::sinkhorn},
                                        Word<Select>{"auction", Select::auction},
                                        Word<Select>{"sample_masked", Select::sampleMasked},
                                        Word<Select>{"relu_threshold", Select::reluThreshold},
                                        Word<Select>{"bitcode", Select::bitcode},
                                        Word<Select>{"all", Select::all},
                                        Word<Select>{"fixed", Select::fixed},
                                        Word<Select>{"slots", Select::slots}};
inline constexpr std::array kWeighs = {Word<Weigh>{"renorm", Weigh::renorm}, Word<Weigh>{"renorm_after_drop", Weigh::renormAfterDrop},
                                       Word<Weigh>{"Lp", Weigh::lp},         Word<Weigh>{"raw", Weigh::raw},
                                       Word<Weigh>{"input", Weigh::input},   Word<Weigh>{"one", Weigh::one},       Word<Weigh>{"uniform", Weigh::uniform}};
inline constexpr std::array kPriorities = {Word<Priority>{"position", Priority::position}, Word<Priority>{"bpr", Priority::bpr},
                                           Word<Priority>{"prob", Priority::prob}, Word<Priority>{"random", Priority::random}};
inline constexpr std::array kOverflows = {Word<Overflow>{"drop", Overflow::drop}, Word<Overflow>{"reroute_next", Overflow::rerouteNext},
                                          Word<Overflow>{"reroute_group", Overflow::rerouteGroup}, Word<Overflow>{"recycle_random", Overflow::recycleRandom},
                                          Word<Overflow>{"balance_columns", Overflow::balanceColumns}};
inline constexpr std::array kEstimators = {Word<Estimator>{"autograd_gate", Estimator::autogradGate},
                                           Word<Estimator>{"straight_through", Estimator::straightThrough},
                                           Word<Estimator>{"sparsemixer_v1", Estimator::sparsemixerV1},
                                           Word<Estimator>{"sparsemixer_v2", Estimator::sparsemixerV2},
                                           Word<Estimator>{"sparsemixer_v2star", Estimator::sparsemixerV2star},
                                           Word<Estimator>{"none", Estimator::none}};
inline constexpr std::array kLossKinds = {
    Word<LossKind>{"none", LossKind::none},           Word<LossKind>{"switch", LossKind::switchTop1},
    Word<LossKind>{"gshard_top1", LossKind::gshardTop1}, Word<LossKind>{"topk_sum", LossKind::topkSum},
    Word<LossKind>{"topk_mean", LossKind::topkMean},  Word<LossKind>{"heterogeneous", LossKind::heterogeneous},
    Word<LossKind>{"importance", LossKind::importance}, Word<LossKind>{"load", LossKind::load},
    Word<LossKind>{"controller", LossKind::controller},
    Word<LossKind>{"switch_groups", LossKind::switchGroups}, Word<LossKind>{"switch_members", LossKind::switchMembers},
    Word<LossKind>{"entropy_local", LossKind::entropyLocal}, Word<LossKind>{"entropy_global", LossKind::entropyGlobal},
    Word<LossKind>{"code_entropy", LossKind::codeEntropy}};
inline constexpr std::array kScopes = {Word<Scope>{"batch", Scope::batch}, Word<Scope>{"sequence", Scope::sequence},
                                       Word<Scope>{"global", Scope::global}, Word<Scope>{"layers", Scope::layers}};

}  // namespace moescope::routing
