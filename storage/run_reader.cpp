// Reading a run: short transactions over its tables.
#include "storage/run_reader.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "storage/overview.hpp"
#include "storage/run_database.hpp"
#include "storage/run_lock.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;
using base::Error;
using base::ExitCode;

struct RunReader::Impl {
    explicit Impl(const fs::path& runFolder) : folder(runFolder), run(runFolder), statements(run.database()) {}

    template <class Work> auto reading(Work&& work) -> decltype(work()) {
        return guarded(run.file(), [&] {
            const ReadTransaction transaction(run.database());
            return work();
        });
    }

    // Inside a transaction.
    Status refresh() {
        Status status = readStatus(statements);
        tail.refresh(statements, status);
        if (status.lastSeq != seriesSeq || status.generation != seriesGeneration) {
            series = readSeries(statements);
            seriesSeq = status.lastSeq;
            seriesGeneration = status.generation;
        }
        return status;
    }

    const SeriesRow* find(std::string_view name) const {
        const auto found = std::find_if(series.begin(), series.end(), [&](const SeriesRow& row) { return row.info.name == name; });
        return found == series.end() ? nullptr : &*found;
    }

    const SeriesRow& need(std::string_view name) const {
        if (const SeriesRow* row = find(name)) return *row;
        std::string known;
        for (const SeriesRow& row : series) known += (known.empty() ? "" : ", ") + row.info.name;
        throw Error(ExitCode::usage, "series.unknown", "the run has no series \"" + base::printable(name) + "\"", folder.string(),
                    known.empty() ? "it has none yet" : "it has " + known);
    }

    // The lock is asked first: an engine writes its last state before it lets go.
    StateInfo stateFrom(const std::optional<Holder>& holder, const Status& status) const {
        StateInfo info{status.state, status.reason, holder.has_value(), 0, {}};
        if (holder) {
            info.pid = holder->pid;
            info.socketPath = holder->socketPath;
        } else if (status.state == RunState::running || status.state == RunState::paused) {
            info.state = RunState::interrupted;
        }
        return info;
    }

    void requireStillThere() const {
        if (!run.stillThere())
            throw Error(ExitCode::io, "run.moved", "the run's database was deleted, moved or replaced while it was open", folder.string(), "open the run again from the list");
    }

    std::int64_t newestStep(ChunkReader& chunks, bool evaluation) const {
        std::int64_t newest = -1;
        for (const SeriesRow& row : series) {
            if (row.info.evaluation != evaluation) continue;
            newest = std::max({newest, chunks.lastStep(row.key()).value_or(-1), tail.lastStep(row.key())});
        }
        return newest;
    }

    Cursor cursorAt(const Status& status) {
        ChunkReader chunks(statements);
        return {status.lastSeq, status.generation, newestStep(chunks, false), newestStep(chunks, true)};
    }

    // Values after the cursor; where its rows have become chunks meanwhile, from these.
    Points news(ChunkReader& chunks, const SeriesRow& row, const Cursor& cursor, const Status& status) const {
        if (cursor.seq >= status.compactedSeq) return tail.pointsAfter(row.key(), cursor.seq);
        const std::int64_t after = row.info.evaluation ? cursor.evaluationStep : cursor.reportStep;
        Points points = chunks.points(row.key(), after + 1, kLastStep);
        append(points, tail.pointsAfter(row.key(), status.compactedSeq));
        return points;
    }

    fs::path folder;
    ReadOnlyRun run;
    Statements statements;
    LogTail tail;
    std::vector<SeriesRow> series;
    std::int64_t seriesSeq = -1, seriesGeneration = 0;
};

RunReader::RunReader(const fs::path& runFolder) : m_impl(std::make_unique<Impl>(runFolder)) {}
RunReader::~RunReader() = default;
RunReader::RunReader(RunReader&&) noexcept = default;
RunReader& RunReader::operator=(RunReader&&) noexcept = default;

const fs::path& RunReader::runFolder() const { return m_impl->folder; }
bool RunReader::isCopy() const { return m_impl->run.frozen(); }

RunMeta RunReader::meta() {
    return m_impl->reading([&] { return readMeta(m_impl->statements); });
}

StateInfo RunReader::state() {
    m_impl->requireStillThere();
    const auto holder = probeRunning(m_impl->folder);
    return m_impl->reading([&] { return m_impl->stateFrom(holder, readStatus(m_impl->statements)); });
}

Summary RunReader::summary() {
    return m_impl->reading([&] { return toSummary(readSummaryValues(m_impl->statements), readMeta(m_impl->statements).facts.domains); });
}

std::vector<Attempt> RunReader::attempts() {
    return m_impl->reading([&] { return readAttempts(m_impl->statements); });
}

std::vector<SeriesInfo> RunReader::listSeries() {
    return m_impl->reading([&] {
        m_impl->refresh();
        std::vector<SeriesInfo> infos;
        for (const SeriesRow& row : m_impl->series) infos.push_back(row.info);
        return infos;
    });
}

std::optional<SeriesInfo> RunReader::findSeries(std::string_view name) {
    return m_impl->reading([&] {
        m_impl->refresh();
        const SeriesRow* row = m_impl->find(name);
        return row ? std::optional(row->info) : std::nullopt;
    });
}

SeriesData RunReader::series(std::string_view name, const SeriesQuery& query) {
    return m_impl->reading([&] {
        m_impl->refresh();
        const SeriesRow& row = m_impl->need(name);
        if (query.element >= row.info.width)
            throw Error(ExitCode::usage, "series.element", "series " + row.info.name + " has no element " + std::to_string(query.element), m_impl->folder.string(),
                        "elements go from 0 to " + std::to_string(row.info.width - 1));
        ChunkReader chunks(m_impl->statements);
        return readOverview(chunks, m_impl->tail, row.key(), query);
    });
}

std::vector<double> RunReader::axis(std::string_view name, std::span<const std::int64_t> steps) {
    if (name == "step" || steps.empty()) return {steps.begin(), steps.end()};
    const SeriesData data = series(name, {0, 20'000, 0, std::numeric_limits<std::int64_t>::max()});
    std::vector<std::pair<double, double>> knots = {{0, 0}};
    for (std::size_t i = 0; i < data.size(); ++i) {   // an axis grows, so a bucket's extremes are its ends
        knots.emplace_back(data.steps[i], data.raw() ? data.values[i] : data.minimum[i]);
        if (!data.raw()) knots.emplace_back(data.lastSteps[i], data.maximum[i]);
    }
    std::vector<double> out;
    for (const std::int64_t step : steps) {
        const auto x = static_cast<double>(step);
        auto right = std::lower_bound(knots.begin(), knots.end(), x, [](const auto& knot, double value) { return knot.first < value; });
        if (right != knots.end() && right->first == x) {
            out.push_back(right->second);
            continue;
        }
        if (right == knots.end()) --right;
        if (right == knots.begin()) {
            out.push_back(right->second);
            continue;
        }
        const auto left = right - 1;
        const double span = right->first - left->first;
        out.push_back(span > 0 ? left->second + (right->second - left->second) * (x - left->first) / span : right->second);
    }
    return out;
}

std::vector<SeriesNews> RunReader::superseded() {
    return m_impl->reading([&] {
        m_impl->refresh();
        std::vector<SeriesNews> all;
        Rows rows(m_impl->statements, "SELECT * FROM superseded ORDER BY attempt_id, series_id, step_first");
        std::int64_t attempt = 0;
        while (rows.next()) {
            requireRow(*rows, "superseded");
            const std::int64_t id = intColumn(*rows, "series_id");
            const auto row = std::find_if(m_impl->series.begin(), m_impl->series.end(), [&](const SeriesRow& s) { return s.info.id == id; });
            if (row == m_impl->series.end()) continue;
            const std::string raw = unpack(static_cast<int>(intColumn(*rows, "codec")), intColumn(*rows, "raw_len"), static_cast<std::size_t>(row->bytesPerValue), textColumn(*rows, "data"));
            const Points points = decodePoints(raw, intColumn(*rows, "n"), row->info.width, row->bytesPerValue, 0, 0);
            const bool same = !all.empty() && attempt == intColumn(*rows, "attempt_id") && all.back().info.id == id;
            if (!same) all.push_back({row->info, {}});
            attempt = intColumn(*rows, "attempt_id");
            SeriesData& data = all.back().data;
            data.width = points.width;
            data.steps.insert(data.steps.end(), points.steps.begin(), points.steps.end());
            data.values.insert(data.values.end(), points.values.begin(), points.values.end());
        }
        return all;
    });
}

Cursor RunReader::now() {
    return m_impl->reading([&] { return m_impl->cursorAt(m_impl->refresh()); });
}

Update RunReader::poll(const Cursor& given, std::span<const std::string> names) {
    Impl& r = *m_impl;
    r.requireStillThere();
    const auto holder = probeRunning(r.folder);
    return r.reading([&] {
        Update update;
        const Status status = readStatus(r.statements);
        update.state = r.stateFrom(holder, status);
        update.cursor = given;
        if (given.seq == status.lastSeq && given.generation == status.generation) return update;
        update.restarted = given.generation != 0 && given.generation != status.generation;
        const Cursor cursor = update.restarted ? Cursor{} : given;
        r.refresh();
        ChunkReader chunks(r.statements);
        for (const SeriesRow& row : r.series) {
            if (!names.empty() && std::find(names.begin(), names.end(), row.info.name) == names.end()) continue;
            Points points = r.news(chunks, row, cursor, status);
            if (points.size() > 0) update.series.push_back({row.info, toData(std::move(points))});
        }
        update.events = readEvents(r.statements, cursor.seq);
        update.samples = readSamples(r.statements, cursor.seq);
        update.probes = readProbeSteps(r.statements, cursor.seq);
        if (status.checkpointsSeq > cursor.seq) update.checkpoints = readCheckpoints(r.statements);
        update.summary = toSummary(readSummaryValues(r.statements), readMeta(r.statements).facts.domains);
        update.cursor = r.cursorAt(status);
        return update;
    });
}

std::vector<StoredEvent> RunReader::events() {
    return m_impl->reading([&] { return readEvents(m_impl->statements, 0); });
}

std::vector<std::int64_t> RunReader::probes() {
    return m_impl->reading([&] { return readProbeSteps(m_impl->statements, 0); });
}

telemetry::ProbeSnapshot RunReader::probe(std::int64_t step) {
    return m_impl->reading([&] {
        if (auto probe = readProbe(m_impl->statements, step)) return *std::move(probe);
        throw Error(ExitCode::usage, "probe.unknown", "there is no probe snapshot of step " + std::to_string(step), m_impl->folder.string(), "choose one of the steps it has");
    });
}

std::optional<telemetry::PlaneSnapshot> RunReader::plane(std::int64_t step) {
    return m_impl->reading([&] { return readPlane(m_impl->statements, step); });
}

std::vector<telemetry::GeneratedSample> RunReader::samples() {
    return m_impl->reading([&] { return readSamples(m_impl->statements, 0); });
}

std::vector<CheckpointRow> RunReader::checkpoints() {
    return m_impl->reading([&] { return readCheckpoints(m_impl->statements); });
}

}  // namespace moescope::storage
