// export: a run's curves as CSV, or its recipe with the commands it was given as script.
#include <CLI/CLI.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "app/engine/command_log.hpp"
#include "app/engine/launch.hpp"
#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/numbers.hpp"
#include "core/config/config_json.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

struct Wanted {
    std::string run, file;
    bool csv = false, recipe = false, string = false;
    std::vector<std::string> metrics;
};

void appendCsv(std::string& text, storage::RunReader& reader, const storage::SeriesInfo& info) {
    const storage::SeriesData data = reader.series(info.name, {.maxPoints = 0});
    for (std::size_t i = 0; i < data.steps.size(); ++i)
        for (std::int64_t element = 0; element < info.width; ++element) {
            text += info.name;
            std::int64_t rest = element, stride = info.width;
            for (const std::int64_t size : info.sizes) {
                stride /= size;
                text.append(1, ',').append(base::toText(rest / stride));
                rest %= stride;
            }
            for (std::size_t axis = info.sizes.size(); axis < 3; ++axis) text += ",";
            const double value = data.values[i * static_cast<std::size_t>(info.width) + static_cast<std::size_t>(element)];
            text += fmt::format(",{},{}\n", base::toText(data.steps[i]), base::toText(value));
        }
}

/// Columns: metric, up to three indices in the series' own order (layer, expert; domain, expert ...), step, value.
std::string csv(storage::RunReader& reader, const std::vector<std::string>& metrics) {
    for (const std::string& metric : metrics)
        if (!reader.findSeries(metric))
            throw base::Error(base::ExitCode::usage, "series.unknown", "the run has no series \"" + base::printable(metric, 60) + "\"", "--metric", "leave --metric out to get all");
    std::string text = "metric,index0,index1,index2,step,value\n";
    for (const storage::SeriesInfo& info : reader.listSeries())
        if (metrics.empty() || std::find(metrics.begin(), metrics.end(), info.name) != metrics.end()) appendCsv(text, reader, info);
    return text;
}

config::RunConfig recipe(const storage::Store& store, const std::string& ulid) {
    config::RunConfig config = storedConfig(store, ulid);
    const Json more = Json::parse(storage::RunReader(store.runFolder(ulid)).meta().facts.moreJson);
    const CommandLog log(more.value("commands", Json::array()).dump(), 0);
    config.script.insert(config.script.end(), log.all().begin(), log.all().end());
    std::stable_sort(config.script.begin(), config.script.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
    config.training.steps = more.value("steps", config.training.steps);
    return config;
}

int exportRun(const Context& context, const Wanted& wanted) {
    const storage::Store store(context.storeFolder());
    const std::string ulid = store.resolve(wanted.run);
    std::string text;
    if (wanted.csv) {
        storage::RunReader reader(store.runFolder(ulid));
        text = csv(reader, wanted.metrics);
    } else {
        text = wanted.string ? config::toRecipeString(recipe(store, ulid)) : config::toJson(recipe(store, ulid));
    }
    if (wanted.file.empty()) {
        Context plain = context;
        plain.json = false;
        while (text.ends_with('\n')) text.pop_back();
        plain.result({}, text);
        return 0;
    }
    base::replaceAtomically(wanted.file, text);
    context.result({{"file", wanted.file}, {"bytes", text.size()}}, wanted.file);
    return 0;
}

}  // namespace

void addExport(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("export", "A run's curves as CSV, or its recipe");
    verb->footer("Example: moescope-engine export last --recipe > again.json && moescope-engine train --recipe again.json");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("run", wanted->run, "ULID, unique prefix, unique name, or last")->required();
    auto* kind = verb->add_option_group("kind");
    kind->add_flag("--csv", wanted->csv, "Every stored value as CSV");
    kind->add_flag("--recipe", wanted->recipe, "The configuration, with the commands given as its script (JSON)");
    kind->add_flag("--recipe-string", wanted->string, "The same as a moe: string");
    kind->require_option(1);
    verb->add_option("--metric", wanted->metrics, "Only these metrics (CSV)")->take_all();
    verb->add_option("--output", wanted->file, "Write to this file instead of standard output");
    verb->callback([=, &context, &action] { action = [=, &context] { return exportRun(context, *wanted); }; });
}

}  // namespace moescope::app
