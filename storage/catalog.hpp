// The list of runs: a cache over the run folders, and what people do to runs (rename, tag, delete ...).
//
// Names, tags, star, note, colour, group and archive mark live in each run's meta.json; the catalog can be deleted at any
// time and comes back. Several processes may have one open. Confined to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/problem.hpp"
#include "storage/query.hpp"
#include "storage/records.hpp"
#include "storage/store.hpp"

namespace moescope::storage {

struct RunRow {
    std::string ulid, name, preset, router, parent, group, colour, note;
    RunState state = RunState::created;
    std::string reason;
    std::vector<std::string> tags;
    bool star = false, archived = false, conflict = false;  ///< conflict: the database belongs to another ULID than its folder
    std::int64_t step = 0, tokens = 0, steps = 0, parentStep = 0, createdUs = 0, deletedUs = 0, seed = 0;
    std::int64_t paramsTotal = 0, paramsActive = 0, experts = 0, topK = 0, granularity = 1, bytesOnDisk = 0, pid = 0;
    double flops = 0, seconds = 0;
    double loss = telemetry::kNone, valLoss = telemetry::kNone, bestVal = telemetry::kNone, bitsPerByte = telemetry::kNone;
    std::string socketPath;                  ///< of the engine that runs it
    std::vector<float> sparkline;            ///< up to 32 points of val_loss, or of loss
    std::vector<float> fingerprint;          ///< load over time of the middle MoE layer, [up to 16 times][experts]; empty when dense
    std::int32_t fingerprintWidth = 0;
    std::string configJson;
    bool operator==(const RunRow&) const = default;
};

struct ListQuery {
    std::string where;                       ///< query.hpp
    std::string sort = "-created";           ///< a key of the query language; leading '-' = descending. Missing values last.
    bool archived = false;                   ///< archived runs too (also when `where` mentions them)
    bool trash = false;                      ///< the trash instead
    std::size_t offset = 0, limit = SIZE_MAX;
};

struct SyncResult {
    bool changed = false;                    ///< anything that list() shows
    std::vector<std::string> appeared, vanished, updated;   ///< ULIDs
};

class Catalog {
public:
    /// Opens or makes <store>/catalog.db; in memory when the store cannot be written. A damaged one is set aside as
    /// "catalog.db.bad-<time>" and made anew. Throws exit 7 when it is of a newer MoEScope.
    explicit Catalog(Store store);
    ~Catalog();
    Catalog(Catalog&&) noexcept;

    const Store& store() const;
    bool readOnly() const;

    /// Brings the list up to date with the folders: a few stat calls a run, a database opened only where something changed.
    SyncResult sync();

    /// From memory; after the last sync(). Mistakes in `where` or `sort` come back as problems.
    std::variant<std::vector<RunRow>, base::Problems> list(const ListQuery& query = {});
    std::optional<RunRow> find(const std::string& ulid);

    // What people do. Texts are checked (exit 2): names 1-200 bytes, tags 1-100, notes to 64 KiB, colours #rrggbb or empty.
    // Each is written to meta.json atomically and is in the next list() without a sync().
    void rename(const std::string& ulid, const std::string& name);
    void tag(const std::string& ulid, const std::string& tag);
    void untag(const std::string& ulid, const std::string& tag);
    void star(const std::string& ulid, bool on);
    void note(const std::string& ulid, const std::string& text);
    void colour(const std::string& ulid, const std::string& rgb);
    void group(const std::string& ulid, const std::string& name);
    void archive(const std::string& ulid, bool on);

    /// Moves the folder to the trash; exit 4 "run.locked" while an engine holds it. restore() is its undo.
    void remove(const std::string& ulid);
    void restore(const std::string& ulid);
    /// Deletes for good what has been in the trash for `days` or longer; returns the ULIDs.
    std::vector<std::string> purge(int days = 30);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace moescope::storage
