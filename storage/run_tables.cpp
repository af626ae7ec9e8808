// Rows of the small tables to values and back.
#include "storage/run_tables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/clock.hpp"
#include "core/base/version.hpp"
#include "storage/bytes.hpp"
#include "storage/json_text.hpp"

namespace moescope::storage {

using nlohmann::json;

namespace {

constexpr const char* kFacts = "facts";
constexpr const char* kMoreFacts = "facts_more";

std::string text(Rows& rows, const char* column) { return std::string(textColumn(*rows, column)); }

json toJson(const RunFacts& f) {
    json vocabulary = json::array();
    for (const std::string& token : f.vocabulary) vocabulary.push_back(textToJson(token));
    json domains = json::array();
    for (const std::string& domain : f.domains) domains.push_back(textToJson(domain));
    return {{"domains", domains}, {"domain_floors", numbersToJson(f.domainFloors)}, {"vocabulary", vocabulary}, {"moe_layers", f.moeLayers},
            {"experts", f.experts}, {"slots", f.slotsPerToken}, {"quantiles", numbersToJson(f.quantiles)}, {"params_total", f.paramsTotal},
            {"params_active", f.paramsActive}, {"flops_token", f.flopsToken}, {"device", textToJson(f.deviceName)}};
}

std::vector<std::string> textsAt(const json& object, const char* key) {
    std::vector<std::string> all;
    if (object.contains(key) && object[key].is_array())
        for (const json& one : object[key]) all.push_back(textFromJson(one));
    return all;
}

RunFacts factsFrom(const json& object) {
    RunFacts f;
    if (!object.is_object()) throw DecodeError("the run's facts are no JSON object");
    f.domains = textsAt(object, "domains");
    f.vocabulary = textsAt(object, "vocabulary");
    f.domainFloors = numbersFromJson(object.value("domain_floors", json()));
    f.quantiles = numbersFromJson(object.value("quantiles", json()));
    for (const double layer : numbersFromJson(object.value("moe_layers", json()))) f.moeLayers.push_back(static_cast<std::int32_t>(std::clamp(layer, -1.0, 65536.0)));
    f.experts = static_cast<std::int32_t>(std::clamp<std::int64_t>(integerAt(object, "experts"), 0, 65536));
    f.slotsPerToken = static_cast<std::int32_t>(std::clamp<std::int64_t>(integerAt(object, "slots"), 0, 65536));
    f.paramsTotal = integerAt(object, "params_total");
    f.paramsActive = integerAt(object, "params_active");
    f.flopsToken = numberAt(object, "flops_token", 0);
    f.deviceName = textFromJson(object.value("device", json("")));
    return f;
}

}  // namespace

Status readStatus(Statements& statements) {
    Rows rows(statements, "SELECT * FROM status");
    if (!rows.next()) throw DecodeError("table status is empty");
    requireRow(*rows, "status");
    Status s;
    s.state = parseRunState(textColumn(*rows, "state")).value_or(RunState::failed);
    s.reason = text(rows, "reason");
    s.generation = intColumn(*rows, "generation");
    s.lastSeq = intColumn(*rows, "last_seq");
    s.compactedSeq = intColumn(*rows, "compacted_seq");
    s.checkpointsSeq = intColumn(*rows, "checkpoints_seq");
    s.attempt = intColumn(*rows, "attempt_id");
    return s;
}

void writeStatus(Statements& statements, const Status& s) {
    insertRow(statements.get("INSERT OR REPLACE INTO status VALUES(?,?,?,?,?,?,?,?,?,?)"), 1, std::string(toText(s.state)), s.reason, s.generation, s.lastSeq,
              s.compactedSeq, s.checkpointsSeq, s.attempt, base::wallMicroseconds());
}

std::map<std::string, std::string> readMetaTexts(Statements& statements) {
    std::map<std::string, std::string> texts;
    Rows rows(statements, "SELECT * FROM run_meta");
    while (rows.next()) {
        requireRow(*rows, "run_meta");
        texts[text(rows, "k")] = text(rows, "v");
    }
    return texts;
}

void writeMetaText(Statements& statements, const std::string& key, const std::string& value) {
    insertRow(statements.get("INSERT OR REPLACE INTO run_meta VALUES(?,?,?)"), key, value);
}

RunMeta readMeta(Statements& statements) {
    auto texts = readMetaTexts(statements);
    RunMeta m;
    m.ulid = texts["ulid"];
    m.name = texts["name"];
    m.preset = texts["preset"];
    m.router = texts["router"];
    m.parent = texts["parent"];
    m.group = texts["group"];
    m.configJson = texts["config"];
    m.appVersion = texts["app_version"];
    m.parentStep = parseJson(texts["parent_step"].empty() ? "0" : texts["parent_step"]).get<std::int64_t>();
    m.createdUs = parseJson(texts["created_us"].empty() ? "0" : texts["created_us"]).get<std::int64_t>();
    if (texts.contains(kFacts)) m.facts = factsFrom(parseJson(texts[kFacts]));
    if (texts.contains(kMoreFacts)) m.facts.moreJson = texts[kMoreFacts];
    m.generation = readStatus(statements).generation;
    return m;
}

void writeFacts(Statements& statements, const RunFacts& facts) {
    writeMetaText(statements, kFacts, dumpJson(toJson(facts)));
    writeMetaText(statements, kMoreFacts, facts.moreJson);
}

SummaryValues readSummaryValues(Statements& statements) {
    SummaryValues values;
    Rows rows(statements, "SELECT * FROM summary");
    while (rows.next()) {
        requireRow(*rows, "summary");
        values[text(rows, "k")] = realColumn(*rows, "v");
    }
    return values;
}

void writeSummaryValue(Statements& statements, const std::string& key, double value) {
    insertRow(statements.get("INSERT OR REPLACE INTO summary VALUES(?,?,?)"), key, value);
}

Summary toSummary(const SummaryValues& values, const std::vector<std::string>& domains) {
    const auto real = [&](const std::string& key, double fallback) {
        const auto found = values.find(key);
        return found == values.end() ? fallback : found->second;
    };
    const auto whole = [&](const std::string& key) {
        const double value = real(key, 0);
        return std::abs(value) < 9e18 ? static_cast<std::int64_t>(value) : 0;
    };
    Summary s;
    s.step = whole("step");
    s.tokens = whole("tokens");
    s.flops = real("flops", 0);
    s.seconds = real("seconds", 0);
    s.loss = real("loss", telemetry::kNone);
    s.valLoss = real("val_loss", telemetry::kNone);
    s.bestVal = real("best_val", telemetry::kNone);
    s.bestValStep = whole("best_val_step");
    s.bitsPerByte = real("bits_per_byte", telemetry::kNone);
    s.tokensPerSecond = real("tokens_per_second", telemetry::kNone);
    s.memory = real("memory", telemetry::kNone);
    for (const std::string& domain : domains) s.domainLoss.push_back(real("domain_loss." + domain, telemetry::kNone));
    return s;
}

std::vector<SeriesRow> readSeries(Statements& statements) {
    std::vector<SeriesRow> all;
    Rows rows(statements, "SELECT * FROM series ORDER BY id");
    while (rows.next()) {
        requireRow(*rows, "series");
        SeriesRow row;
        const json shape = parseJson(textColumn(*rows, "shape_json"));
        row.info = {intColumn(*rows, "id"), text(rows, "name"), text(rows, "unit"), stringsAt(shape, "dimensions"), {}, intColumn(*rows, "width"),
                    textColumn(*rows, "source") == "evaluation"};
        for (const double size : numbersFromJson(shape.value("sizes", json()))) row.info.sizes.push_back(static_cast<std::int64_t>(size));
        std::int64_t width = 1;
        for (const std::int64_t size : row.info.sizes) width *= std::clamp<std::int64_t>(size, 0, 1 << 20);
        if (row.info.sizes.size() != row.info.dimensions.size() || row.info.sizes.size() > 3 || width != row.info.width) throw DecodeError("a series has an impossible shape");
        row.bytesPerValue = textColumn(*rows, "dtype") == "f32" ? 4 : 8;
        all.push_back(std::move(row));
    }
    return all;
}

void writeSeries(Statements& statements, const SeriesRow& row) {
    const json shape = {{"dimensions", row.info.dimensions}, {"sizes", row.info.sizes}};
    insertRow(statements.get("INSERT OR IGNORE INTO series VALUES(?,?,?,?,?,?,?,?)"), row.info.id, row.info.name, row.info.unit,
              std::string(row.info.evaluation ? "evaluation" : "report"), dumpJson(shape), row.info.width, std::string(row.bytesPerValue == 4 ? "f32" : "f64"));
}

std::vector<Attempt> readAttempts(Statements& statements) {
    std::vector<Attempt> all;
    Rows rows(statements, "SELECT * FROM attempts ORDER BY id");
    while (rows.next()) {
        requireRow(*rows, "attempts");
        all.push_back({intColumn(*rows, "id"), intColumn(*rows, "start_us"), intColumn(*rows, "end_us"), intColumn(*rows, "start_step"),
                       intColumn(*rows, "end_step"), text(rows, "end_reason"), text(rows, "app_version"), text(rows, "env_json")});
    }
    return all;
}

void writeAttempt(Statements& statements, const Attempt& a) {
    SQLite::Statement& insert = statements.get(
        "INSERT INTO attempts VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET start_us=excluded.start_us, end_us=excluded.end_us, "
        "start_step=excluded.start_step, end_step=excluded.end_step, end_reason=excluded.end_reason, app_version=excluded.app_version, "
        "env_json=excluded.env_json, xxh3=excluded.xxh3");
    if (a.endUs == 0) insertRow(insert, a.id, a.startUs, Null{}, a.startStep, Null{}, a.endReason, a.appVersion, a.environmentJson);
    else insertRow(insert, a.id, a.startUs, a.endUs, a.startStep, a.endStep, a.endReason, a.appVersion, a.environmentJson);
}

std::vector<StoredEvent> readEvents(Statements& statements, std::int64_t afterSeq) {
    const std::vector<Attempt> attempts = readAttempts(statements);
    const auto wasTakenBack = [&](const StoredEvent& e) {
        return std::any_of(attempts.begin(), attempts.end(), [&](const Attempt& a) { return a.id > e.attempt && a.startStep < e.event.step; });
    };
    std::vector<StoredEvent> all;
    Rows rows(statements, "SELECT * FROM events WHERE seq > ? ORDER BY seq", afterSeq);
    while (rows.next()) {
        requireRow(*rows, "events");
        StoredEvent e{intColumn(*rows, "seq"), intColumn(*rows, "attempt_id"), intColumn(*rows, "wall_us"), false, {}};
        e.event = {intColumn(*rows, "step"), static_cast<telemetry::Severity>(std::clamp<std::int64_t>(intColumn(*rows, "severity"), 0, 3)),
                   text(rows, "code"), text(rows, "text"), text(rows, "detail")};
        e.superseded = wasTakenBack(e);
        all.push_back(std::move(e));
    }
    return all;
}

void writeEvent(Statements& statements, const StoredEvent& e) {
    insertRow(statements.get("INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?)"), e.seq, e.attempt, e.event.step, e.wallUs, static_cast<int>(e.event.severity),
              e.event.code, e.event.text, e.event.detailJson);
}

std::vector<CheckpointRow> readCheckpoints(Statements& statements) {
    std::vector<CheckpointRow> all;
    Rows rows(statements, "SELECT * FROM checkpoints ORDER BY step");
    while (rows.next()) {
        requireRow(*rows, "checkpoints");
        all.push_back({intColumn(*rows, "step"), text(rows, "dir"), text(rows, "kind"), intColumn(*rows, "pinned") != 0, intColumn(*rows, "bytes"),
                       intColumn(*rows, "created_us"), text(rows, "manifest_xxh3"), text(rows, "state")});
    }
    return all;
}

void writeCheckpoint(Statements& statements, const CheckpointRow& c) {
    insertRow(statements.get("INSERT OR REPLACE INTO checkpoints VALUES(?,?,?,?,?,?,?,?,?)"), c.step, c.folder, c.kind, c.pinned ? 1 : 0, c.bytes,
              c.manifestHash, c.state, c.createdUs);
}

}  // namespace moescope::storage
