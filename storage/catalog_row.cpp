// From a run's folder to its line in the list.
#include "storage/catalog_row.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "storage/json_text.hpp"
#include "storage/meta_file.hpp"
#include "storage/run_lock.hpp"
#include "storage/run_reader.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::int64_t kSparkPoints = 32;
constexpr std::int64_t kPrintTimes = 16;

std::vector<float> sparkline(RunReader& reader) {
    for (const char* name : {"val_loss", "loss"}) {
        if (!reader.findSeries(name)) continue;
        const SeriesData data = reader.series(name, {0, kSparkPoints});
        if (data.size() < 2 && std::string_view(name) == "val_loss") continue;
        const auto& values = data.raw() ? data.values : data.mean;
        return {values.begin(), values.end()};
    }
    return {};
}

void fingerprint(RunReader& reader, RunRow& row) {
    const auto info = reader.findSeries("load");
    if (!info || info->sizes.size() != 2) return;
    const auto experts = static_cast<std::size_t>(info->sizes[1]), begin = static_cast<std::size_t>(info->sizes[0] / 2) * experts;
    const SeriesData data = reader.series("load", {-1, kPrintTimes});
    const auto& values = data.raw() ? data.values : data.mean;
    for (std::size_t time = 0; time < data.size(); ++time)
        for (std::size_t e = 0; e < experts; ++e) row.fingerprint.push_back(static_cast<float>(values[time * static_cast<std::size_t>(data.width) + begin + e]));
    row.fingerprintWidth = static_cast<std::int32_t>(experts);
}

void takeState(const StateInfo& state, RunRow& row) {
    row.state = state.state;
    row.reason = state.reason;
    row.pid = state.pid;
    row.socketPath = state.socketPath;
}

void takeRun(RunReader& reader, RunRow& row) {
    takeState(reader.state(), row);
    const RunMeta meta = reader.meta();
    const Summary s = reader.summary();
    row.name = meta.name;
    row.preset = meta.preset;
    row.router = meta.router;
    row.parent = meta.parent;
    row.parentStep = meta.parentStep;
    row.group = meta.group;
    row.createdUs = meta.createdUs;
    row.configJson = meta.configJson;
    row.conflict = meta.ulid != row.ulid;
    row.paramsTotal = meta.facts.paramsTotal;
    row.paramsActive = meta.facts.paramsActive;
    row.step = s.step;
    row.tokens = s.tokens;
    row.flops = s.flops;
    row.seconds = s.seconds;
    row.loss = s.loss;
    row.valLoss = s.valLoss;
    row.bestVal = s.bestVal;
    row.bitsPerByte = s.bitsPerByte;
    for (const CheckpointRow& checkpoint : reader.checkpoints()) row.bytesOnDisk += checkpoint.bytes;
    takeConfig(row);
    row.sparkline = sparkline(reader);
    fingerprint(reader, row);
}

void takeMeta(const fs::path& folder, RunRow& row) {
    const MetaFile meta = readMetaFile(folder);
    if (!meta.name.empty()) row.name = meta.name;
    row.tags = meta.tags;
    row.star = meta.star;
    row.archived = meta.archived;
    row.note = meta.note;
    row.colour = meta.colour;
    row.group = meta.group;
    row.deletedUs = meta.deletedUs;
}

void flattenInto(const json& value, const std::string& key, FlatConfig& flat) {
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) flattenInto(member, key.empty() ? name : key + "." + name, flat);
    } else if (value.is_boolean()) {
        flat[key] = value.get<bool>();
    } else if (value.is_number()) {
        flat[key] = value.get<double>();
    } else if (value.is_string()) {
        flat[key] = value.get<std::string>();
    } else if (value.is_array()) {
        std::vector<std::string> items;
        for (const json& item : value) items.push_back(item.is_string() ? item.get<std::string>() : dumpJson(item));
        flat[key] = items;
    }
}

}  // namespace

std::string stampOf(const fs::path& runFolder) {
    std::string stamp;
    for (const char* name : {"run.db", "run.db-wal", "meta.json", "run.lock"}) {
        struct stat info {};
        if (::stat((runFolder / name).c_str(), &info) == 0)
            stamp += std::to_string(info.st_size) + "@" + std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
        stamp += ";";
    }
    return stamp;
}

RunRow readRunRow(const fs::path& runFolder, const std::string& ulid) {
    RunRow row;
    row.ulid = ulid;
    try {
        RunReader reader(runFolder);
        takeRun(reader, row);
    } catch (const base::Error& error) {
        row.state = RunState::quarantined;
        row.reason = error.happened() + "; " + error.advice();
    }
    try {
        takeMeta(runFolder, row);
    } catch (const base::Error& error) {
        row.reason = error.happened();
    }
    if (row.name.empty()) row.name = ulid;
    std::error_code missing;
    if (const auto size = fs::file_size(runFolder / "run.db", missing); !missing) row.bytesOnDisk += static_cast<std::int64_t>(size);
    return row;
}

bool refreshState(const fs::path& runFolder, RunRow& row) {
    const auto holder = probeRunning(runFolder);
    const RunState before = row.state;
    const bool live = row.state == RunState::running || row.state == RunState::paused;
    if (live && !holder) row.state = RunState::interrupted;
    const std::int64_t pid = holder ? holder->pid : 0;
    const bool changed = row.state != before || row.pid != pid;
    row.pid = pid;
    row.socketPath = holder ? holder->socketPath : "";
    return changed;
}

FlatConfig flatten(const std::string& configJson) {
    FlatConfig flat;
    try {
        flattenInto(parseJson(configJson), "", flat);
    } catch (const std::exception&) {   // a configuration that is no JSON has no keys to ask for
    }
    return flat;
}

void takeConfig(RunRow& row) {
    const FlatConfig config = flatten(row.configJson);
    const auto integer = [&](const char* key, std::int64_t fallback) {
        const auto found = config.find(key);
        const double* value = found == config.end() ? nullptr : std::get_if<double>(&found->second);
        return value && std::abs(*value) < 9e15 ? static_cast<std::int64_t>(*value) : fallback;
    };
    row.experts = integer("moe.experts", 0);
    row.topK = integer("moe.top_k", 0);
    row.granularity = integer("moe.granularity", 1);
    row.steps = integer("training.steps", 0);
    row.seed = integer("training.seed", 0);
}

std::optional<QueryValue> RowSubject::value(std::string_view key) const {
    const RunRow& r = m_row;
    const auto real = [](double value) { return std::isnan(value) ? std::nullopt : std::optional<QueryValue>(value); };
    const auto whole = [](std::int64_t value) { return std::optional<QueryValue>(static_cast<double>(value)); };
    if (key == "name") return r.name;
    if (key == "tag") return r.tags;
    if (key == "state") return std::string(toText(r.state));
    if (key == "preset") return r.preset;
    if (key == "router") return r.router;
    if (key == "note") return r.note;
    if (key == "group") return r.group;
    if (key == "parent") return r.parent;
    if (key == "ulid") return r.ulid;
    if (key == "colour") return r.colour;
    if (key == "star") return r.star;
    if (key == "archived") return r.archived;
    if (key == "conflict") return r.conflict;
    if (key == "created") return whole(r.createdUs);
    if (key == "seed") return whole(r.seed);
    if (key == "step") return whole(r.step);
    if (key == "steps") return whole(r.steps);
    if (key == "tokens") return whole(r.tokens);
    if (key == "flops") return real(r.flops);
    if (key == "seconds") return real(r.seconds);
    if (key == "params_total") return whole(r.paramsTotal);
    if (key == "params_active") return whole(r.paramsActive);
    if (key == "bytes") return whole(r.bytesOnDisk);
    if (key == "loss") return real(r.loss);
    if (key == "val_loss") return real(r.valLoss);
    if (key == "best_val") return real(r.bestVal);
    if (key == "bits_per_byte") return real(r.bitsPerByte);
    const auto found = m_config.find(key);
    return found == m_config.end() ? std::nullopt : std::optional(found->second);
}

bool lessValue(const QueryValue& a, const QueryValue& b) {
    if (a.index() != b.index()) return a.index() < b.index();
    if (const auto* text = std::get_if<std::string>(&a)) {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
        const auto& other = std::get<std::string>(b);
        return std::lexicographical_compare(text->begin(), text->end(), other.begin(), other.end(), [&](char x, char y) { return lower(x) < lower(y); });
    }
    return a < b;
}

}  // namespace moescope::storage
