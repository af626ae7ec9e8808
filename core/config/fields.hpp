// The one list of settings: key, label, help, range and choices of every member of RunConfig.
//
// `visitFields(config, visit)` calls `visit(const Field&, T& member)` for every setting in the order of the form.
// T is bool, int64_t, double, std::string, vector<int64_t>, vector<double>, Values, vector<BalanceTerm>,
// vector<DomainConfig> or vector<ScriptedCommand>; `config` may be const. A new setting is one member of RunConfig
// and one line here.
#pragma once

#include <limits>
#include <string_view>

#include "core/config/run_config.hpp"

namespace moescope::config {

/// When a change of the setting takes effect on a run that trains.
enum class Live { no, nextStep };

/// Description of one setting. `choices` are separated by '|' (empty = free); numbers outside [minimum, maximum] are
/// problems; `help` is one sentence a learner understands.
struct Field {
    std::string_view key;
    std::string_view label;
    std::string_view unit;
    std::string_view help;
    double minimum = -std::numeric_limits<double>::infinity();
    double maximum = std::numeric_limits<double>::infinity();
    std::string_view choices;
    Live live = Live::no;
};

namespace detail {
inline constexpr double kMany = 1e9;
inline Field number(std::string_view key, std::string_view label, std::string_view unit, std::string_view help,
                    double minimum, double maximum, Live live = Live::no) {
    return {key, label, unit, help, minimum, maximum, {}, live};
}
inline Field choice(std::string_view key, std::string_view label, std::string_view choices, std::string_view help,
                    Live live = Live::no) {
    Field field;
    field.key = key;
    field.label = label;
    field.help = help;
    field.choices = choices;
    field.live = live;
    return field;
}
inline Field plain(std::string_view key, std::string_view label, std::string_view help, Live live = Live::no) {
    Field field;
    field.key = key;
    field.label = label;
    field.help = help;
    field.live = live;
    return field;
}
}  // namespace detail

template <class Model, class Visit>
void visitModelFields(Model& m, Visit& visit) {
    using namespace detail;
    visit(choice("model.family", "Model family", "lm|plane", "What kind of model trains: a decoder-only language model, or a toy mixture on two inputs whose gate can be drawn."), m.family);
    visit(number("model.layers", "Layers", "", "Number of transformer blocks.", 1, 256), m.layers);
    visit(number("model.width", "Width", "", "Length of the vector that stands for a token.", 1, 16384), m.width);
    visit(number("model.heads", "Heads", "", "Attention heads; they share the width.", 1, 256), m.heads);
    visit(number("model.kv_heads", "Key/value heads", "", "Heads of keys and values; 0 means as many as heads.", 0, 256), m.kv_heads);
    visit(number("model.head_width", "Head width", "", "Width of one head; 0 means width / heads.", 0, 1024), m.head_width);
    visit(number("model.context", "Context", "tokens", "How many tokens a window holds; a token sees only earlier ones.", 1, 131072), m.context);
    visit(choice("model.activation", "Activation", "swiglu|geglu|relu|gelu|clamped_swiglu",
                 "Nonlinearity inside experts: relu and gelu have two matrices, the others three."), m.activation);
    visit(number("model.ffn_width", "Dense hidden width", "", "Hidden width of layers without experts; 0 means top_k x expert width.", 0, 1048576), m.ffn_width);
    visit(plain("model.tied_head", "Tied head", "The output layer shares its weights with the embedding."), m.tied_head);
    visit(choice("model.norm", "Norm", "rmsnorm|layernorm", "Normalisation before attention and before the experts."), m.norm);
    visit(number("model.norm_epsilon", "Norm epsilon", "", "Added under the root of the norm.", 1e-12, 1e-1), m.norm_epsilon);
    visit(number("model.rope_base", "RoPE base", "", "Base of the rotary position angles.", 1, 1e9), m.rope_base);
    visit(plain("model.qk_norm", "QK-norm", "Normalise queries and keys before their product."), m.qk_norm);
    visit(number("model.dropout", "Dropout", "share", "Share of activations switched off at random in training.", 0, 0.95), m.dropout);
    visit(number("model.init_std", "Initial spread", "", "Standard deviation of the first weights.", 0, 10), m.init_std);
    visit(number("model.vocabulary", "Vocabulary", "tokens", "Number of different tokens; 0 means as the data has.", 0, 1048576), m.vocabulary);
}

template <class Plane, class Visit>
void visitPlaneFields(Plane& p, Visit& visit) {
    using namespace detail;
    visit(choice("plane.problem", "Problem", "quadrants|stripes|spirals|xor", "What is learned on the plane: a value that follows another rule in each quadrant or stripe, or the class of a point."), p.problem);
    visit(number("plane.noise", "Noise", "", "Spread of the noise: on the value of a point, or on its place where the class is learned.", 0, 10), p.noise);
    visit(number("plane.points", "Training points", "points", "Different training points; 0 means new ones in every step.", 0, detail::kMany), p.points);
    visit(choice("plane.expert", "Expert on the plane", "linear|hidden", "An expert is a linear map, or has one hidden layer of moe.expert_width."), p.expert);
    visit(choice("plane.criterion", "Criterion", "blend|each|likelihood", "What is made small: the error of the blended output, the expected error of one drawn expert, or minus the log-likelihood of the mixture (Jacobs et al. 1991)."), p.criterion);
    visit(number("plane.sigma", "Target spread", "", "Standard deviation of a target around the prediction; errors are measured in it.", 1e-3, 100), p.sigma);
    visit(choice("plane.fit", "Fit by", "gradient|em", "Gradient steps, or expectation-maximisation: each step solves the linear experts and the gate (Jordan and Jacobs 1994)."), p.fit);
}

template <class Moe, class Visit>
void visitMoeFields(Moe& m, Visit& visit) {
    using namespace detail;
    visit(number("moe.experts", "Experts", "", "Experts in each mixture layer; 0 trains a dense model.", 0, 1024), m.experts);
    visit(number("moe.top_k", "Experts per token", "", "How many experts work on each token.", 1, 1024, Live::nextStep), m.top_k);
    visit(number("moe.expert_width", "Expert hidden width", "", "Hidden width of one expert.", 1, 1048576), m.expert_width);
    visit(number("moe.granularity", "Granularity G", "", "Splits each expert into G smaller ones: G times the experts and the choices, 1/G of the width.", 1, 256), m.granularity);
    visit(number("moe.shared_experts", "Shared experts", "", "Experts that work on every token beside the chosen ones.", 0, 64), m.shared_experts);
    visit(plain("moe.shared_gate", "Gated shared expert", "A sigmoid gate scales the shared experts for each token."), m.shared_gate);
    visit(number("moe.every", "Mixture every", "layers", "Every n-th layer has experts, the others are dense.", 1, 256), m.every);
    visit(number("moe.first_dense", "First dense layers", "", "So many layers at the start have no experts.", 0, 256), m.first_dense);
    visit(number("moe.pyramid", "Pyramid", "x experts", "The last sixth of the layers with experts has so many times the experts; 1 means all layers alike.", 1, 64), m.pyramid);
    visit(number("moe.zero_experts", "Zero experts", "", "Experts beside the others whose output is zero: a token that chooses one skips the layer there.", 0, 64), m.zero_experts);
    visit(number("moe.copy_experts", "Copy experts", "", "Experts beside the others that give back what they read.", 0, 64), m.copy_experts);
    visit(number("moe.constant_experts", "Constant experts", "", "Experts beside the others that blend what they read with one learned vector.", 0, 64), m.constant_experts);
    visit(choice("moe.residual", "Residual expert", "none|sum|softmax2|cmr", "A dense expert beside the routed ones: added to them, weighed against them by a softmax of two, or by a gate that may spend only a share of the tokens on the mixture (conditional MoE routing)."), m.residual);
    visit(number("moe.residual_target", "Mixture budget", "share", "Residual cmr: mean weight of the mixture that the budget loss asks for.", 0, 1), m.residual_target);
    visit(number("moe.residual_coefficient", "Budget loss", "", "Residual cmr: weight of the budget loss.", 0, 1000), m.residual_coefficient);
    visit(number("moe.residual_dropout", "Gate dropout", "share", "Residual cmr: share of tokens that see the dense expert alone in training.", 0, 0.95), m.residual_dropout);
    visit(plain("moe.pattern", "Experts per layer", "Number of experts of each layer (0 = dense); empty: every and first dense decide."), m.pattern);
}

template <class Router, class Visit>
void visitRouterFields(Router& r, Visit& visit) {
    using namespace detail;
    visit(choice("router.net", "Router net", "linear|tree|cosine|attention|mlp2|bitcode|hash|domain_hash|none", "What computes the logits: a matrix, a tree of two gates, the angle to learned directions, attention between experts, a network of two layers, selectors that each spell an expert's number in bits, a fixed table of token ids, one for each domain, or nothing."), r.net);
    visit(choice("router.transform", "Logit transform", "none|normalise|temperature|gating_residual", "Applied to the logits before the score: normalised, divided, or with those of the layer before added."), r.transform);
    visit(choice("router.score", "Score", "softmax_all|softmax_selected|softmax_groups|sigmoid|relu|smoothstep|softmax_tokens", "Softmax over all experts before the choice, over the chosen ones after it, inside each group, a sigmoid or the positive part for each, the product of an expert's bits, or for slots a softmax over tokens and one over slots."), r.score);
    visit(choice("router.noise", "Noise", "none|input_jitter|input_dropout|logit_gauss_learned|logit_gauss_fixed|logit_mul_jitter|logit_add_uniform|gumbel_all|gumbel_second|random_second",
                 "Randomness of the choice in training."), r.noise);
    visit(number("router.noise_scale", "Noise scale", "", "Strength of the noise: sigma, epsilon, probability or tau of the chosen kind; -1 means as published.", -1, 100, Live::nextStep), r.noise_scale);
    visit(choice("router.noise_scope", "Noise reaches", "selection|selection_and_weight", "Noise changes only who is chosen, or also how much they count."), r.noise_scope);
    visit(plain("router.noise_at_evaluation", "Noise at evaluation", "Keep the noise when the model is evaluated."), r.noise_at_evaluation);
    visit(choice("router.offset", "Selection offset", "none|bias_sign|bias_prop|bias_quantile|load_penalty", "A term that steers the choice without a loss: a bias that follows the load in steps or in proportion, one that cuts each expert's logits at a quantile, or a fine for experts that were full."), r.offset);
    visit(number("router.offset_rate", "Offset step", "", "How far the selection bias moves in a step (u).", 0, 10), r.offset_rate);
    visit(choice("router.group_rule", "Group rule", "none|limit_max|limit_top2sum|limit_topjsum|limit_sum|per_group|two_level|two_level_top2", "Choose groups of experts first: some stay open, each gives equally many, the best ones give equally many, or the best two give two and one."), r.group_rule);
    visit(number("router.groups", "Groups", "", "Number of groups the experts form.", 1, 1024), r.groups);
    visit(number("router.groups_kept", "Groups kept", "", "Groups that remain open to a token.", 1, 1024), r.groups_kept);
    visit(choice("router.select", "Selection", "topk|top1_random_second|top1_gumbel_second|expert_topC|sinkhorn_topk|auction|sample_masked|relu_threshold|bitcode|all|fixed|slots", "How experts are chosen; slots: not at all, experts read mixtures of a sequence's tokens."), r.select);
    visit(choice("router.weigh", "Combine weights", "auto|renorm|renorm_after_drop|Lp|raw|input|one|uniform", "What the chosen experts' outputs are multiplied by; auto is renorm for k > 1 and raw for k = 1; input multiplies what the expert reads instead."), r.weigh);
    visit(number("router.scale", "Weight scale", "", "Constant factor of the combine weights.", 0, 1000), r.scale);
    visit(choice("router.estimator", "Gradient estimator", "autograd_gate|straight_through|sparsemixer_v1|sparsemixer_v2|sparsemixer_v2star|none", "How the loss reaches the router through the choice."), r.estimator);
    visit(plain("router.bias", "Router bias", "The router has a learned bias per expert."), r.bias);
    visit(number("router.init_std", "Router initial spread", "", "Standard deviation of the router's first weights.", 0, 100), r.init_std);
    visit(plain("router.frozen", "Frozen router", "The router keeps its first weights."), r.frozen);
    visit(choice("router.precision", "Router precision", "float32", "Number format of the router."), r.precision);
    visit(plain("router.rig", "Rig", "Constants added to the logits, one for each expert, to force a collapse.", Live::nextStep), r.rig);
    visit(plain("router.rig_layers", "Rigged layers", "Layers the rig applies to; empty means all with experts."), r.rig_layers);
    visit(plain("router.accept_no_gradient", "Accept a router without gradient", "Allows one expert per token with softmax after the choice, where the text cannot teach the router."), r.accept_no_gradient);
    visit(plain("router.options", "Router options", "What only this router has."), r.options);
}

template <class Capacity, class Visit>
void visitCapacityFields(Capacity& c, Visit& visit) {
    using namespace detail;
    visit(number("capacity.factor", "Capacity factor", "x fair share", "Room of each expert in fair shares; 0 means no limit.", 0, 1024, Live::nextStep), c.factor);
    visit(number("capacity.eval_factor", "Capacity at evaluation", "x fair share", "The same when evaluating; -1 means as in training, 0 no limit.", -1, 1024), c.eval_factor);
    visit(number("capacity.minimum", "Smallest capacity", "tokens", "An expert always has room for so many.", 0, kMany), c.minimum);
    visit(number("capacity.multiple_of", "Capacity multiple of", "tokens", "Capacity is rounded up to a multiple of this.", 1, 4096), c.multiple_of);
    visit(plain("capacity.count_k", "Capacity counts k", "Fair share counts k choices a token; off counts tokens, as Switch does."), c.count_k);
    visit(choice("capacity.overflow", "Overflow", "drop|reroute_next|reroute_group|recycle_random|balance_columns", "A token whose expert is full is dropped there, asks its next best experts, those of its group first, takes any free place by chance, or, in training, is moved until every expert has as many first and as many second choices."), c.overflow);
    visit(choice("capacity.priority", "Priority", "position|bpr|prob|random", "Who gets the room: earlier tokens, confident tokens, high scores, or chance."), c.priority);
    visit(number("capacity.group_tokens", "Capacity group", "tokens", "Tokens that compete for the room together; 0 means the batch.", 0, kMany), c.group_tokens);
}

template <class Balance, class Visit>
void visitBalanceFields(Balance& b, Visit& visit) {
    using namespace detail;
    visit(choice("balance.kind", "Balance loss", "none|switch|gshard_top1|topk_sum|topk_mean|heterogeneous|importance|load|controller|switch_groups|switch_members|entropy_local|entropy_global|code_entropy", "The loss that keeps experts equally busy.", Live::nextStep), b.kind);
    visit(number("balance.coefficient", "Balance", "", "Weight of the balance loss.", 0, 1000, Live::nextStep), b.coefficient);
    visit(choice("balance.scope", "Balance over", "batch|sequence|global|layers", "Tokens that should use all experts equally: the batch, each sequence, the whole step, or all layers together.", Live::nextStep), b.scope);
    visit(number("balance.z_coefficient", "z-loss", "", "Weight of the loss that keeps router logits small.", 0, 1000, Live::nextStep), b.z_coefficient);
    visit(plain("balance.more", "Further losses", "More balance losses, each with kind, coefficient and scope."), b.more);
}

template <class Training, class Visit>
void visitTrainingFields(Training& t, Visit& visit) {
    using namespace detail;
    visit(number("training.steps", "Steps", "steps", "How many optimizer steps the run takes.", 1, 1e12), t.steps);
    visit(number("training.batch", "Batch", "sequences", "Sequences in a micro-batch.", 1, 65536), t.batch);
    visit(number("training.accumulate", "Accumulate", "micro-batches", "Micro-batches summed up before each step.", 1, 65536), t.accumulate);
    visit(number("training.lr", "Learning rate", "", "Peak step size of the optimizer.", 0, 1e6, Live::nextStep), t.lr);
    visit(number("training.min_lr_ratio", "Final rate", "share", "Share of the peak rate at the end of the schedule.", 0, 1), t.min_lr_ratio);
    visit(number("training.warmup", "Warm-up", "steps", "Steps until the learning rate is at its peak; a run with fewer steps ends on the way there.", 0, 1e12), t.warmup);
    visit(choice("training.schedule", "Schedule", "cosine|linear|constant|wsd", "How the learning rate falls after the warm-up."), t.schedule);
    visit(number("training.beta1", "Beta 1", "", "Memory of AdamW's mean gradient.", 0, 0.999999), t.beta1);
    visit(number("training.beta2", "Beta 2", "", "Memory of AdamW's squared gradient.", 0, 0.999999), t.beta2);
    visit(number("training.epsilon", "Epsilon", "", "Keeps AdamW's division finite.", 1e-16, 1), t.epsilon);
    visit(number("training.weight_decay", "Weight decay", "", "Pull of matrices towards zero.", 0, 100), t.weight_decay);
    visit(number("training.clip", "Gradient clip", "norm", "Largest gradient norm of a step; 0 means no limit.", 0, 1e6), t.clip);
    visit(choice("training.precision", "Precision", "float32|bf16", "Number format of the matrix products; bf16 needs a GPU."), t.precision);
    visit(number("training.seed", "Seed", "", "Start of every random draw of the training.", 0, 9007199254740992.0), t.seed);
    visit(plain("training.deterministic", "Deterministic", "The same run gives the same bits."), t.deterministic);
    visit(plain("training.device", "Device", "auto, cpu, cuda or cuda:N."), t.device);
    visit(number("training.threads", "Threads", "", "CPU threads; 0 means all cores.", 0, 1024), t.threads);
    visit(number("training.eval_every", "Evaluate every", "steps", "Steps between validations; 0 means only at the end.", 0, 1e12), t.eval_every);
    visit(number("training.eval_batches", "Validation batches", "", "Fixed batches a validation looks at.", 1, 65536), t.eval_batches);
    visit(number("training.checkpoint_every", "Checkpoint every", "steps", "Steps between checkpoints; 0 means only at the end.", 0, 1e12), t.checkpoint_every);
    visit(number("training.keep_checkpoints", "Checkpoints kept", "", "Newest checkpoints kept; at least two.", 2, 1000000), t.keep_checkpoints);
    visit(choice("training.on_divergence", "On divergence", "ask|stop|rewind", "A step that is not finite: ask pauses a watched run and stops another; stop ends it; rewind goes back to the newest checkpoint with half the learning rate, three times at most."), t.on_divergence);
    visit(number("training.patience", "Patience", "validations", "The run ends after so many validations in a row without improvement; 0 means never.", 0, 1e9), t.patience);
    visit(number("training.min_improvement", "Least improvement", "nats", "A validation loss counts as an improvement if it is lower than the best by more than this.", 0, 1e6), t.min_improvement);
    visit(number("training.pace", "Pace", "steps/s", "At most so many steps a second; 0 means full speed.", 0, 1e6, Live::nextStep), t.pace);
}

template <class Distillation, class Visit>
void visitDistillationFields(Distillation& d, Visit& visit) {
    using namespace detail;
    visit(plain("distillation.teacher", "Teacher", "A trained run to learn from besides the text: ULID, name, last, or RUN@STEP; empty means none. It must have the same tokens and context."), d.teacher);
    visit(number("distillation.beta", "Teacher's weight", "", "Beta in truth CE + beta tau^2 KL(softmax(teacher / tau) || softmax(student / tau)), means over tokens.", 0, 1000), d.beta);
    visit(number("distillation.temperature", "Temperature", "", "Tau: teacher and student are compared by softmax(logits / tau); above 1 the teacher's second thoughts count more.", 0.01, 100), d.temperature);
    visit(number("distillation.truth", "Text's weight", "", "Weight of the cross-entropy with the text while the teacher teaches: 1 adds the teacher to it; 0.75 with beta 0.25 mixes three parts text with one part teacher.", 0, 1), d.truth);
    visit(number("distillation.until", "Teacher until", "share", "Share of the steps after which the teacher falls silent and the text alone teaches (staged distillation); 1 means to the end.", 0, 1), d.until);
    visit(plain("distillation.copy", "Start from the teacher", "The first weights are the teacher's where it has the same tensors, its layers with experts left out."), d.copy);
}

template <class Data, class Visit>
void visitDataFields(Data& d, Visit& visit) {
    using namespace detail;
    visit(plain("data.source", "Source", "domains (generated), random (for benchmarks), or the path of a file or folder."), d.source);
    visit(choice("data.tokens", "Tokens", "chars|bytes", "What a token is."), d.tokens);
    visit(plain("data.domains", "Domains", "The generated mixture: family, name, weight and the family's own fields."), d.domains);
    visit(number("data.document_length", "Document length", "characters", "Length of a generated document.", 1, 1e6), d.document_length);
    visit(plain("data.alternate", "Alternate", "Domains change with each document, each sentence, or after so many characters."), d.alternate);
    visit(number("data.validation", "Validation share", "share", "Share of the documents kept for validation.", 0.0001, 0.5), d.validation);
    visit(plain("data.validation_source", "Validation text", "A text of its own for validation; empty: a share of the source."), d.validation_source);
    visit(number("data.seed", "Data seed", "", "Start of the data's random draws.", 0, 9007199254740992.0), d.seed);
}

template <class Telemetry, class Visit>
void visitTelemetryFields(Telemetry& t, Visit& visit) {
    using namespace detail;
    visit(number("telemetry.report_every", "Report every", "steps", "Steps between reports; 0 turns telemetry off.", 0, 1e9), t.report_every);
    visit(number("telemetry.probe_every", "Probe every", "steps", "Steps between snapshots of the probe's routing; 0 means only at the end.", 0, 1e9), t.probe_every);
    visit(number("telemetry.probe_tokens", "Probe size", "tokens", "Validation tokens whose whole routing is kept.", 1, 1048576), t.probe_tokens);
    visit(number("telemetry.sample_every", "Sample every", "steps", "Steps between short generated texts; 0 means never.", 0, 1e9), t.sample_every);
    visit(number("telemetry.idle_window", "Idle window", "reports", "An expert is dead or starving when it is so over this many reports.", 1, 100000), t.idle_window);
    visit(plain("telemetry.quantiles", "Logit quantiles", "Quantiles of the router logits that are kept."), t.quantiles);
}

template <class Config, class Visit>
void visitFields(Config& config, Visit&& visit) {
    visitModelFields(config.model, visit);
    visitPlaneFields(config.plane, visit);
    visitMoeFields(config.moe, visit);
    visitRouterFields(config.router, visit);
    visitCapacityFields(config.capacity, visit);
    visitBalanceFields(config.balance, visit);
    visitTrainingFields(config.training, visit);
    visitDistillationFields(config.distillation, visit);
    visitDataFields(config.data, visit);
    visitTelemetryFields(config.telemetry, visit);
    visit(detail::plain("script", "Script", "Commands applied at their steps."), config.script);
}

}  // namespace moescope::config
