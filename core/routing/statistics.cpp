// From sums to metrics: what the rows say, by the formulas of the metric table.
#include "core/tensor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/routing/quantiles.hpp"
#include "core/routing/statistics.hpp"
#include "core/routing/statistics_sums.hpp"

namespace moescope::routing {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kQuantileNumbers = 65536;  // of a micro-batch of a layer

double ratio(double numerator, double denominator) { return denominator > 0 ? numerator / denominator : kNone; }

// A layer's row on the host, with the vectors of all layers to write into.
class Writer {
public:
    Writer(std::size_t layers, std::size_t layer) : m_layers(layers), m_layer(layer) {}

    void number(std::vector<float>& out, double value) const { place(out, 1, 0, value); }
    void place(std::vector<float>& out, std::size_t width, std::size_t at, double value) const {
        if (out.size() != m_layers * width) out.assign(m_layers * width, std::numeric_limits<float>::quiet_NaN());
        out[m_layer * width + at] = static_cast<float>(value);
    }

private:
    std::size_t m_layers, m_layer;
};

struct Row {
    const double* data;
    SumsLayout at;
    std::size_t width;  // experts of the widest layer

    double operator[](std::int64_t place) const { return data[place]; }
    double total(std::int64_t begin) const {
        double sum = 0;
        for (std::int64_t e = 0; e < at.experts; ++e) sum += data[begin + e];
        return sum;
    }
};

using S = SumsLayout;

void writeShares(const Writer& to, const Row& row, std::int64_t begin, double total, std::vector<float>& out) {
    for (std::int64_t e = 0; e < row.at.experts; ++e)
        to.place(out, row.width, static_cast<std::size_t>(e), ratio(row[begin + e], total));
}

double entropyOf(const Row& row, std::int64_t begin, double total) {
    double h = 0;
    for (std::int64_t e = 0; e < row.at.experts; ++e)
        if (const double share = row[begin + e] / total; share > 0) h -= share * std::log(share);
    return h;
}

void writeLoad(const Writer& to, const Row& row, telemetry::StepTelemetry& out) {
    const double chosen = row.total(row.at.counts()), experts = static_cast<double>(row.at.experts);
    writeShares(to, row, row.at.counts(), chosen, out.load);
    writeShares(to, row, row.at.placed(), row.total(row.at.placed()), out.placedLoad);
    writeShares(to, row, row.at.importance(), row.total(row.at.importance()), out.importance);
    if (!(chosen > 0)) return;
    const double* counts = row.data + row.at.counts();
    const double most = *std::max_element(counts, counts + row.at.experts), least = *std::min_element(counts, counts + row.at.experts);
    const double mean = chosen / experts;
    double squares = 0;
    for (std::int64_t e = 0; e < row.at.experts; ++e) squares += (counts[e] - mean) * (counts[e] - mean);
    to.number(out.effectiveExperts, std::exp(entropyOf(row, row.at.counts(), chosen)));
    to.number(out.imbalance, most / mean);
    to.number(out.maxViolation, most / mean - 1);
    to.number(out.minOverMean, least / mean);
    to.number(out.loadCv, std::sqrt(squares / experts) / mean);
    to.number(out.top1Load, most / chosen);
}

// `drops`: can a token be left without an expert?
void writeWeights(const Writer& to, const Row& row, bool drops, telemetry::StepTelemetry& out) {
    const double chosen = row.total(row.at.counts()), kept = row.total(row.at.placed());
    to.number(out.top1Weight, ratio(row[S::top1Weight], row[S::weightTokens]));
    to.number(out.effectiveK, ratio(row[S::effectiveK], row[S::weightTokens]));
    to.number(out.routerConfidence, ratio(row[S::weight], kept));
    if (drops) to.number(out.droppedAssignments, chosen > 0 ? 1 - kept / chosen : 0);
    if (drops) to.number(out.droppedTokens, 1 - row[S::keptTokens] / row[S::tokens]);
    to.number(out.capacityUtilisation, ratio(kept, row[S::room]));
    to.number(out.activeExperts, ratio(kept, row[S::tokens]));
    to.number(out.secondKeepRate, ratio(row[S::secondTaken], row[S::secondTokens]));
    to.number(out.mixtureShare, ratio(row[S::mixture], row[S::mixtureTokens]));
    const double* placed = row.data + row.at.placed();
    const auto used = std::count_if(placed, placed + row.at.experts, [](double count) { return count > 0; });
    to.number(out.expertUtilisation, static_cast<double>(used) / static_cast<double>(row.at.experts));
}

// How many networks a token ran through; the last experts are none.
void writeNetworks(const Writer& to, const Row& row, std::int64_t networks, telemetry::StepTelemetry& out) {
    const double* placed = row.data + row.at.placed();
    to.number(out.ffnExperts, std::accumulate(placed, placed + networks, 0.0) / row[S::tokens]);
}

void writeLogits(const Writer& to, const Row& row, telemetry::StepTelemetry& out) {
    const double tokens = row[S::logitTokens], numbers = tokens * static_cast<double>(row.at.experts);
    if (!(tokens > 0)) return;
    writeShares(to, row, row.at.probability(), tokens, out.meanProbability);
    writeShares(to, row, row.at.logits(), tokens, out.logitMean);
    const double perToken = row[S::entropy] / tokens, marginal = entropyOf(row, row.at.probability(), tokens);
    to.number(out.top1Probability, row[S::top1Probability] / tokens);
    to.number(out.gateRatio12, ratio(row[S::ratio12], row[S::ratioTokens]));
    to.number(out.routerEntropy, std::max(0.0, perToken));
    to.number(out.marginalEntropy, marginal);
    to.number(out.routingInformation, std::max(0.0, marginal - perToken));
    to.number(out.lseMean, row[S::lse] / tokens);
    to.number(out.routerZ, row[S::lseSquared] / tokens);
    to.number(out.logitMax, std::max(row[row.at.logitTop()], row[row.at.logitBottom()]));
    const double mean = row[S::logit] / numbers;
    to.number(out.logitStd, std::sqrt(std::max(0.0, row[S::logitSquared] / numbers - mean * mean)));
}

void writePositions(const Writer& to, const Row& row, telemetry::StepTelemetry& out) {
    for (std::int64_t bin = 0; bin < kPositionBins; ++bin)
        to.place(out.dropByPosition, kPositionBins, static_cast<std::size_t>(bin),
                 ratio(row[row.at.droppedAt() + bin], row[row.at.askedAt() + bin]));
}

void writeDomains(const Writer& to, const Row& row, telemetry::StepTelemetry& out) {
    const std::size_t width = static_cast<std::size_t>(row.at.domains) * row.width;
    for (std::int64_t domain = 0; domain < row.at.domains; ++domain)
        for (std::int64_t e = 0; e < row.at.experts; ++e)
            to.place(out.domainExperts, width, static_cast<std::size_t>(domain) * row.width + static_cast<std::size_t>(e),
                     row[row.at.domainExperts() + domain * row.at.experts + e]);
}

// A metric that no layer has is an empty vector.
void dropEmpty(telemetry::StepTelemetry& out) {
    telemetry::visitMetrics(out, [](const telemetry::Metric& metric, auto& member) {
        if constexpr (std::is_same_v<std::remove_reference_t<decltype(member)>, std::vector<float>>)
            if (metric.name != "dead" && metric.name != "starving" && std::ranges::all_of(member, [](float v) { return v != v; }))
                member.clear();
    });
}

// Every so many tokens, so that few enough logits are left to look for quantiles in.
at::Tensor sampled(const at::Tensor& logits) {
    const std::int64_t stride = (logits.numel() + kQuantileNumbers - 1) / kQuantileNumbers;
    return stride <= 1 ? logits : logits.slice(0, 0, std::nullopt, stride);
}

// H(load) = H(groups) + sum_i load_i H(members of i).
void writeGroups(const Writer& to, const Row& row, std::int64_t groups, telemetry::StepTelemetry& out) {
    const double chosen = row.total(row.at.counts());
    const std::int64_t members = row.at.experts / groups;
    if (!(chosen > 0)) return;
    double h = 0;
    for (std::int64_t g = 0; g < groups; ++g) {
        const double* own = row.data + row.at.counts() + g * members;
        if (const double share = std::accumulate(own, own + members, 0.0) / chosen; share > 0) h -= share * std::log(share);
    }
    to.number(out.groupEntropy, h);
    to.number(out.memberEntropy, std::max(0.0, entropyOf(row, row.at.counts(), chosen) - h));
}

// Mean largest entry of D over slots and of C over tokens, and mean cosine of the slots' mixtures over pairs of a sequence.
std::vector<Measured> slotNumbers(const Routing& routing) {
    const auto mean = [](const at::Tensor& values) { return values.mean(at::kDouble); };
    std::vector<Measured> out{{"slot_dispatch", mean(routing.dispatch.detach().amax({1}))}, {"slot_combine", mean(routing.combine.detach().amax({2}))}};
    const std::int64_t slots = routing.dispatch.size(2);
    if (!routing.slotInputs.defined() || slots < 2) return out;
    const at::Tensor read = routing.slotInputs.to(at::kFloat);
    const at::Tensor unit = read / read.norm(2, {2}, true).clamp_min(1e-12);
    const double pairs = static_cast<double>(slots) * static_cast<double>(slots - 1);
    out.push_back({"slot_similarity", mean((unit.sum(1).square().sum(1) - unit.square().sum({1, 2})) / pairs)});
    return out;
}

bool mayDrop(const RouterSpec& spec) { return spec.select != Select::expertTopC && spec.capacity.factor > 0; }

void clearRouting(telemetry::StepTelemetry& out) {
    telemetry::visitMetrics(out, [](const telemetry::Metric& metric, auto& member) {
        if constexpr (std::is_same_v<std::remove_reference_t<decltype(member)>, std::vector<float>>)
            if (metric.name != "dead" && metric.name != "starving") member.clear();
    });
}

}  // namespace

struct RoutingStatistics::Layer {
    SumsLayout layout;
    at::Tensor row;
    std::vector<at::Tensor> logits;
    std::map<std::string_view, std::vector<at::Tensor>> measured;  // of each micro-batch

    void add(const at::Tensor& next) {
        if (!row.defined()) {
            row = next;
            return;
        }
        const std::int64_t sums = layout.sums(), maxima = layout.size() - sums;
        row = at::cat({row.narrow(0, 0, sums) + next.narrow(0, 0, sums),
                       at::maximum(row.narrow(0, sums, maxima), next.narrow(0, sums, maxima))});
    }
};

RoutingStatistics::RoutingStatistics(std::vector<RouterSpec> specs, std::int64_t domains, std::vector<double> quantiles)
    : m_specs(std::move(specs)), m_domains(domains), m_quantiles(std::move(quantiles)) {
    m_layers.resize(m_specs.size());
    for (std::size_t layer = 0; layer < m_specs.size(); ++layer) m_layers[layer].layout = {m_specs[layer].experts, m_domains};
}
RoutingStatistics::~RoutingStatistics() = default;
RoutingStatistics::RoutingStatistics(RoutingStatistics&&) noexcept = default;

void RoutingStatistics::accumulate(std::size_t moeLayer, const Routing& routing, std::int64_t sequences, const at::Tensor& domainIds) {
    const at::NoGradGuard noGrad;
    Layer& layer = m_layers[moeLayer];
    SumsInput in;
    in.layout = layer.layout;
    in.routing = &routing;
    in.sequences = sequences;
    in.plain = routing.plain;
    in.countDrops = mayDrop(m_specs[moeLayer]);
    if (m_domains > 0) in.domainIds = domainIds;
    if (routing.logits.defined()) {
        in.logits = routing.logits.detach().to(at::kFloat).contiguous();
        in.probabilities = routing.probabilities.detach().to(at::kFloat).contiguous();
        layer.logits.push_back(sampled(in.logits));
    }
    const at::Tensor row = routing.weights.device().is_cpu() ? sumsByLoop(in) : sumsByTensors(in);
    if (routing.candidates.defined()) row.narrow(0, in.layout.counts(), in.layout.experts).copy_(routing.counts);  // before anyone was sent on
    layer.add(row);
    for (const Measured& each : routing.measured) layer.measured[each.name].push_back(each.value.detach().to(at::kDouble));
    if (routing.dispatch.defined())
        for (const Measured& each : slotNumbers(routing)) layer.measured[each.name].push_back(each.value);
}

void RoutingStatistics::finish(telemetry::StepTelemetry& out, std::span<const RouterTensors* const> tensors) {
    const at::NoGradGuard noGrad;
    clearRouting(out);
    std::vector<at::Tensor> pieces;
    std::size_t width = 0;
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        const Layer& layer = m_layers[i];
        if (!layer.row.defined()) return;
        width = std::max(width, static_cast<std::size_t>(layer.layout.experts));
        pieces.push_back(layer.row);
        if (!layer.logits.empty()) pieces.push_back(quantilesOf(layer.logits, m_quantiles));
        for (const char* name : {"selection_bias", "controller"})
            if (i < tensors.size() && tensors[i]->has(name)) pieces.push_back(tensors[i]->at(name).to(at::kDouble));
        for (const auto& [name, values] : layer.measured) pieces.push_back(at::stack(values).mean().reshape({1}));
    }
    if (pieces.empty()) return;
    const at::Tensor host = at::cat(pieces).to(at::kCPU);
    const double* next = host.const_data_ptr<double>();
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        Layer& layer = m_layers[i];
        const Writer to(m_layers.size(), i);
        const Row row{next, layer.layout, width};
        writeLoad(to, row, out);
        writeWeights(to, row, /*drops=*/m_specs[i].select != Select::slots, out);
        writeLogits(to, row, out);
        if (const std::int64_t networks = computing(m_specs[i]); networks < m_specs[i].experts) writeNetworks(to, row, networks, out);
        if (m_specs[i].select == Select::expertTopC) to.number(out.unpicked, 1 - row[S::keptTokens] / row[S::tokens]);
        if (mayDrop(m_specs[i])) writePositions(to, row, out);
        if (hasLevels(m_specs[i])) writeGroups(to, row, m_specs[i].groups, out);
        if (m_domains > 0) writeDomains(to, row, out);
        next += layer.layout.size();
        const std::size_t count = layer.logits.empty() ? 0 : m_quantiles.size() + 2;
        for (std::size_t q = 0; q < count; ++q) to.place(out.logitQuantiles, count, q, *next++);
        if (count > 0) {  // the ends are those of all logits
            to.place(out.logitQuantiles, count, 0, -row[row.at.logitBottom()]);
            to.place(out.logitQuantiles, count, count - 1, row[row.at.logitTop()]);
        }
        if (i < tensors.size() && tensors[i]->has("selection_bias"))
            for (std::int64_t e = 0; e < layer.layout.experts; ++e) to.place(out.selectionBias, width, static_cast<std::size_t>(e), *next++);
        if (i < tensors.size() && tensors[i]->has("controller")) to.number(out.controller, *next++ * m_specs[i].balance.coefficient);
        for (const auto& [name, values] : layer.measured) to.number(out.measured[telemetry::measureIndex(name)], *next++);
        layer.row = at::Tensor();
        layer.logits.clear();
        layer.measured.clear();
    }
    dropEmpty(out);
}

}  // namespace moescope::routing
