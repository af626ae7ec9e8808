// Means and lines.
#include "ui/compare_curves.hpp"

#include <algorithm>
#include <cmath>

#include "core/statistics/comparison.hpp"

namespace moescope::ui {
namespace {

constexpr std::size_t kMostLabels = 14;

plots::Points pointsOf(const CompareEntry& entry) { return {entry.run->x, entry.run->y, entry.run->low, entry.run->high}; }

bool holds(const CompareGroup& group, int entry) { return entry >= 0 && std::ranges::find(group.members, static_cast<std::size_t>(entry)) != group.members.end(); }

bool drawable(const CompareEntry& entry) { return entry.visible && entry.run && entry.run->problem.empty() && !entry.run->x.empty(); }

}  // namespace

double curveNumber(const ComparedRun& run, const std::string& which, double x) {
    if (which == "@at") return statistics::valueAt(statistics::finitePart(run.x, run.y), x).value_or(telemetry::kNone);
    if (which == "@last") return run.y.empty() ? telemetry::kNone : run.y.back();
    const std::vector<double>& values = which == "@min" && !run.low.empty() ? run.low : which == "@max" && !run.high.empty() ? run.high : run.y;
    double found = telemetry::kNone;
    for (const double value : values)
        if (std::isfinite(value) && (std::isnan(found) || (which == "@min" ? value < found : value > found))) found = value;
    return found;
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
        entry.ink = group.ink;
        entry.run = std::move(mean);
        found.push_back(std::move(entry));
    }
    return found;
}

plots::Points meanPoints(const std::vector<const ComparedRun*>& runs, Band band) {
    plots::Points points;
    std::vector<statistics::Curve> curves;
    for (const ComparedRun* run : runs) curves.push_back({run->x, run->y});
    std::vector<std::vector<double>> values(runs.size());   // [run][point]
    for (const double x : runs.front()->x) {
        std::vector<double> here;
        for (const statistics::Curve& curve : curves) here.push_back(statistics::valueAt(curve, x).value_or(telemetry::kNone));
        if (!std::ranges::all_of(here, [](double y) { return std::isfinite(y); })) continue;
        points.x.push_back(x);
        points.y.push_back(statistics::mean(here));
        for (std::size_t i = 0; i < runs.size(); ++i) values[i].push_back(here[i]);
        if (band == Band::none || (band == Band::deviation && runs.size() < 2)) continue;
        const double half = band == Band::deviation ? statistics::deviation(here) : 0;
        points.low.push_back(band == Band::deviation ? points.y.back() - half : std::ranges::min(here));
        points.high.push_back(band == Band::deviation ? points.y.back() + half : std::ranges::max(here));
    }
    if (band != Band::interval || runs.size() < 2) return points;
    const std::vector<statistics::Interval> intervals = statistics::meanBand(values);
    std::ranges::transform(intervals, points.low.begin(), &statistics::Interval::low);
    std::ranges::transform(intervals, points.high.begin(), &statistics::Interval::high);
    return points;
}

std::optional<plots::Curve> groupCurve(const std::vector<CompareEntry>& entries, const CompareGroup& group, int baseline, const CompareMetric& metric, Band band) {
    std::vector<const ComparedRun*> runs;
    const CompareEntry* first = nullptr;
    for (const std::size_t member : group.members) {
        if (!drawable(entries[member])) continue;
        if (!first) first = &entries[member];
        runs.push_back(entries[member].run.get());
    }
    if (!first) return std::nullopt;
    const bool isBaseline = holds(group, baseline);
    plots::Curve curve;
    curve.id = QString::fromStdString(first->ulid);
    curve.name = group.members.size() > 1 ? group.name : first->name;
    curve.role = isBaseline ? plots::CurveRole::Baseline : plots::CurveRole::Run;
    curve.ink = isBaseline ? plots::Ink{plots::Ink::Baseline, 0, 0, {}} : group.ink;
    curve.points = runs.size() > 1 ? meanPoints(runs, band) : pointsOf(*first);
    curve.smoothed = metric.noisy;
    curve.inReadout = false;
    curve.figure = plots::Figure::Auto;
    return curve;
}

std::vector<FacetLane> compareLanes(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline, const CompareMetric& metric, Band band) {
    std::vector<FacetLane> lanes;
    for (const RunValue& facet : channelValues(groups, &CompareGroup::facet)) lanes.push_back({facet, {}});
    for (const CompareGroup& group : groups) {
        const std::optional<plots::Curve> curve = groupCurve(entries, group, baseline, metric, band);
        if (!curve) continue;
        for (FacetLane& lane : lanes)
            if (lane.facet == group.facet || curve->role == plots::CurveRole::Baseline) lane.lane.curves.push_back(*curve);
    }
    for (FacetLane& lane : lanes)
        for (plots::Curve& curve : lane.lane.curves) curve.endLabel = lane.lane.curves.size() <= kMostLabels;
    return lanes;
}

}  // namespace moescope::ui
