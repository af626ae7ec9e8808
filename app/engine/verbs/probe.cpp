// probe: what the experts of a stored model are about, on its probe set or on a text.
#include <CLI/CLI.hpp>

#include <iostream>
#include <iterator>
#include <map>

#include "app/engine/model_source.hpp"
#include "app/engine/verbs.hpp"
#include "app/engine/verbs/inspect.hpp"
#include "core/base/files.hpp"
#include "core/base/utf8.hpp"
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
        Json experts = Json::array(), weights = Json::array(), kept = Json::array(), logits = Json::array();
        const std::size_t row = layer * static_cast<std::size_t>(p.tokens) + token, width = static_cast<std::size_t>(p.experts);
        for (std::size_t e = row * width; e < (row + 1) * width; ++e) logits.push_back(number(p.logits[e]));
        for (std::size_t slot = 0; slot < static_cast<std::size_t>(p.slotsPerToken); ++slot) {
            const std::size_t at = row * static_cast<std::size_t>(p.slotsPerToken) + slot;
            experts.push_back(p.expertIds[at]);
            weights.push_back(number(p.weights[at]));
            kept.push_back(p.kept[at] != 0);
        }
        layers.push_back({{"layer", p.moeLayerIndex[layer]}, {"experts", experts}, {"weights", weights}, {"kept", kept}, {"logits", logits}});
    }
    const std::size_t domain = token < p.domains.size() ? static_cast<std::size_t>(p.domains[token]) : domains.size();  // a text has none
    Json json{{"domain", domain < domains.size() ? Json(domains[domain]) : Json()}, {"loss", number(p.losses[token])}, {"layers", layers}};
    if (p.tokenIds.empty()) return json;  // a point of the plane
    json["id"] = p.tokenIds[token];
    json["text"] = p.tokenTexts[token];
    return json;
}

/// Characters that the model's vocabulary does not have, with how often they occur: it reads each as the unknown token.
Json unknownCharacters(const data::Corpus& corpus, const std::string& text) {
    std::map<std::string, std::int64_t> counts;
    base::forEachCodePoint(text, [&](base::CodePoint point, std::size_t at) {
        const std::string character = text.substr(at, point.length);
        std::string read;
        for (const std::int32_t id : corpus.encode(character)) read += corpus.decode(id);
        if (read != character) ++counts[character];
    });
    Json list = Json::array();
    for (const auto& [character, count] : counts) list.push_back({{"character", character}, {"count", count}});
    return list;
}

Json tokensJson(const telemetry::ProbeSnapshot& p, const std::vector<std::string>& domains, Json unknown) {
    Json tokens = Json::array();
    for (std::size_t t = 0; t < static_cast<std::size_t>(p.tokens); ++t) tokens.push_back(tokenJson(p, t, domains));
    return {{"step", p.step}, {"sequence_length", p.sequenceLength}, {"expert_count", p.experts}, {"slots", p.slotsPerToken}, {"unknown", std::move(unknown)}, {"tokens", std::move(tokens)}};
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
    const std::string text = wanted.text.empty() ? std::string() : wanted.text == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : readInput(wanted.text, 16 << 20);
    const telemetry::ProbeSnapshot snapshot = wanted.text.empty() ? loaded.trainer->probe() : loaded.trainer->probeText(text);
    const std::vector<std::string> domains = snapshot.domains.empty() ? std::vector<std::string>() : loaded.corpus->domains();
    for (std::int32_t layer = 0; layer < snapshot.layers; ++layer) {
        const telemetry::Specialisation found = telemetry::specialise(snapshot, layer, static_cast<std::int64_t>(domains.size()));
        context.result(layerJson(found, domains), readable(found, domains));
    }
    if (!wanted.tokens) return 0;
    const Json tokens = tokensJson(snapshot, domains, unknownCharacters(*loaded.corpus, text));
    context.result(tokens, tokens["tokens"].dump(-1, ' ', false, Json::error_handler_t::replace));
    return 0;
}

}  // namespace

void addProbe(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("probe", "How experts share domains and tokens, with what chance would give");
    verb->footer("Example: moescope-engine probe last --json");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("model", wanted->model, "RUN or RUN@STEP")->required();
    verb->add_option("--text", wanted->text, "A text file in place of the probe set, or - for standard input");
    verb->add_flag("--tokens", wanted->tokens, "Also the routing of each token");
    verb->callback([=, &context, &action] { action = [=, &context] { return probe(context, *wanted); }; });
    addInspect(app, context, action);
}

}  // namespace moescope::app
