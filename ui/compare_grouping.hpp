// Which compared runs make one line, and which colour, dash and picture it gets: three channels that know nothing of each other.
#pragma once

#include <QString>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plots/miniatures.hpp"
#include "ui/compare_keys.hpp"
#include "ui/compare_reader.hpp"

namespace moescope::ui {

/// A compared run with what people call it now.
struct CompareEntry {
    ComparedRunPtr run;            ///< nullptr until it is read
    std::string ulid;
    QString name;
    plots::Ink ink;
    bool visible = true;
    std::map<std::string, storage::QueryValue> values = {};   ///< of the keys that were asked for, where the run has them
    plots::LoadMatrix load = {};   ///< over time, of the middle layer; empty when dense
    RunValue value(const std::string& key) const;
};

/// What is averaged: nothing, runs that differ in the seed alone, or all runs that share colour, dash and picture.
enum class Mean { none, seeds, groups };

/// Empty keys: the channel is not used, and colours stay those of the runs.
struct Grouping {
    std::string colour, dash, facet;
    Mean mean = Mean::seeds;
    bool operator==(const Grouping&) const = default;
};

struct CompareGroup {
    QString name;
    std::vector<std::size_t> members = {};   ///< indexes of entries
    RunValue colour = {}, dash = {}, facet = {};
    plots::Ink ink = {};
};

/// In the order of their first member.
std::vector<CompareGroup> groupEntries(const std::vector<CompareEntry>& entries, const Grouping& grouping);

/// The values of a channel over all groups, ascending, each once; what has none comes last.
std::vector<RunValue> channelValues(const std::vector<CompareGroup>& groups, RunValue CompareGroup::*channel);

/// Colours of their own for runs that would share one: the second gets the same hue dashed, and so on.
void tellApart(std::vector<CompareEntry>& entries);

}  // namespace moescope::ui
