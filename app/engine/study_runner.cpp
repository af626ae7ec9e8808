// Finds what a study has already, trains the rest, and sums it up.
#include "app/engine/study_runner.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "app/engine/converted_start.hpp"
#include "app/engine/launch.hpp"
#include "app/engine/teacher.hpp"
#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/statistics/resampling.hpp"
#include "storage/catalog.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

using config::StudyRun;
using storage::RunRow;
using storage::RunState;

/// Settings as text, after the run that the weights are from; what a run was named by is no setting.
std::string identity(config::RunConfig config, const std::string& parent) {
    config.preset.clear();
    return parent + config::toJson(config, -1);
}

bool wasSteered(const storage::Store& store, const std::string& ulid) {
    const Json more = Json::parse(storage::RunReader(store.runFolder(ulid)).meta().facts.moreJson, nullptr, false);
    return more.is_object() && !more.value("commands", Json::array()).empty();
}

bool hasCheckpoint(const storage::Store& store, const std::string& ulid) {
    const auto rows = storage::RunReader(store.runFolder(ulid)).checkpoints();
    return std::ranges::any_of(rows, [](const storage::CheckpointRow& row) { return row.state == "good" || row.state == "verified"; });
}

/// Better first: what is finished needs nothing, what trains elsewhere is left alone.
int rank(RunState state) {
    switch (state) {
        case RunState::finished: return 0;
        case RunState::running:
        case RunState::paused: return 1;
        case RunState::diverged: return 2;
        default: return 3;
    }
}

/// The stored runs that count for this study, by their settings; one for each.
std::map<std::string, RunRow> storedRuns(const storage::Store& store) {
    std::map<std::string, RunRow> found;
    storage::Catalog catalog(store);
    catalog.sync();
    storage::ListQuery query;
    query.archived = true;
    auto list = catalog.list(query);
    for (RunRow& row : std::get<std::vector<RunRow>>(list)) {
        config::RunConfig config;
        if (!config::applyJson(config, row.configJson).empty()) continue;
        const auto [place, added] = found.try_emplace(identity(config, row.parent), row);
        if (!added && rank(row.state) < rank(place->second.state)) place->second = row;
    }
    return found;
}

struct Work {
    const StudyRun* run;
    std::string action = "train", ulid, reason;   ///< train, resume, keep
    int exit = 0;
    std::optional<StudyOrigin> origin = std::nullopt;
};

/// The settings as they are stored, and the run that the weights are from.
std::string identityOf(const StudyRun& run, const std::optional<StudyOrigin>& origin, const Work* parent) {
    if (!origin || !origin->teaches) return identity(run.config, origin ? parent->ulid : std::string());
    config::RunConfig config = run.config;
    config.distillation.teacher = parent->ulid + "@" + std::to_string(parent->run->config.training.steps);
    return identity(std::move(config), {});
}

/// `parent`: the run that its weights are from or that teaches it; nullptr: none.
Work workOf(const storage::Store& store, const StudyRun& run, const std::optional<StudyOrigin>& origin, const Work* parent, const std::map<std::string, RunRow>& stored) {
    Work work{&run, "train", {}, {}, 0, origin};
    if (parent && parent->ulid.empty()) return work;
    const auto found = stored.find(identityOf(run, origin, parent));
    if (found == stored.end() || found->second.state == RunState::quarantined || wasSteered(store, found->second.ulid)) return work;
    const RunRow& row = found->second;
    if (rank(row.state) < 3)
        work.action = "keep";
    else if ((row.state == RunState::stopped || row.state == RunState::interrupted) && hasCheckpoint(store, row.ulid))
        work.action = "resume";
    if (work.action != "train") work.ulid = row.ulid;
    return work;
}

/// Empty, or why the run cannot begin: the one it comes from has no last weights.
std::string waitsFor(const Context& context, const std::vector<Work>& works, const Work& work) {
    if (!work.origin) return {};
    const Work& parent = works[work.origin->run];
    const storage::Store store(context.storeFolder());
    const bool finished = !parent.ulid.empty() && storage::RunReader(store.runFolder(parent.ulid)).state().state == RunState::finished;
    return finished ? std::string() : (work.origin->teaches ? "it is taught by \"" : "it begins with the last weights of \"") + parent.run->name + "\", which is not finished";
}

void carryOut(const Context& context, const StudyOrder& order, const std::vector<Work>& works, Work& work) {
    try {
        if (work.action == "resume") {
            Resumption again;
            again.run = work.ulid;
            work.exit = resume(context, again);
        } else {
            NewTraining wanted;
            wanted.config = work.run->config;
            wanted.name = work.run->name;
            wanted.group = work.run->group;
            wanted.tags = order.tags;
            wanted.onStarted = [&work](const std::string& ulid) { work.ulid = ulid; };
            if (work.origin && work.origin->teaches) wanted.config.distillation.teacher = works[work.origin->run].ulid;
            else if (work.origin) startConverted(context, loadModel(context, works[work.origin->run].ulid), work.origin->order, wanted);
            work.exit = trainNew(context, std::move(wanted));
        }
    } catch (const base::Error& error) {
        work.exit = error.exitStatus();
        work.reason = error.line();
        context.say(work.reason);
    } catch (const std::exception& error) {
        work.exit = static_cast<int>(base::ExitCode::device);
        work.reason = base::printable(error.what(), 300);
        context.say("error: " + work.reason);
    }
}

std::string stateOf(const Work& work, const std::optional<RunRow>& row) { return row ? std::string(storage::toText(row->state)) : work.exit == 0 ? "waiting" : "failed"; }

Json valuesJson(const StudyOrder& order, const StudyRun& run) {
    Json values = Json::object();
    for (std::size_t i = 0; i < run.values.size(); ++i) values[order.vary[i].key] = Json::parse(run.values[i], nullptr, false);
    return values;
}

Json runJson(const StudyOrder& order, const Work& work, const std::optional<RunRow>& row) {
    Json json{{"run", work.ulid.empty() ? Json(nullptr) : Json(work.ulid)}, {"name", row ? row->name : work.run->name}, {"group", work.run->group}, {"seed", work.run->seed},
              {"values", valuesJson(order, *work.run)}, {"action", work.action}, {"state", stateOf(work, row)}};
    if (!order.dryRun) json["val_loss"] = row ? number(row->valLoss) : Json(nullptr);
    const std::string reason = !work.reason.empty() ? work.reason : row ? row->reason : std::string();
    if (!reason.empty()) json["reason"] = reason;
    return json;
}

struct GroupSum {
    std::string name;
    const StudyRun* first;
    std::vector<double> values;
    Json runs = Json::array();
};

std::vector<GroupSum> groupsOf(const std::vector<Work>& works, const std::vector<std::optional<RunRow>>& rows) {
    std::vector<GroupSum> groups;
    for (std::size_t i = 0; i < works.size(); ++i) {
        auto at = std::ranges::find(groups, works[i].run->group, &GroupSum::name);
        if (at == groups.end()) at = groups.insert(groups.end(), {works[i].run->group, works[i].run, {}, Json::array()});
        if (!works[i].ulid.empty()) at->runs.push_back(works[i].ulid);
        if (rows[i] && rows[i]->state == RunState::finished && std::isfinite(rows[i]->valLoss)) at->values.push_back(rows[i]->valLoss);
    }
    return groups;
}

std::string readable(const StudyOrder& order, const std::vector<Work>& works, const std::vector<std::optional<RunRow>>& rows, const std::vector<GroupSum>& groups) {
    std::vector<std::vector<std::string>> lines{{"run", "name", order.dryRun ? "would" : "state", "val loss"}};
    for (std::size_t i = 0; i < works.size(); ++i)
        lines.push_back({works[i].ulid.empty() ? "-" : works[i].ulid, rows[i] ? base::printable(rows[i]->name, 80) : works[i].run->name, order.dryRun ? works[i].action : stateOf(works[i], rows[i]),
                         rows[i] ? fixed(rows[i]->valLoss, 4) : "-"});
    std::string text = table(lines, "012");
    if (order.dryRun) return text;
    lines = {{"group", "n", "mean", "sd"}};
    for (const GroupSum& group : groups) lines.push_back({group.name, std::to_string(group.values.size()), fixed(statistics::mean(group.values), 4), fixed(statistics::deviation(group.values), 4)});
    return text + "\n\n" + table(lines) + "\n\nWhat the seeds prove: moescope-engine compare RUN… with the runs above.";
}

void sumUp(const Context& context, const StudyOrder& order, const std::vector<Work>& works) {
    storage::Catalog catalog{storage::Store(context.storeFolder())};
    catalog.sync();
    std::vector<std::optional<RunRow>> rows;
    for (const Work& work : works) rows.push_back(work.ulid.empty() ? std::nullopt : catalog.find(work.ulid));
    const std::vector<GroupSum> groups = groupsOf(works, rows);
    Json json = order.head;
    json["dry_run"] = order.dryRun;
    json["runs"] = Json::array();
    json["groups"] = Json::array();
    for (std::size_t i = 0; i < works.size(); ++i) json["runs"].push_back(runJson(order, works[i], rows[i]));
    for (const GroupSum& group : groups) {
        Json entry{{"group", group.name}, {"values", valuesJson(order, *group.first)}, {"runs", group.runs}};
        if (!order.dryRun) entry.update(Json{{"n", group.values.size()}, {"mean", number(statistics::mean(group.values))}, {"sd", number(statistics::deviation(group.values))}});
        json["groups"].push_back(entry);
    }
    context.result(json, readable(order, works, rows, groups));
}

}  // namespace

namespace {

/// Teachers as stored runs name them, before any run is made: "last" is not one of the study's own. What cannot be found is told when its run starts.
StudyOrder withTeachers(const Context& context, StudyOrder order) {
    const storage::Store store(context.storeFolder());
    std::map<std::string, std::string> labels;
    for (StudyRun& run : order.runs) {
        std::string& teacher = run.config.distillation.teacher;
        if (teacher.empty()) continue;
        base::Problems untold;
        if (!labels.contains(teacher)) {
            const auto found = findTeacher(context, store, run.config, {}, untold);
            labels[teacher] = found ? found->label() : teacher;
        }
        teacher = labels[teacher];
    }
    return order;
}

std::vector<Work> worksOf(const Context& context, const StudyOrder& order) {
    const storage::Store store(context.storeFolder());
    const auto stored = storedRuns(store);
    std::vector<Work> works;
    for (std::size_t i = 0; i < order.runs.size(); ++i) {
        const auto origin = order.origins.empty() ? std::nullopt : order.origins.at(i);
        works.push_back(workOf(store, order.runs[i], origin, origin ? &works.at(origin->run) : nullptr, stored));
    }
    return works;
}

/// Exit code of the first that is not finished.
int trainAll(const Context& context, const StudyOrder& order, std::vector<Work>& works) {
    const auto todo = std::ranges::count_if(works, [](const Work& work) { return work.action != "keep"; });
    context.say(std::to_string(works.size()) + " runs, " + std::to_string(works.size() - static_cast<std::size_t>(todo)) + " of them in the store already");
    int exit = 0, nth = 0;
    for (Work& work : works) {
        if (order.dryRun || work.action == "keep") continue;
        context.say("[" + std::to_string(++nth) + "/" + std::to_string(todo) + "] " + work.run->name);
        work.reason = waitsFor(context, works, work);
        if (!work.reason.empty()) {
            context.say(work.reason);
            continue;
        }
        carryOut(context, order, works, work);
        if (exit == 0) exit = work.exit;
        if (work.exit == static_cast<int>(base::ExitCode::signalled)) break;
    }
    return exit;
}

}  // namespace

StudyOutcome trainStudy(const Context& context, const StudyOrder& asked) {
    const StudyOrder order = withTeachers(context, asked);
    std::vector<Work> works = worksOf(context, order);
    StudyOutcome outcome{trainAll(context, order, works), {}};
    for (const Work& work : works) outcome.runs.push_back(work.ulid);
    return outcome;
}

int runStudy(const Context& context, const StudyOrder& asked) {
    const StudyOrder order = withTeachers(context, asked);
    std::vector<Work> works = worksOf(context, order);
    const int exit = trainAll(context, order, works);
    sumUp(context, order, works);
    return exit;
}

}  // namespace moescope::app
