// compare: groups of seeds against a baseline, with the statistics and, if asked, a report.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>

#include "app/engine/launch.hpp"
#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/numbers.hpp"
#include "core/config/config_json.hpp"
#include "core/statistics/report.hpp"
#include "core/statistics/verdict.hpp"
#include "storage/catalog.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

using statistics::Axis;

struct Wanted {
    std::vector<std::string> runs;
    std::string groupBy, baseline, metric = "val_loss", axis = "step", domain, report;
    std::int64_t layer = -1;
    double smoothing = 0;
};

/// A run that was asked for, as read.
struct Entry {
    statistics::Member member;
    config::RunConfig config;
    std::string unit;
};

struct Grouped {
    std::vector<statistics::Group> groups;
    std::vector<config::RunConfig> configs;   ///< of each group's first run
    std::string unit;
    std::size_t baseline = 0;
};

/// The element of the series that is asked for; one curve a run.
std::int64_t elementOf(const storage::SeriesInfo& info, const storage::RunFacts& facts, const Wanted& wanted) {
    std::vector<storage::Coordinate> place;
    if (wanted.layer >= 0) place.push_back({"layer", std::ranges::find(facts.moeLayers, static_cast<std::int32_t>(wanted.layer)) - facts.moeLayers.begin()});
    if (!wanted.domain.empty()) place.push_back({"domain", std::ranges::find(facts.domains, wanted.domain) - facts.domains.begin()});
    if (info.sizes.empty() && place.empty()) return 0;
    const auto element = place.size() == info.sizes.size() ? storage::elementAt(info, place) : std::nullopt;
    if (element) return *element;
    std::string axes;
    for (const std::string& axis : info.dimensions) axes += (axes.empty() ? "" : " and ") + axis;
    throw base::Error(base::ExitCode::usage, "series.element", info.name + " has " + (axes.empty() ? "one value for the whole run" : "a value for each " + axes), "--metric",
                      axes.empty() ? "leave out --layer and --domain" : "name one with --layer N or --domain NAME that all runs have");
}

statistics::Curve curveOf(storage::RunReader& reader, const Wanted& wanted, std::string& unit) {
    const auto info = reader.findSeries(wanted.metric);
    if (!info) reader.series(wanted.metric);  // throws with the names there are
    unit = info->unit;
    const std::int64_t element = elementOf(*info, reader.meta().facts, wanted);
    const storage::SeriesData data = reader.series(wanted.metric, {.element = element, .maxPoints = 0});
    std::vector<double> x(data.steps.begin(), data.steps.end());
    if (wanted.axis != "step") x = reader.axis(wanted.axis, data.steps);
    return statistics::finitePart(x, data.values);
}

Entry entryOf(const storage::Store& store, storage::Catalog& catalog, const std::string& ulid, const Wanted& wanted) {
    storage::RunReader reader(store.runFolder(ulid));
    Entry entry;
    entry.config = storedConfig(store, ulid);
    const auto row = catalog.find(ulid);
    entry.member = {ulid, base::printable(row ? row->name : reader.meta().name, 200), statistics::seedLabel(entry.config), {}};
    entry.member.curve = curveOf(reader, wanted, entry.unit);
    return entry;
}

/// Groups that share a name are told apart by a number.
void tellApart(std::vector<statistics::Group>& groups) {
    std::map<std::string, int> seen;
    for (statistics::Group& group : groups)
        if (const int nth = ++seen[group.name]; nth > 1) group.name += " (" + std::to_string(nth) + ")";
}

std::string settingOf(const config::RunConfig& config, const std::string& key) {
    const auto name = config::canonicalKey(key);
    const auto value = name ? config::settingJson(config, *name) : std::nullopt;
    if (value) return *name + " " + *value;
    throw base::Error(base::ExitCode::usage, "config", "there is no setting \"" + base::printable(key, 60) + "\"", "--group-by", "did you mean " + config::suggestKey(key) + "?");
}

Grouped grouped(const std::vector<Entry>& entries, const Wanted& wanted, const std::string& baseline) {
    Grouped result;
    std::map<std::string, std::size_t> places;
    std::vector<statistics::Likeness> runs;
    for (const Entry& entry : entries) runs.push_back(statistics::likenessOf(entry.config));
    const std::vector<std::string> keys = statistics::seedGroupKeys(runs);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        const std::string key = wanted.groupBy.empty() ? keys[i] : settingOf(entry.config, wanted.groupBy);
        const auto [place, added] = places.try_emplace(key, result.groups.size());
        if (added) {
            result.groups.push_back({wanted.groupBy.empty() ? std::string() : key, {}});
            result.configs.push_back(entry.config);
        }
        result.groups[place->second].members.push_back(entry.member);
        if (entry.member.run == baseline) result.baseline = place->second;
        if (!entry.unit.empty()) result.unit = entry.unit;
    }
    for (statistics::Group& group : result.groups) {
        std::vector<std::string> names;
        for (const statistics::Member& member : group.members) names.push_back(member.name);
        if (wanted.groupBy.empty()) group.name = statistics::commonName(names);
    }
    tellApart(result.groups);
    return result;
}

Json json(const statistics::Interval& interval) {
    if (!interval.known()) return nullptr;
    return {{"low", number(interval.low)}, {"high", number(interval.high)}, {"level", statistics::kLevel},
            {"method", interval.rough() ? "percentile" : "bca"}, {"rough", interval.rough()}, {"resamples", statistics::kResamples}};
}

Json json(const std::vector<double>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(number(value));
    return list;
}

Json json(const statistics::GroupResult& group, bool isBaseline) {
    Json runs = Json::array();
    for (std::size_t i = 0; i < group.runs.size(); ++i) runs.push_back({{"run", group.runs[i]}, {"name", group.names[i]}, {"seed", group.seeds[i]}, {"value", number(group.values[i])}});
    return {{"group", group.name}, {"baseline", isBaseline}, {"n", group.values.size()}, {"mean", number(group.mean)}, {"sd", number(group.sd)}, {"interval", json(group.interval)}, {"runs", runs}};
}

Json json(const std::optional<statistics::Savings>& savings) {
    if (!savings) return nullptr;
    return {{"share", number(savings->share)}, {"interval", json(savings->interval)}, {"at_most", number(savings->atMost)}, {"reached", savings->reached}, {"n", savings->own.size()},
            {"own", json(savings->own)}, {"baseline", json(savings->baseline)}};
}

Json json(const statistics::Comparison& comparison, const statistics::Pair& pair) {
    const statistics::SignFlip& test = pair.test;
    const bool any = !pair.seeds.empty();
    return {{"group", comparison.groups[pair.group].name}, {"baseline", comparison.groups[comparison.baseline].name}, {"n", pair.seeds.size()}, {"seeds", pair.seeds},
            {"unpaired", pair.unpaired}, {"differences", json(pair.differences)}, {"difference", number(pair.difference)}, {"interval", json(pair.interval)}, {"effect", number(pair.effect)},
            {"p", number(test.p)}, {"smallest_p", any ? number(test.smallest) : Json(nullptr)}, {"p_exact", any && test.exact}, {"flips", test.flips}, {"p_holm", number(pair.holm)},
            {"savings", json(pair.savings)}, {"words", statistics::verdictOf(comparison, pair).sentences}};
}

Json json(const statistics::Comparison& comparison, const std::vector<config::SettingDifference>& differences) {
    Json groups = Json::array(), pairs = Json::array(), differs = Json::array();
    for (std::size_t i = 0; i < comparison.groups.size(); ++i) groups.push_back(json(comparison.groups[i], i == comparison.baseline));
    for (const statistics::Pair& pair : comparison.pairs) pairs.push_back(json(comparison, pair));
    for (const config::SettingDifference& each : differences) {
        differs.push_back({{"key", each.key}, {"values", Json::array()}});
        for (const std::string& value : each.values) differs.back()["values"].push_back(Json::parse(value, nullptr, false));
    }
    const statistics::Question& question = comparison.question;
    return {{"metric", question.metric}, {"unit", question.unit}, {"axis", statistics::toText(question.axis)}, {"horizon", number(comparison.horizon)}, {"shortest", comparison.shortest},
            {"smoothing", question.smoothing}, {"groups", groups}, {"pairs", pairs}, {"differs", differs}};
}

std::string readable(const statistics::Comparison& comparison, const std::vector<config::SettingDifference>& differences) {
    const statistics::Question& question = comparison.question;
    std::string text = question.metric + (question.unit.empty() ? "" : " in " + question.unit) + " " + statistics::placeText(question.axis, comparison.horizon) + "\n\n" +
                       table(statistics::groupTable(comparison));
    if (comparison.pairs.empty())
        for (const std::string& sentence : statistics::verdictAlone(comparison)) text += "\n\n" + sentence;
    for (const statistics::Pair& pair : comparison.pairs) {
        const statistics::Verdict verdict = statistics::verdictOf(comparison, pair);
        text += "\n\n" + verdict.heading + ": " + verdict.number + (verdict.interval.empty() ? "" : " (" + verdict.interval + ")");
        for (const std::string& sentence : verdict.sentences) text += "\n  " + sentence;
    }
    for (std::size_t i = 0; i < differences.size(); ++i) {
        text += (i == 0 ? "\n\nSettings that differ\n  " : "\n  ") + differences[i].key + ":";
        for (std::size_t g = 0; g < differences[i].values.size(); ++g) text += (g ? " | " : " ") + differences[i].values[g];
    }
    return text;
}

void writeReport(const Context& context, const std::string& file, const statistics::Report& report) {
    const bool html = file.ends_with(".html") || file.ends_with(".htm");
    if (!html && !file.ends_with(".md"))
        throw base::Error(base::ExitCode::usage, "compare.report", "a report is Markdown or HTML", base::printable(file), "let the name end in .md or .html");
    base::replaceAtomically(file, html ? statistics::toHtml(report) : statistics::toMarkdown(report));
    context.say("report: " + file);
}

int compare(const Context& context, const Wanted& wanted) {
    const storage::Store store(context.storeFolder());
    storage::Catalog catalog(store);
    catalog.sync();
    std::vector<std::string> ulids;
    for (const std::string& run : wanted.runs) ulids.push_back(store.resolve(run));
    const std::string baseline = wanted.baseline.empty() ? ulids.front() : store.resolve(wanted.baseline);
    if (std::ranges::find(ulids, baseline) == ulids.end()) ulids.insert(ulids.begin(), baseline);
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < ulids.size(); ++i)
        if (std::find(ulids.begin(), ulids.begin() + static_cast<std::ptrdiff_t>(i), ulids[i]) == ulids.begin() + static_cast<std::ptrdiff_t>(i))
            entries.push_back(entryOf(store, catalog, ulids[i], wanted));
    const Grouped all = grouped(entries, wanted, baseline);
    static const std::map<std::string, Axis> axes{{"step", Axis::step}, {"tokens", Axis::tokens}, {"flops", Axis::flops}, {"seconds", Axis::seconds}};
    const auto answer = statistics::compare(all.groups, all.baseline, {wanted.metric, all.unit, axes.at(wanted.axis), wanted.smoothing});
    if (const auto* problems = std::get_if<base::Problems>(&answer)) return report(context, *problems);
    const auto& comparison = std::get<statistics::Comparison>(answer);
    if (!wanted.report.empty()) writeReport(context, wanted.report, statistics::reportOf(comparison, all.configs));
    const auto differences = statistics::settingsThatDiffer(all.configs);
    context.result(json(comparison, differences), context.json ? std::string() : readable(comparison, differences));
    return 0;
}

}  // namespace

void addCompare(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("compare", "Groups of seeds against a baseline: means, paired differences with interval and exact p, savings");
    verb->footer("Runs with equal settings but for the seed are a group. Example:\n  moescope-engine compare before-s1 before-s2 before-s3 after-s1 after-s2 after-s3 --baseline before-s1 --report order.html");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("runs", wanted->runs, "ULIDs, unique prefixes, unique names, or last")->required();
    verb->add_option("--group-by", wanted->groupBy, "Group by a setting instead (router.score)")->type_name("KEY");
    verb->add_option("--baseline", wanted->baseline, "A run of the group the others are compared with (the first)")->type_name("RUN");
    verb->add_option("--metric", wanted->metric, "What is compared (val_loss)")->type_name("NAME");
    verb->add_option("--axis", wanted->axis, "What the runs are given equally: step, tokens, flops or seconds")->check(CLI::IsMember({"step", "tokens", "flops", "seconds"}));
    verb->add_option("--layer", wanted->layer, "Layer of a metric that has a value for each (counted from 0)")->check(CLI::NonNegativeNumber);
    verb->add_option("--domain", wanted->domain, "Domain of a metric that has a value for each");
    verb->add_option("--smoothing", wanted->smoothing, "Weight of a moving average before anything is read off (0)")->check(CLI::Range(0.0, 0.999));
    verb->add_option("--report", wanted->report, "Write a report too: Markdown or HTML")->type_name("FILE.md|FILE.html");
    verb->callback([=, &context, &action] { action = [=, &context] { return compare(context, *wanted); }; });
}

}  // namespace moescope::app
