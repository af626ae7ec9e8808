// generate: text from a stored model, with the experts of each token if asked.
#include <CLI/CLI.hpp>

#include "app/engine/model_source.hpp"
#include "app/engine/verbs.hpp"

namespace moescope::app {
namespace {

struct Wanted {
    std::string model, prompt;
    training::GenerationOptions options;
    bool routing = false;
};

Json expertsOf(const telemetry::GeneratedSample& sample, std::size_t token) {
    Json layers = Json::array();
    for (std::int32_t layer = 0; layer < sample.layers; ++layer) {
        Json chosen = Json::array();
        for (std::int32_t slot = 0; slot < sample.slotsPerToken; ++slot) {
            const auto at = (token * static_cast<std::size_t>(sample.layers) + static_cast<std::size_t>(layer)) * static_cast<std::size_t>(sample.slotsPerToken) + static_cast<std::size_t>(slot);
            if (at < sample.expertIds.size() && sample.expertIds[at] >= 0) chosen.push_back(sample.expertIds[at]);
        }
        layers.push_back(std::move(chosen));
    }
    return layers;
}

Json tokensOf(const training::Generation& made, bool routing) {
    Json tokens = Json::array();
    const auto prompt = static_cast<std::size_t>(made.sample.promptTokens);
    for (std::size_t i = prompt; i < made.ids.size(); ++i) {
        Json token{{"id", made.ids[i]}, {"text", made.sample.tokens[i]}, {"logprob", made.logprobs[i - prompt]}};
        if (routing) token["experts"] = expertsOf(made.sample, i);
        tokens.push_back(std::move(token));
    }
    return tokens;
}

double rate(std::size_t tokens, double seconds) { return seconds > 0 ? static_cast<double>(tokens) / seconds : 0; }

int generate(const Context& context, const Wanted& wanted) {
    const LoadedModel loaded = loadModel(context, wanted.model);
    const training::Generation made = loaded.trainer->generate(wanted.prompt, wanted.options);
    const auto prompt = static_cast<std::size_t>(made.sample.promptTokens);
    std::string text;
    for (std::size_t i = prompt; i < made.sample.tokens.size(); ++i) text += made.sample.tokens[i];
    context.result({{"text", text},
                    {"tokens", tokensOf(made, wanted.routing)},
                    {"prefill_tokens_per_second", rate(prompt, made.prefillSeconds)},
                    {"decode_tokens_per_second", rate(made.logprobs.size(), made.decodeSeconds)}},
                   text);
    return 0;
}

}  // namespace

void addGenerate(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("generate", "Text from a stored model");
    verb->footer("Example: moescope-engine generate last --prompt '12+30=' --temperature 0 --routing --json");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("model", wanted->model, "RUN or RUN@STEP")->required();
    verb->add_option("--prompt", wanted->prompt, "Text to go on from")->required();
    verb->add_option("--max-tokens", wanted->options.tokens, "Length")->check(CLI::Range(1, 100000));
    verb->add_option("--temperature", wanted->options.temperature, "0 = always the likeliest")->check(CLI::Range(0.0, 100.0));
    verb->add_option("--top-k", wanted->options.topK, "Only the k likeliest (0 = all)")->check(CLI::NonNegativeNumber);
    verb->add_option("--top-p", wanted->options.topP, "Only the likeliest with this share together")->check(CLI::Range(0.0, 1.0));
    verb->add_option("--seed", wanted->options.seed, "Seed of the draws");
    verb->add_flag("--routing", wanted->routing, "The experts of each token, layer by layer");
    verb->callback([=, &context, &action] { action = [=, &context] { return generate(context, *wanted); }; });
}

}  // namespace moescope::app
