// RunConfig: everything needed to repeat a run, as one plain value.
//
// Standard library only; every layer may include it. The names of the members are the public names of the settings
// (`model.layers`, `router.select` ...); labels, help, ranges and defaults are in fields.hpp, the one list from which
// the form, the command line, the JSON, the validation and the difference of two runs are made.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace moescope::config {

/// A free value: an option only one router has, or an argument of a command.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;
using Values = std::map<std::string, Value>;

struct ModelConfig {
    std::string family = "lm";
    std::int64_t layers = 4;
    std::int64_t width = 128;
    std::int64_t heads = 4;
    std::int64_t kv_heads = 0;    ///< 0 = heads
    std::int64_t head_width = 0;  ///< 0 = width / heads
    std::int64_t context = 256;   ///< tokens a position can look back on, and the length of a training window
    std::string activation = "swiglu";
    std::int64_t ffn_width = 0;  ///< hidden width of dense layers; 0 = top_k * expert_width
    bool tied_head = true;
    std::string norm = "rmsnorm";
    double norm_epsilon = 1e-5;
    double rope_base = 10000;
    bool qk_norm = false;
    double dropout = 0;
    double init_std = 0.02;
    std::int64_t vocabulary = 0;  ///< 0 = from the data
    bool operator==(const ModelConfig&) const = default;
};

/// What a mixture on the plane learns and how (`model.family` plane); language models leave it alone.
struct PlaneConfig {
    std::string problem = "quadrants";
    double noise = 0.05;
    std::int64_t points = 0;  ///< different training points; 0 = new ones in every step
    std::string expert = "hidden";
    std::string criterion = "blend";
    double sigma = 0.2;  ///< spread a target may have around the prediction, in the units of the target
    std::string fit = "gradient";
    bool operator==(const PlaneConfig&) const = default;
};

struct MoeConfig {
    std::int64_t experts = 8;  ///< 0 = dense
    std::int64_t top_k = 2;
    std::int64_t expert_width = 256;
    std::int64_t granularity = 1;  ///< G multiplies experts and top_k and divides expert_width
    std::int64_t shared_experts = 0;
    bool shared_gate = false;
    std::int64_t every = 1;
    std::int64_t first_dense = 0;
    std::int64_t pyramid = 1;  ///< the last sixth of the layers with experts has n times as many
    std::int64_t zero_experts = 0, copy_experts = 0, constant_experts = 0;  ///< beside `experts`, numbered after them: constant, copy, zero
    std::string residual = "none";
    double residual_target = 0.8;       ///< residual cmr: mean weight of the mixture that the budget loss asks for
    double residual_coefficient = 0.1;  ///< residual cmr: weight of the budget loss
    double residual_dropout = 0.2;      ///< residual cmr: share of tokens that read the dense expert alone in training
    std::vector<std::int64_t> pattern;  ///< experts of each layer (0 = dense); empty = every/first_dense decide
    bool operator==(const MoeConfig&) const = default;
};

struct RouterConfig {
    std::string net = "linear";
    std::string transform = "none";
    std::string score = "softmax_all";
    std::string noise = "none";
    double noise_scale = -1;  ///< -1 = the strength its paper uses, 0 = off
    std::string noise_scope = "selection";
    bool noise_at_evaluation = false;
    std::string offset = "none";
    double offset_rate = 1e-3;
    std::string group_rule = "none";
    std::int64_t groups = 1;
    std::int64_t groups_kept = 1;
    std::string select = "topk";
    std::string weigh = "auto";  ///< auto = renorm for k > 1, raw for k = 1
    double scale = 1;
    std::string estimator = "autograd_gate";
    bool bias = false;
    double init_std = 0.02;
    bool frozen = false;
    std::string precision = "float32";
    std::vector<double> rig;  ///< constants added to the logits, one an expert; empty = none
    std::vector<std::int64_t> rig_layers;  ///< layers the rig applies to; empty = all layers with experts
    bool accept_no_gradient = false;
    Values options;  ///< `router.options.*`: what only this router has, declared by its own file
    bool operator==(const RouterConfig&) const = default;
};

struct CapacityConfig {
    double factor = 0;       ///< 0 = dropless; expert choice: its c
    double eval_factor = -1;  ///< -1 = factor
    std::int64_t minimum = 0;
    std::int64_t multiple_of = 1;
    bool count_k = true;
    std::string overflow = "drop";
    std::string priority = "position";
    std::int64_t group_tokens = 0;  ///< 0 = the batch
    bool operator==(const CapacityConfig&) const = default;
};

/// One balance loss: an id of the loss table, its weight and the tokens it looks at together.
struct BalanceTerm {
    std::string kind = "none";
    double coefficient = 0;
    std::string scope = "batch";
    bool operator==(const BalanceTerm&) const = default;
};

struct BalanceConfig {
    std::string kind = "topk_mean";
    double coefficient = 0.01;
    std::string scope = "batch";
    double z_coefficient = 0;
    std::vector<BalanceTerm> more;
    bool operator==(const BalanceConfig&) const = default;
};

struct TrainingConfig {
    std::int64_t steps = 600;
    std::int64_t batch = 16;  ///< sequences of a micro-batch
    std::int64_t accumulate = 1;
    double lr = 3e-3;
    double min_lr_ratio = 0.1;
    std::int64_t warmup = 50;
    std::string schedule = "cosine";
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
    double weight_decay = 0.1;
    double clip = 1.0;
    std::string precision = "float32";
    std::int64_t seed = 0;
    bool deterministic = true;
    std::string device = "auto";
    std::int64_t threads = 0;  ///< 0 = all cores
    std::int64_t eval_every = 50;
    std::int64_t eval_batches = 8;
    std::int64_t checkpoint_every = 200;
    std::int64_t keep_checkpoints = 2;
    std::string on_divergence = "ask";  ///< a step that is not finite: ask (pause if a client watches, else stop), stop, rewind
    std::int64_t patience = 0;          ///< validations without improvement before the run ends; 0 = never
    double min_improvement = 0;         ///< nats; what counts as one
    double pace = 0;  ///< 0 = full speed, else at most so many steps a second
    bool operator==(const TrainingConfig&) const = default;
};

/// What a run learns from a trained one besides the text: loss = truth CE + beta tau^2 KL(softmax(teacher / tau) || softmax(student / tau)),
/// means over tokens, while steps < until * training.steps, and CE alone after that. `beta` 1 and `truth` 1 are Mixture-of-Students
/// (Rajbhandari et al. 2022); `beta` p, `truth` 1 - p mix teacher and text as in Switch (Fedus et al. 2021), for a cross-entropy with the teacher's
/// probabilities has the KL's gradient.
struct DistillationConfig {
    std::string teacher;  ///< a run, or RUN@STEP; ULID@STEP once the run has started; "" = none, "?" = one must be named (presets)
    double beta = 1;
    double temperature = 1;  ///< tau
    double truth = 1;
    double until = 1;
    bool copy = false;  ///< the first weights are the teacher's, but for the layers where it has experts
    bool operator==(const DistillationConfig&) const = default;
};

/// One domain of the generated mixture; which fields a family reads is said in its own file in core/data/domains.
struct DomainConfig {
    std::string family;
    std::string name;  ///< empty: the generator makes one of family and alphabet
    double weight = 1;
    Values options;  ///< the family's own fields: alphabet, lexicon, branching, digits, kinds, depth ...
    bool operator==(const DomainConfig&) const = default;
};

/// Eight domains with little in common but the digits of arithmetic and dates: the default corpus, config S of the lessons.
std::vector<DomainConfig> defaultDomains();

struct DataConfig {
    std::string source = "domains";  ///< "domains", "random", or the path of a file or folder
    std::string tokens = "chars";
    std::vector<DomainConfig> domains = defaultDomains();
    std::int64_t document_length = 64;
    std::string alternate = "document";  ///< "document", "sentence", or a number of characters
    double validation = 0.05;
    std::string validation_source;
    std::int64_t seed = 0;
    bool operator==(const DataConfig&) const = default;
};

struct TelemetryConfig {
    std::int64_t report_every = 1;  ///< 0 = off
    std::int64_t probe_every = 50;
    std::int64_t probe_tokens = 2048;
    std::int64_t sample_every = 100;  ///< 0 = never
    std::int64_t idle_window = 20;
    std::vector<double> quantiles = {0.05, 0.25, 0.5, 0.75, 0.95};
    bool operator==(const TelemetryConfig&) const = default;
};

/// What a user may do to a running engine: a verb with its arguments ("set" {key, value}, "mute" {layer, expert} ...).
struct Command {
    std::string verb;
    Values arguments;
    bool operator==(const Command&) const = default;
};

/// A command applied before the given step (0 = before the first), as a recipe repeats it.
struct ScriptedCommand {
    std::int64_t step = 0;
    Command command;
    bool operator==(const ScriptedCommand&) const = default;
};

struct RunConfig {
    ModelConfig model;
    PlaneConfig plane;
    MoeConfig moe;
    RouterConfig router;
    CapacityConfig capacity;
    BalanceConfig balance;
    TrainingConfig training;
    DistillationConfig distillation;
    DataConfig data;
    TelemetryConfig telemetry;
    std::vector<ScriptedCommand> script;
    std::string preset;  ///< ids it was made from, joined by "+"; for names and lists only
    bool operator==(const RunConfig&) const = default;
};

}  // namespace moescope::config
