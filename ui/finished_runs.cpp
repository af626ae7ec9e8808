// Compares settings, then looks into the runs that match.
#include "ui/finished_runs.hpp"

#include <algorithm>
#include <map>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "storage/run_reader.hpp"
#include "ui/run_library.hpp"
#include "ui/standing_commands.hpp"

namespace moescope::ui {
namespace {

/// The queue shares the cores out among engines: that is no setting of the experiment.
std::string experimentOf(config::RunConfig config) {
    config.training.threads = 0;
    return config::toJson(config, -1);
}

bool wasLeftAlone(const std::filesystem::path& folder, std::size_t scripted) {
    try {
        return standingCommands(storage::RunReader(folder).events()).size() <= scripted;
    } catch (const base::Error&) {
        return false;  // a damaged run is nobody's twin
    }
}

}  // namespace

std::vector<std::string> finishedAlready(const std::vector<config::StudyRun>& wanted, const RunLibrary& library) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < wanted.size(); ++i) places.emplace(experimentOf(wanted[i].config), i);
    std::vector<std::string> found(wanted.size());
    for (const storage::RunRow& row : *library.runs()) {
        config::RunConfig config;
        if (row.state != storage::RunState::finished || !row.parent.empty() || row.configJson.empty() || !config::applyJson(config, row.configJson).empty()) continue;
        const auto place = places.find(experimentOf(config));
        if (place == places.end() || !found[place->second].empty()) continue;
        if (wasLeftAlone(library.runFolder(QString::fromStdString(row.ulid)).toStdString(), config.script.size())) found[place->second] = row.ulid;
    }
    return found;
}

}  // namespace moescope::ui
