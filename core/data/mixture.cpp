// From settings to a mixture, or to sentences about them.
#include "core/data/mixture.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/base/utf8.hpp"
#include "core/data/alphabet.hpp"
#include "core/data/domains/entropy.hpp"

namespace moescope::data {

namespace {

std::string familyList() {
    std::string names;
    for (const FamilyEntry &entry : families())
        names += (names.empty() ? "" : ", ") + std::string(entry.id);
    return names;
}

/// family, or family_alphabet where a named alphabet is given.
std::string standardName(const config::DomainConfig &domain) {
    const auto alphabet = domain.options.find("alphabet");
    const auto *name = alphabet == domain.options.end() ? nullptr : std::get_if<std::string>(&alphabet->second);
    return name != nullptr && isAlphabetName(*name) ? domain.family + "_" + *name : domain.family;
}

bool taken(const std::vector<Domain> &domains, const std::string &name) {
    return std::any_of(domains.begin(), domains.end(), [&](const Domain &domain) { return domain.name == name; });
}

std::string freeName(const std::vector<Domain> &domains, const std::string &name) {
    std::string candidate = name;
    for (int n = 2; taken(domains, candidate); ++n)
        candidate = fmt::format("{}_{}", name, n);
    return candidate;
}

bool isGoodName(const std::string &name) {
    return base::isUtf8(name) && name.size() <= 100 && base::printable(name, 100) == name;
}

/// Appends to `domains` when all is well with it.
void addDomain(const config::DomainConfig &given, const std::string &key, std::vector<Domain> &domains,
               base::Problems &problems) {
    const FamilyEntry *entry = findFamily(given.family);
    if (entry == nullptr) {
        problems.push_back({key + ".family", fmt::format("There is no family '{}'; there are {}.",
                                                         base::printable(given.family), familyList())});
        return;
    }
    if (!std::isfinite(given.weight) || given.weight <= 0)
        problems.push_back(
            {key + ".weight", fmt::format("The weight must be above 0; it is {}.", base::toText(given.weight))});
    if (!isGoodName(given.name))
        problems.push_back({key + ".name", "A name is at most 100 bytes of UTF-8 without control characters."});
    if (!given.name.empty() && taken(domains, given.name))
        problems.push_back({key + ".name", fmt::format("Two domains are called '{}'; give each a name of its own.",
                                                       base::printable(given.name))});
    Options options(given.options, key, problems);
    std::shared_ptr<const Family> family = entry->make(options);
    // Asked for only where it is given: the identity of a domain without end stays what it was.
    const bool repeats = given.options.contains("documents");
    const auto documents = static_cast<std::uint64_t>(repeats ? options.integer("documents", 0, 0, 1'000'000'000) : 0);
    options.refuseUnknown(given.family);
    const std::string name = given.name.empty() ? freeName(domains, standardName(given)) : given.name;
    domains.push_back({name, given.weight, std::move(family), given.family + ":" + options.resolved(), documents});
}

void readAlternation(const std::string &text, Alternation &alternation, base::Problems &problems) {
    if (text == "document") return;
    if (text == "sentence") {
        alternation.unit = Alternation::Unit::sentence;
        return;
    }
    const auto characters = base::toInt(text);
    if (!characters || *characters < 1 || *characters > 1'000'000) {
        problems.push_back(
            {"data.alternate",
             fmt::format("'{}' is none of document, sentence, or a number of characters from 1 to 1000000.",
                         base::printable(text))});
        return;
    }
    alternation = {Alternation::Unit::characters, static_cast<std::size_t>(*characters)};
}

void readDomains(const config::DataConfig &data, Mixture &mixture, base::Problems &problems) {
    if (data.domains.empty())
        problems.push_back({"data.domains",
                            "The mixture has no domain; list at least one, for example {\"family\": \"arithmetic\"}."});
    if (data.domains.size() > kMostDomains)
        problems.push_back({"data.domains", fmt::format("At most {} domains can be told apart; there are {}.",
                                                        kMostDomains, data.domains.size())});
    for (std::size_t i = 0; i < std::min(data.domains.size(), kMostDomains); ++i)
        addDomain(data.domains[i], fmt::format("data.domains[{}]", i), mixture.domains, problems);
}

void makeShares(Mixture &mixture) {
    std::vector<double> weights;
    for (const Domain &domain : mixture.domains)
        weights.push_back(domain.share);
    mixture.cumulative = cumulative(weights);
    for (std::size_t d = 0; d < weights.size(); ++d)
        mixture.domains[d].share = mixture.cumulative[d] - (d > 0 ? mixture.cumulative[d - 1] : 0);
}

}  // namespace

std::optional<Mixture> makeMixture(const config::DataConfig &data, base::Problems &problems) {
    const std::size_t before = problems.size();
    Mixture mixture;
    readAlternation(data.alternate, mixture.alternation, problems);
    if (data.document_length < 1 || data.document_length > 1'000'000)
        problems.push_back({"data.document_length", "The document length must be from 1 to 1000000 characters."});
    mixture.documentLength = static_cast<std::size_t>(data.document_length);
    readDomains(data, mixture, problems);
    if (problems.size() != before) return std::nullopt;
    makeShares(mixture);
    return mixture;
}

}  // namespace moescope::data
