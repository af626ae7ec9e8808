// Balance losses, z-loss, importance and load, each one function.
#include "core/tensor.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/config/derived.hpp"
#include "core/routing/choice.hpp"
#include "core/routing/group_losses.hpp"
#include "core/routing/losses.hpp"

namespace moescope::routing {

namespace {

constexpr double kEpsilon = 1e-10;  // added to mean^2 in CV^2

double real(std::int64_t value) { return static_cast<double>(value); }

bool firstOnly(LossKind kind) { return kind == LossKind::switchTop1 || kind == LossKind::gshardTop1; }

// Where a layer's counts, shares and gates of one term come from.
struct Term {
    BalanceTerm term;
    std::span<const RouterSpec> specs;
    std::span<const Routing> layers;
    std::int64_t sequences;
    const StepCounts* step;

    const at::Tensor experts(std::size_t layer) const {
        const Routing& routing = layers[layer];
        const at::Tensor& all = routing.candidates.defined() ? routing.candidates : routing.experts;
        return firstOnly(term.kind) ? all.narrow(1, 0, 1) : all;
    }
    // Wishes a token counts with: what sum over experts of f is divided by.
    double wishes(std::size_t layer) const {
        const bool mean = term.kind == LossKind::topkMean || term.kind == LossKind::heterogeneous || term.kind == LossKind::controller;
        return mean ? real(slotsCounted(layer)) : 1.0;
    }
    std::int64_t slotsCounted(std::size_t layer) const {
        if (layers[layer].candidates.defined()) return layers[layer].candidates.size(1);
        return specs[layer].select == Select::all ? specs[layer].experts : specs[layer].topK;
    }
};

// Experts that still count; those that were killed are in no term.
double living(const RouterSpec& spec) { return real(spec.experts) - real(static_cast<std::int64_t>(spec.killed.size())); }

// eta of MoE++: 1 for networks, tau for experts that are none; 1 for all in every other loss.
double eta(const Term& t, std::size_t layer, std::int64_t expert) {
    const RouterSpec& spec = t.specs[layer];
    return t.term.kind == LossKind::heterogeneous && expert >= computing(spec) ? config::zeroComputationShare(spec.options) : 1.0;
}

// What makes the loss 1 at its balance, f_e proportional to 1 / eta_e: the sum of 1 / eta over the living, E where all are alike.
double balanceScale(const Term& t, std::size_t layer) {
    const RouterSpec& spec = t.specs[layer];
    if (t.term.kind != LossKind::heterogeneous) return living(spec);
    double sum = 0;
    for (std::int64_t e = 0; e < spec.experts; ++e)
        if (!std::ranges::binary_search(spec.killed, e)) sum += 1 / eta(t, layer, e);
    return sum;
}

at::Tensor timesEta(const Term& t, std::size_t layer, const at::Tensor& perExpert) {
    const RouterSpec& spec = t.specs[layer];
    if (t.term.kind != LossKind::heterogeneous || computing(spec) == spec.experts) return perExpert;
    std::vector<double> weights;
    for (std::int64_t e = 0; e < spec.experts; ++e) weights.push_back(eta(t, layer, e));
    return perExpert * at::tensor(weights, at::kDouble).to(perExpert.options());
}

// The columns [rows, E] of the living.
at::Tensor livingColumns(const RouterSpec& spec, const at::Tensor& values) {
    if (spec.killed.empty()) return values;
    std::vector<std::int64_t> columns;
    for (std::int64_t e = 0; e < spec.experts; ++e)
        if (!std::ranges::binary_search(spec.killed, e)) columns.push_back(e);
    return values.index_select(1, at::tensor(columns, at::kLong).to(values.device()));
}

at::Tensor countsOf(const Term& t, std::size_t layer, std::int64_t rows) {
    const at::Tensor experts = t.experts(layer);
    return countExperts(experts.reshape({rows, -1}), t.specs[layer].experts);
}

// f_e = wishes per token, [rows, E].
at::Tensor fractions(const Term& t, std::size_t layer, std::int64_t rows) {
    const Routing& routing = t.layers[layer];
    const auto options = routing.shares.options();
    if (t.term.scope == Scope::global && t.step) {
        const at::Tensor& counts = firstOnly(t.term.kind) ? t.step->first(layer) : t.step->chosen(layer);
        return counts.to(options).div(real(t.step->tokens())).unsqueeze(0);
    }
    const bool known = rows == 1 && !firstOnly(t.term.kind) && !routing.candidates.defined();
    const at::Tensor counts = known ? routing.counts.unsqueeze(0) : countsOf(t, layer, rows);
    return counts.to(options).div(real(routing.experts.size(0)) / real(rows));
}

at::Tensor meanShares(const Routing& routing, std::int64_t rows) {
    if (rows == 1) return routing.shares.mean(0, true);
    return routing.shares.reshape({rows, -1, routing.shares.size(1)}).mean(1);
}

// E sum_e f_e P_e, mean over rows: a row is the batch, or a sequence.
at::Tensor balanceOf(const Term& t, std::size_t layer) {
    const std::int64_t rows = t.term.scope == Scope::sequence ? t.sequences : 1;
    const at::Tensor product = timesEta(t, layer, fractions(t, layer, rows).mul(meanShares(t.layers[layer], rows)));
    return product.sum().mul(balanceScale(t, layer) / (t.wishes(layer) * real(rows)));
}

at::Tensor meanOf(const std::vector<at::Tensor>& values) {
    at::Tensor sum = values.front();
    for (std::size_t i = 1; i < values.size(); ++i) sum = sum + values[i];
    return values.size() == 1 ? sum : sum.div(real(static_cast<std::int64_t>(values.size())));
}

// Layers that can be averaged: those with the same number of experts, the same of them alive.
std::vector<std::vector<std::size_t>> alike(const Term& t) {
    std::map<std::pair<std::int64_t, std::vector<std::int64_t>>, std::vector<std::size_t>> byExperts;
    for (std::size_t layer = 0; layer < t.layers.size(); ++layer)
        byExperts[{t.specs[layer].experts, t.specs[layer].killed}].push_back(layer);
    std::vector<std::vector<std::size_t>> out;
    for (auto& [experts, group] : byExperts) out.push_back(std::move(group));
    return out;
}

// The loss of the average layer: f and P averaged over layers first.
at::Tensor balanceOverLayers(const Term& t, const std::vector<std::size_t>& group) {
    std::vector<at::Tensor> f, p;
    for (const std::size_t layer : group) {
        f.push_back(fractions(t, layer, 1));
        p.push_back(meanShares(t.layers[layer], 1));
    }
    const std::size_t any = group.front();
    return timesEta(t, any, meanOf(f).mul(meanOf(p))).sum().mul(balanceScale(t, any) / t.wishes(any));
}

// Shazeer's form (importance of the gates, sample variance) goes with gates that sum to one or learned noise, V-MoE's (full
// softmax, population variance) with the rest.
bool shazeerForm(const RouterSpec& spec) {
    return spec.score == Score::softmaxSelected || spec.noise == Noise::logitGaussLearned;
}

// Squared coefficient of variation of each row, mean over rows; 0 for one expert.
at::Tensor squaredVariation(const RouterSpec& spec, const at::Tensor& rows) {
    const std::int64_t experts = rows.size(1);
    const at::Tensor mean = rows.mean(1, true);
    const double freedom = shazeerForm(spec) && experts > 1 ? real(experts - 1) : real(experts);
    const at::Tensor variance = (rows - mean).square().sum(1).div(freedom);
    return variance.div(mean.squeeze(1).square() + kEpsilon).mean();
}

// sum_t of gate [T, slots] into [rows, E], in the order of the tokens.
at::Tensor sumByExpert(const at::Tensor& gates, const at::Tensor& experts, std::int64_t expertCount, std::int64_t rows) {
    const at::Tensor column = experts.masked_fill(experts.lt(0), expertCount);
    const at::Tensor dense = at::zeros({experts.size(0), expertCount + 1}, gates.options()).scatter(1, column, gates);
    return dense.narrow(1, 0, expertCount).reshape({rows, -1, expertCount}).sum(1);
}

at::Tensor importanceRows(const Term& t, std::size_t layer, std::int64_t rows) {
    const Routing& routing = t.layers[layer];
    const RouterSpec& spec = t.specs[layer];
    if (shazeerForm(spec)) return sumByExpert(routing.gates, routing.experts, spec.experts, rows);
    return routing.probabilities.reshape({rows, -1, spec.experts}).sum(1);
}

at::Tensor loadRows(const Term& t, std::size_t layer, std::int64_t rows) {
    const Routing& routing = t.layers[layer];
    const std::int64_t experts = t.specs[layer].experts;
    if (!routing.loadEstimate.defined())
        return countExperts(routing.experts.reshape({rows, -1}), experts).to(routing.gates.options());
    const at::Tensor probability = routing.loadEstimate.reshape({rows, -1, experts});
    return shazeerForm(t.specs[layer]) ? probability.sum(1) : probability.mean(1);
}

at::Tensor variationRows(const Term& t, std::size_t layer, std::int64_t rows) {
    return livingColumns(t.specs[layer], t.term.kind == LossKind::importance ? importanceRows(t, layer, rows) : loadRows(t, layer, rows));
}

at::Tensor variationOf(const Term& t, std::size_t layer) {
    const std::int64_t rows = t.term.scope == Scope::sequence ? t.sequences : 1;
    return squaredVariation(t.specs[layer], variationRows(t, layer, rows));
}

at::Tensor variationOverLayers(const Term& t, const std::vector<std::size_t>& group) {
    std::vector<at::Tensor> rows;
    for (const std::size_t layer : group) rows.push_back(variationRows(t, layer, 1));
    return squaredVariation(t.specs[group.front()], meanOf(rows));
}

at::Tensor ownLossOf(const Routing& routing) {
    if (routing.ownLoss.defined()) return routing.ownLoss;
    throw base::Error(base::ExitCode::usage, "router.code_entropy", "code_entropy is a loss on the selectors, and this routing has none", "balance.kind",
                      "give the router its features or selector logits, or take another loss");
}

at::Tensor ofLayer(const Term& t, std::size_t layer) {
    switch (t.term.kind) {
    case LossKind::importance:
    case LossKind::load: return variationOf(t, layer);
    case LossKind::switchGroups: return groupBalance(t.specs[layer], t.layers[layer]);
    case LossKind::switchMembers: return memberBalance(t.specs[layer], t.layers[layer]);
    case LossKind::entropyLocal: return localEntropy(t.specs[layer], t.layers[layer]);
    case LossKind::entropyGlobal: return globalEntropy(t.specs[layer], t.layers[layer]);
    case LossKind::codeEntropy: return ownLossOf(t.layers[layer]);
    default: return balanceOf(t, layer);
    }
}

at::Tensor valueOf(const Term& t) {
    const bool variation = t.term.kind == LossKind::importance || t.term.kind == LossKind::load;
    std::vector<at::Tensor> values;
    if (t.term.scope == Scope::layers) {
        for (const auto& group : alike(t)) {
            const at::Tensor value = variation ? variationOverLayers(t, group) : balanceOverLayers(t, group);
            values.insert(values.end(), group.size(), value);
        }
        return meanOf(values);
    }
    for (std::size_t layer = 0; layer < t.layers.size(); ++layer) values.push_back(ofLayer(t, layer));
    return meanOf(values);
}

// What is added to the objective for a coefficient of one: the value, or with a controller each layer's value times its factor.
at::Tensor trainedOf(const Term& t, const at::Tensor& value) {
    if (t.term.kind != LossKind::controller) return value;
    std::vector<at::Tensor> values;
    for (std::size_t layer = 0; layer < t.layers.size(); ++layer) {
        const at::Tensor& factor = t.layers[layer].lossScale;
        values.push_back(factor.defined() ? balanceOf(t, layer) * factor : balanceOf(t, layer));
    }
    return meanOf(values);
}

// |mean c - budget| over the tokens of all layers: what the gate between mixture and residual expert may spend (NLLB Team 2022).
at::Tensor budgetLoss(double budget, std::span<const Routing> layers) {
    std::vector<at::Tensor> gates;
    for (const Routing& routing : layers) gates.push_back(routing.mixture.mean());
    return meanOf(gates).sub(budget).abs();
}

at::Tensor zLoss(std::span<const RouterSpec> specs, std::span<const Routing> layers) {
    std::vector<at::Tensor> values;
    for (std::size_t layer = 0; layer < layers.size(); ++layer)
        values.push_back(livingColumns(specs[layer], layers[layer].logits).logsumexp(1).square().mean());
    return meanOf(values);
}

template <class Value, class Trained>
void addTerm(AuxiliaryLosses& out, std::string name, LossKind kind, double coefficient, Value&& value, Trained&& trained) {
    const at::AutoGradMode mode(coefficient != 0 && at::GradMode::is_enabled());
    AuxiliaryLoss loss{std::move(name), kind, value(), coefficient};
    if (coefficient != 0) {
        const at::Tensor part = trained(loss.value) * coefficient;
        out.total = out.total.defined() ? out.total + part : part;
    }
    out.terms.push_back(std::move(loss));
}

}  // namespace

void StepCounts::add(std::span<const Routing> layers) {
    const at::NoGradGuard noGrad;
    m_chosen.resize(layers.size());
    m_first.resize(layers.size());
    m_observed.resize(layers.size());
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        const Routing& routing = layers[layer];
        const at::Tensor& asked = routing.candidates.defined() ? routing.candidates : routing.experts;
        const at::Tensor first = countExperts(asked.narrow(1, 0, 1).reshape({1, -1}), routing.counts.size(0)).squeeze(0);
        m_chosen[layer] = m_tokens == 0 ? routing.counts : m_chosen[layer] + routing.counts;
        m_first[layer] = m_tokens == 0 ? first : m_first[layer] + first;
        m_observed[layer] = m_tokens == 0 ? routing.observed : routing.observed.defined() ? m_observed[layer] + routing.observed : routing.observed;
    }
    if (layers.empty()) return;
    m_tokens += layers.front().experts.size(0);
    ++m_batches;
}

void StepCounts::reset() {
    m_tokens = m_batches = 0;
    m_chosen.clear();
    m_first.clear();
    m_observed.clear();
}

StepSummary StepCounts::summary(std::size_t moeLayer) const {
    const at::Tensor& observed = m_observed[moeLayer];
    return {m_chosen[moeLayer], m_tokens, m_chosen, observed.defined() ? observed / real(m_batches) : observed};
}

AuxiliaryLosses losses(std::span<const RouterSpec> specs, std::span<const Routing> layers, std::int64_t sequences,
                       StepCounts* step) {
    AuxiliaryLosses out;
    if (step) step->add(layers);
    if (layers.empty()) return out;
    if (specs.front().budgetCoefficient > 0 && layers.front().mixture.defined())
        addTerm(out, "cmr", LossKind::none, specs.front().budgetCoefficient, [&] { return budgetLoss(specs.front().budget, layers); }, std::identity());
    if (!hasLogits(specs.front())) return out;
    const auto add = [&](const BalanceTerm& term, std::string name) {
        if (term.kind == LossKind::none) return;
        const Term t{term, specs, layers, sequences, step};
        addTerm(out, std::move(name), term.kind, term.coefficient, [&] { return valueOf(t); }, [&](const at::Tensor& value) { return trainedOf(t, value); });
    };
    const RouterSpec& spec = specs.front();
    add(spec.balance, "balance");
    for (const BalanceTerm& term : spec.more) add(term, std::string(name(term.kind)));
    addTerm(out, "z", LossKind::none, spec.zCoefficient, [&] { return zLoss(specs, layers); }, std::identity());
    return out;
}

}  // namespace moescope::routing
