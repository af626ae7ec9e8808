// Which source a configuration means.
#include "core/data/corpus.hpp"

#include <fmt/format.h>

#include "core/data/domain_corpus.hpp"
#include "core/config/derived.hpp"
#include "core/data/plane_corpus.hpp"
#include "core/data/random_corpus.hpp"
#include "core/data/text/text_corpus.hpp"

namespace moescope::data {

namespace {

std::shared_ptr<const Corpus> openRandom(const config::RunConfig &config, base::Problems &problems) {
    if (config.model.vocabulary >= 2)
        return makeRandomCorpus(config.model.vocabulary, static_cast<std::uint64_t>(config.data.seed));
    problems.push_back(
        {"model.vocabulary",
         "Random tokens need to know of how many: set model.vocabulary to 2 or more, for example 32000."});
    return nullptr;
}

std::shared_ptr<const Corpus> openDomains(const config::RunConfig &config, base::Problems &problems) {
    auto mixture = makeMixture(config.data, problems);
    return mixture ? makeDomainCorpus(config, std::move(*mixture)) : nullptr;
}

void checkCommon(const config::RunConfig &config, base::Problems &problems) {
    if (config.data.tokens != "chars" && config.data.tokens != "bytes")
        problems.push_back(
            {"data.tokens", fmt::format("data.tokens is chars or bytes; it is '{}'.", config.data.tokens)});
    if (config.data.seed < 0) problems.push_back({"data.seed", "The data seed must be 0 or more."});
    if (config.model.context < 1) problems.push_back({"model.context", "The context must be 1 or more."});
    if (!(config.data.validation > 0 && config.data.validation <= 0.5))
        problems.push_back({"data.validation", "The share for validation must be above 0 and at most 0.5."});
}

/// The model may know more tokens than the data has, never fewer.
void checkVocabulary(const config::RunConfig &config, const CorpusFacts &facts, base::Problems &problems) {
    if (config.model.vocabulary != 0 && config.model.vocabulary < facts.vocabulary)
        problems.push_back({"model.vocabulary", fmt::format("The data has {} different tokens, more than the {} of "
                                                            "model.vocabulary; set it to 0 to take the data's.",
                                                            facts.vocabulary, config.model.vocabulary)});
}

}  // namespace

std::shared_ptr<const Corpus> openCorpus(const config::RunConfig &config, std::string_view cacheFolder,
                                         base::Problems &problems) {
    const std::size_t before = problems.size();
    checkCommon(config, problems);
    if (problems.size() != before) return nullptr;
    std::shared_ptr<const Corpus> corpus;
    if (config::isPlane(config))
        return makePlaneCorpus(config);
    if (config.data.source == "random")
        corpus = openRandom(config, problems);
    else if (config.data.source == "domains")
        corpus = openDomains(config, problems);
    else
        corpus = openTextCorpus(config, cacheFolder, problems);
    if (corpus) checkVocabulary(config, corpus->facts(), problems);
    return problems.size() == before ? corpus : nullptr;
}

}  // namespace moescope::data
