// The answer: the router run once, its losses, the gradient by autograd, the metrics from the one function that makes them.
#include "core/tensor.hpp"

#include <algorithm>
#include <cmath>

#include "core/routing/losses.hpp"
#include "core/routing/route_table.hpp"
#include "core/routing/statistics.hpp"
#include "core/routing/table_input.hpp"
#include "core/routing/table_json.hpp"

namespace moescope::routing {

namespace {

using nlohmann::json;

bool isState(const RouterSpec& spec, std::string_view tensor) {
    return std::ranges::any_of(statesOf(spec), [&](const StateName& state) { return state.tensor == tensor; });
}

// Gives the logits of each layer a gradient, whatever they come from.
std::vector<Routing> routeAll(TableInput& in) {
    for (auto& [name, tensor] : in.tensors.tensors)
        if (tensor.is_floating_point() && !isState(in.specs.front(), name)) tensor = tensor.detach().requires_grad_();
    std::vector<Routing> out;
    for (std::size_t layer = 0; layer < in.specs.size(); ++layer) {
        RouterInput& input = in.inputs[layer];
        if (input.logits.defined()) input.logits = input.logits.detach().requires_grad_();
        out.push_back(route(in.specs[layer], in.tensors, input));
        if (out.back().logits.defined() && out.back().logits.requires_grad()) out.back().logits.retain_grad();
    }
    return out;
}

void backward(const TableInput& in, const std::vector<Routing>& layers, const AuxiliaryLosses& auxiliary) {
    at::Tensor objective = auxiliary.total;
    if (in.taskGradient.defined()) {
        const at::Tensor task = (layers.front().weights * in.taskGradient).sum();
        objective = objective.defined() ? objective + task : task;
    }
    if (objective.defined() && objective.requires_grad()) objective.backward();
}

json gradientOf(const Routing& routing) {
    if (!routing.logits.defined()) return nullptr;
    const at::Tensor gradient = routing.logits.grad();
    return toJson(gradient.defined() ? gradient : at::zeros_like(routing.logits));
}

json valueOf(const telemetry::Metric& metric, const std::vector<float>& values) {
    const auto number = [](float value) -> json { return std::isfinite(value) ? json(static_cast<double>(value)) : json(nullptr); };
    if (values.empty()) return nullptr;
    if (metric.shape == telemetry::Shape::layer) return number(values.front());
    json out = json::array();
    for (const float value : values) out.push_back(number(value));
    return out;
}

json metricsOf(const TableInput& in, std::size_t layer, const Routing& routing) {
    RoutingStatistics statistics({in.specs[layer]}, in.domainCount, in.quantiles);
    statistics.accumulate(0, routing, in.sequences, in.domains);
    telemetry::StepTelemetry telemetry;
    const RouterTensors* tensors = &in.tensors;
    statistics.finish(telemetry, {&tensors, 1});
    json out = json::object();
    telemetry::visitMetrics(telemetry, [&](const telemetry::Metric& metric, const auto& member) {
        if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::vector<float>>)
            if (metric.name != "dead" && metric.name != "starving") out[std::string(metric.name)] = valueOf(metric, member);
    });
    return out;
}

json layerAnswer(const TableInput& in, std::size_t layer, const Routing& routing) {
    json out;
    out["metrics"] = metricsOf(in, layer, routing);
    out["experts"] = toJson(routing.experts);
    out["weights"] = toJson(routing.weights);
    out["positions"] = toJson(routing.positions);
    out["kept"] = toJson(routing.kept);
    out["load"] = out["metrics"]["load"];
    out["importance"] = out["metrics"]["importance"];
    out["dropped"] = routing.counts.sum().item<std::int64_t>() - routing.placed.sum().item<std::int64_t>();
    out["capacity"] = routing.capacity;
    if (routing.outputFactor.defined()) out["output_factor"] = toJson(routing.outputFactor.expand_as(routing.weights));
    if (routing.dispatch.defined()) out["dispatch"] = toJson(routing.dispatch.flatten(0, 1));
    out["gradient"] = gradientOf(routing);
    return out;
}

// Importance and load also under their own names where one of them is the balance loss.
void addLosses(const AuxiliaryLosses& auxiliary, json& out) {
    out["losses"] = json::object();
    for (const AuxiliaryLoss& loss : auxiliary.terms) {
        const double value = loss.value.item<double>();
        const json number = std::isfinite(value) ? json(value) : json(nullptr);
        out["losses"][loss.name] = number;
        if (loss.kind == LossKind::importance || loss.kind == LossKind::load) out["losses"][std::string(name(loss.kind))] = number;
    }
    out["total_auxiliary"] = auxiliary.total.defined() ? auxiliary.total.item<double>() : 0.0;
}

json stateAfter(TableInput& in, const StepCounts& counts) {
    const RouterSpec& spec = in.specs.front();
    if (in.training) updateState(spec, in.tensors, counts.summary(0));
    json state = json::object();
    for (const StateName& name : statesOf(spec)) {
        const at::Tensor& tensor = in.tensors.at(std::string(name.tensor));
        state[std::string(name.key)] = toJson(name.negative ? tensor.neg() : tensor);
    }
    return state;
}

}  // namespace

std::string routeTable(std::string_view text, base::Problems& problems) {
    TableInput in = readTable(parseTable(text), problems);
    if (!problems.empty()) return {};
    const std::vector<Routing> layers = routeAll(in);
    StepCounts counts;
    const AuxiliaryLosses auxiliary = losses(in.specs, layers, in.sequences, &counts);
    backward(in, layers, auxiliary);
    json out = layerAnswer(in, 0, layers.front());
    if (layers.size() > 1)
        for (std::size_t layer = 0; layer < layers.size(); ++layer) out["layers"].push_back(layerAnswer(in, layer, layers[layer]));
    addLosses(auxiliary, out);
    out["state"] = stateAfter(in, counts);
    return out.dump();
}

}  // namespace moescope::routing
