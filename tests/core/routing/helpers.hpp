// Shared by the routing tests: random tables, and the bridge between plain tables and tensors.
#pragma once

#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include "core/base/counter_random.hpp"
#include "core/routing/losses.hpp"
#include "core/routing/routing.hpp"
#include "tests/core/routing/reference.hpp"

namespace moescope::routing::testing {

using reference::Case;
using reference::Row;
using reference::Table;

inline Table normalTable(std::size_t rows, std::size_t columns, std::uint64_t seed, double std = 1) {
    const base::RandomStream stream({seed, base::Purpose::test});
    Table out(rows, Row(columns));
    for (std::size_t i = 0; i < rows * columns; ++i) out[i / columns][i % columns] = std * stream.normal(i);
    return out;
}

inline Table uniformTable(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    const base::RandomStream stream({seed, base::Purpose::test, 1});
    Table out(rows, Row(columns));
    for (std::size_t i = 0; i < rows * columns; ++i) out[i / columns][i % columns] = static_cast<double>(stream.uniformFloat(i));
    return out;
}

inline Table gumbelTable(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    const base::RandomStream stream({seed, base::Purpose::test, 2});
    Table out(rows, Row(columns));
    for (std::size_t i = 0; i < rows * columns; ++i) out[i / columns][i % columns] = stream.gumbel(i);
    return out;
}

inline at::Tensor tensorOf(const Table& table, at::ScalarType type = at::kDouble) {
    at::Tensor out = at::empty({std::int64_t(table.size()), std::int64_t(table.front().size())}, at::kDouble);
    for (std::size_t row = 0; row < table.size(); ++row)
        std::copy(table[row].begin(), table[row].end(), out.mutable_data_ptr<double>() + row * table[row].size());
    return out.to(type);
}

inline Table tableOf(const at::Tensor& tensor) {
    const at::Tensor from = tensor.detach().to(at::kDouble).contiguous();
    Table out(std::size_t(from.size(0)), Row(std::size_t(from.size(1))));
    for (std::size_t row = 0; row < out.size(); ++row)
        std::copy_n(from.const_data_ptr<double>() + row * out[row].size(), out[row].size(), out[row].begin());
    return out;
}

inline double largestDifference(const Table& a, const Table& b) {
    double worst = 0;
    for (std::size_t row = 0; row < a.size(); ++row)
        for (std::size_t i = 0; i < a[row].size(); ++i) worst = std::max(worst, std::abs(a[row][i] - b[row][i]));
    return worst;
}

/// A case with draws for every kind of noise.
inline Case makeCase(RouterSpec spec, std::size_t tokens, std::uint64_t seed = 1) {
    Case c;
    c.spec = std::move(spec);
    c.z = normalTable(tokens, c.experts(), seed);
    c.noise = normalTable(tokens, c.experts(), seed + 1000);
    c.noiseLogits = normalTable(tokens, c.experts(), seed + 2000, 0.5);
    c.uniform = uniformTable(tokens, c.experts(), seed);
    c.gumbel = gumbelTable(tokens, c.experts(), seed);
    if (c.spec.offset != Offset::none) c.bias = normalTable(1, c.experts(), seed + 3000, 0.1)[0];
    return c;
}

struct Engine {
    RouterTensors tensors;
    RouterInput input;
    Routing routing;
    AuxiliaryLosses auxiliary;
};

/// The engine on the same case; the logits are a leaf with gradient.
inline Engine run(const Case& c, at::ScalarType type = at::kDouble) {
    Engine out;
    out.input.logits = tensorOf(c.z, type).requires_grad_();
    out.input.noise = tensorOf(c.noise, type);
    out.input.noiseLogits = tensorOf(c.noiseLogits, type);
    out.input.uniform = tensorOf(c.uniform, type);
    out.input.gumbel = tensorOf(c.gumbel, type);
    out.input.training = c.training;
    out.input.sequences = c.sequences;
    if (!c.bias.empty()) out.tensors.tensors["selection_bias"] = tensorOf({c.bias}, type).squeeze(0);
    if (!c.muted.empty()) {
        out.input.muted = at::zeros({c.spec.experts}, at::kBool);
        for (std::size_t e = 0; e < c.muted.size(); ++e) out.input.muted.select(0, std::int64_t(e)).fill_(bool(c.muted[e]));
    }
    out.routing = route(c.spec, out.tensors, out.input);
    out.auxiliary = losses({&c.spec, 1}, {&out.routing, 1}, c.sequences, nullptr);
    return out;
}

/// d (task + auxiliary) / d logits by autograd.
inline Table engineGradient(const Engine& engine, const Table& task) {
    at::Tensor total = engine.auxiliary.total;
    if (!task.empty()) {
        const at::Tensor sum = (engine.routing.weights * tensorOf(task, engine.routing.weights.scalar_type())).sum();
        total = total.defined() ? total + sum : sum;
    }
    if (total.defined() && total.requires_grad()) total.backward();
    const at::Tensor gradient = engine.input.logits.grad();
    return tableOf(gradient.defined() ? gradient : at::zeros_like(engine.input.logits));
}

/// Top-k of softmax over all, dropless, no losses.
inline RouterSpec plainSpec(std::int64_t experts, std::int64_t k) {
    RouterSpec spec;
    spec.experts = experts;
    spec.topK = k;
    spec.weigh = k > 1 ? Weigh::renorm : Weigh::raw;
    return spec;
}

inline std::vector<std::vector<std::int64_t>> integers(const at::Tensor& tensor) {
    const Table values = tableOf(tensor);
    std::vector<std::vector<std::int64_t>> out;
    for (const Row& row : values) out.emplace_back(row.begin(), row.end());
    return out;
}

}  // namespace moescope::routing::testing
