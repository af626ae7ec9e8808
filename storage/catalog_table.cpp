// The lines of the list in catalog.db.
#include <cmath>

#include "storage/bytes.hpp"
#include "storage/catalog_row.hpp"
#include "storage/json_text.hpp"
#include "storage/row.hpp"

namespace moescope::storage {

namespace {

std::string text(Rows& rows, const char* column) { return std::string(textColumn(*rows, column)); }

std::string_view bytesOf(const std::vector<float>& values) { return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}; }

std::vector<float> floats(std::string_view bytes) { return ByteReader(bytes).getAll<float>(bytes.size() / sizeof(float)); }

double orZero(double value) { return std::isnan(value) ? 0 : value; }

void takeTexts(Rows& rows, RunRow& r) {
    r.ulid = text(rows, "ulid");
    r.name = text(rows, "name");
    r.preset = text(rows, "preset");
    r.router = text(rows, "router");
    r.parent = text(rows, "parent");
    r.state = parseRunState(textColumn(*rows, "state")).value_or(RunState::quarantined);
    r.reason = text(rows, "reason");
    for (const auto& tag : parseJson(textColumn(*rows, "tags"))) r.tags.push_back(textFromJson(tag));
    r.colour = text(rows, "colour");
    r.note = text(rows, "note");
    r.group = text(rows, "run_group");
    r.configJson = text(rows, "config");
}

void takeNumbers(Rows& rows, RunRow& r) {
    r.parentStep = intColumn(*rows, "parent_step");
    r.star = intColumn(*rows, "star") != 0;
    r.archived = intColumn(*rows, "archived") != 0;
    r.conflict = intColumn(*rows, "conflict") != 0;
    r.createdUs = intColumn(*rows, "created_us");
    r.deletedUs = intColumn(*rows, "deleted_us");
    r.step = intColumn(*rows, "step");
    r.tokens = intColumn(*rows, "tokens");
    r.flops = orZero(realColumn(*rows, "flops"));
    r.seconds = orZero(realColumn(*rows, "seconds"));
    r.loss = realColumn(*rows, "loss");
    r.valLoss = realColumn(*rows, "val_loss");
    r.bestVal = realColumn(*rows, "best_val");
    r.bitsPerByte = realColumn(*rows, "bits_per_byte");
    r.paramsTotal = intColumn(*rows, "params_total");
    r.paramsActive = intColumn(*rows, "params_active");
    r.bytesOnDisk = intColumn(*rows, "bytes_on_disk");
    r.sparkline = floats(textColumn(*rows, "sparkline"));
    r.fingerprint = floats(textColumn(*rows, "fingerprint"));
    r.fingerprintWidth = static_cast<std::int32_t>(intColumn(*rows, "fingerprint_width"));
    takeConfig(r);
}

}  // namespace

std::vector<KeptRow> loadRows(Statements& statements) {
    std::vector<KeptRow> all;
    Rows rows(statements, "SELECT * FROM runs");
    while (rows.next()) {
        if (!rowHolds(*rows)) continue;
        KeptRow kept;
        takeTexts(rows, kept.row);
        takeNumbers(rows, kept.row);
        kept.stamp = text(rows, "stamp");
        kept.trashed = textColumn(*rows, "place") == "trash";
        all.push_back(std::move(kept));
    }
    return all;
}

void keepRow(Statements& statements, const KeptRow& kept) {
    const RunRow& r = kept.row;
    nlohmann::json tags = nlohmann::json::array();
    for (const std::string& tag : r.tags) tags.push_back(textToJson(tag));
    insertRow(statements.get("INSERT OR REPLACE INTO runs VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"), r.ulid,
              std::string(kept.trashed ? "trash" : "runs"), kept.stamp, r.name, r.preset, r.router, r.parent, r.parentStep, std::string(toText(r.state)), r.reason, dumpJson(tags),
              r.star ? 1 : 0, r.archived ? 1 : 0, r.colour, r.note, r.group, r.conflict ? 1 : 0, r.createdUs, r.deletedUs, r.step, r.tokens, r.flops, r.seconds, r.loss,
              r.valLoss, r.bestVal, r.bitsPerByte, r.paramsTotal, r.paramsActive, r.bytesOnDisk, Blob{bytesOf(r.sparkline)}, Blob{bytesOf(r.fingerprint)}, r.fingerprintWidth, r.configJson);
}

void forgetRow(Statements& statements, const std::string& ulid) {
    Rows rows(statements, "DELETE FROM runs WHERE ulid=?", ulid);
    rows->exec();
}

}  // namespace moescope::storage
