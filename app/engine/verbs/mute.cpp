// mute: the loss of each domain with each expert switched off, one at a time.
#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include "app/engine/model_source.hpp"
#include "app/engine/verbs.hpp"

namespace moescope::app {
namespace {

Json byDomain(const std::vector<std::string>& domains, const std::vector<double>& values) {
    Json object = Json::object();
    for (std::size_t d = 0; d < domains.size() && d < values.size(); ++d) object[domains[d]] = number(values[d]);
    return object;
}

std::string readable(const training::MuteTable& mutes, const std::vector<std::string>& domains) {
    std::vector<std::vector<std::string>> rows{{"layer " + std::to_string(mutes.layer)}, {"baseline"}};
    for (std::size_t d = 0; d < domains.size(); ++d) {
        rows[0].push_back(domains[d]);
        rows[1].push_back(fixed(mutes.baseline[d], 3));
    }
    for (std::size_t e = 0; e < mutes.delta.size(); ++e) {
        rows.push_back({fmt::format("E{} muted", e)});
        for (const double delta : mutes.delta[e]) rows.back().push_back(fmt::format("{}{}", delta >= 0 ? "+" : "", fixed(delta, 3)));
    }
    return table(rows);
}

int mute(const Context& context, const std::string& model, std::int64_t layer) {
    const LoadedModel loaded = loadModel(context, model);
    for (const std::int64_t at : layersOf(loaded.trainer->config(), layer)) {
        const training::MuteTable mutes = loaded.trainer->muteTable(at);
        Json delta = Json::array();
        for (const auto& row : mutes.delta) delta.push_back(byDomain(loaded.corpus->domains(), row));
        context.result({{"layer", at}, {"baseline", byDomain(loaded.corpus->domains(), mutes.baseline)}, {"delta", delta}},
                       readable(mutes, loaded.corpus->domains()));
    }
    return 0;
}

}  // namespace

void addMute(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("mute", "What each domain loses when one expert is switched off (nats per token)");
    verb->footer("Example: moescope-engine mute last --layer 0");
    auto model = std::make_shared<std::string>();
    auto layer = std::make_shared<std::int64_t>(-1);
    verb->add_option("model", *model, "RUN or RUN@STEP")->required();
    verb->add_option("--layer", *layer, "Only this layer (counted from 0)")->check(CLI::NonNegativeNumber);
    verb->callback([=, &context, &action] { action = [=, &context] { return mute(context, *model, *layer); }; });
}

}  // namespace moescope::app
