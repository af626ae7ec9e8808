// Reads the terms of experiments from a run's folder.
#include "app/engine/experiment_readings.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/config/config_json.hpp"
#include "core/statistics/resampling.hpp"
#include "core/telemetry/specialisation.hpp"

namespace moescope::app {
namespace {

using experiments::Layers;
using experiments::Term;
using telemetry::ProbeSnapshot;

constexpr double kNone = statistics::kUnknown;

double overLayers(const std::vector<double>& layers, Layers how) {
    if (layers.empty()) return kNone;
    if (how == Layers::first) return layers.front();
    return how == Layers::largest ? *std::ranges::max_element(layers) : statistics::mean(layers);
}

/// Where the run ended: shares count from 0 to there.
double lastStep(storage::RunReader& reader) {
    config::RunConfig config;
    config::applyJson(config, reader.meta().configJson);
    return static_cast<double>(config.training.steps);
}

/// Places of the points that count: those from the first share to the second, or the last one up to it.
std::pair<std::size_t, std::size_t> stretch(const std::vector<std::int64_t>& steps, const Term& term, double last) {
    const auto upTo = [&](double share) { return static_cast<std::size_t>(std::ranges::upper_bound(steps, static_cast<std::int64_t>(std::floor(share * last + 0.5))) - steps.begin()); };
    const std::size_t end = upTo(term.to);
    if (term.from == term.to || end == 0) return {end == 0 ? 0 : end - 1, end};
    const auto begin = static_cast<std::size_t>(std::ranges::lower_bound(steps, static_cast<std::int64_t>(std::ceil(term.from * last))) - steps.begin());
    return {std::min(begin, end - 1), end};
}

/// Mean over the points from `begin` to before `end` of each element; elements without a number are left out.
std::vector<double> meansOver(const storage::SeriesData& data, std::size_t begin, std::size_t end) {
    const auto width = static_cast<std::size_t>(data.width);
    std::vector<double> means;
    for (std::size_t element = 0; element < width; ++element) {
        std::vector<double> values;
        for (std::size_t point = begin; point < end; ++point)
            if (const double value = data.values[point * width + element]; std::isfinite(value)) values.push_back(value);
        if (!values.empty()) means.push_back(statistics::mean(values));
    }
    return means;
}

/// Mean over the stretch of each element of the series.
std::vector<double> elementMeans(storage::RunReader& reader, const std::string& metric, const Term& term) {
    if (!reader.findSeries(metric)) return {};
    const storage::SeriesData data = reader.series(metric, {.maxPoints = 0});
    const auto [begin, end] = stretch(data.steps, term, lastStep(reader));
    return meansOver(data, begin, end);
}

constexpr std::string_view kJoint = "joint_violation";

std::string seriesOf(const std::string& metric) { return metric == kJoint ? "load" : metric; }

/// The number of each layer that means of elements stand for.
std::vector<double> layersOf(std::vector<double> means, const storage::SeriesInfo& info, const std::string& metric) {
    if (metric != kJoint || info.sizes.size() != 2 || means.size() != static_cast<std::size_t>(info.width)) return means;
    const auto experts = static_cast<std::size_t>(info.sizes[1]);
    std::vector<double> layers;
    for (std::size_t first = 0; first < means.size(); first += experts)
        layers.push_back(*std::ranges::max_element(std::span(means).subspan(first, experts)) * static_cast<double>(experts) - 1);
    return layers;
}

/// Last quarter of the positions minus the first quarter, of each layer.
std::vector<double> dropSlopes(storage::RunReader& reader, const Term& term) {
    const auto info = reader.findSeries("drop_by_position");
    const std::vector<double> bins = elementMeans(reader, "drop_by_position", term);
    if (!info || info->sizes.size() != 2 || bins.size() != static_cast<std::size_t>(info->width)) return {};
    const auto width = static_cast<std::size_t>(info->sizes[1]), quarter = width / 4;
    std::vector<double> slopes;
    for (std::size_t first = 0; first < bins.size(); first += width) {
        const std::span<const double> layer(bins.data() + first, width);
        slopes.push_back(statistics::mean(layer.last(quarter)) - statistics::mean(layer.first(quarter)));
    }
    return slopes;
}

std::optional<ProbeSnapshot> probeAt(storage::RunReader& reader, double share) {
    const std::vector<std::int64_t> steps = reader.probes();
    const auto after = std::ranges::upper_bound(steps, static_cast<std::int64_t>(std::floor(share * lastStep(reader) + 0.5)));
    if (after == steps.begin()) return std::nullopt;
    return reader.probe(*std::prev(after));
}

std::int16_t expertAt(const ProbeSnapshot& probe, std::int32_t layer, std::int32_t token, std::int32_t slot) {
    return probe.expertIds[static_cast<std::size_t>((layer * probe.tokens + token) * probe.slotsPerToken + slot)];
}

std::vector<double> domainInformation(storage::RunReader& reader, const Term& term) {
    std::vector<double> layers;
    const auto domains = static_cast<std::int64_t>(reader.meta().facts.domains.size());
    if (const auto probe = probeAt(reader, term.to))
        for (std::int32_t layer = 0; layer < probe->layers; ++layer) layers.push_back(telemetry::specialise(*probe, layer, domains).domainInformation);
    return layers;
}

/// Standard deviation of the probe's counts over their mean, as the series of training defines it.
std::vector<double> probeLoadCv(storage::RunReader& reader, const Term& term) {
    std::vector<double> layers;
    const auto probe = probeAt(reader, term.to);
    for (std::int32_t layer = 0; probe && layer < probe->layers; ++layer) {
        std::vector<double> counts(static_cast<std::size_t>(probe->experts), 0.0);
        for (std::int32_t token = 0; token < probe->tokens; ++token)
            for (std::int32_t slot = 0; slot < probe->slotsPerToken; ++slot)
                if (const std::int16_t expert = expertAt(*probe, layer, token, slot); expert >= 0) ++counts[static_cast<std::size_t>(expert)];
        const double mean = statistics::mean(counts);
        double squares = 0;
        for (const double count : counts) squares += (count - mean) * (count - mean);
        layers.push_back(std::sqrt(squares / static_cast<double>(counts.size())) / mean);
    }
    return layers;
}

/// Share of the probe's tokens whose first choice at `to` is that of the last probe.
std::vector<double> saturation(storage::RunReader& reader, const Term& term) {
    const auto early = probeAt(reader, term.to), last = probeAt(reader, 1);
    std::vector<double> layers;
    if (!early || !last || early->step == last->step) return layers;
    for (std::int32_t layer = 0; layer < early->layers; ++layer) {
        double same = 0;
        for (std::int32_t token = 0; token < early->tokens; ++token) same += expertAt(*early, layer, token, 0) == expertAt(*last, layer, token, 0);
        layers.push_back(same / early->tokens);
    }
    return layers;
}

/// Share of the choices of `after` that `before` did not have, of each layer.
std::vector<double> changes(const ProbeSnapshot& before, const ProbeSnapshot& after) {
    std::vector<double> layers;
    for (std::int32_t layer = 0; layer < after.layers; ++layer) {
        std::int64_t fresh = 0, all = 0;
        for (std::int32_t token = 0; token < after.tokens; ++token)
            for (std::int32_t slot = 0; slot < after.slotsPerToken; ++slot) {
                const std::int16_t expert = expertAt(after, layer, token, slot);
                bool kept = false;
                for (std::int32_t other = 0; other < before.slotsPerToken; ++other) kept = kept || expertAt(before, layer, token, other) == expert;
                all += expert >= 0;
                fresh += expert >= 0 && !kept;
            }
        layers.push_back(all > 0 ? static_cast<double>(fresh) / static_cast<double>(all) : kNone);
    }
    return layers;
}

/// Each probe of the stretch against the one before it, the mean of them by layer.
std::vector<double> churn(storage::RunReader& reader, const Term& term) {
    const double last = lastStep(reader);
    std::vector<double> sums;
    double count = 0;
    std::optional<ProbeSnapshot> before;
    for (const std::int64_t step : reader.probes()) {
        if (static_cast<double>(step) > std::floor(term.to * last + 0.5)) break;
        ProbeSnapshot probe = reader.probe(step);
        if (before && static_cast<double>(step) >= std::ceil(term.from * last)) {
            const std::vector<double> layers = changes(*before, probe);
            sums.resize(layers.size(), 0.0);
            for (std::size_t layer = 0; layer < layers.size(); ++layer) sums[layer] += layers[layer];
            ++count;
        }
        before = std::move(probe);
    }
    for (double& sum : sums) sum /= count;
    return sums;
}

constexpr std::size_t kCalm = 5;   // reports in a row that must average under the bound

/// The first step of such reports.
double stepUnder(storage::RunReader& reader, const Term& term) {
    const auto info = reader.findSeries(seriesOf(term.metric));
    if (!info) return kNone;
    const storage::SeriesData data = reader.series(info->name, {.maxPoints = 0});
    for (std::size_t first = 0; first + kCalm <= data.size(); ++first)
        if (overLayers(layersOf(meansOver(data, first, first + kCalm), *info, term.metric), term.layers) < *term.under) return static_cast<double>(data.steps[first]);
    return experiments::kNever;
}

double termOf(storage::RunReader& reader, const Term& term, const Measure& measure) {
    if (std::ranges::count(experiments::measuredTerms(), term.metric) > 0) return measure(term);
    if (term.under) return stepUnder(reader, term);
    if (term.metric == "churn") return overLayers(churn(reader, term), term.layers);
    if (term.metric == "domain_information") return overLayers(domainInformation(reader, term), term.layers);
    if (term.metric == "probe_load_cv") return overLayers(probeLoadCv(reader, term), term.layers);
    if (term.metric == "saturation") return overLayers(saturation(reader, term), term.layers);
    if (term.metric == "drop_slope") return overLayers(dropSlopes(reader, term), term.layers);
    const auto info = reader.findSeries(seriesOf(term.metric));
    return info ? overLayers(layersOf(elementMeans(reader, info->name, term), *info, term.metric), term.layers) : kNone;
}

}  // namespace

double readingOf(storage::RunReader& reader, const experiments::Reading& reading, const Measure& measure) {
    const double value = termOf(reader, reading.term, measure);
    return reading.minus ? value - termOf(reader, *reading.minus, measure) : value;
}

}  // namespace moescope::app
