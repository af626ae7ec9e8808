// A comparison as a document: groups, verdict, values by seed, settings that differ, recipes; Markdown or HTML.
//
// Names and settings come from people: nothing in them can break a table or become markup. HTML is one file without
// scripts, and nothing in it is fetched.
#pragma once

#include <string>
#include <vector>

#include "core/config/config_json.hpp"
#include "core/config/run_config.hpp"
#include "core/statistics/comparison.hpp"

namespace moescope::statistics {

using Table = std::vector<std::vector<std::string>>;   ///< the first row is the head

struct ReportPart {
    std::string heading;
    std::vector<std::string> paragraphs;
    Table table;
    std::vector<std::string> code;                     ///< one block each
};
struct Report {
    std::string title;
    std::vector<ReportPart> parts;
};

/// `configs`: the settings of each group's first run, in the groups' order.
Report reportOf(const Comparison& comparison, const std::vector<config::RunConfig>& configs);
/// What the groups differ in besides the seeds; nothing below two.
std::vector<config::SettingDifference> settingsThatDiffer(std::vector<config::RunConfig> configs);
/// Only the table of groups and the verdict: what is copied from the window.
Report verdictReport(const Comparison& comparison);

/// How every number was computed, in a few sentences.
std::string methodText();
Table groupTable(const Comparison& comparison);        ///< group, n, mean, sd, 95 % interval, difference to the baseline

std::string toMarkdown(const Report& report);
std::string toHtml(const Report& report);

}  // namespace moescope::statistics
