// Probe snapshots, planes and generated samples as rows with one compressed blob each.
#include <algorithm>
#include <cmath>

#include "storage/bytes.hpp"
#include "storage/codec.hpp"
#include "storage/run_tables.hpp"

namespace moescope::storage {

using telemetry::GeneratedSample;
using telemetry::PlaneSnapshot;
using telemetry::ProbeSnapshot;

namespace {

constexpr std::size_t kElementBytes = 4;

std::string raw(const ProbeSnapshot& p) {
    ByteWriter out;
    out.putArray(p.moeLayerIndex);
    out.putArray(p.tokenIds);
    out.putArray(p.domains);
    out.putArray(p.expertIds);
    out.putArray(p.weights);
    out.putArray(p.kept);
    out.putArray(p.logits);
    out.putArray(p.losses);
    out.putTexts(p.tokenTexts);
    out.putArray(p.noisyLogits);
    return out.take();
}

void fill(ProbeSnapshot& p, std::string_view bytes) {
    ByteReader in(bytes);
    p.moeLayerIndex = in.getArray<std::int32_t>();
    p.tokenIds = in.getArray<std::int32_t>();
    p.domains = in.getArray<std::int32_t>();
    p.expertIds = in.getArray<std::int16_t>();
    p.weights = in.getArray<float>();
    p.kept = in.getArray<std::uint8_t>();
    p.logits = in.getArray<float>();
    p.losses = in.getArray<float>();
    p.tokenTexts = in.getTexts();
    if (in.left() > 0) p.noisyLogits = in.getArray<float>();  // older programs stored nothing more
    in.finish();
}

std::string raw(const PlaneSnapshot& p) {
    ByteWriter out;
    out.putArray(std::vector<float>{p.left, p.right, p.bottom, p.top});
    for (const auto* values : {&p.probabilities, &p.weights, &p.output, &p.expertOutputs, &p.x, &p.y, &p.targets}) out.putArray(*values);
    out.putArray(p.domains);
    out.putArray(p.losses);
    return out.take();
}

void fill(PlaneSnapshot& p, std::string_view bytes) {
    ByteReader in(bytes);
    const auto edges = in.getArray<float>();
    if (edges.size() != 4) throw DecodeError("a plane has four edges");
    p.left = edges[0], p.right = edges[1], p.bottom = edges[2], p.top = edges[3];
    for (auto* values : {&p.probabilities, &p.weights, &p.output, &p.expertOutputs, &p.x, &p.y, &p.targets}) *values = in.getArray<float>();
    p.domains = in.getArray<std::int32_t>();
    p.losses = in.getArray<float>();
    in.finish();
}

std::string raw(const GeneratedSample& s) {
    ByteWriter out;
    out.putArray(s.expertIds);
    out.putArray(s.weights);
    out.putTexts(s.tokens);
    return out.take();
}

void fill(GeneratedSample& s, std::string_view bytes) {
    ByteReader in(bytes);
    s.expertIds = in.getArray<std::int16_t>();
    s.weights = in.getArray<float>();
    s.tokens = in.getTexts();
    in.finish();
}

// Arrays that are neither empty nor of the promised size would be read out of bounds by whoever draws them.
void requireShape(const ProbeSnapshot& p) {
    const auto tokens = static_cast<std::size_t>(p.tokens), layers = static_cast<std::size_t>(p.layers);
    const std::size_t slots = layers * tokens * static_cast<std::size_t>(p.slotsPerToken), logits = layers * tokens * static_cast<std::size_t>(p.experts), levels = layers * static_cast<std::size_t>(p.experts) * telemetry::kProbeLevels.size();
    const auto fits = [](std::size_t size, std::size_t wanted) { return size == 0 || size == wanted; };
    if (!fits(p.tokenIds.size(), tokens) || !fits(p.domains.size(), tokens) || !fits(p.tokenTexts.size(), tokens) || !fits(p.losses.size(), tokens) ||
        !fits(p.expertIds.size(), slots) || !fits(p.weights.size(), slots) || !fits(p.kept.size(), slots) || !fits(p.logits.size(), logits) || !fits(p.noisyLogits.size(), levels) || !fits(p.moeLayerIndex.size(), layers))
        throw DecodeError("a probe snapshot's arrays do not have its shape");
}

void requireShape(const PlaneSnapshot& p) {
    const auto size = [](std::int32_t n) { return static_cast<std::size_t>(n); };
    const std::size_t cells = size(p.columns) * size(p.rows), own = cells * size(p.experts), points = size(p.points);
    const bool grid = p.probabilities.size() == own && p.weights.size() == own && p.output.size() == cells * size(p.outputs) && p.expertOutputs.size() == own * size(p.outputs);
    const bool marks = p.x.size() == points && p.y.size() == points && p.targets.size() == points && p.domains.size() == points && p.losses.size() == points;
    if (!grid || !marks || !(p.left < p.right) || !(p.bottom < p.top)) throw DecodeError("a plane's arrays do not have its shape");
}

void requireShape(const GeneratedSample& s) {
    const std::size_t wanted = s.tokens.size() * static_cast<std::size_t>(s.layers) * static_cast<std::size_t>(s.slotsPerToken);
    const auto fits = [&](std::size_t size) { return size == 0 || size == wanted; };
    if (!fits(s.expertIds.size()) || !fits(s.weights.size()) || s.promptTokens < 0 || static_cast<std::size_t>(s.promptTokens) > s.tokens.size())
        throw DecodeError("a generated sample's arrays do not have its shape");
}

std::int32_t smallColumn(SQLite::Statement& row, const char* name) {
    const std::int64_t value = intColumn(row, name);
    if (value < 0 || value > 1 << 24) throw DecodeError("a size is out of range");
    return static_cast<std::int32_t>(value);
}

std::string rawOf(SQLite::Statement& row) {
    return unpack(static_cast<int>(intColumn(row, "codec")), intColumn(row, "raw_len"), kElementBytes, textColumn(row, "data"));
}

std::string joined(const std::vector<std::string>& tokens) {
    std::string all;
    for (const std::string& token : tokens) all += token;
    return all;
}

}  // namespace

std::vector<std::int64_t> readProbeSteps(Statements& statements, std::int64_t afterSeq) {
    std::vector<std::int64_t> steps;
    Rows rows(statements, "SELECT step FROM probe WHERE seq > ? ORDER BY step", afterSeq);
    while (rows.next()) steps.push_back(rows->getColumn(0).getInt64());
    return steps;
}

std::optional<ProbeSnapshot> readProbe(Statements& statements, std::int64_t step) {
    Rows rows(statements, "SELECT * FROM probe WHERE step = ?", step);
    if (!rows.next()) return std::nullopt;
    requireRow(*rows, "probe");
    ProbeSnapshot p;
    p.step = step;
    p.layers = smallColumn(*rows, "layers");
    p.experts = smallColumn(*rows, "experts");
    p.slotsPerToken = smallColumn(*rows, "slots");
    p.tokens = smallColumn(*rows, "tokens");
    p.sequenceLength = smallColumn(*rows, "sequence_length");
    fill(p, rawOf(*rows));
    requireShape(p);
    return p;
}

void writeProbe(Statements& statements, std::int64_t seq, const ProbeSnapshot& p, int compression) {
    const Packed packed = pack(raw(p), kElementBytes, compression);
    insertRow(statements.get("INSERT OR REPLACE INTO probe VALUES(?,?,?,?,?,?,?,?,?,?,?)"), p.step, seq, p.layers, p.experts, p.slotsPerToken, p.tokens,
              p.sequenceLength, packed.codec, packed.rawBytes, Blob{packed.data});
}

bool hasPlanes(Statements& statements) { return firstNumber(statements, "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name='plane'") > 0; }

std::vector<std::int64_t> readPlaneSteps(Statements& statements) {
    std::vector<std::int64_t> steps;
    if (!hasPlanes(statements)) return steps;
    Rows rows(statements, "SELECT step FROM plane ORDER BY step");
    while (rows.next()) steps.push_back(rows->getColumn(0).getInt64());
    return steps;
}

std::optional<PlaneSnapshot> readPlane(Statements& statements, std::int64_t step) {
    if (!hasPlanes(statements)) return std::nullopt;
    Rows rows(statements, "SELECT * FROM plane WHERE step <= ? ORDER BY step DESC LIMIT 1", step);
    if (!rows.next()) return std::nullopt;
    requireRow(*rows, "plane");
    PlaneSnapshot p;
    p.step = intColumn(*rows, "step");
    p.columns = smallColumn(*rows, "grid_columns");
    p.rows = smallColumn(*rows, "grid_rows");
    p.experts = smallColumn(*rows, "experts");
    p.outputs = smallColumn(*rows, "outputs");
    p.points = smallColumn(*rows, "points");
    p.classes = intColumn(*rows, "classes") != 0;
    fill(p, rawOf(*rows));
    requireShape(p);
    return p;
}

void writePlane(Statements& statements, std::int64_t seq, const PlaneSnapshot& p, int compression, std::int64_t budget) {
    const Packed packed = pack(raw(p), kElementBytes, compression);
    insertRow(statements.get("INSERT OR REPLACE INTO plane VALUES(?,?,?,?,?,?,?,?,?,?,?,?)"), p.step, seq, p.columns, p.rows, p.experts, p.outputs, p.points,
              p.classes ? 1 : 0, packed.codec, packed.rawBytes, Blob{packed.data});
    if (firstNumber(statements, "SELECT sum(length(data)) FROM plane") <= budget) return;
    Rows(statements, "DELETE FROM plane WHERE step IN (SELECT step FROM (SELECT step, row_number() OVER (ORDER BY step) n FROM plane) WHERE n % 2 = 0) "
                     "AND step < (SELECT max(step) FROM plane)")->exec();
}

std::vector<GeneratedSample> readSamples(Statements& statements, std::int64_t afterSeq) {
    std::vector<GeneratedSample> all;
    Rows rows(statements, "SELECT * FROM sample WHERE seq > ? ORDER BY step", afterSeq);
    while (rows.next()) {
        requireRow(*rows, "sample");
        GeneratedSample s;
        s.step = intColumn(*rows, "step");
        s.prompt = std::string(textColumn(*rows, "prompt"));
        s.promptTokens = smallColumn(*rows, "prompt_tokens");
        s.layers = smallColumn(*rows, "layers");
        s.slotsPerToken = smallColumn(*rows, "slots");
        s.experts = smallColumn(*rows, "experts");
        fill(s, rawOf(*rows));
        requireShape(s);
        all.push_back(std::move(s));
    }
    return all;
}

void writeSample(Statements& statements, std::int64_t seq, const GeneratedSample& s, int compression) {
    const Packed packed = pack(raw(s), kElementBytes, compression);
    insertRow(statements.get("INSERT OR REPLACE INTO sample VALUES(?,?,?,?,?,?,?,?,?,?,?,?)"), s.step, seq, s.prompt, joined(s.tokens), s.promptTokens,
              s.layers, s.slotsPerToken, s.experts, packed.codec, packed.rawBytes, Blob{packed.data});
}

}  // namespace moescope::storage
