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

int generate(const Context& context, const Wanted& wanted) {
    const LoadedModel loaded = loadModel(context, wanted.model);
    const telemetry::GeneratedSample sample = loaded.trainer->sample(wanted.prompt, wanted.options);
    Json tokens = Json::array();
    std::string text;
    for (std::size_t i = static_cast<std::size_t>(sample.promptTokens); i < sample.tokens.size(); ++i) {
        text += sample.tokens[i];
        Json token{{"text", sample.tokens[i]}};
        if (wanted.routing) token["experts"] = expertsOf(sample, i);
        tokens.push_back(std::move(token));
    }
    context.result({{"text", text}, {"tokens", tokens}}, text);
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
