// Keys of groups, their names and their inks.
#include "ui/compare_grouping.hpp"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

#include "core/statistics/comparison.hpp"

namespace moescope::ui {
namespace {

constexpr int kHues = 8;

QString commonName(const std::vector<CompareEntry>& entries, const std::vector<std::size_t>& members) {
    std::vector<std::string> names;
    for (const std::size_t member : members) names.push_back(entries[member].name.toStdString());
    return QString::fromStdString(statistics::commonName(names));
}

/// One key a run; runs that are not read yet, or cannot be, stand alone.
std::vector<std::string> keysOf(const std::vector<CompareEntry>& entries, const Grouping& grouping) {
    std::vector<statistics::Likeness> alike;
    for (const CompareEntry& entry : entries) {
        const bool known = entry.run && entry.run->problem.empty();
        alike.push_back(known ? entry.run->likeness : statistics::Likeness{entry.ulid, entry.ulid});
    }
    std::vector<std::string> keys = statistics::seedGroupKeys(alike);
    const bool channels = !grouping.colour.empty() || !grouping.dash.empty() || !grouping.facet.empty();
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool known = entries[i].run && entries[i].run->problem.empty();
        if (grouping.mean == Mean::none || !known) keys[i] = entries[i].ulid;
        else if (grouping.mean == Mean::groups && channels) keys[i].clear();
        for (const std::string* key : {&grouping.colour, &grouping.dash, &grouping.facet})
            if (!key->empty()) keys[i] += '\n' + valueText(entries[i].value(*key)).toStdString();
    }
    return keys;
}

/// "G 4", "router switch, k 2": what the channels say of a group.
QString channelName(const CompareGroup& group, const Grouping& grouping) {
    QStringList parts;
    for (const auto& [key, value] : {std::pair(&grouping.colour, &group.colour), {&grouping.dash, &group.dash}, {&grouping.facet, &group.facet}}) {
        if (key->empty()) continue;
        const QString part = keyTitle(*key) + QLatin1Char(' ') + valueText(*value);
        if (!parts.contains(part)) parts << part;
    }
    return parts.join(QStringLiteral(", "));
}

/// By the channels where that tells all groups apart, else by what their runs' names share.
void nameGroups(std::vector<CompareGroup>& groups, const std::vector<CompareEntry>& entries, const Grouping& grouping) {
    QStringList names;
    for (const CompareGroup& group : groups) names << channelName(group, grouping);
    const bool telling = !names.contains(QString()) && names.removeDuplicates() == 0 && groups.size() < entries.size();
    for (CompareGroup& group : groups) group.name = telling ? channelName(group, grouping) : commonName(entries, group.members);
}

int rank(const std::vector<RunValue>& values, const RunValue& value) { return static_cast<int>(std::ranges::find(values, value) - values.begin()); }

void paintGroups(std::vector<CompareGroup>& groups, const std::vector<CompareEntry>& entries, const Grouping& grouping) {
    const std::vector<RunValue> colours = channelValues(groups, &CompareGroup::colour), dashes = channelValues(groups, &CompareGroup::dash);
    for (CompareGroup& group : groups) {
        plots::Ink ink = entries[group.members.front()].ink;
        if (!grouping.colour.empty()) ink = plots::Ink::run(rank(colours, group.colour));
        if (!grouping.dash.empty()) ink.index = ink.index % kHues + kHues * rank(dashes, group.dash);
        group.ink = ink;
    }
}

}  // namespace

RunValue CompareEntry::value(const std::string& key) const {
    const auto found = values.find(key);
    return found == values.end() ? std::nullopt : RunValue(found->second);
}

std::vector<CompareGroup> groupEntries(const std::vector<CompareEntry>& entries, const Grouping& grouping) {
    std::vector<CompareGroup> groups;
    std::map<std::string, std::size_t> places;
    const std::vector<std::string> keys = keysOf(entries, grouping);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto [place, added] = places.try_emplace(keys[i], groups.size());
        if (added) groups.push_back({{}, {}, entries[i].value(grouping.colour), entries[i].value(grouping.dash), entries[i].value(grouping.facet), {}});
        groups[place->second].members.push_back(i);
    }
    nameGroups(groups, entries, grouping);
    paintGroups(groups, entries, grouping);
    return groups;
}

std::vector<RunValue> channelValues(const std::vector<CompareGroup>& groups, RunValue CompareGroup::*channel) {
    std::vector<RunValue> values;
    for (const CompareGroup& group : groups) values.push_back(group.*channel);
    std::ranges::sort(values, lessRunValue);
    values.erase(std::ranges::unique(values).begin(), values.end());
    return values;
}

void tellApart(std::vector<CompareEntry>& entries) {
    std::map<int, int> used;
    for (CompareEntry& entry : entries)
        if (entry.ink.kind == plots::Ink::Run) entry.ink.index = entry.ink.index % kHues + kHues * used[entry.ink.index % kHues]++;
}

}  // namespace moescope::ui
