// Grouping, means and lines.
#include "ui/compare_curves.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/config/config_json.hpp"
#include "core/statistics/comparison.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr std::size_t kMostLabels = 14;

QString commonName(const std::vector<CompareEntry>& entries, const std::vector<std::size_t>& members) {
    std::vector<std::string> names;
    for (const std::size_t member : members) names.push_back(entries[member].name.toStdString());
    return QString::fromStdString(statistics::commonName(names));
}

/// Linear between the run's points; NaN outside them.
double valueAt(const ComparedRun& run, double x) {
    const auto after = std::ranges::lower_bound(run.x, x);
    if (after == run.x.end()) return telemetry::kNone;
    const auto i = static_cast<std::size_t>(after - run.x.begin());
    if (*after == x) return run.y[i];
    if (i == 0) return telemetry::kNone;
    const double share = (x - run.x[i - 1]) / (run.x[i] - run.x[i - 1]);
    return run.y[i - 1] + share * (run.y[i] - run.y[i - 1]);
}

plots::Points pointsOf(const CompareEntry& entry) { return {entry.run->x, entry.run->y, entry.run->low, entry.run->high}; }

bool drawable(const CompareEntry& entry) { return entry.visible && entry.run && entry.run->problem.empty() && !entry.run->x.empty(); }

}  // namespace

std::vector<CompareGroup> groupEntries(const std::vector<CompareEntry>& entries, bool bySeed) {
    std::vector<CompareGroup> groups;
    std::map<std::string, std::size_t> places, repeats;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const ComparedRunPtr& run = entries[i].run;
        const bool known = bySeed && run && run->problem.empty();
        std::string key = entries[i].ulid;
        if (known) {
            // Equal settings and equal seed: a twin that was steered otherwise, or a repetition. Never averaged with the first.
            const std::size_t nth = repeats[config::toJson(run->config, -1)]++;
            key = statistics::seedlessKey(run->config) + '#' + std::to_string(nth);
        }
        const auto [place, added] = places.try_emplace(key, groups.size());
        if (added) groups.emplace_back();
        groups[place->second].members.push_back(i);
    }
    for (CompareGroup& group : groups) group.name = commonName(entries, group.members);
    return groups;
}

CompareNumbers numbersOf(const ComparedRun& run) {
    const storage::Summary& summary = run.summary;
    CompareNumbers numbers;
    if (!run.problem.empty()) return numbers;
    numbers.step = static_cast<double>(summary.step);
    numbers.valLast = summary.valLoss;
    numbers.valBest = summary.bestVal;
    numbers.effective = run.effective;
    if (run.meta.facts.paramsTotal > 0) numbers.params = static_cast<double>(run.meta.facts.paramsTotal);
    numbers.flops = summary.flops;
    numbers.tokensPerSecond = summary.tokensPerSecond;
    return numbers;
}

CompareNumbers meanOf(const std::vector<CompareNumbers>& numbers) {
    CompareNumbers mean;
    for (double CompareNumbers::*member : {&CompareNumbers::step, &CompareNumbers::valLast, &CompareNumbers::valBest, &CompareNumbers::effective,
                                           &CompareNumbers::params, &CompareNumbers::flops, &CompareNumbers::tokensPerSecond}) {
        double sum = 0, count = 0;
        for (const CompareNumbers& each : numbers)
            if (std::isfinite(each.*member)) {
                sum += each.*member;
                ++count;
            }
        if (count > 0) mean.*member = sum / count;
    }
    return mean;
}

std::vector<CompareEntry> representatives(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups) {
    std::vector<CompareEntry> found;
    for (const CompareGroup& group : groups) {
        std::vector<const ComparedRun*> runs;
        for (const std::size_t member : group.members)
            if (entries[member].run && entries[member].run->problem.empty()) runs.push_back(entries[member].run.get());
        if (runs.empty()) continue;
        auto mean = std::make_shared<ComparedRun>(*runs.front());
        for (std::size_t d = 0; d < mean->summary.domainLoss.size(); ++d) {
            double sum = 0;
            for (const ComparedRun* run : runs) sum += d < run->summary.domainLoss.size() ? run->summary.domainLoss[d] : telemetry::kNone;
            mean->summary.domainLoss[d] = sum / static_cast<double>(runs.size());
        }
        CompareEntry entry = entries[group.members.front()];
        if (group.members.size() > 1) entry.name = group.name;
        entry.run = std::move(mean);
        found.push_back(std::move(entry));
    }
    return found;
}

plots::Points meanPoints(const std::vector<const ComparedRun*>& runs, Band band) {
    plots::Points points;
    std::vector<std::vector<double>> values(runs.size());   // [run][point]
    for (const double x : runs.front()->x) {
        std::vector<double> here;
        for (const ComparedRun* run : runs) here.push_back(valueAt(*run, x));
        if (!std::ranges::all_of(here, [](double y) { return std::isfinite(y); })) continue;
        points.x.push_back(x);
        points.y.push_back(statistics::mean(here));
        points.low.push_back(std::ranges::min(here));
        points.high.push_back(std::ranges::max(here));
        for (std::size_t i = 0; i < runs.size(); ++i) values[i].push_back(here[i]);
    }
    if (band == Band::range || runs.size() < 2) return points;
    const std::vector<statistics::Interval> intervals = statistics::meanBand(values);
    std::ranges::transform(intervals, points.low.begin(), &statistics::Interval::low);
    std::ranges::transform(intervals, points.high.begin(), &statistics::Interval::high);
    return points;
}

plots::Lane compareLane(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline, const CompareMetric& metric, Band band) {
    plots::Lane lane;
    for (const CompareGroup& group : groups) {
        std::vector<const ComparedRun*> runs;
        const CompareEntry* first = nullptr;
        bool isBaseline = false;
        for (const std::size_t member : group.members) {
            isBaseline |= static_cast<int>(member) == baseline;
            if (!drawable(entries[member])) continue;
            if (!first) first = &entries[member];
            runs.push_back(entries[member].run.get());
        }
        if (!first) continue;
        plots::Curve curve;
        curve.id = QString::fromStdString(first->ulid);
        curve.name = group.members.size() > 1 ? group.name : first->name;
        curve.role = isBaseline ? plots::CurveRole::Baseline : plots::CurveRole::Run;
        curve.ink = isBaseline ? plots::Ink{plots::Ink::Baseline, 0, 0, {}} : first->ink;
        curve.points = runs.size() > 1 ? meanPoints(runs, band) : pointsOf(*first);
        curve.smoothed = metric.noisy;
        curve.endLabel = groups.size() <= kMostLabels;
        curve.inReadout = false;
        curve.figure = plots::Figure::Auto;
        lane.curves.push_back(std::move(curve));
    }
    return lane;
}

void tellApart(std::vector<CompareEntry>& entries) {
    std::map<int, int> used;
    for (CompareEntry& entry : entries)
        if (entry.ink.kind == plots::Ink::Run) entry.ink.index = entry.ink.index % 8 + 8 * used[entry.ink.index % 8]++;
}

}  // namespace moescope::ui
