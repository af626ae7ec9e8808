// Builds the layer from a configuration and runs it.
#include "core/tensor.hpp"

#include "core/training/mixture_bench.hpp"

#include "core/base/clock.hpp"
#include "core/config/derived.hpp"
#include "core/kernels/backend.hpp"
#include "core/routing/routing.hpp"
#include "core/training/devices.hpp"

namespace moescope::training {
namespace {

kernels::MixtureWeights randomWeights(const config::RunConfig& config, const config::MoeShape& shape, const at::TensorOptions& options, at::ScalarType compute) {
    const std::int64_t d = config.model.width;
    const auto random = [&](at::IntArrayRef size) { return (at::randn(size, options) * 0.05).to(compute).set_requires_grad(true); };
    kernels::MixtureWeights weights;
    weights.activation = kernels::activationOf(config.model.activation);
    const std::int64_t inward = kernels::gated(weights.activation) ? 2 * shape.expertWidth : shape.expertWidth;
    weights.norm = {at::ones({d}, options), config.model.norm_epsilon, false};
    weights.experts = {random({shape.experts, inward, d}), random({shape.experts, d, shape.expertWidth})};
    return weights;
}

}  // namespace

void addMixtureProblems(const config::RunConfig& config, base::Problems& problems) {
    if (config::isPlane(config)) problems.push_back({"kind", "A mixture on the plane has no block of a transformer to time; bench train runs it."});
    else if (config::moeLayers(config).empty()) problems.push_back({"moe.experts", "The configuration has no layer with experts."});
    if (config.router.net == "hash" || config.router.net == "domain_hash")
        problems.push_back({"router.net", "A hash router needs token ids; bench train runs it."});
    if (config.moe.zero_experts + config.moe.copy_experts + config.moe.constant_experts > 0)
        problems.push_back({"kind", "bench moe times layers whose experts are all networks; bench train runs zero, copy and constant experts."});
}

double secondsOf(const std::string& device, const std::function<void()>& work) {
    waitForDevice(device);
    const std::int64_t started = base::monotonicNanoseconds();
    work();
    waitForDevice(device);
    return static_cast<double>(base::monotonicNanoseconds() - started) * 1e-9;
}

struct MixtureBench::Impl {
    config::RunConfig config;
    std::string device;
    std::int64_t layer = 0;
    kernels::MixtureWeights weights;
    routing::RouterSpec spec;
    routing::RouterTensors tensors;
    kernels::BlockContext context;
    at::Tensor x, towards;

    routing::Routing route(const at::Tensor& features) const {
        routing::RouterInput input;
        input.features = features;
        input.sequences = context.sequences;
        return routing::route(spec, tensors, input);
    }
};

MixtureBench::MixtureBench(const config::RunConfig& config, const std::string& device) : m_impl(std::make_unique<Impl>()) {
    Impl& b = *m_impl;
    b.config = config, b.device = device;
    b.layer = config::moeLayers(config).front();
    const auto options = at::TensorOptions().device(at::Device(device));
    b.context.sequences = config.training.batch;
    b.context.length = config.model.context;
    b.context.compute = config.training.precision == "bf16" ? at::kBFloat16 : at::kFloat;
    b.weights = randomWeights(config, config::moeShape(config, b.layer), options, b.context.compute);
    b.spec = routing::makeSpec(config, b.layer);
    b.tensors = routing::createTensors(b.spec, config.model.width, 1, 0);
    for (auto& [name, tensor] : b.tensors.tensors) tensor = tensor.to(options.device());
    if (b.tensors.has("weight")) b.tensors.tensors["weight"].set_requires_grad(true);
    b.x = at::randn({tokens(), config.model.width}, options).set_requires_grad(true);
    b.towards = at::randn({tokens(), config.model.width}, options);
}

MixtureBench::~MixtureBench() = default;
MixtureBench::MixtureBench(MixtureBench&&) noexcept = default;

double MixtureBench::step() {
    Impl& b = *m_impl;
    kernels::MixtureResult result;
    const kernels::Route route = [&b](const at::Tensor& features) { return b.route(features); };
    const double forward = secondsOf(b.device, [&] { result = kernels::referenceBackend().mixture(b.x, b.weights, b.spec, route, b.layer, b.context); });
    result.x.backward(b.towards);
    return forward;
}

std::int64_t MixtureBench::tokens() const { return m_impl->context.sequences * m_impl->context.length; }

double MixtureBench::flopsPerToken() const {
    const config::RunConfig& config = m_impl->config;
    const config::MoeShape shape = config::moeShape(config, m_impl->layer);
    return 6.0 * static_cast<double>(config.model.width) *
           (config::activeExperts(config, shape) * static_cast<double>(config::expertMatrices(config.model) * shape.expertWidth) + static_cast<double>(shape.experts));
}

}  // namespace moescope::training
