// StepTelemetry: the one value that leaves the trainer, and the one list of its metrics. (contract)
//
// `visitMetrics(telemetry, visit)` calls `visit(const Metric&, T& member)` for every metric; T is `double` for a number
// of the step, `std::vector<float>` for a number or vector of each MoE layer, laid out [moeLayer][width]. A metric that
// does not apply is NaN (number) or an empty vector; with no data at all it is not stored. Adding a metric is one member
// and one line; one that only a single router measures is a line in measures.cpp. Names, formulas and ranges: the table of metrics in the project's routing documentation; "kept" is after
// capacity, "chosen" before it, E experts, k experts per token, T tokens, p router probabilities of the clean logits.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::telemetry {

/// How many values a layer has: one, one per expert, the logit quantiles (min, configured quantiles, max), one per
/// domain and expert (row-major [domain][expert]), 64 position bins, or one per domain (numbers of the whole step).
enum class Shape { scalar, layer, layerExpert, layerQuantile, layerDomainExpert, layerPosition, domain };

struct Metric {
    std::string_view name;
    std::string_view unit;
    std::string_view help;
    Shape shape;
    double minimum = -std::numeric_limits<double>::infinity();
    double maximum = std::numeric_limits<double>::infinity();
};

/// What single routers measure of themselves, one number a layer: the places of `StepTelemetry::measured`.
std::span<const Metric> measures();
/// Throws base::Error (exit 2) if there is none of that name.
std::size_t measureIndex(std::string_view name);

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct StepTelemetry {
    std::int64_t step = 0;    ///< steps done, so the first report says 1
    std::int64_t tokens = 0;  ///< tokens trained so far
    double flops = 0;         ///< training FLOPs so far
    double seconds = 0;       ///< training time so far, pauses left out

    double loss = kNone, auxiliary = kNone, balance = kNone, z = kNone, importanceLoss = kNone, loadLoss = kNone, cmrLoss = kNone, kdLoss = kNone;
    double learningRate = kNone, gradientNorm = kNone, tokensPerSecond = kNone, memory = kNone;
    double dataWait = kNone, storeWait = kNone;

    std::vector<float> load, placedLoad, importance, meanProbability, logitMean, selectionBias;     // [moeLayer][E]
    std::vector<float> effectiveExperts, imbalance, maxViolation, minOverMean, loadCv;              // [moeLayer] from here on
    std::vector<float> top1Weight, top1Probability, top1Load, effectiveK, gateRatio12, routerConfidence;
    std::vector<float> routerEntropy, marginalEntropy, routingInformation;
    std::vector<float> routerZ, lseMean, logitMax, logitStd, logitQuantiles;
    std::vector<float> droppedAssignments, droppedTokens, capacityUtilisation, expertUtilisation;
    std::vector<float> secondKeepRate, mixtureShare, ffnExperts, unpicked, dead, starving;
    std::vector<float> activeExperts, controller, groupEntropy, memberEntropy;
    std::vector<float> dropByPosition;  // [moeLayer][64]
    std::vector<float> domainExperts;   // [moeLayer][domains][E], counts of chosen assignments
    std::vector<std::vector<float>> measured = std::vector<std::vector<float>>(measures().size());  // each [moeLayer]

    bool operator==(const StepTelemetry&) const = default;
};

template <class Telemetry, class Visit>
void visitMetrics(Telemetry& t, Visit&& visit) {
    using enum Shape;
    constexpr double inf = std::numeric_limits<double>::infinity();
    visit(Metric{"loss", "nats/token", "Mean cross-entropy of the step's predicted tokens, without auxiliary terms.", scalar, 0, inf}, t.loss);
    visit(Metric{"auxiliary", "nats/token", "Weighted sum of the auxiliary losses, as added to the training loss.", scalar}, t.auxiliary);
    visit(Metric{"aux_balance", "", "Unweighted balance loss, mean over layers.", scalar}, t.balance);
    visit(Metric{"aux_z", "", "Unweighted z-loss, mean over layers.", scalar, 0, inf}, t.z);
    visit(Metric{"aux_importance", "", "Unweighted importance loss CV^2, mean over layers.", scalar, 0, inf}, t.importanceLoss);
    visit(Metric{"aux_load", "", "Unweighted load loss CV^2, mean over layers.", scalar, 0, inf}, t.loadLoss);
    visit(Metric{"aux_cmr", "", "Unweighted budget loss of the gate between mixture and residual expert: |mean weight - budget| over all layers.", scalar, 0, 1}, t.cmrLoss);
    visit(Metric{"aux_kd", "nats/token", "Unweighted distillation loss: KL(softmax(teacher / tau) || softmax(student / tau)), mean over tokens; 0 when both say the same.", scalar, 0, inf}, t.kdLoss);
    visit(Metric{"learning_rate", "", "Learning rate of the step.", scalar, 0, inf}, t.learningRate);
    visit(Metric{"gradient_norm", "", "Norm of all gradients before clipping.", scalar, 0, inf}, t.gradientNorm);
    visit(Metric{"tokens_per_second", "tokens/s", "Tokens of the report's steps over their time.", scalar, 0, inf}, t.tokensPerSecond);
    visit(Metric{"memory", "bytes", "Peak memory of the engine (host) or device.", scalar, 0, inf}, t.memory);
    visit(Metric{"data_wait", "s", "Time the step waited for data.", scalar, 0, inf}, t.dataWait);
    visit(Metric{"store_wait", "s", "Time the step waited for the store.", scalar, 0, inf}, t.storeWait);

    visit(Metric{"load", "share", "Share of first wishes (chosen, before capacity) of each expert; fair is 1/E.", layerExpert, 0, 1}, t.load);
    visit(Metric{"placed_load", "share", "Share of the assignments that finally run on each expert, after capacity.", layerExpert, 0, 1}, t.placedLoad);
    visit(Metric{"importance", "share", "Share of the combine weight of each expert over kept slots.", layerExpert, 0, 1}, t.importance);
    visit(Metric{"mean_probability", "share", "Mean router probability of each expert.", layerExpert, 0, 1}, t.meanProbability);
    visit(Metric{"logit_mean", "logits", "Mean clean logit of each expert.", layerExpert}, t.logitMean);
    visit(Metric{"selection_bias", "", "Selection bias of each expert (loss-free balancing).", layerExpert}, t.selectionBias);

    visit(Metric{"effective_experts", "experts", "exp(entropy of the load): how many experts are really used; k to E.", layer, 0, inf}, t.effectiveExperts);
    visit(Metric{"imbalance", "x fair", "Largest load over the fair share.", layer, 0, inf}, t.imbalance);
    visit(Metric{"max_violation", "", "Imbalance minus one.", layer, 0, inf}, t.maxViolation);
    visit(Metric{"min_over_mean", "x fair", "Smallest load over the fair share.", layer, 0, 1}, t.minOverMean);
    visit(Metric{"load_cv", "", "Standard deviation of the counts over their mean.", layer, 0, inf}, t.loadCv);
    visit(Metric{"top1_weight", "share", "Mean over tokens of the largest kept combine weight over the sum of the kept; 1/k when equal, 1 when one expert has it all.", layer, 0, 1}, t.top1Weight);
    visit(Metric{"top1_probability", "share", "Mean over tokens of the largest router probability over all experts; 1/E when uniform.", layer, 0, 1}, t.top1Probability);
    visit(Metric{"top1_load", "share", "Load of the busiest expert; 1/E when balanced.", layer, 0, 1}, t.top1Load);
    visit(Metric{"effective_k", "experts", "Mean of 1 / sum of squared normalised weights: how many experts share a token.", layer, 0, inf}, t.effectiveK);
    visit(Metric{"gate_ratio_12", "", "Mean ratio of the largest to the second largest probability.", layer, 1, inf}, t.gateRatio12);
    visit(Metric{"router_confidence", "share", "Sum of kept combine weights over kept slots.", layer, 0, inf}, t.routerConfidence);
    visit(Metric{"router_entropy", "nats", "Mean entropy of a token's router probabilities; ln E when undecided.", layer, 0, inf}, t.routerEntropy);
    visit(Metric{"marginal_entropy", "nats", "Entropy of the mean router probabilities.", layer, 0, inf}, t.marginalEntropy);
    visit(Metric{"routing_information", "nats", "Marginal entropy minus router entropy: what the router's choice says about the token.", layer, 0, inf}, t.routingInformation);
    visit(Metric{"router_z", "logits^2", "Mean squared log-sum-exp of the clean logits.", layer, 0, inf}, t.routerZ);
    visit(Metric{"lse_mean", "logits", "Mean log-sum-exp of the clean logits.", layer}, t.lseMean);
    visit(Metric{"logit_max", "logits", "Largest absolute clean logit.", layer, 0, inf}, t.logitMax);
    visit(Metric{"logit_std", "logits", "Standard deviation of the clean logits.", layer, 0, inf}, t.logitStd);
    visit(Metric{"logit_quantiles", "logits", "Smallest, configured quantiles and largest of the clean logits.", layerQuantile}, t.logitQuantiles);
    visit(Metric{"dropped_assignments", "share", "Share of the chosen assignments that found no room.", layer, 0, 1}, t.droppedAssignments);
    visit(Metric{"dropped_tokens", "share", "Share of tokens that no expert worked on.", layer, 0, 1}, t.droppedTokens);
    visit(Metric{"capacity_utilisation", "share", "Filled share of all room.", layer, 0, 1}, t.capacityUtilisation);
    visit(Metric{"expert_utilisation", "share", "Share of experts with at least one token.", layer, 0, 1}, t.expertUtilisation);
    visit(Metric{"second_keep_rate", "share", "Share of tokens whose random second expert was taken.", layer, 0, 1}, t.secondKeepRate);
    visit(Metric{"mixture_share", "share", "Mean weight of the routed experts beside the residual expert; 1 when only they count.", layer, 0, 1}, t.mixtureShare);
    visit(Metric{"ffn_experts", "experts", "Experts that are networks a token really ran through, where others are zero, copy or constant; at most k.", layer, 0, inf}, t.ffnExperts);
    visit(Metric{"unpicked", "share", "Expert choice: share of tokens no expert picked.", layer, 0, 1}, t.unpicked);
    visit(Metric{"active_experts", "experts", "Experts that worked on a token, mean; k unless tokens are dropped or their number of experts varies.", layer, 0, inf}, t.activeExperts);
    visit(Metric{"controller", "", "ReMoE: weight of the sparsity loss now, coefficient times controller.", layer, 0, inf}, t.controller);
    visit(Metric{"group_entropy", "nats", "Two levels: entropy of the load over groups; ln of their number when even.", layer, 0, inf}, t.groupEntropy);
    visit(Metric{"member_entropy", "nats", "Two levels: entropy of the load inside a group, mean over groups by load; ln of its size when even.", layer, 0, inf}, t.memberEntropy);
    visit(Metric{"dead", "experts", "Experts whose load ratio stayed below 0.05 over the idle window.", layer, 0, inf}, t.dead);
    visit(Metric{"starving", "experts", "Experts whose load ratio stayed below 0.5 over the idle window.", layer, 0, inf}, t.starving);
    visit(Metric{"drop_by_position", "share", "Drop rate over 64 bins of the position in the sequence.", layerPosition, 0, 1}, t.dropByPosition);
    visit(Metric{"domain_experts", "assignments", "Chosen assignments of each domain to each expert.", layerDomainExpert, 0, inf}, t.domainExperts);
    for (std::size_t i = 0; i < t.measured.size(); ++i) visit(measures()[i], t.measured[i]);
}

/// A validation: mean loss on the fixed batches, overall and by domain (NaN where a domain has no tokens).
struct Evaluation {
    std::int64_t step = 0;
    std::int64_t tokens = 0;
    double flops = 0, seconds = 0;
    double loss = kNone;
    double bitsPerByte = kNone;
    std::vector<double> domainLoss;  // [domains]
    bool operator==(const Evaluation&) const = default;
};

/// Names of the evaluation's series in the store.
inline constexpr std::string_view kValLoss = "val_loss", kDomainLoss = "domain_loss", kBitsPerByte = "bits_per_byte";

}  // namespace moescope::telemetry
