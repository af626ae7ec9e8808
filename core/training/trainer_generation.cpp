// Text from the model, token by token over cached keys and values, with the experts of each token.
#include "core/training/live_trainer.hpp"

#include <algorithm>

#include "core/base/clock.hpp"
#include "core/base/counter_random.hpp"
#include "core/base/error.hpp"
#include "core/training/batches.hpp"
#include "core/training/sampling.hpp"

namespace moescope::training {

namespace {

constexpr std::int64_t kPromptTokens = 8;  // of validation text, when no prompt is given

// Appends the experts of the last `tokens` tokens of a pass: [token][moeLayer][slot].
void appendNewest(const model::PassResult& result, std::int64_t tokens, telemetry::GeneratedSample& out) {
    const auto layers = static_cast<std::size_t>(out.layers), slots = static_cast<std::size_t>(out.slotsPerToken);
    const std::size_t base = out.expertIds.size();
    out.expertIds.resize(base + static_cast<std::size_t>(tokens) * layers * slots, -1);
    out.weights.resize(out.expertIds.size(), 0);
    for (std::size_t layer = 0; layer < layers; ++layer) {
        const at::Tensor experts = result.routings[layer].experts.cpu().contiguous();
        const at::Tensor weights = result.routings[layer].weights.to(at::kFloat).cpu().contiguous();
        const auto width = static_cast<std::size_t>(experts.size(1)), first = static_cast<std::size_t>(experts.size(0) - tokens);
        for (std::size_t t = 0; t < static_cast<std::size_t>(tokens); ++t)
            for (std::size_t j = 0; j < width; ++j) {
                const std::size_t at = base + (t * layers + layer) * slots + j;
                out.expertIds[at] = static_cast<std::int16_t>(experts.const_data_ptr<std::int64_t>()[(first + t) * width + j]);
                out.weights[at] = weights.const_data_ptr<float>()[(first + t) * width + j];
            }
    }
}

void requireFits(std::size_t tokens, std::int64_t context) {
    if (static_cast<std::int64_t>(tokens) > context)
        throw base::Error(base::ExitCode::badInput, "prompt.long",
                          "the prompt has " + std::to_string(tokens) + " tokens, the context " + std::to_string(context), "prompt", "shorten it");
}

double secondsSince(std::int64_t start) { return static_cast<double>(base::monotonicNanoseconds() - start) * 1e-9; }

}  // namespace

std::vector<std::int32_t> LiveTrainer::promptIds(std::string_view prompt) const {
    if (!prompt.empty()) return m_corpus->encode(prompt);
    const std::int64_t length = std::min(kPromptTokens, m_config.model.context);
    return m_corpus->validation(0, 1, length).inputs;
}

// Continues the cached pass with `ids`; a full cache is begun anew with the newest half of a context.
model::PassResult LiveTrainer::extendPass(model::Cache& cache, std::span<const std::int32_t> all, std::size_t from) {
    const auto context = static_cast<std::size_t>(m_config.model.context);
    if (static_cast<std::size_t>(cache.length) + (all.size() - from) > context) {
        cache = {};
        from = all.size() - std::max<std::size_t>(1, std::min(all.size(), context / 2));
    }
    const auto count = static_cast<std::int64_t>(all.size() - from);
    model::TokenBatch batch{1, count, upload(all.subspan(from), deviceOf()), {}, {}};
    std::vector<std::int32_t> previous(all.begin() + static_cast<std::ptrdiff_t>(from), all.end());
    for (std::size_t i = 0; i < previous.size(); ++i) previous[i] = from + i > 0 ? all[from + i - 1] : -1;
    batch.previous = upload(previous, deviceOf());
    model::Pass pass = passOf(false, 0);
    pass.cache = &cache;
    return m_model->forward(batch, pass);
}

Generation LiveTrainer::generate(std::string_view prompt, const GenerationOptions& options) {
    requireTokens("generate");
    const at::NoGradGuard guard;
    Generation out;
    std::vector<std::int32_t>& ids = out.ids = promptIds(prompt);
    requireFits(ids.size(), m_config.model.context);
    const telemetry::ProbeSnapshot shape = emptySnapshot(0, 1);
    out.sample = {m_progress.steps, std::string(prompt), shape.layers, shape.slotsPerToken, shape.experts, {}, 0, {}, {}};
    out.sample.promptTokens = static_cast<std::int32_t>(ids.size());
    const base::RandomStream random({options.seed, base::Purpose::sampling, 0, static_cast<std::uint64_t>(m_progress.steps)});
    model::Cache cache;
    std::size_t done = 0;
    for (std::int64_t i = 0; i <= options.tokens; ++i) {
        const std::int64_t start = base::monotonicNanoseconds();
        const std::size_t fresh = ids.size() - done;
        const model::PassResult result = extendPass(cache, ids, done);
        appendNewest(result, static_cast<std::int64_t>(fresh), out.sample);
        done = ids.size();
        const at::Tensor logits = result.logits.select(0, result.logits.size(0) - 1).to(at::kFloat).cpu().contiguous();
        (i == 0 ? out.prefillSeconds : out.decodeSeconds) += secondsSince(start);
        if (i == options.tokens) break;
        const std::span<const float> scores(logits.const_data_ptr<float>(), static_cast<std::size_t>(m_corpus->vocabulary()));
        ids.push_back(chooseToken(scores, {options.temperature, options.topK, options.topP}, random.uniform(static_cast<std::uint64_t>(i))));
        out.logprobs.push_back(logProbability(scores, ids.back()));
    }
    for (const std::int32_t id : ids) out.sample.tokens.push_back(m_corpus->decode(id));
    return out;
}

}  // namespace moescope::training
