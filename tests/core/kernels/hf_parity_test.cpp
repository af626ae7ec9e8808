// The mixture block against Hugging Face transformers: output, balance loss and gradients of tests/fixtures/hf (generate.py there).
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include "core/checkpoint/safetensors.hpp"
#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/kernels/backend.hpp"
#include "core/routing/losses.hpp"

namespace moescope::kernels {
namespace {

constexpr double kForward = 1e-5, kGradient = 1e-4;
constexpr std::int64_t kSequences = 2;

using Tensors = std::map<std::string, at::Tensor>;

struct Fixture {
    config::RunConfig config;
    Tensors tensors;
    bool training = true;
    const at::Tensor& at(const std::string& name) const { return tensors.at(name); }
    bool has(const std::string& name) const { return tensors.contains(name); }
};

Fixture load(const std::string& name) {
    const auto file = checkpoint::SafetensorsFile::open(config::resourceFolder().parent_path() / "tests/fixtures/hf" / (name + ".safetensors"));
    Fixture out;
    for (const checkpoint::TensorInfo& info : file.tensors()) {
        at::Tensor tensor = at::empty(info.shape, at::kFloat);
        file.read(info, {static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes()});
        out.tensors[info.name] = tensor.set_requires_grad(file.find("grad." + info.name) != nullptr);
    }
    const auto& about = file.metadata();
    out.training = !about.contains("evaluation");
    base::Problems problems;
    if (about.contains("preset")) problems = config::applyPreset(out.config, about.at("preset"));
    EXPECT_TRUE(problems.empty()) << problems.front().text;
    problems = config::applyJson(out.config, about.at("recipe"));
    EXPECT_TRUE(problems.empty()) << problems.front().text;
    return out;
}

at::Tensor ifThere(const Fixture& f, const std::string& name) { return f.has(name) ? f.at(name) : at::Tensor(); }

MixtureWeights weightsOf(const Fixture& f) {
    MixtureWeights w;
    w.activation = activationOf(f.config.model.activation);
    w.norm = {at::ones({f.config.model.width}), f.config.model.norm_epsilon, false};
    w.experts = {f.at("up"), f.at("down")};
    w.shared = {ifThere(f, "shared.up"), ifThere(f, "shared.down")};
    w.sharedGate = ifThere(f, "shared_gate");
    return w;
}

routing::Routing routeBy(const Fixture& f, const routing::RouterSpec& spec, const at::Tensor& weight, const at::Tensor& features) {
    routing::RouterTensors tensors;
    tensors.tensors["weight"] = weight;
    for (const char* name : {"bias", "selection_bias"})
        if (f.has(name)) tensors.tensors[name] = f.at(name);
    routing::RouterInput input;
    input.features = features;
    input.sequences = kSequences;
    input.training = f.training;
    input.gumbel = ifThere(f, "gumbel");
    input.uniform = ifThere(f, "uniform");
    return routing::route(spec, tensors, input);
}

struct Ours {
    at::Tensor y;
    routing::RouterSpec spec;
    routing::Routing routing;
    at::Tensor balance(routing::Scope scope, routing::LossKind kind) const {
        routing::RouterSpec changed = spec;
        changed.balance.scope = scope;
        changed.balance.kind = kind;
        return routing::losses({&changed, 1}, {&routing, 1}, kSequences, nullptr).terms.at(0).value;
    }
};

// The block as training runs it; the rows of x have root mean square 1, so its norm changes nothing.
Ours run(const Fixture& f) {
    Ours out;
    out.spec = routing::makeSpec(f.config, 0);
    BlockContext context;
    context.sequences = kSequences;
    context.length = f.at("x").size(0) / kSequences;
    const Route route = [&](const at::Tensor& features) { return routeBy(f, out.spec, f.at("weight"), features); };
    MixtureResult result = referenceBackend().mixture(f.at("x"), weightsOf(f), out.spec, route, 0, context);
    out.y = result.x - f.at("x");
    out.routing = std::move(result.routing);
    return out;
}

double largestDifference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

class HuggingFaceParity : public testing::TestWithParam<const char*> {};

TEST_P(HuggingFaceParity, TheBlockGivesTheSameOutput) {
    const Fixture f = load(GetParam());
    EXPECT_LE(largestDifference(run(f).y, f.at("y")), kForward);
    EXPECT_GT(f.at("y").abs().max().item<double>(), 0.1);
}

TEST_P(HuggingFaceParity, EveryParameterGetsTheSameGradient) {
    const Fixture f = load(GetParam());
    (run(f).y * f.at("towards")).sum().backward();
    int compared = 0;
    for (const auto& [name, tensor] : f.tensors) {
        if (!tensor.requires_grad()) continue;
        EXPECT_LE(largestDifference(tensor.grad(), f.at("grad." + name)), kGradient) << name;
        ++compared;
    }
    EXPECT_GE(compared, 3);
}

INSTANTIATE_TEST_SUITE_P(Models, HuggingFaceParity,
                         testing::Values("mixtral", "olmoe", "qwen2", "qwen3", "dbrx", "gpt_oss", "deepseek_v2", "deepseek_v3", "switch", "nllb",
                                         "nllb_tight", "llama4", "phimoe", "phimoe_sampled"),
                         [](const auto& info) { return std::string(info.param); });

class HuggingFaceBalance : public testing::TestWithParam<const char*> {};

TEST_P(HuggingFaceBalance, TheLossAndItsGradientAreTheSame) {
    const Fixture f = load(GetParam());
    const Ours ours = run(f);
    const at::Tensor loss = ours.balance(ours.spec.balance.scope, ours.spec.balance.kind);
    EXPECT_LE(largestDifference(loss, f.at("aux")), kForward);
    loss.backward();
    EXPECT_LE(largestDifference(f.at("weight").grad(), f.at("aux_grad.weight")), kGradient);
    EXPECT_GT(f.at("aux_grad.weight").abs().max().item<double>(), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Models, HuggingFaceBalance, testing::Values("mixtral", "olmoe", "qwen2", "qwen3", "dbrx", "switch"),
                         [](const auto& info) { return std::string(info.param); });

class HuggingFaceLayers : public testing::TestWithParam<const char*> {};

// HF puts all layers' tokens together before it multiplies counts by probabilities; a mean over layers is another number.
TEST_P(HuggingFaceLayers, TheLossOfTwoLayersBalancesTheirAverage) {
    const Fixture f = load(GetParam());
    const Ours first = run(f);
    const std::vector<routing::RouterSpec> specs{first.spec, first.spec};
    const std::vector<routing::Routing> both{first.routing, routeBy(f, first.spec, f.at("second.weight"), f.at("x"))};
    EXPECT_LE(largestDifference(routing::losses(specs, both, kSequences, nullptr).terms.at(0).value, f.at("aux_two")), kForward);
    std::vector<routing::RouterSpec> alone = specs;
    for (routing::RouterSpec& spec : alone) spec.balance.scope = routing::Scope::batch;
    EXPECT_GT(largestDifference(routing::losses(alone, both, kSequences, nullptr).terms.at(0).value, f.at("aux_two")), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Models, HuggingFaceLayers, testing::Values("mixtral", "olmoe", "qwen2", "qwen3", "dbrx"),
                         [](const auto& info) { return std::string(info.param); });

// Without noise every slot draws the best candidate at the whole node: there the estimate is the plain derivative.
TEST(HuggingFacePhi, EvaluationHasTheRouterGradientOfTrainingThatDrawsTheBest) {
    Fixture f = load("phimoe");
    f.training = true;
    f.tensors["gumbel"] = at::zeros({f.at("x").size(0), f.config.moe.top_k * f.config.moe.experts});
    const Ours ours = run(f);
    EXPECT_LE(largestDifference(ours.y, f.at("y")), kForward);
    (ours.y * f.at("towards")).sum().backward();
    EXPECT_LE(largestDifference(f.at("weight").grad(), f.at("grad.weight")), kGradient);
    EXPECT_GT(f.at("grad.weight").abs().max().item<double>(), 0.1);
}

TEST(HuggingFacePhi, TrainingDrawsOtherExpertsThanTheBest) {
    const routing::Routing drawn = run(load("phimoe_sampled")).routing;
    EXPECT_GT(drawn.experts.select(1, 0).ne(drawn.logits.argmax(1)).sum().item<std::int64_t>(), 3);
}

// Where HF's class is not the paper: the paper's value is ours, and the difference is the known one.
TEST(HuggingFaceDifference, OlmoeIsPublishedWithCountsDividedByTheChoicesOfAToken) {
    const Fixture f = load("olmoe");
    const at::Tensor published = run(f).balance(routing::Scope::batch, routing::LossKind::topkMean);
    EXPECT_LE(largestDifference(published * f.config.moe.top_k, f.at("aux")), kForward);
}

TEST(HuggingFaceDifference, SwitchIsPublishedWithTheBatchAsOneGroup) {
    const Fixture f = load("switch");
    EXPECT_GT(largestDifference(run(f).balance(routing::Scope::batch, routing::LossKind::switchTop1), f.at("aux")), 1e-3);
}

// 3e-5 of a share of what an expert says; the fixture's other numbers have HF's node set to 1/3.
TEST(HuggingFaceDifference, PhiTrainsWithTheNodeOneThirdRoundedToFourDigits) {
    const Fixture f = load("phimoe_sampled");
    const double difference = largestDifference(run(f).y, f.at("wrong"));
    EXPECT_GT(difference, kForward);
    EXPECT_LT(difference, 1e-4);
}

TEST(HuggingFaceDifference, NllbBlockRunsTwoExpertsOnly) {
    const Fixture f = load("nllb");
    EXPECT_GT(largestDifference(run(f).y, f.at("wrong")), 0.1);
}

TEST(HuggingFaceDifference, NllbTightDropsSomeAssignments) {
    const Ours ours = run(load("nllb_tight"));
    EXPECT_EQ(ours.routing.capacity, 3);
    EXPECT_LT(ours.routing.placed.sum().item<std::int64_t>(), ours.routing.counts.sum().item<std::int64_t>());
}

}  // namespace
}  // namespace moescope::kernels
