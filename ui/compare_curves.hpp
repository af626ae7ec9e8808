// From compared runs to lines and rows: colours, seed groups with their mean and range, the numbers of the table. Pure.
#pragma once

#include <QString>

#include <string>
#include <vector>

#include "plots/chart_data.hpp"
#include "ui/compare_reader.hpp"

namespace moescope::ui {

/// A compared run with what people call it now.
struct CompareEntry {
    ComparedRunPtr run;            ///< nullptr until it is read
    std::string ulid;
    QString name;
    plots::Ink ink;
    bool visible = true;
};

/// Runs with equal settings but for the seed; a group of one is a run.
struct CompareGroup {
    QString name;
    std::vector<std::size_t> members;   ///< indexes of entries
};
/// In the order of their first member. `bySeed` false: every run by itself.
std::vector<CompareGroup> groupEntries(const std::vector<CompareEntry>& entries, bool bySeed);

/// One line of the table: of a run, or the mean over a group's runs.
struct CompareNumbers {
    double step = telemetry::kNone, valLast = telemetry::kNone, valBest = telemetry::kNone, effective = telemetry::kNone, params = telemetry::kNone,
           flops = telemetry::kNone, tokensPerSecond = telemetry::kNone;
};
CompareNumbers numbersOf(const ComparedRun& run);
CompareNumbers meanOf(const std::vector<CompareNumbers>& numbers);

/// One entry for each group that was read: its first run under the group's name, with the mean of the domains' losses.
std::vector<CompareEntry> representatives(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups);

/// What the band of a group shows: the 95 % bootstrap interval of its mean, or its least and greatest run.
enum class Band { interval, range };

/// Mean and band over the runs at the points of the first, as far as all of them reach; linear between points.
plots::Points meanPoints(const std::vector<const ComparedRun*>& runs, Band band);

/// Lines for all groups; `baseline` is an index of entries or -1. Groups of several runs carry a band.
plots::Lane compareLane(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline, const CompareMetric& metric, Band band = Band::interval);

/// Colours of their own for runs that would share one: the second gets the same hue dashed, and so on.
void tellApart(std::vector<CompareEntry>& entries);

}  // namespace moescope::ui
