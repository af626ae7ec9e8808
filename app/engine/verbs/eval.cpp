// eval: loss on the validation batches, on a text, or on given tokens; logits if asked.
#include <CLI/CLI.hpp>

#include <cmath>

#include "app/engine/model_source.hpp"
#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/checkpoint/safetensors.hpp"

namespace moescope::app {
namespace {

struct EvalOptions {
    std::string model, text, tokens, logits;
};

using Rows = std::vector<std::vector<std::int32_t>>;

base::Error badTokens(const std::string& file, const std::string& what) {
    return {base::ExitCode::badInput, "eval.tokens", what, file, "give a JSON list of equally long lists of token ids"};
}

Rows readTokens(const std::string& file, std::int64_t vocabulary) {
    const Json json = Json::parse(readInput(file, 256 << 20), nullptr, false);
    if (!json.is_array() || json.empty()) throw badTokens(file, "no list of token rows");
    Rows rows;
    for (const Json& row : json) {
        if (!row.is_array() || row.size() != json[0].size() || row.size() < 2) throw badTokens(file, "row " + std::to_string(rows.size()) + " has another length or fewer than two tokens");
        rows.emplace_back();
        for (const Json& id : row) {
            if (!id.is_number_integer() || id < 0 || id >= vocabulary)
                throw badTokens(file, "row " + std::to_string(rows.size() - 1) + " has a token outside 0.." + std::to_string(vocabulary - 1));
            rows.back().push_back(id.get<std::int32_t>());
        }
    }
    return rows;
}

void writeLogits(const std::string& file, const std::vector<float>& logits, std::int64_t sequences, std::int64_t length, std::int64_t vocabulary) {
    const checkpoint::NamedTensor tensor{"logits", checkpoint::DType::F32, {sequences, length, vocabulary}, std::as_bytes(std::span(logits))};
    const std::string unfinished = file + ".unfinished";  // what was there stays whole until the new one is
    if (base::realFiles().exists(unfinished)) base::realFiles().removeFile(unfinished);
    checkpoint::writeSafetensors(base::realFiles(), unfinished, std::span(&tensor, 1), {});
    base::realFiles().renameOver(unfinished, file);
}

training::TextEvaluation evaluate(const LoadedModel& loaded, const EvalOptions& options) {
    if (!options.tokens.empty()) {
        const std::int64_t vocabulary = loaded.trainer->vocabulary();
        const Rows rows = readTokens(options.tokens, vocabulary);
        std::vector<float> logits;
        auto result = loaded.trainer->evaluateTokens(rows, options.logits.empty() ? nullptr : &logits);
        if (!options.logits.empty()) {
            const auto sequences = static_cast<std::int64_t>(rows.size());
            writeLogits(options.logits, logits, sequences, static_cast<std::int64_t>(logits.size()) / (sequences * vocabulary), vocabulary);
        }
        return result;
    }
    if (!options.text.empty()) return loaded.trainer->evaluateText(readInput(options.text, 256 << 20));
    const telemetry::Evaluation whole = loaded.trainer->evaluate();
    return {whole.loss, whole.bitsPerByte, whole.tokens, whole.domainLoss};
}

int eval(const Context& context, const EvalOptions& options) {
    if (!options.logits.empty() && options.tokens.empty())
        return report(context, {{"--logits", "logits are written for given tokens; add --tokens FILE.json"}});
    const LoadedModel loaded = loadModel(context, options.model);
    const training::TextEvaluation result = evaluate(loaded, options);
    Json domains = Json::object();
    for (std::size_t d = 0; d < result.domainLoss.size() && d < loaded.corpus->domains().size(); ++d)
        domains[loaded.corpus->domains()[d]] = number(result.domainLoss[d]);
    context.result({{"loss", number(result.loss)}, {"bits_per_byte", number(result.bitsPerByte)}, {"tokens", result.tokens}, {"domains", domains}},
                   std::isnan(result.bitsPerByte) ? "loss " + fixed(result.loss, 4) + " nats/point"
                                                  : "loss " + fixed(result.loss, 4) + " nats/token, " + fixed(result.bitsPerByte, 4) + " bits/byte");
    return 0;
}

}  // namespace

void addEval(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("eval", "Loss of a stored model on its validation, a text, or given tokens");
    verb->footer("Example: moescope-engine eval last --text book.txt");
    auto options = std::make_shared<EvalOptions>();
    verb->add_option("model", options->model, "RUN or RUN@STEP")->required();
    verb->add_option("--text", options->text, "A text file");
    verb->add_option("--tokens", options->tokens, "A JSON list of token rows")->excludes("--text");
    verb->add_option("--logits", options->logits, "Write the logits [sequences, tokens, vocabulary] there (safetensors)");
    verb->callback([=, &context, &action] { action = [=, &context] { return eval(context, *options); }; });
}

}  // namespace moescope::app
