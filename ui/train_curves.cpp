// Builds lanes, maps and bars from tracks.
#include "ui/train_curves.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

#include "core/config/derived.hpp"
#include "plots/figures.hpp"

namespace moescope::ui {
namespace {

using plots::Curve;
using plots::CurveRole;
using plots::Ink;
using plots::Points;

QString text(const char* source) { return QCoreApplication::translate("Train", source); }

/// One element of a track over the chosen axis; min and max travel along where points were merged.
Points points(const RunData& run, const Track* track, std::size_t element, XAxis axis, double factor = 1) {
    Points result;
    if (!track) return result;
    for (std::size_t i = 0; i < track->size(); ++i) {
        result.x.push_back(run.onAxis(axis, track->step(i)));
        result.y.push_back(track->mean(i, element) * factor);
        if (!track->merged()) continue;
        result.low.push_back(track->low(i, element) * factor);
        result.high.push_back(track->high(i, element) * factor);
    }
    return result;
}

/// Without the steps at which the number did not apply, such as those after the teacher fell silent.
Points applying(Points all) {
    Points result;
    for (std::size_t i = 0; i < static_cast<std::size_t>(all.y.size()); ++i) {
        if (std::isnan(all.y[i])) continue;
        result.x.push_back(all.x[i]);
        result.y.push_back(all.y[i]);
        if (all.low.empty()) continue;
        result.low.push_back(all.low[i]);
        result.high.push_back(all.high[i]);
    }
    return result;
}

Points layerPoints(const RunData& run, std::string_view series, const TrainView& view, double factor = 1) {
    const Track* track = run.track(series);
    return points(run, track, track ? run.element(*track, view.moeLayer) : 0, view.axis, factor);
}

Curve curve(const char* id, const QString& name, CurveRole role, Points values) {
    Curve result;
    result.id = QString::fromLatin1(id);
    result.name = name;
    result.role = role;
    result.points = std::move(values);
    return result;
}

/// What a resume left behind, one grey line for each attempt: it happened, but the run went on without it.
void addLeftBehind(std::vector<Curve>& curves, const RunData& run, std::string_view series, std::size_t element, XAxis axis, double factor = 1) {
    for (const storage::SeriesNews& news : run.superseded()) {
        if (news.info.name != series || element >= static_cast<std::size_t>(news.data.width)) continue;
        Points values;
        for (std::size_t i = 0; i < news.data.steps.size(); ++i) {
            values.x.push_back(run.onAxis(axis, static_cast<double>(news.data.steps[i])));
            values.y.push_back(news.data.values[i * static_cast<std::size_t>(news.data.width) + element] * factor);
        }
        Curve left = curve((std::string(series) + "_left_behind_" + std::to_string(curves.size())).c_str(), text("left behind"), CurveRole::Statistic, std::move(values));
        left.ink = Ink{Ink::Text3, 0, 0, {}};
        left.width = 1;
        left.inReadout = false;
        curves.push_back(std::move(left));
    }
}

void addLeftBehindOfLayer(std::vector<Curve>& curves, const RunData& run, std::string_view series, const TrainView& view, double factor = 1) {
    if (const Track* track = run.track(series)) addLeftBehind(curves, run, series, run.element(*track, view.moeLayer), view.axis, factor);
}

Curve figured(Curve curve, plots::Figure figure) {
    curve.figure = figure;
    return curve;
}

/// Statistics of one batch are noisy: they follow the panel's smoothing.
Curve smoothed(Curve curve) {
    curve.smoothed = true;
    return curve;
}

double expertCount(const RunData& run) { return static_cast<double>(std::max<std::int64_t>(1, run.experts())); }

/// Every step's column thinned to about `kColumns`, so that a map costs the same for any length of run.
constexpr std::size_t kColumns = 1500;
std::size_t columnStride(std::size_t columns) { return std::max<std::size_t>(1, (columns + kColumns - 1) / kColumns); }

double blockMean(const Track& track, std::size_t from, std::size_t to, std::size_t element) {
    double sum = 0, count = 0;
    for (std::size_t i = from; i < to; ++i)
        if (const double value = track.mean(i, element); !std::isnan(value)) {
            sum += value;
            ++count;
        }
    return count > 0 ? sum / count : telemetry::kNone;
}

struct Columns {
    std::vector<double> x;
    std::vector<std::pair<std::size_t, std::size_t>> blocks;
};

Columns columnsOf(const RunData& run, const Track& track, XAxis axis) {
    Columns columns;
    const std::size_t stride = columnStride(track.size());
    for (std::size_t from = 0; from < track.size(); from += stride) {
        const std::size_t to = std::min(track.size(), from + stride);
        columns.x.push_back(run.onAxis(axis, (track.step(from) + track.step(to - 1)) / 2));
        columns.blocks.emplace_back(from, to);
    }
    return columns;
}

constexpr double kFan[] = {0.05, 0.25, 0.5, 0.75, 0.95};

/// Place of the stored quantile that a band of the fan may be drawn from; -1 when none is near enough to carry its name.
std::int64_t nearestQuantile(const std::vector<double>& kept, double wanted) {
    const auto near = std::ranges::min_element(kept, {}, [wanted](double each) { return std::abs(each - wanted); });
    return near == kept.end() || std::abs(*near - wanted) > 0.005 ? -1 : near - kept.begin();
}

plots::Lane lane(const QString& name, Curve only) {
    plots::Lane result;
    result.name = name;
    result.curves.push_back(std::move(only));
    result.y.zero = true;
    return result;
}

}  // namespace

const std::vector<Concentration>& concentrations() {
    static const std::vector<Concentration> all{{"top1_weight", QT_TRANSLATE_NOOP("Train", "top-1 weight")},
                                                {"top1_probability", QT_TRANSLATE_NOOP("Train", "top-1 probability")},
                                                {"top1_load", QT_TRANSLATE_NOOP("Train", "busiest expert")}};
    return all;
}

std::int64_t expertsPerToken(const RunData& run) {
    return std::max<std::int64_t>(1, run.config().moe.top_k * run.config().moe.granularity);
}

plots::Lane lossLane(const RunData& run, const TrainView& view) {
    plots::Lane result;
    Curve train = figured(curve("train_loss", text("train"), CurveRole::Train, points(run, run.track("loss"), 0, view.axis)), plots::Figure::Fixed3);
    train.smoothed = true;
    train.endLabel = true;
    const Track* domains = run.track(telemetry::kDomainLoss);
    const auto& names = run.meta().facts.domains;
    if (domains && names.size() > 1)
        for (std::size_t d = 0; d < names.size() && d < domains->width(); ++d)
            result.curves.push_back(curve(("domain_loss:" + names[d]).c_str(), QString::fromStdString(names[d]), CurveRole::Domain, points(run, domains, d, view.axis)));
    for (Curve& domain : result.curves) domain.inReadout = false;
    for (const std::string_view series : {std::string_view("loss"), telemetry::kValLoss}) addLeftBehind(result.curves, run, series, 0, view.axis);
    result.curves.push_back(std::move(train));
    result.curves.push_back(figured(curve("val_loss", text("val"), CurveRole::Validation, points(run, run.track(telemetry::kValLoss), 0, view.axis)), plots::Figure::Fixed3));
    return result;
}

plots::Lane withParent(plots::Lane lane, const RunData* parent, const TrainView& view) {
    if (!parent || !parent->hasAxis(view.axis)) return lane;
    Curve behind = figured(curve("parent_loss", text("parent"), CurveRole::Statistic, points(*parent, parent->track("loss"), 0, view.axis)), plots::Figure::Fixed3);
    behind.ink = Ink{Ink::Text3, 0, 0, {}};
    behind.width = 1;
    behind.smoothed = true;
    lane.curves.insert(lane.curves.begin(), std::move(behind));
    return lane;
}

plots::HeatData loadMap(const RunData& run, const TrainView& view) {
    plots::HeatData map;
    const Track* load = run.track("load");
    if (!load || run.experts() == 0) return map;
    const Columns columns = columnsOf(run, *load, view.axis);
    const auto experts = static_cast<std::size_t>(load->info().width / std::max<std::int64_t>(1, run.moeLayers()));
    map.x = columns.x;
    map.rows = static_cast<int>(experts);
    map.values.reserve(experts * columns.x.size());
    for (std::size_t e = 0; e < experts; ++e)
        for (const auto& [from, to] : columns.blocks)
            map.values.push_back(static_cast<float>(static_cast<double>(experts) * blockMean(*load, from, to, run.element(*load, view.moeLayer, static_cast<std::int64_t>(e)))));
    map.top = std::max(2.0, static_cast<double>(experts) / static_cast<double>(expertsPerToken(run)));
    map.sortByLoad = experts > 24;
    map.key = QString::fromStdString(run.meta().ulid) + QLatin1Char('/') + QString::number(view.moeLayer);
    return map;
}

plots::HeatData layerHealthMap(const RunData& run, const TrainView& view) {
    plots::HeatData map;
    const Track* effective = run.track("effective_experts");
    if (!effective) return map;
    const Columns columns = columnsOf(run, *effective, view.axis);
    map.x = columns.x;
    map.rows = static_cast<int>(effective->width());
    map.scale = plots::HeatScale::Share;
    map.rowPrefix = QStringLiteral("L");
    for (std::size_t layer = 0; layer < effective->width(); ++layer) {
        map.rowNames << QStringLiteral("L%1").arg(layer < run.meta().facts.moeLayers.size() ? run.meta().facts.moeLayers[layer] : static_cast<int>(layer));
        for (const auto& [from, to] : columns.blocks) map.values.push_back(static_cast<float>(blockMean(*effective, from, to, layer) / expertCount(run)));
    }
    float least = 1;
    for (const float value : map.values)
        if (value < least) least = value;
    map.lowest = std::clamp(std::floor(static_cast<double>(least) * 10) / 10, 0.0, 0.9);
    map.key = QString::fromStdString(run.meta().ulid);
    return map;
}

plots::Lane concentrationLane(const RunData& run, const TrainView& view) {
    const Concentration& chosen = concentrations()[static_cast<std::size_t>(view.concentration)];
    plots::Lane result;
    addLeftBehindOfLayer(result.curves, run, chosen.series, view);
    result.curves.push_back(smoothed(figured(curve(chosen.series.data(), text(chosen.name), CurveRole::Statistic, layerPoints(run, chosen.series, view)), plots::Figure::Fixed2)));
    if (view.concentration != 1)
        result.curves.push_back(smoothed(figured(curve("top1_probability", text("top probability"), CurveRole::Second, layerPoints(run, "top1_probability", view)), plots::Figure::Fixed2)));
    const bool ofKept = view.concentration == 0;
    const std::int64_t parts = ofKept ? expertsPerToken(run) : run.experts();
    const QString label = ofKept ? text("1/%1 = equal weights") : view.concentration == 1 ? text("1/%1 = undecided") : text("1/%1 = fair share");
    if (parts > 1) result.references.push_back({1.0 / static_cast<double>(parts), label.arg(parts)});
    result.y = {0.0, 1.0, true};
    return result;
}

plots::Lane concentrationSpread(const RunData& run, const TrainView& view) {
    const Concentration& chosen = concentrations()[static_cast<std::size_t>(view.concentration)];
    plots::Lane result = concentrationLane(run, view);
    result.curves.clear();
    const Track* track = run.track(chosen.series);
    if (!track) return result;
    Points median;
    plots::Band spread{QStringLiteral("range"), text("min–max"), {}, {}, {}, Ink::run(0), 0.18};
    for (std::size_t i = 0; i < track->size(); ++i) {
        std::vector<double> layers;
        for (std::size_t layer = 0; layer < track->width(); ++layer)
            if (const double value = track->mean(i, layer); !std::isnan(value)) layers.push_back(value);
        if (layers.empty()) continue;
        std::ranges::sort(layers);
        const double x = run.onAxis(view.axis, track->step(i));
        median.x.push_back(x);
        median.y.push_back((layers[layers.size() / 2] + layers[(layers.size() - 1) / 2]) / 2);
        spread.x.push_back(x);
        spread.low.push_back(layers.front());
        spread.high.push_back(layers.back());
    }
    result.bands.push_back(std::move(spread));
    result.curves.push_back(figured(curve((std::string(chosen.series) + "_median").c_str(), text("median"), CurveRole::Statistic, std::move(median)), plots::Figure::Fixed2));
    result.curves.back().smoothed = true;
    const auto& layers = run.meta().facts.moeLayers;
    const auto at = static_cast<std::size_t>(view.moeLayer);
    Curve own = curve(chosen.series.data(), text("layer %1").arg(at < layers.size() ? layers[at] : 0), CurveRole::Statistic, layerPoints(run, chosen.series, view));
    own.ink = Ink{Ink::Warn, 0, 0, {}};
    own.width = 1.6;
    own.smoothed = true;
    own.figure = plots::Figure::Fixed2;
    result.curves.push_back(std::move(own));
    return result;
}

plots::FanData logitFan(const RunData& run, const TrainView& view) {
    plots::FanData fan;
    const Track* quantiles = run.track("logit_quantiles");
    if (!quantiles) return fan;
    const auto layers = std::max<std::int64_t>(1, run.moeLayers());
    const std::int64_t count = quantiles->info().width / layers;  // smallest, configured quantiles, largest
    const std::vector<double>& kept = run.meta().facts.quantiles;
    if (count != static_cast<std::int64_t>(kept.size()) + 2) return fan;
    std::int64_t picks[5];
    for (int q = 0; q < 5; ++q) picks[q] = 1 + nearestQuantile(kept, kFan[q]);
    if (std::ranges::find(picks, 0) != std::end(picks)) return fan;
    std::vector<double>* lines[] = {&fan.p05, &fan.p25, &fan.p50, &fan.p75, &fan.p95};
    for (std::size_t i = 0; i < quantiles->size(); ++i) {
        fan.x.push_back(run.onAxis(view.axis, quantiles->step(i)));
        for (int q = 0; q < 5; ++q) lines[q]->push_back(quantiles->mean(i, run.element(*quantiles, view.moeLayer, picks[q])));
    }
    const Track* means = run.track("logit_mean");
    if (!means || means->size() != quantiles->size() || view.expert < 0 || view.expert >= run.experts()) return fan;
    fan.expert = view.expert;
    fan.experts = static_cast<int>(run.experts());
    for (std::size_t i = 0; i < means->size(); ++i) fan.expertMean.push_back(means->mean(i, run.element(*means, view.moeLayer, view.expert)));
    return fan;
}

std::vector<plots::Lane> expertsInUse(const RunData& run, const TrainView& view) {
    plots::Lane use;
    use.stretch = 2;
    addLeftBehindOfLayer(use.curves, run, "effective_experts", view);
    use.curves.push_back(smoothed(figured(curve("effective_experts", text("effective"), CurveRole::Statistic, layerPoints(run, "effective_experts", view)), plots::Figure::Fixed1)));
    Points dead = layerPoints(run, "dead", view);
    if (!dead.empty()) use.areas.push_back({QStringLiteral("dead"), text("idle"), std::move(dead)});
    use.y = {0.0, expertCount(run), true};
    if (run.experts() < 2) return {std::move(use)};
    Curve entropy = figured(curve("router_entropy", text("entropy"), CurveRole::Statistic, layerPoints(run, "router_entropy", view, 1 / std::log(std::max(2.0, expertCount(run))))),
                            plots::Figure::Fixed2);
    entropy.width = 1.4;
    entropy.smoothed = true;
    plots::Lane undecided = lane(text("token entropy / ln %1").arg(run.experts()), std::move(entropy));
    undecided.y = {0.0, 1.0, true};
    return {std::move(use), std::move(undecided)};
}

std::vector<plots::Lane> trainingHealth(const RunData& run, const TrainView& view) {
    std::vector<plots::Lane> lanes;
    const bool drops = run.track("dropped_assignments") && run.config().capacity.factor > 0;
    if (drops) {
        Curve dropped = curve("dropped_assignments", text("drops"), CurveRole::Statistic, layerPoints(run, "dropped_assignments", view, 100));
        dropped.unit = QStringLiteral("%");
        dropped.figure = plots::Figure::Fixed1;
        dropped.smoothed = true;
        lanes.push_back(lane(text("dropped assignments, %"), std::move(dropped)));
    }
    lanes.push_back(lane(text("gradient norm"), smoothed(figured(curve("gradient_norm", text("grad"), CurveRole::Statistic, points(run, run.track("gradient_norm"), 0, view.axis)), plots::Figure::Fixed2))));
    if (drops && !run.ownCurves().empty()) return lanes;   // the panel shares its column: no room for a third
    Curve rate = figured(curve("learning_rate", text("lr"), CurveRole::Statistic, points(run, run.track("learning_rate"), 0, view.axis, 1e3)), plots::Figure::Fixed2);
    rate.readoutName = text("lr") + QStringLiteral(" ") + plots::timesTenTo(-3);
    lanes.push_back(lane(text("learning rate, %1").arg(plots::timesTenTo(-3)), std::move(rate)));
    return lanes;
}

namespace {

/// "aux_balance" as people read it, with the unit where the name does not say it.
QString spoken(const QString& name, const std::string& unit = {}) {
    const QString words = QString(name).replace(QLatin1Char('_'), QLatin1Char(' ')), of = QString::fromStdString(unit);
    return of.isEmpty() || of == QStringLiteral("1") || words.endsWith(of) ? words : QStringLiteral("%1, %2").arg(words, of);
}

double largest(const plots::Lane& lane) {
    double most = 0;
    for (const Curve& curve : lane.curves)
        for (const double y : curve.points.y) most = std::fmax(most, y);
    return most;
}

plots::Band overExperts(const RunData& run, const Track& track, const TrainView& view) {
    plots::Band band{QStringLiteral("range"), text("min–max"), {}, {}, {}, Ink::run(0), 0.18};
    for (std::size_t i = 0; i < track.size(); ++i) {
        double low = telemetry::kNone, high = telemetry::kNone;
        for (std::int64_t e = 0; e < run.experts(); ++e) {
            const double value = track.mean(i, run.element(track, view.moeLayer, e));
            low = std::fmin(low, value);
            high = std::fmax(high, value);
        }
        if (std::isnan(low)) continue;
        band.x.push_back(run.onAxis(view.axis, track.step(i)));
        band.low.push_back(low);
        band.high.push_back(high);
    }
    return band;
}

}  // namespace

std::vector<std::string> ownShown(const RunData& run) {
    constexpr std::size_t atMost = 2;
    std::vector<std::string> shown;
    for (const std::string& name : run.ownCurves())
        if (const Track* track = run.track(name); track && !track->empty() && shown.size() < atMost) shown.push_back(name);
    return shown;
}

std::vector<plots::Lane> ownLanes(const RunData& run, const TrainView& view) {
    std::vector<plots::Lane> lanes;
    for (const std::string& name : ownShown(run)) {
        plots::Lane lane = metricLane(run, view, QString::fromStdString(name));
        if (lane.curves.empty()) continue;
        const Track& track = *run.track(name);
        lane.name = spoken(lane.curves.front().name, track.info().unit);
        for (Curve& curve : lane.curves) curve.name = spoken(curve.name);
        if (track.info().unit == "share" && largest(lane) > 0.5) lane.y = {0.0, 1.0, true};
        if (track.info().dimensions == std::vector<std::string>{"layer", "expert"}) lane.bands.push_back(overExperts(run, track, view));
        lanes.push_back(std::move(lane));
    }
    return lanes;
}

QStringList metricNames(const RunData& run) {
    static const std::vector<std::vector<std::string>> kLines{{}, {"layer"}, {"domain"}, {"layer", "expert"}};
    QStringList names;
    for (const std::string& name : run.trackNames())
        if (std::ranges::find(kLines, run.track(name)->info().dimensions) != kLines.end()) names << QString::fromStdString(name);
    return names;
}

plots::Lane metricLane(const RunData& run, const TrainView& view, const QString& metric) {
    const std::string name = metric.toStdString();
    const Track* track = run.track(name);
    plots::Lane result;
    if (!track) return result;
    const auto& dimensions = track->info().dimensions;
    const auto& domains = run.meta().facts.domains;
    const QString unit = QString::fromStdString(track->info().unit);
    result.name = unit.isEmpty() || unit == QStringLiteral("1") ? metric : QStringLiteral("%1, %2").arg(metric, unit);
    if (dimensions == std::vector<std::string>{"domain"}) {
        for (std::size_t d = 0; d < track->width() && d < domains.size(); ++d) {
            result.curves.push_back(curve((name + ":" + domains[d]).c_str(), QString::fromStdString(domains[d]), CurveRole::Domain, points(run, track, d, view.axis)));
            result.curves.back().inReadout = false;
        }
        return result;
    }
    const bool experts = dimensions.size() == 2;
    const int expert = experts ? std::max(0, view.expert) : 0;
    const std::size_t element = dimensions.empty() ? 0 : run.element(*track, view.moeLayer, expert);
    const QString shown = experts ? QStringLiteral("%1 E%2").arg(metric).arg(expert) : metric;
    if (experts) result.name = result.name + QStringLiteral(", E%1").arg(expert);
    result.curves.push_back(smoothed(curve(name.c_str(), shown, CurveRole::Statistic, applying(points(run, track, element, view.axis)))));
    return result;
}

plots::LoadBarsData loadBars(const RunData& run, std::int64_t moeLayer, double step) {
    plots::LoadBarsData bars;
    const Track* load = run.track("load");
    if (!load || run.experts() == 0) return bars;
    const std::size_t at = load->at(step);
    const std::int64_t experts = load->info().width / std::max<std::int64_t>(1, run.moeLayers());
    for (std::int64_t e = 0; e < experts; ++e)
        bars.ratio.push_back(at < load->size() ? static_cast<double>(experts) * load->mean(at, run.element(*load, moeLayer, e)) : telemetry::kNone);
    bars.top = static_cast<double>(experts) / static_cast<double>(expertsPerToken(run));
    return bars;
}

std::vector<plots::DomainBar> domainBars(const RunData& run, double step) {
    std::vector<plots::DomainBar> bars;
    const Track* losses = run.track(telemetry::kDomainLoss);
    const storage::RunFacts& facts = run.meta().facts;
    const std::size_t at = losses ? losses->at(step) : 0;
    for (std::size_t d = 0; d < facts.domains.size(); ++d) {
        plots::DomainBar bar{QString::fromStdString(facts.domains[d]), telemetry::kNone, {}};
        if (losses && at < losses->size() && d < losses->width()) bar.value = losses->mean(at, d);
        if (d < facts.domainFloors.size() && !std::isnan(facts.domainFloors[d])) bar.floor = facts.domainFloors[d];
        bars.push_back(std::move(bar));
    }
    return bars;
}

double valueAt(const RunData& run, std::string_view series, std::int64_t moeLayer, double step) {
    const Track* track = run.track(series);
    if (!track) return telemetry::kNone;
    const std::size_t at = track->at(step);
    const bool layered = !track->info().dimensions.empty();
    return at < track->size() ? track->mean(at, layered ? run.element(*track, moeLayer) : 0) : telemetry::kNone;
}

}  // namespace moescope::ui
