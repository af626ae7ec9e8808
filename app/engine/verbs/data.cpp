// data inspect, data sample: what would be trained on.
#include <CLI/CLI.hpp>

#include "app/engine/run_options.hpp"
#include "app/engine/verbs.hpp"
#include "core/data/corpus.hpp"

namespace moescope::app {
namespace {

std::shared_ptr<const data::Corpus> open(const Context& context, const RunOptions& options, const std::string& source,
                                         config::RunConfig& config, base::Problems& problems) {
    problems = build(options, context, config);
    if (!source.empty()) config.data.source = source;
    if (!problems.empty()) return nullptr;
    return data::openCorpus(config, (context.storeFolder() / "tokens").string(), problems);
}

Json domainsJson(const data::CorpusFacts& facts) {
    Json list = Json::array();
    for (const data::DomainFacts& domain : facts.domains)
        list.push_back({{"name", domain.name}, {"weight", domain.weight}, {"documents", domain.documents}, {"bytes", domain.bytes},
                        {"tokens", domain.tokens}, {"floor", domain.floor < 0 ? Json(nullptr) : Json(domain.floor)}});
    return list;
}

std::string readable(const data::CorpusFacts& facts) {
    std::vector<std::vector<std::string>> rows{{"domain", "share", "documents", "tokens", "floor nats/token"}};
    for (const data::DomainFacts& domain : facts.domains)
        rows.push_back({domain.name, fixed(domain.weight, 3), std::to_string(domain.documents), std::to_string(domain.tokens),
                        domain.floor < 0 ? "-" : fixed(domain.floor, 3)});
    std::string text = table(rows) + "\nvocabulary " + std::to_string(facts.vocabulary);
    for (const std::string& warning : facts.warnings) text += "\nwarning: " + warning;
    return text;
}

int inspect(const Context& context, const RunOptions& options, const std::string& source) {
    config::RunConfig config;
    base::Problems problems;
    const auto corpus = open(context, options, source, config, problems);
    if (!corpus) return report(context, problems);
    const data::CorpusFacts facts = corpus->facts();
    context.result({{"source", config.data.source}, {"documents", facts.documents}, {"bytes", facts.bytes}, {"tokens", facts.tokens},
                    {"validation_tokens", facts.validationTokens}, {"vocabulary", facts.vocabulary}, {"domains", domainsJson(facts)},
                    {"warnings", facts.warnings}, {"fingerprint", corpus->fingerprint()}},
                   readable(facts));
    return 0;
}

Json sequenceJson(const data::Corpus& corpus, const data::Batch& batch, std::int64_t row) {
    Json tokens = Json::array();
    for (std::int64_t i = row * batch.length; i < (row + 1) * batch.length; ++i) {
        const auto at = static_cast<std::size_t>(i);
        Json token{{"id", batch.targets[at]}, {"text", corpus.decode(batch.targets[at])},
                   {"domain", corpus.domains().empty() ? "" : corpus.domains()[static_cast<std::size_t>(batch.domains[at])]}};
        if (!batch.points.empty()) {
            token["x"] = number(batch.points[2 * at]);
            token["y"] = number(batch.points[2 * at + 1]);
        }
        if (!batch.values.empty()) token["value"] = number(batch.values[at]);
        if (!batch.kinds.empty()) token["kind"] = corpus.kinds()[static_cast<std::size_t>(batch.kinds[at])];
        if (!batch.predictable.empty()) token["predictable"] = batch.predictable[at] != 0;
        tokens.push_back(std::move(token));
    }
    return tokens;
}

int sample(const Context& context, const RunOptions& options, const std::string& source, std::int64_t step) {
    config::RunConfig config;
    base::Problems problems;
    const auto corpus = open(context, options, source, config, problems);
    if (!corpus) return report(context, problems);
    const data::Batch batch = corpus->training(step, 0, config.training.batch, config.model.context);
    Json sequences = Json::array(), first = Json::array();  // the first token of a sequence is read and never predicted
    std::string text;
    for (std::int64_t row = 0; row < batch.sequences; ++row) {
        sequences.push_back(sequenceJson(*corpus, batch, row));
        const std::int32_t start = batch.inputs[static_cast<std::size_t>(row * batch.length)];
        first.push_back({{"id", start}, {"text", corpus->decode(start)}});
        for (const Json& token : sequences.back()) text += token["text"].get<std::string>();
        text += '\n';
    }
    context.result({{"step", step}, {"first", first}, {"sequences", sequences}}, text);
    return 0;
}

}  // namespace

void addData(CLI::App& app, Context& context, Action& action) {
    auto* data = app.add_subcommand("data", "What would be trained on");
    data->require_subcommand(1);
    data->footer("Example: moescope-engine data inspect ~/texts");
    auto options = std::make_shared<RunOptions>();
    auto source = std::make_shared<std::string>();
    auto step = std::make_shared<std::int64_t>(0);
    auto* inspectVerb = data->add_subcommand("inspect", "Documents, bytes, tokens, domains, warnings");
    inspectVerb->footer("Example: moescope-engine data inspect ~/texts");
    auto* sampleVerb = data->add_subcommand("sample", "A training batch with its labels");
    sampleVerb->footer("Example: moescope-engine data sample --preset eight_domains");
    sampleVerb->add_option("--step", *step, "Batch of this step")->check(CLI::NonNegativeNumber);
    for (CLI::App* verb : {inspectVerb, sampleVerb}) {
        verb->add_option("source", *source, "domains, random, or a file or folder");
        addRunOptions(*verb, *options);
    }
    inspectVerb->callback([=, &context, &action] { action = [=, &context] { return inspect(context, *options, *source); }; });
    sampleVerb->callback([=, &context, &action] { action = [=, &context] { return sample(context, *options, *source, *step); }; });
}

}  // namespace moescope::app
