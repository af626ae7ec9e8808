// JSON with a checksum of itself.
#include "core/data/text/token_manifest.hpp"

#include <nlohmann/json.hpp>

#include "core/base/hash.hpp"

namespace moescope::data {

namespace {

using nlohmann::json;

constexpr int kFormat = 1;

json codePoints(const std::u32string &text) {
    json list = json::array();
    for (const char32_t character : text)
        list.push_back(static_cast<std::uint32_t>(character));
    return list;
}

std::u32string text32(const json &list) {
    std::u32string text;
    for (const json &value : list)
        text.push_back(static_cast<char32_t>(value.get<std::uint32_t>()));
    return text;
}

json domainJson(const TokenisedDomain &domain) {
    return {{"name", domain.name},
            {"training", {domain.trainingBegin, domain.trainingEnd}},
            {"validation", {domain.validationBegin, domain.validationEnd}},
            {"documents", domain.documents},
            {"bytes", domain.bytes}};
}

TokenisedDomain domainFrom(const json &value) {
    const json &training = value.at("training");
    const json &validation = value.at("validation");
    return {value.at("name"), training.at(0),        training.at(1),   validation.at(0),
            validation.at(1), value.at("documents"), value.at("bytes")};
}

json body(const TokenManifest &manifest) {
    json domains = json::array();
    for (const TokenisedDomain &domain : manifest.domains)
        domains.push_back(domainJson(domain));
    return {{"format", kFormat},
            {"bytes", manifest.bytes},
            {"characters", codePoints(manifest.characters)},
            {"vocabulary", codePoints(manifest.vocabulary)},
            {"domains", domains},
            {"documents", manifest.documents},
            {"source_bytes", manifest.sourceBytes},
            {"training_tokens", manifest.trainingTokens},
            {"validation_tokens", manifest.validationTokens},
            {"validation_bytes", manifest.validationBytes},
            {"content", manifest.content},
            {"warnings", manifest.warnings}};
}

TokenManifest manifestFrom(const json &value) {
    TokenManifest manifest;
    value.at("bytes").get_to(manifest.bytes);
    manifest.characters = text32(value.at("characters"));
    manifest.vocabulary = text32(value.at("vocabulary"));
    for (const json &domain : value.at("domains"))
        manifest.domains.push_back(domainFrom(domain));
    value.at("documents").get_to(manifest.documents);
    value.at("source_bytes").get_to(manifest.sourceBytes);
    value.at("training_tokens").get_to(manifest.trainingTokens);
    value.at("validation_tokens").get_to(manifest.validationTokens);
    value.at("validation_bytes").get_to(manifest.validationBytes);
    value.at("content").get_to(manifest.content);
    value.at("warnings").get_to(manifest.warnings);
    return manifest;
}

}  // namespace

std::string toJson(const TokenManifest &manifest) {
    const json value = body(manifest);
    return json{{"manifest", value}, {"checksum", base::hex(base::hash128(value.dump()))}}.dump(1);
}

std::optional<TokenManifest> manifestFromJson(const std::string &text) {
    try {
        const json whole = json::parse(text);
        const json &value = whole.at("manifest");
        if (value.at("format") != kFormat || whole.at("checksum") != base::hex(base::hash128(value.dump())))
            return std::nullopt;
        return manifestFrom(value);
    } catch (const json::exception &) {
        return std::nullopt;
    }
}

}  // namespace moescope::data
