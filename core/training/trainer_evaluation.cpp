// Losses without training: fixed validation batches, mute tables, given texts and token rows. Nothing here changes state.
#include "core/training/live_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.hpp"
#include "core/training/batches.hpp"

namespace moescope::training {

// Sums of token losses in float64, in token order.
struct LiveTrainer::DomainSums {
    double loss = 0;
    std::int64_t tokens = 0;
    std::vector<double> domainLoss;
    std::vector<std::int64_t> domainTokens;

    double mean() const { return tokens > 0 ? loss / static_cast<double>(tokens) : telemetry::kNone; }
    std::vector<double> domainMeans() const {
        std::vector<double> out;
        for (std::size_t d = 0; d < domainLoss.size(); ++d)
            out.push_back(domainTokens[d] > 0 ? domainLoss[d] / static_cast<double>(domainTokens[d]) : telemetry::kNone);
        return out;
    }
    void add(const at::Tensor& losses, const std::vector<std::int32_t>& domains) {
        const at::Tensor host = losses.to(at::kDouble).cpu();
        const double* value = host.const_data_ptr<double>();
        for (std::int64_t i = 0; i < host.numel(); ++i) {
            loss += value[i];
            ++tokens;
            if (domains.empty()) continue;
            const auto d = static_cast<std::size_t>(domains[static_cast<std::size_t>(i)]);
            domainLoss[d] += value[i];
            ++domainTokens[d];
        }
    }
};

const std::vector<data::Batch>& LiveTrainer::validation() {
    if (m_validation.empty())
        for (std::int64_t i = 0; i < m_config.training.eval_batches; ++i)
            m_validation.push_back(m_corpus->validation(i, m_config.training.batch, m_config.model.context));
    return m_validation;
}

LiveTrainer::DomainSums LiveTrainer::evaluateBatches(std::span<const at::Tensor> muted) {
    const at::NoGradGuard guard;
    DomainSums sums;
    sums.domainLoss.resize(m_corpus->domains().size());
    sums.domainTokens.resize(m_corpus->domains().size());
    model::Pass pass = passOf(false, 0);
    pass.muted = muted;
    for (const data::Batch& batch : validation())
        sums.add(m_model->forward(labelled(batch), pass).tokenLoss, batch.domains);
    return sums;
}

telemetry::Evaluation LiveTrainer::evaluate() {
    const DomainSums sums = evaluateBatches(m_muted);
    telemetry::Evaluation out;
    out.step = m_progress.steps;
    out.tokens = m_progress.tokens;
    out.flops = m_progress.flops;
    out.seconds = m_progress.seconds;
    out.loss = sums.mean();
    out.bitsPerByte = out.loss / std::numbers::ln2 / m_corpus->bytesPerToken();
    out.domainLoss = sums.domainMeans();
    return out;
}

MuteTable LiveTrainer::muteTable(std::int64_t layer) {
    const auto found = std::ranges::find(m_moeLayers, layer);
    if (found == m_moeLayers.end())
        throw base::Error(base::ExitCode::usage, "mute.layer", "layer " + std::to_string(layer) + " has no experts", "layer",
                          "take a layer with experts");
    const auto index = static_cast<std::size_t>(found - m_moeLayers.begin());
    MuteTable table{layer, evaluateBatches(m_muted).domainMeans(), {}};
    for (std::int64_t expert = 0; expert < m_specs[index].experts; ++expert) {
        std::vector<at::Tensor> muted = m_muted;
        muted[index] = muted[index].defined() ? muted[index].clone() : at::zeros({m_specs[index].experts}, at::kBool).to(deviceOf());
        muted[index].select(0, expert).fill_(true);
        std::vector<double> row = evaluateBatches(muted).domainMeans();
        for (std::size_t d = 0; d < row.size(); ++d) row[d] -= table.baseline[d];
        table.delta.push_back(std::move(row));
    }
    return table;
}

MuteEffect LiveTrainer::muteEffect(std::int64_t layer, std::int64_t expert) {
    const auto refuse = [expert](const std::string& what) {
        throw base::Error(base::ExitCode::usage, "mute.expert", what, "expert " + std::to_string(expert), "take another expert, or unmute one first");
    };
    const auto found = std::ranges::find(m_moeLayers, layer);
    if (found == m_moeLayers.end()) refuse("layer " + std::to_string(layer) + " has no experts");
    const auto index = static_cast<std::size_t>(found - m_moeLayers.begin());
    const routing::RouterSpec& spec = m_specs[index];
    if (expert < 0 || expert >= spec.experts) refuse("layer " + std::to_string(layer) + " has no such expert");
    std::vector<at::Tensor> muted = m_muted;
    at::Tensor& mask = muted[index];
    mask = mask.defined() ? mask.clone() : at::zeros({spec.experts}, at::kBool).to(deviceOf());
    mask.select(0, expert).fill_(true);
    if (spec.experts - mask.sum().item<std::int64_t>() < spec.topK) refuse("without it fewer experts are left than a token takes");
    const DomainSums without = evaluateBatches(muted);
    mask.select(0, expert).fill_(false);
    const DomainSums with = evaluateBatches(muted);
    return {with.mean(), without.mean(), with.domainMeans(), without.domainMeans()};
}

namespace {

void checkIds(const std::vector<std::int32_t>& row, std::int64_t vocabulary, std::size_t index) {
    for (std::size_t i = 0; i < row.size(); ++i)
        if (row[i] < 0 || row[i] >= vocabulary)
            throw base::Error(base::ExitCode::badInput, "tokens.range", "token " + std::to_string(row[i]) + " is not in the vocabulary",
                              "row " + std::to_string(index) + ", token " + std::to_string(i),
                              "take ids from 0 to " + std::to_string(vocabulary - 1));
}

void checkRows(const std::vector<std::vector<std::int32_t>>& rows, std::int64_t context, std::int64_t vocabulary) {
    const auto refuse = [](std::size_t row, const std::string& what) {
        throw base::Error(base::ExitCode::badInput, "tokens.shape", what, "row " + std::to_string(row),
                          "give rows of equal length, at most the context");
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].size() != rows[0].size()) refuse(i, "rows differ in length");
        if (rows[i].empty() || static_cast<std::int64_t>(rows[i].size()) > context) refuse(i, "a row has no or too many tokens");
        checkIds(rows[i], vocabulary, i);
    }
}

}  // namespace

void LiveTrainer::requireTokens(std::string_view what) const {
    if (m_plane)
        throw base::Error(base::ExitCode::usage, "plane.text", "this run is a mixture on the plane: it reads points, not text", std::string(what),
                          "choose a run of a language model");
}

TextEvaluation LiveTrainer::evaluateTokens(const std::vector<std::vector<std::int32_t>>& rows, std::vector<float>* logits) {
    requireTokens("eval --tokens");
    checkRows(rows, m_config.model.context, vocabulary());
    const at::NoGradGuard guard;
    const model::Pass pass = passOf(false, 0);
    TextEvaluation out;
    double sum = 0;
    const auto length = rows.empty() ? 0 : static_cast<std::int64_t>(rows[0].size());
    for (std::size_t from = 0; from < rows.size(); from += static_cast<std::size_t>(m_config.training.batch)) {
        const std::size_t to = std::min(rows.size(), from + static_cast<std::size_t>(m_config.training.batch));
        std::vector<std::int32_t> ids;
        for (std::size_t row = from; row < to; ++row) ids.insert(ids.end(), rows[row].begin(), rows[row].end());
        const auto sequences = static_cast<std::int64_t>(to - from);
        const at::Tensor inputs = upload(ids, deviceOf());
        const at::Tensor scores = m_model->forward({sequences, length, inputs, {}, {}}, pass).logits.view({sequences, length, -1});
        if (length > 1) {
            const at::Tensor targets = inputs.view({sequences, length}).narrow(1, 1, length - 1);
            const at::Tensor earlier = scores.narrow(1, 0, length - 1);
            const at::Tensor losses = at::logsumexp(earlier, -1) - earlier.gather(2, targets.unsqueeze(2)).squeeze(2);
            sum += losses.to(at::kDouble).sum().item<double>();
            out.tokens += losses.numel();
        }
        if (!logits) continue;
        const at::Tensor host = scores.to(at::kFloat).cpu().contiguous();
        logits->insert(logits->end(), host.const_data_ptr<float>(), host.const_data_ptr<float>() + host.numel());
    }
    out.loss = out.tokens > 0 ? sum / static_cast<double>(out.tokens) : telemetry::kNone;
    out.bitsPerByte = out.loss / std::numbers::ln2 / m_corpus->bytesPerToken();
    return out;
}

TextEvaluation LiveTrainer::evaluateText(std::string_view text) {
    requireTokens("eval --text");
    const at::NoGradGuard guard;
    const std::vector<std::int32_t> ids = m_corpus->encode(text);
    if (ids.size() < 2)
        throw base::Error(base::ExitCode::badInput, "eval.short", "a loss needs two tokens, the text has " + std::to_string(ids.size()), "text", "give a longer text");
    const model::Pass pass = passOf(false, 0);
    const auto context = static_cast<std::size_t>(m_config.model.context);
    DomainSums sums;
    for (std::size_t from = 0; from + 1 < ids.size(); from += context) {
        const std::size_t count = std::min(context, ids.size() - 1 - from);
        const std::span<const std::int32_t> all(ids);
        const model::TokenBatch batch{1, static_cast<std::int64_t>(count), upload(all.subspan(from, count), deviceOf()),
                                      upload(all.subspan(from + 1, count), deviceOf()), {}};
        sums.add(m_model->forward(batch, pass).tokenLoss, {});
    }
    TextEvaluation out{sums.mean(), 0, sums.tokens, {}};
    const double bytes = static_cast<double>(text.size()) * static_cast<double>(sums.tokens) / static_cast<double>(std::max<std::size_t>(1, ids.size()));
    out.bitsPerByte = bytes > 0 ? sums.loss / std::numbers::ln2 / bytes : telemetry::kNone;
    return out;
}

}  // namespace moescope::training
