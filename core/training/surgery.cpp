// How an expert's slices are found and what is done to them.
#include "core/training/surgery.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/statistics/assignment.hpp"

namespace moescope::training {

namespace {

std::size_t parameterNamed(const std::vector<model::Parameter>& parameters, const std::string& name) {
    const auto found = std::ranges::find(parameters, name, &model::Parameter::name);
    if (found == parameters.end())
        throw base::Error(base::ExitCode::usage, "surgery.tensor", "the model has no tensor of that name", name, "report this");
    return static_cast<std::size_t>(found - parameters.begin());
}

}  // namespace

Surgeon::Surgeon(model::Network& model, AdamW& optimizer, const routing::RouterSpec& spec, std::size_t moeLayer, kernels::Activation activation,
                 std::uint64_t seed, std::uint64_t step)
    : m_model(model), m_optimizer(optimizer), m_spec(spec), m_moeLayer(moeLayer), m_activation(activation),
      m_key{seed, base::Purpose::surgery, static_cast<std::uint32_t>(spec.layer), step},
      m_prefix("model.layers." + std::to_string(spec.layer) + ".mlp.") {
    m_up = model.parameters()[expertParameters()[0]].value.detach();
    m_down = model.parameters()[expertParameters()[1]].value.detach();
}

std::vector<std::size_t> Surgeon::expertParameters() const {
    const auto& all = m_model.parameters();
    return {parameterNamed(all, m_prefix + "experts.up"), parameterNamed(all, m_prefix + "experts.down")};
}

std::vector<std::size_t> Surgeon::routerParameters() const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < m_model.parameters().size(); ++i)
        if (m_model.parameters()[i].name.starts_with(m_prefix + "gate.")) out.push_back(i);
    return out;
}

ExpertPiece Surgeon::pieceOf(std::size_t parameter, std::int64_t expert) const {
    const model::Parameter& p = m_model.parameters()[parameter];
    const Moments& moments = m_optimizer.moments()[parameter];
    return {p.value.detach().select(0, expert), moments.first.select(0, expert), moments.second.select(0, expert), p.initStd, 0};
}

std::vector<ExpertPiece> Surgeon::weights(std::int64_t expert) const {
    std::vector<ExpertPiece> out;
    if (expert >= routing::computing(m_spec)) return out;  // no network
    for (const std::size_t parameter : expertParameters()) out.push_back(pieceOf(parameter, expert));
    return out;
}

std::vector<ExpertPiece> Surgeon::row(std::int64_t expert) const {
    std::vector<ExpertPiece> out;
    const routing::RouterTensors& tensors = m_model.routers()[m_moeLayer];
    for (const routing::ParameterDecl& declared : routing::declareTensors(m_spec, m_up.size(2), m_model.vocabulary())) {
        if (!declared.perExpert) continue;
        ExpertPiece piece;
        if (declared.trainable)
            piece = pieceOf(parameterNamed(m_model.parameters(), m_prefix + "gate." + declared.name), expert);
        else
            piece.value = tensors.at(declared.name).detach().select(0, expert);
        piece.initStd = declared.init == routing::Init::normal ? declared.std : 0;
        piece.initValue = declared.init == routing::Init::constant ? declared.std : 0;
        out.push_back(std::move(piece));
    }
    return out;
}

void Surgeon::forget(std::int64_t expert) const {
    for (const auto& pieces : {weights(expert), row(expert)})
        for (const ExpertPiece& piece : pieces) {
            if (!piece.first.defined()) continue;
            piece.first.zero_();
            piece.second.zero_();
        }
}

// Standard normal numbers; each expert and each of its tensors has a stretch of the stream to itself.
at::Tensor Surgeon::draw(std::int64_t expert, std::size_t tensor, const at::Tensor& like) const {
    const at::Tensor host = at::empty(like.sizes(), at::kFloat);
    const std::uint64_t place = (static_cast<std::uint64_t>(expert) << 40) + (static_cast<std::uint64_t>(tensor) << 32);
    base::fillNormal({host.mutable_data_ptr<float>(), static_cast<std::size_t>(host.numel())}, m_key, place);
    return host.to(like.options());
}

void Surgeon::redraw(std::int64_t expert, const std::vector<ExpertPiece>& pieces, std::size_t place) const {
    for (const ExpertPiece& piece : pieces) {
        if (piece.initStd > 0)
            piece.value.copy_(draw(expert, place, piece.value).mul_(piece.initStd));
        else
            piece.value.fill_(piece.initValue);
        ++place;
    }
}

void Surgeon::redrawWeights(std::int64_t expert) const { redraw(expert, weights(expert), 0); }

void Surgeon::redrawRow(std::int64_t expert) const { redraw(expert, row(expert), weights(expert).size()); }

void Surgeon::copyWeights(std::int64_t from, std::int64_t to, double noise) const {
    const auto source = weights(from), target = weights(to);
    for (std::size_t i = 0; i < source.size(); ++i) {
        target[i].value.copy_(source[i].value);
        if (noise > 0) target[i].value.add_(draw(to, i, source[i].value).mul_(source[i].value.std(/*unbiased=*/false)), noise);
    }
}

void Surgeon::copyRow(std::int64_t from, std::int64_t to, double noise) const {
    const auto source = row(from), target = row(to);
    const std::size_t drawn = weights(to).size();  // those of the weights come first
    for (std::size_t i = 0; i < source.size(); ++i) {
        target[i].value.copy_(source[i].value);
        if (noise > 0 && source[i].value.numel() > 1) target[i].value.add_(draw(to, drawn + i, source[i].value).mul_(source[i].value.std(/*unbiased=*/false)), noise);
    }
}

void Surgeon::swapRows(std::int64_t one, std::int64_t other) const {
    const auto exchange = [](const at::Tensor& a, const at::Tensor& b) {
        if (!a.defined()) return;
        const at::Tensor kept = a.clone();
        a.copy_(b);
        b.copy_(kept);
    };
    const auto a = row(one), b = row(other);
    for (std::size_t i = 0; i < a.size(); ++i) {
        exchange(a[i].value, b[i].value);
        exchange(a[i].first, b[i].first);
        exchange(a[i].second, b[i].second);
    }
}

// Fresh incoming weights, no outgoing ones: the function stays what it is until the units learn something.
void Surgeon::freeUnits(std::int64_t expert, std::int64_t first, std::int64_t count) const {
    const at::Tensor up = m_up.select(0, expert), fresh = draw(expert, 0, up).mul_(weights(expert)[0].initStd);
    for (std::int64_t matrix = 0; matrix < inwardMatrices(); ++matrix) {
        const std::int64_t row = matrix * hiddenUnits() + first;
        up.narrow(0, row, count).copy_(fresh.narrow(0, row, count));
    }
    m_down.select(0, expert).narrow(1, first, count).zero_();
}

void Surgeon::split(std::int64_t from, std::int64_t to) const {
    const std::int64_t units = hiddenUnits(), half = units / 2;
    copyWeights(from, to, 0);
    m_down.select(0, from).mul_(2);
    m_down.select(0, to).mul_(2);
    freeUnits(from, half, units - half);
    freeUnits(to, 0, half);
}

// Incoming and outgoing weights of each hidden unit as one row: [f, m * d + d] float64 on the host.
at::Tensor Surgeon::unitVectors(std::int64_t expert) const {
    const at::Tensor in = m_up.select(0, expert).reshape({inwardMatrices(), hiddenUnits(), -1}).permute({1, 0, 2}).reshape({hiddenUnits(), -1});
    return at::cat({in, m_down.select(0, expert).t()}, 1).to(at::kDouble).cpu();
}

void Surgeon::merge(std::int64_t into, std::int64_t other, double share) const {
    const at::Tensor score = unitVectors(into).mm(unitVectors(other).t()).contiguous();
    const auto units = static_cast<std::size_t>(hiddenUnits());
    const std::vector<int> match = statistics::bestAssignment({score.const_data_ptr<double>(), units * units}, units, units);
    const at::Tensor order = at::tensor(match, at::kInt).to(at::kLong).to(m_up.device());
    const at::Tensor up = m_up.select(0, into).view({inwardMatrices(), hiddenUnits(), -1});
    const at::Tensor otherUp = m_up.select(0, other).view({inwardMatrices(), hiddenUnits(), -1}).index_select(1, order);
    up.mul_(share).add_(otherUp, 1 - share);
    m_down.select(0, into).mul_(share).add_(m_down.select(0, other).index_select(1, order), 1 - share);
}

}  // namespace moescope::training
