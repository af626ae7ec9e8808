// The parts of the report and their two notations.
#include "core/statistics/report.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/version.hpp"
#include "core/statistics/verdict.hpp"

namespace moescope::statistics {
namespace {

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2126;background:#fff}"
    "table{border-collapse:collapse;margin:.5rem 0}th,td{padding:.3rem .9rem .3rem 0;text-align:left;border-bottom:1px solid #dde2e7;vertical-align:top}"
    "pre{white-space:pre-wrap;word-break:break-all;background:#f3f5f7;padding:.7rem;border-radius:4px;font-size:12px}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:1.8rem}"
    "@media(prefers-color-scheme:dark){body{color:#e4e8ec;background:#15191d}th,td{border-color:#333a41}pre{background:#1f252a}}";

/// Replaces each character that `escape` knows.
template <class Escape>
std::string escaped(const std::string& text, Escape escape) {
    std::string result;
    for (const char c : text) {
        const std::string instead = escape(c);
        if (instead.empty()) result += c;
        else result += instead;
    }
    return result;
}

std::string markdown(const std::string& text) {
    return escaped(text, [](char c) -> std::string {
        if (c == '\n' || c == '\r') return " ";
        return std::string("\\|<>*`[]").find(c) == std::string::npos ? std::string() : std::string("\\") + c;
    });
}

std::string html(const std::string& text) {
    return escaped(text, [](char c) -> std::string { return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : ""; });
}

ReportPart groupsPart(const Comparison& comparison) {
    const Question& question = comparison.question;
    return {"Groups", {question.metric + (question.unit.empty() ? "" : " in " + question.unit) + " " + placeText(question.axis, comparison.horizon) + ". Baseline: " +
                       comparison.groups[comparison.baseline].name + "."}, groupTable(comparison), {}};
}

ReportPart verdictPart(const Comparison& comparison) {
    ReportPart part{"Verdict", {}, {}, {}};
    if (comparison.pairs.empty()) part.paragraphs = verdictAlone(comparison);
    for (const Pair& pair : comparison.pairs) {
        const Verdict verdict = verdictOf(comparison, pair);
        part.paragraphs.push_back(verdict.heading + ": " + verdict.number + (verdict.interval.empty() ? "" : " (" + verdict.interval + ")") + ".");
        std::string rest;
        for (const std::string& sentence : verdict.sentences) rest += (rest.empty() ? "" : " ") + sentence;
        part.paragraphs.push_back(rest);
    }
    return part;
}

ReportPart seedsPart(const Comparison& comparison) {
    Table table{{"seed"}};
    std::vector<std::string> seeds;
    for (const GroupResult& group : comparison.groups) {
        table[0].push_back(group.name);
        for (const std::string& seed : group.seeds)
            if (std::ranges::find(seeds, seed) == seeds.end()) seeds.push_back(seed);
    }
    for (const std::string& seed : seeds) {
        table.push_back({seed});
        for (const GroupResult& group : comparison.groups) {
            const auto at = std::ranges::find(group.seeds, seed) - group.seeds.begin();
            table.back().push_back(numberText(static_cast<std::size_t>(at) < group.seeds.size() ? group.values[static_cast<std::size_t>(at)] : kUnknown));
        }
    }
    return {"Values by seed", {}, std::move(table), {}};
}

ReportPart settingsPart(const Comparison& comparison, const std::vector<config::RunConfig>& configs) {
    Table table{{"setting"}};
    for (const GroupResult& group : comparison.groups) table[0].push_back(group.name);
    for (const config::SettingDifference& difference : settingsThatDiffer(configs)) {
        table.push_back({difference.key});
        table.back().insert(table.back().end(), difference.values.begin(), difference.values.end());
    }
    if (table.size() == 1) return {"Settings that differ", {"None but the seed."}, {}, {}};
    return {"Settings that differ", {}, std::move(table), {}};
}

ReportPart recipesPart(const Comparison& comparison, const std::vector<config::RunConfig>& configs) {
    ReportPart part{"Recipes", {"Each group's first run; the others differ in the seed. To repeat one: moescope-engine train --recipe RECIPE. "
                               "Commands given by hand while it trained are not part of it; moescope-engine export RUN --recipe has them."}, {}, {}};
    for (std::size_t i = 0; i < configs.size(); ++i) part.code.push_back(comparison.groups[i].name + "\n" + config::toRecipeString(configs[i]));
    return part;
}

std::string titleOf(const Comparison& comparison) {
    std::string title;
    for (const GroupResult& group : comparison.groups) title += (title.empty() ? "" : ", ") + group.name;
    return "Comparison: " + title;
}

std::string markdownTable(const Table& table) {
    std::string text;
    for (std::size_t row = 0; row < table.size(); ++row) {
        for (const std::string& cell : table[row]) text += "| " + markdown(cell) + " ";
        text += "|\n";
        if (row > 0) continue;
        for (std::size_t i = 0; i < table[row].size(); ++i) text += "| --- ";
        text += "|\n";
    }
    return text;
}

/// Four spaces make a code block that no line inside can end.
std::string indented(const std::string& code) {
    std::string text = "    ";
    for (const char c : code) text += c == '\n' ? std::string("\n    ") : std::string(1, c);
    return text + "\n";
}

std::string htmlTable(const Table& table) {
    std::string text = "<table>\n";
    for (std::size_t row = 0; row < table.size(); ++row) {
        const std::string tag = row == 0 ? "th" : "td";
        text += "<tr>";
        for (const std::string& cell : table[row]) text += "<" + tag + ">" + html(cell) + "</" + tag + ">";
        text += "</tr>\n";
    }
    return text + "</table>\n";
}

}  // namespace

std::vector<config::SettingDifference> settingsThatDiffer(std::vector<config::RunConfig> configs) {
    for (config::RunConfig& config : configs) config.training.seed = config.data.seed = 0;
    return configs.size() < 2 ? std::vector<config::SettingDifference>() : config::differences(configs);
}

std::string methodText() {
    return "Intervals: 95 %, from 10 000 bootstrap resamples over seeds (paired by seed for differences), bias-corrected and accelerated from 8 seeds on, percentiles below. p: two-sided "
           "sign-flip test of the paired differences, all patterns up to 16 seeds. Effect size: mean of the differences by their standard deviation. Savings: 1 \u2212 what the group needs by what "
           "the baseline needs to reach the baseline's loss and stay there for 3 evaluations.";
}

Table groupTable(const Comparison& comparison) {
    Table table{{"group", "n", "mean", "sd", "95 % interval", "difference"}};
    for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
        const GroupResult& group = comparison.groups[i];
        const auto pair = std::ranges::find(comparison.pairs, i, &Pair::group);
        table.push_back({group.name, std::to_string(group.values.size()), numberText(group.mean), numberText(group.sd),
                         intervalText(group.interval) + (group.interval.rough() ? " (rough)" : ""), pair == comparison.pairs.end() ? "baseline" : numberText(pair->difference, true)});
    }
    return table;
}

Report verdictReport(const Comparison& comparison) { return {titleOf(comparison), {groupsPart(comparison), verdictPart(comparison)}}; }

Report reportOf(const Comparison& comparison, const std::vector<config::RunConfig>& configs) {
    return {titleOf(comparison), {groupsPart(comparison), verdictPart(comparison), seedsPart(comparison), settingsPart(comparison, configs), recipesPart(comparison, configs),
                                  {"How it was computed", {methodText(), "MoEScope " + std::string(base::version()) + "."}, {}, {}}}};
}

std::string toMarkdown(const Report& report) {
    std::string text = "# ";
    const auto add = [&text](const std::string& words, const char* before, const char* after) { text.append(before).append(words).append(after); };
    add(markdown(report.title), "", "\n");
    for (const ReportPart& part : report.parts) {
        add(markdown(part.heading), "\n## ", "\n");
        for (const std::string& paragraph : part.paragraphs) add(markdown(paragraph), "\n", "\n");
        if (!part.table.empty()) add(markdownTable(part.table), "\n", "");
        for (const std::string& code : part.code) add(indented(code), "\n", "");
    }
    return text;
}

std::string toHtml(const Report& report) {
    std::string text = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" + html(report.title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" +
                       html(report.title) + "</h1>\n";
    for (const ReportPart& part : report.parts) {
        text += "<h2>" + html(part.heading) + "</h2>\n";
        for (const std::string& paragraph : part.paragraphs) text += "<p>" + html(paragraph) + "</p>\n";
        if (!part.table.empty()) text += htmlTable(part.table);
        for (const std::string& code : part.code) text += "<pre>" + html(code) + "</pre>\n";
    }
    return text + "</body>\n</html>\n";
}

}  // namespace moescope::statistics
