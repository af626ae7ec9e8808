// Reads `data inspect` and `data sample`; whatever has another shape is no answer.
#include "ui/data_facts.hpp"

#include <nlohmann/json.hpp>

#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

Json lastLine(const QByteArray& output) { return Json::parse(output.trimmed().split('\n').back().toStdString(), nullptr, false); }

QString text(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? QString::fromStdString(found->get<std::string>()) : QString();
}

std::int64_t whole(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::optional<double> real(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

BatchToken tokenOf(const Json& json) {
    BatchToken token;
    token.text = text(json, "text");
    token.domain = text(json, "domain");
    token.kind = text(json, "kind");
    token.id = whole(json, "id");
    if (const auto found = json.find("predictable"); found != json.end() && found->is_boolean()) token.predictable = found->get<bool>();
    return token;
}

}  // namespace

std::optional<CorpusReport> parseCorpus(const QByteArray& output) {
    const Json json = lastLine(output);
    if (!json.is_object() || !json.contains("domains") || !json["domains"].is_array()) return std::nullopt;
    CorpusReport report;
    report.source = text(json, "source");
    report.documents = whole(json, "documents");
    report.bytes = whole(json, "bytes");
    report.tokens = whole(json, "tokens");
    report.validationTokens = whole(json, "validation_tokens");
    report.vocabulary = whole(json, "vocabulary");
    for (const Json& domain : json["domains"])
        if (domain.is_object())
            report.domains.push_back({RunWords::oneLine(text(domain, "name").toStdString()), real(domain, "weight").value_or(0), whole(domain, "documents"), whole(domain, "bytes"),
                                      whole(domain, "tokens"), real(domain, "floor")});
    if (json.contains("warnings") && json["warnings"].is_array())
        for (const Json& warning : json["warnings"])
            if (warning.is_string()) report.warnings << RunWords::oneLine(warning.get<std::string>());
    return report;
}

std::optional<std::vector<BatchRow>> parseBatch(const QByteArray& output) {
    const Json json = lastLine(output);
    if (!json.is_object() || !json.contains("sequences") || !json["sequences"].is_array()) return std::nullopt;
    std::vector<BatchRow> rows;
    for (const Json& sequence : json["sequences"]) {
        if (!sequence.is_array()) return std::nullopt;
        BatchRow row;
        if (const auto first = json.find("first"); first != json.end() && first->is_array() && rows.size() < first->size() && (*first)[rows.size()].is_object()) {
            row.push_back(tokenOf((*first)[rows.size()]));
            row.back().trained = false;
        }
        for (const Json& token : sequence)
            if (token.is_object()) row.push_back(tokenOf(token));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace moescope::ui
