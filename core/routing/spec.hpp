// RouterSpec: the stages of one layer's router as plain data, made from a RunConfig. (contract; no LibTorch)
//
// Stage order: score, noise, offset, group limit, select, weigh, capacity, balance, estimator. Symbols as everywhere:
// T tokens routed together, E experts, k experts per token, C capacity, z clean logits, p = softmax(z), s = sigmoid(z).
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::routing {

enum class Net { linear, tree, cosine, attention, mlp2, bitcode, hash, domainHash, none };
enum class Transform { none, normalise, temperature, gatingResidual };
enum class Score { softmaxAll, softmaxSelected, softmaxGroups, sigmoid, relu, smoothstep, softmaxTokens };
enum class Noise { none, inputJitter, inputDropout, logitGaussLearned, logitGaussFixed, logitMulJitter, logitAddUniform, gumbelAll };
enum class Offset { none, biasSign, biasProp, biasQuantile, loadPenalty };
enum class GroupRule { none, limitMax, limitTop2Sum, limitTopJSum, limitSum, perGroup, twoLevel, twoLevelTop2 };
enum class Select { topk, expertTopC, sinkhorn, auction, sampleMasked, reluThreshold, bitcode, all, fixed, slots };
/// How the second of two choices is made: the next best, kept by chance (GShard), or sampled with Gumbel noise.
enum class Second { best, random, gumbel };
enum class Weigh { renorm, renormAfterDrop, lp, raw, input, one, uniform };
enum class Priority { position, bpr, prob, random };
/// What happens to a choice whose expert is full: dropped, offered to the token's next best (of its group first), put into any
/// free place, or moved until every expert has the same number of first, of second ... choices.
enum class Overflow { drop, rerouteNext, rerouteGroup, recycleRandom, balanceColumns };
enum class Estimator { autogradGate, straightThrough, sparsemixerV1, sparsemixerV2, sparsemixerV2star, none };
enum class LossKind {
    none, switchTop1, gshardTop1, topkSum, topkMean, heterogeneous, importance, load,
    controller, switchGroups, switchMembers, entropyLocal, entropyGlobal, codeEntropy,
};
enum class Scope { batch, sequence, global, layers };
/// A router that is overruled: its tokens are dealt out in turn, or to experts drawn at random.
enum class Oracle { none, roundRobin, random };

struct CapacityRule {
    double factor = 0;      ///< cf; 0 = no limit. Expert choice: its c
    double evalFactor = 0;  ///< the same at evaluation
    std::int64_t minimum = 0, multipleOf = 1;
    bool countK = true;
    Priority priority = Priority::position;
    Overflow overflow = Overflow::drop;
    std::int64_t groupTokens = 0;  ///< tokens that compete together; 0 = all
    bool operator==(const CapacityRule&) const = default;
};

struct BalanceTerm {
    LossKind kind = LossKind::none;
    double coefficient = 0;
    Scope scope = Scope::batch;
    bool operator==(const BalanceTerm&) const = default;
};

struct RouterSpec {
    std::int64_t layer = 0;  ///< model layer, counted from 0
    std::int64_t experts = 1, topK = 1;
    std::int64_t constantExperts = 0, copyExperts = 0, zeroExperts = 0;  ///< the last experts in this order: no networks
    bool firstMixture = true;  ///< no layer with experts lies before it
    double budget = 0, budgetCoefficient = 0;  ///< of the gate between mixture and residual expert (CMR); coefficient 0 = no loss
    Net net = Net::linear;
    Transform transform = Transform::none;
    Score score = Score::softmaxAll;
    Noise noise = Noise::none;
    double noiseScale = 0;  ///< sigma, epsilon, probability or temperature of `noise`
    Second second = Second::best;
    double secondScale = 0;  ///< random: tau (0 keeps every second choice); gumbel: temperature
    bool noiseReachesWeights = false;
    bool noiseAtEvaluation = false;
    Offset offset = Offset::none;
    double offsetRate = 0;
    GroupRule groupRule = GroupRule::none;
    std::int64_t groups = 1, groupsKept = 1;
    Select select = Select::topk;
    std::int64_t slotsPerExpert = 1;  ///< select slots: mixtures of a sequence's tokens that each expert reads
    Weigh weigh = Weigh::renorm;
    double scale = 1;
    Estimator estimator = Estimator::autogradGate;
    bool bias = false, frozen = false;
    double initStd = 0.02;
    std::vector<double> rig;  ///< [E] added to z, or empty
    CapacityRule capacity;
    BalanceTerm balance;
    std::vector<BalanceTerm> more;
    double zCoefficient = 0;
    config::Values options;  ///< `router.options.*`
    std::int64_t domains = 0;  ///< how many the data has, for losses by domain; the trainer says it, 0 = look at the labels
    // What commands made of it; makeSpec() leaves them empty.
    std::vector<std::int64_t> killed;  ///< ascending; muted for good and left out of the balance losses
    Oracle oracle = Oracle::none;
    std::vector<std::int64_t> oracleExperts;  ///< who takes part in it, ascending, at least k
    std::vector<std::int64_t> pins;  ///< [domains] expert that the tokens of each domain choose first, -1 = as routed; or empty
    bool operator==(const RouterSpec&) const = default;
};

/// The router of `layer` (which must have experts). Live settings are taken from `config` as it is now. Throws
/// base::Error (exit 2) for a word that no stage knows; problems() says the same beforehand.
RouterSpec makeSpec(const config::RunConfig& config, std::int64_t layer);

/// The routers of all layers with experts, ascending.
std::vector<RouterSpec> makeSpecs(const config::RunConfig& config);

/// What a router cannot do: unknown or ill-typed options, groups that do not fit, hash without tokens ... Empty = it can run.
/// `handTable`: for a table checked by hand, k = 1 with softmax after top-k is allowed.
base::Problems problems(const config::RunConfig& config, bool handTable = false);

/// Slots of a token: k, or E where the number of experts varies or all work (select all, slots, relu_threshold, bitcode, expert choice).
std::int64_t slots(const RouterSpec& spec);
/// Experts that are networks: 0 .. computing - 1.
std::int64_t computing(const RouterSpec& spec);
/// Does the router score experts (has logits and probabilities)? Not so for hash and round robin.
bool hasLogits(const RouterSpec& spec);
/// Are groups chosen first, and experts inside them (two_level, two_level_top2)?
bool hasLevels(const RouterSpec& spec);
/// Does a loss of this router look at the tokens' domains?
bool needsDomains(const RouterSpec& spec);
/// Does a draw decide anything when `training` is as given?
bool isRandom(const RouterSpec& spec, bool training);

/// Slots of one expert for T tokens: min(T, max(minimum, 1, ceil(cf k T / E - 1e-6))), rounded up to multiple_of; 0 = no
/// limit. Expert choice: min(T, max(1, floor(c T / E + 1e-6))).
/// Where some experts are no networks: that of a network, cf tau k T / (tau N + Z) in place of cf k T / E; the others, with
/// `zeroComputation`, have 1 / tau times as much (MoE++).
std::int64_t capacity(const RouterSpec& spec, std::int64_t tokens, bool training, bool zeroComputation = false);

std::string_view name(LossKind kind);

/// One line of `moescope-engine routers`: an option and the router it belongs to.
struct OptionInfo {
    std::string router, key, type, defaultJson, label, help;
    double minimum, maximum;
    std::vector<std::string> choices;
};
std::vector<OptionInfo> listOptions();

}  // namespace moescope::routing
