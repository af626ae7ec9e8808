// Cuts feed-forward layers into experts and puts experts together, by the names of their tensors.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/base/counter_random.hpp"
#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/config/derived.hpp"
#include "core/conversion/conversion.hpp"

namespace moescope::conversion {
namespace {

using config::RunConfig;

const std::vector<std::string> kInward{"gate_proj.weight", "up_proj.weight"};
constexpr const char* kDown = "down_proj.weight";

std::string prefixOf(std::int64_t layer) { return "model.layers." + std::to_string(layer) + ".mlp."; }

const Weight& need(const Weights& weights, const std::string& name, const std::vector<std::int64_t>& shape) {
    const auto at = weights.find(name);
    if (at != weights.end() && at->second.shape == shape) return at->second;
    throw base::Error(base::ExitCode::corrupt, "convert.tensor", at == weights.end() ? "a tensor is missing" : "a tensor has another shape than the settings say", name,
                      "convert another run or checkpoint");
}

/// Names of the matrices that read the token: two where the activation is gated.
std::vector<std::string> inwardOf(const Weights& weights, const std::string& prefix) {
    std::vector<std::string> names;
    for (const std::string& name : kInward)
        if (weights.contains(prefix + name)) names.push_back(name);
    return names;
}

/// Hidden units `units` of a feed-forward layer: rows of what reads, columns of what writes.
Weight rowsOf(const Weight& matrix, const std::vector<std::int64_t>& units) {
    const std::int64_t width = matrix.shape[1];
    Weight out{{static_cast<std::int64_t>(units.size()), width}, {}};
    for (const std::int64_t unit : units) out.values.insert(out.values.end(), matrix.values.begin() + unit * width, matrix.values.begin() + (unit + 1) * width);
    return out;
}

Weight columnsOf(const Weight& matrix, const std::vector<std::int64_t>& units, double factor) {
    const std::int64_t hidden = matrix.shape[1];
    Weight out{{matrix.shape[0], static_cast<std::int64_t>(units.size())}, {}};
    for (std::int64_t row = 0; row < matrix.shape[0]; ++row)
        for (const std::int64_t unit : units) out.values.push_back(static_cast<float>(matrix.values[static_cast<std::size_t>(row * hidden + unit)] * factor));
    return out;
}

void disturb(Weight& weight, double noise, std::uint64_t seed, const std::string& name) {
    if (noise == 0) return;
    double sum = 0, squares = 0;
    for (const float value : weight.values) sum += value, squares += static_cast<double>(value) * value;
    const auto n = static_cast<double>(weight.values.size());
    const double spread = std::sqrt(std::max(0.0, squares / n - (sum / n) * (sum / n)));
    std::vector<float> draws(weight.values.size());
    base::fillNormal(draws, {seed, base::Purpose::surgery, 0, base::hash64(name)});
    for (std::size_t i = 0; i < draws.size(); ++i) weight.values[i] += static_cast<float>(noise * spread * draws[i]);
}

std::vector<std::int64_t> range(std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> units(static_cast<std::size_t>(count));
    std::iota(units.begin(), units.end(), first);
    return units;
}

/// Expert `expert` gets the hidden units `units` of the dense layer, outgoing weights times `factor`.
void cutExpert(const Weights& old, const std::string& prefix, std::int64_t expert, const std::vector<std::int64_t>& units, std::int64_t hidden, std::int64_t width, double factor, const Order& order,
               Weights& fresh) {
    const std::string to = prefix + "experts." + std::to_string(expert) + ".";
    for (const std::string& name : inwardOf(old, prefix)) {
        fresh[to + name] = rowsOf(need(old, prefix + name, {hidden, width}), units);
        disturb(fresh[to + name], order.noise, order.seed, to + name);
    }
    fresh[to + kDown] = columnsOf(need(old, prefix + kDown, {width, hidden}), units, factor);
    disturb(fresh[to + kDown], order.noise, order.seed, to + kDown);
}

/// Router rows of the shards of one replica are those of its first shard, so that the choice takes whole replicas.
void repeatRows(Weight& gate, std::int64_t each) {
    const std::int64_t width = gate.shape[1];
    for (std::int64_t row = 0; row < gate.shape[0]; ++row)
        std::copy_n(gate.values.begin() + (row / each * each) * width, width, gate.values.begin() + row * width);
}

/// Expert i is shard i mod G of replica i / G (Megatron's granular upcycling). The weights of a token sum to 1 over k G shards of which G
/// are one replica, so outgoing weights are G times those of the dense layer.
void upcycleLayer(const Weights& old, std::int64_t layer, const RunConfig& from, const RunConfig& to, const Order& order, Weights& fresh) {
    const std::string prefix = prefixOf(layer);
    const config::MoeShape shape = config::moeShape(to, layer);
    const std::int64_t grain = to.moe.granularity, hidden = config::denseWidth(from);
    for (std::int64_t expert = 0; expert < shape.experts; ++expert)
        cutExpert(old, prefix, expert, range(expert % grain * shape.expertWidth, shape.expertWidth), hidden, from.model.width, static_cast<double>(grain), order, fresh);
    if (const auto gate = fresh.find(prefix + "gate.weight"); gate != fresh.end() && grain > 1) repeatRows(gate->second, grain);
}

/// Shares of equal size by chance: the neurons ranked by a draw each, cut into stretches.
std::vector<std::int64_t> randomShares(std::int64_t count, std::int64_t shares, std::uint64_t seed, std::int64_t layer) {
    const base::RandomStream stream({seed, base::Purpose::surgery, static_cast<std::uint32_t>(layer), base::hash64("random shares")});
    std::vector<std::int64_t> order = range(0, count), share(static_cast<std::size_t>(count));
    std::ranges::stable_sort(order, {}, [&](std::int64_t unit) { return stream.word(static_cast<std::uint64_t>(unit)); });
    for (std::size_t place = 0; place < order.size(); ++place) share[static_cast<std::size_t>(order[place])] = static_cast<std::int64_t>(place) / (count / shares);
    return share;
}

/// The router row of a cluster is the mean of its neurons, so that its logit is the mean of what they would answer before the ReLU.
void pointAtMeans(const Weight& up, const std::vector<std::int64_t>& cluster, Weight& gate) {
    const std::size_t width = static_cast<std::size_t>(up.shape[1]);
    const float each = static_cast<float>(cluster.size() / static_cast<std::size_t>(gate.shape[0]));
    std::fill(gate.values.begin(), gate.values.end(), 0.0f);
    for (std::size_t unit = 0; unit < cluster.size(); ++unit)
        for (std::size_t i = 0; i < width; ++i) gate.values[static_cast<std::size_t>(cluster[unit]) * width + i] += up.values[unit * width + i] / each;
}

/// An expert is a cluster of neurons that look in similar directions, or any of them by chance; the router then stays as it starts.
void splitLayer(const Weights& old, std::int64_t layer, const RunConfig& from, const RunConfig& to, const Order& order, Weights& fresh) {
    const std::string prefix = prefixOf(layer);
    const std::int64_t hidden = config::denseWidth(from), width = from.model.width, experts = to.moe.experts;
    const Weight& up = need(old, prefix + "up_proj.weight", {hidden, width});
    const bool random = order.split == Split::random;
    const std::vector<std::int64_t> cluster = random ? randomShares(hidden, experts, order.seed, layer) : balancedClusters(up.values, hidden, width, experts);
    if (!random) pointAtMeans(up, cluster, fresh.at(prefix + "gate.weight"));
    std::vector<std::int64_t> inOrder;
    for (std::int64_t expert = 0; expert < experts; ++expert) {
        std::vector<std::int64_t> units;
        for (std::int64_t unit = 0; unit < hidden; ++unit)
            if (cluster[static_cast<std::size_t>(unit)] == expert) units.push_back(unit);
        cutExpert(old, prefix, expert, units, hidden, width, 1, order, fresh);
        inOrder.insert(inOrder.end(), units.begin(), units.end());
    }
    if (fresh.contains(prefix + "gate.neurons")) {   // a router that looks at the neurons themselves
        need(fresh, prefix + "gate.neurons", {hidden, width});
        fresh[prefix + "gate.neurons"] = rowsOf(up, inOrder);
    }
}

/// The mean of the experts' tensors, or the one of the expert with most tokens.
Weight together(const Weights& old, const std::string& prefix, const std::string& name, const std::vector<std::int64_t>& experts, const std::vector<std::int64_t>& shape) {
    std::vector<double> sum;
    for (const std::int64_t expert : experts) {
        const Weight& one = need(old, prefix + "experts." + std::to_string(expert) + "." + name, shape);
        sum.resize(one.values.size());
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one.values[i];
    }
    Weight out{shape, {}};
    for (const double value : sum) out.values.push_back(static_cast<float>(value / static_cast<double>(experts.size())));
    return out;
}

/// [routed | shared] along the hidden units.
Weight beside(const Weight& routed, const Weight& shared, bool outgoing) {
    if (!outgoing) {
        Weight out{{routed.shape[0] + shared.shape[0], routed.shape[1]}, routed.values};
        out.values.insert(out.values.end(), shared.values.begin(), shared.values.end());
        return out;
    }
    Weight out{{routed.shape[0], routed.shape[1] + shared.shape[1]}, {}};
    for (std::int64_t row = 0; row < routed.shape[0]; ++row)
        for (const Weight* part : {&routed, &shared})
            out.values.insert(out.values.end(), part->values.begin() + row * part->shape[1], part->values.begin() + (row + 1) * part->shape[1]);
    return out;
}

std::vector<std::int64_t> keptExperts(const Order& order, std::size_t place, std::int64_t experts) {
    if (order.keep == Keep::average) return range(0, experts);
    const std::vector<double>& load = order.load.at(place);
    return {std::max_element(load.begin(), load.end()) - load.begin()};
}

void denseLayer(const Weights& old, std::int64_t layer, std::size_t place, const RunConfig& from, const Order& order, Weights& fresh) {
    const std::string prefix = prefixOf(layer), shared = prefix + "shared_expert.";
    const config::MoeShape shape = config::moeShape(from, layer);
    const std::vector<std::int64_t> experts = keptExperts(order, place, shape.experts);
    const std::int64_t width = from.model.width, extra = from.moe.shared_experts * shape.expertWidth;
    for (const std::string& name : inwardOf(old, prefix + "experts.0.")) {
        const Weight routed = together(old, prefix, name, experts, {shape.expertWidth, width});
        fresh[prefix + name] = extra == 0 ? routed : beside(routed, need(old, shared + name, {extra, width}), false);
    }
    const Weight routed = together(old, prefix, kDown, experts, {width, shape.expertWidth});
    fresh[prefix + kDown] = extra == 0 ? routed : beside(routed, need(old, shared + kDown, {width, extra}), true);
}

}  // namespace

Weights weightsOf(const checkpoint::CheckpointContents& contents) {
    Weights out;
    for (const auto* list : {&contents.model, &contents.state})
        for (const checkpoint::NamedTensor& tensor : *list) {
            if (tensor.dtype != checkpoint::DType::F32) continue;
            Weight& weight = out[tensor.name];
            weight.shape = tensor.shape;
            weight.values.resize(tensor.data.size() / sizeof(float));
            std::memcpy(weight.values.data(), tensor.data.data(), tensor.data.size());
        }
    return out;
}

Weights weightsOf(const checkpoint::LoadedCheckpoint& saved) {
    Weights out;
    for (const auto* file : {&saved.model, &saved.state})
        for (const checkpoint::TensorInfo& info : file->tensors()) {
            if (info.dtype != checkpoint::DType::F32) continue;
            Weight& weight = out[info.name];
            weight.shape = info.shape;
            weight.values.resize(info.bytes() / sizeof(float));
            file->read(info, std::as_writable_bytes(std::span(weight.values)));
        }
    return out;
}

void putWeights(const Weights& weights, checkpoint::CheckpointContents& contents) {
    for (checkpoint::NamedTensor& tensor : contents.model) tensor.data = std::as_bytes(std::span(need(weights, tensor.name, tensor.shape).values));
    for (checkpoint::NamedTensor& tensor : contents.state)
        if (weights.contains(tensor.name)) tensor.data = std::as_bytes(std::span(need(weights, tensor.name, tensor.shape).values));
}

std::size_t copyBesideExperts(const Weights& old, const RunConfig& from, Weights& fresh) {
    std::vector<std::string> left;
    for (const std::int64_t layer : config::moeLayers(from)) left.push_back(prefixOf(layer));
    std::size_t copied = 0;
    for (auto& [name, weight] : fresh) {
        const auto same = old.find(name);
        if (same == old.end() || same->second.shape != weight.shape || std::ranges::any_of(left, [&](const std::string& prefix) { return name.starts_with(prefix); })) continue;
        weight = same->second;
        ++copied;
    }
    return copied;
}

void convertWeights(const Weights& old, const RunConfig& from, const RunConfig& to, const Order& order, Weights& fresh) {
    for (auto& [name, weight] : fresh)
        if (const auto same = old.find(name); same != old.end() && same->second.shape == weight.shape) weight = same->second;
    if (order.kind == Kind::toDense) {
        const auto layers = config::moeLayers(from);
        for (std::size_t place = 0; place < layers.size(); ++place) denseLayer(old, layers[place], place, from, order, fresh);
        return;
    }
    for (const std::int64_t layer : config::moeLayers(to)) (order.kind == Kind::upcycle ? upcycleLayer : splitLayer)(old, layer, from, to, order, fresh);
}

}  // namespace moescope::conversion
