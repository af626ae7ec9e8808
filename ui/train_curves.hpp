// From a run's stored series to the values that the Train page's panels draw. Pure: no widget, no file.
#pragma once

#include <QStringList>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plots/bars.hpp"
#include "plots/chart_data.hpp"
#include "plots/heat_panel.hpp"
#include "ui/run_data.hpp"

namespace moescope::ui {

/// What a person chose to look at.
struct TrainView {
    std::int64_t moeLayer = 0;   ///< counts layers with experts
    XAxis axis = XAxis::step;
    int expert = 0;              ///< of the logit fan
    int concentration = 0;       ///< index into concentrations()
    bool operator==(const TrainView&) const = default;
};

/// The three meanings of top-1 concentration: name of the series, what people call it.
struct Concentration {
    std::string_view series;
    const char* name;
};
const std::vector<Concentration>& concentrations();

plots::Lane lossLane(const RunData&, const TrainView&);
/// The lane with the loss of the run it was forked from faintly under it; nullptr changes nothing.
plots::Lane withParent(plots::Lane lane, const RunData* parent, const TrainView&);
plots::HeatData loadMap(const RunData&, const TrainView&);
/// Share of experts in use for every MoE layer, layers over x (many layers).
plots::HeatData layerHealthMap(const RunData&, const TrainView&);
plots::Lane concentrationLane(const RunData&, const TrainView&);
/// The same statistic over all MoE layers (median, smallest to largest) with the chosen layer on top.
plots::Lane concentrationSpread(const RunData&, const TrainView&);
plots::FanData logitFan(const RunData&, const TrainView&);
std::vector<plots::Lane> expertsInUse(const RunData&, const TrainView&);
std::vector<plots::Lane> trainingHealth(const RunData&, const TrainView&);

/// What is peculiar to the run's router, as the engine declared it: at most two lanes of series that have values. One with a
/// value for each expert is a band from the smallest to the largest, with the chosen expert on it.
std::vector<plots::Lane> ownLanes(const RunData&, const TrainView&);
/// Their names.
std::vector<std::string> ownShown(const RunData&);

/// Series that can be drawn as lines: one value, or one for each layer, domain, or layer and expert.
QStringList metricNames(const RunData&);
/// Any of those for the chosen layer and expert, in a lane named after it; empty for an unknown one.
plots::Lane metricLane(const RunData&, const TrainView&, const QString& metric);

/// Load ratios of the layer at a step (NaN where not measured); empty for a dense run.
plots::LoadBarsData loadBars(const RunData&, std::int64_t moeLayer, double step);
/// Loss of each domain at the last validation at or before a step.
std::vector<plots::DomainBar> domainBars(const RunData&, double step);
/// A layer series' value at a step; NaN if there is none.
double valueAt(const RunData&, std::string_view series, std::int64_t moeLayer, double step);

/// Experts per token after granularity, of the layer.
std::int64_t expertsPerToken(const RunData&);

}  // namespace moescope::ui
