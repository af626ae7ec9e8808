// probe: what the experts of a stored model are about, on its probe set or on a text.
#include <CLI/CLI.hpp>

#include "app/engine/model_source.hpp"
#include "app/engine/verbs.hpp"
#include "core/base/files.hpp"
#include "core/telemetry/specialisation.hpp"

namespace moescope::app {
namespace {

struct Wanted {
    std::string model, text;
    bool tokens = false;
};

Json rows(const std::vector<std::vector<double>>& values) {
    Json list = Json::array();
    for (const auto& row : values) {
        list.push_back(Json::array());
        for (const double value : row) list.back().push_back(number(value));
    }
    return list;
}

Json layerJson(const telemetry::Specialisation& s, const std::vector<std::string>& domains) {
    Json share = Json::object();
    for (std::size_t d = 0; d < domains.size(); ++d) share[domains[d]] = rows({s.share[d]})[0];
    return {{"layer", s.layer}, {"domain_information", number(s.domainInformation)}, {"domain_information_null95", number(s.domainNull95)},
            {"token_information", number(s.tokenInformation)}, {"token_information_null95", number(s.tokenNull95)}, {"purity", number(s.purity)},
            {"share", share}, {"coactivation_lift", rows(s.coactivationLift)}};
}

Json tokenJson(const telemetry::ProbeSnapshot& p, std::size_t token, const std::vector<std::string>& domains) {
    Json layers = Json::array();
    for (std::size_t layer = 0; layer < static_cast<std::size_t>(p.layers); ++layer) {
        Json experts = Json::array(), weights = Json::array(), kept = Json::array();
        for (std::size_t slot = 0; slot < static_cast<std::size_t>(p.slotsPerToken); ++slot) {
            const std::size_t at = (layer * static_cast<std::size_t>(p.tokens) + token) * static_cast<std::size_t>(p.slotsPerToken) + slot;
            experts.push_back(p.expertIds[at]);
            weights.push_back(number(p.weights[at]));
            kept.push_back(p.kept[at] != 0);
        }
        layers.push_back({{"layer", p.moeLayerIndex[layer]}, {"experts", experts}, {"weights", weights}, {"kept", kept}});
    }
    const auto domain = static_cast<std::size_t>(p.domains[token]);
    return {{"id", p.tokenIds[token]}, {"text", p.tokenTexts[token]}, {"domain", domain < domains.size() ? domains[domain] : ""},
            {"loss", number(p.losses[token])}, {"layers", layers}};
}

std::string readable(const telemetry::Specialisation& s, const std::vector<std::string>& domains) {
    std::vector<std::vector<std::string>> table_{{"layer " + std::to_string(s.layer)}};
    for (std::size_t e = 0; !s.share.empty() && e < s.share[0].size(); ++e) table_[0].push_back("E" + std::to_string(e));
    for (std::size_t d = 0; d < domains.size(); ++d) {
        table_.push_back({domains[d]});
        for (const double share : s.share[d]) table_.back().push_back(fixed(share, 2));
    }
    return table(table_) + "\ndomain information " + fixed(s.domainInformation, 3) + " (chance below " + fixed(s.domainNull95, 3) + "), token information " +
           fixed(s.tokenInformation, 3) + ", purity " + fixed(s.purity, 2);
}

int probe(const Context& context, const Wanted& wanted) {
    const LoadedModel loaded = loadModel(context, wanted.model);
    layersOf(loaded.trainer->config(), -1);
    const telemetry::ProbeSnapshot snapshot = wanted.text.empty() ? loaded.trainer->probe() : loaded.trainer->probeText(readInput(wanted.text, 16 << 20));
    const auto& domains = loaded.corpus->domains();
    for (std::int32_t layer = 0; layer < snapshot.layers; ++layer) {
        const telemetry::Specialisation found = telemetry::specialise(snapshot, layer, static_cast<std::int64_t>(domains.size()));
        context.result(layerJson(found, domains), readable(found, domains));
    }
    if (!wanted.tokens) return 0;
    Json tokens = Json::array();
    for (std::size_t t = 0; t < static_cast<std::size_t>(snapshot.tokens); ++t) tokens.push_back(tokenJson(snapshot, t, domains));
    context.result({{"tokens", tokens}}, tokens.dump());
    return 0;
}

}  // namespace

void addProbe(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("probe", "How experts share domains and tokens, with what chance would give");
    verb->footer("Example: moescope-engine probe last --json");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("model", wanted->model, "RUN or RUN@STEP")->required();
    verb->add_option("--text", wanted->text, "A text file in place of the probe set");
    verb->add_flag("--tokens", wanted->tokens, "Also the routing of each token");
    verb->callback([=, &context, &action] { action = [=, &context] { return probe(context, *wanted); }; });
}

}  // namespace moescope::app
