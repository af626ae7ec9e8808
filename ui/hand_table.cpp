// Cells, settings and JSON of a router by hand.
#include "ui/hand_table.hpp"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

constexpr int kFirstTokens = 4;
constexpr const char* kGroups[] = {"moe.", "router.", "capacity.", "balance."};
/// What a table has no use for: it is one layer, and may show a router that learns nothing.
constexpr const char* kNotOfATable[] = {"moe.every", "moe.first_dense", "moe.pattern", "moe.pyramid", "router.rig_layers", "router.accept_no_gradient"};

QString words(const char* text) { return QCoreApplication::translate("HandTable", text); }

bool matters(const std::string& key) {
    return std::ranges::any_of(kGroups, [&](const char* group) { return key.starts_with(group); });
}

/// One layer with experts, granularity multiplied out: the table's columns are the experts.
void flatten(config::RunConfig& config) {
    config.moe.experts = std::max<std::int64_t>(1, config.moe.experts * config.moe.granularity);
    config.moe.top_k *= config.moe.granularity;
    config.moe.granularity = 1;
    config.moe.every = 1;
    config.moe.first_dense = 0;
    config.moe.pattern.clear();
    config.moe.pyramid = 1;
    config.moe.zero_experts = config.moe.copy_experts = config.moe.constant_experts = 0;
    config.model.layers = 1;
    config.router.rig_layers.clear();
    config.router.accept_no_gradient = true;
    config.script.clear();
}

config::RunConfig presetConfig(const std::string& preset, base::Problems& problems) {
    config::RunConfig config;
    if (!preset.empty()) problems = config::applyPreset(config, preset);
    config.distillation = {};  // a table has no teacher
    return config;
}

/// The fewest experts up to the window's limit with which the preset's rules hold, beginning with those shown.
int expertsFor(config::RunConfig config, int shown) {
    const auto own = static_cast<int>(std::min<std::int64_t>(config.moe.experts, kMostHandRows));
    for (const int experts : {shown, 8, 16, 32, own}) {
        config.moe.experts = experts;
        if (experts > config.moe.top_k && config::validate(config).empty()) return experts;
    }
    return own;
}

QString cellText(const Json& value) { return value.is_number() ? QString::fromStdString(base::toText(value.get<double>())) : QString::fromStdString(value.dump()); }

bool isTable(const Json& rows) {
    return rows.is_array() && !rows.empty() && std::ranges::all_of(rows, [&](const Json& row) { return row.is_array() && !row.empty() && row.size() == rows.front().size(); });
}

}  // namespace

HandTable firstHandTable() {
    HandTable table;
    resizeHandTable(table, kFirstTokens, 8);
    const double logits[kFirstTokens][8] = {{2.0, 1.0, 0, -0.5, 0.3, 0, -1, 0.2}, {1.8, 0.4, 0.9, 0, -0.2, 0.1, 0, -0.6}, {0.1, -0.3, 0, 1.6, 1.2, 0, 0.5, 0}, {2.2, 0, 0.3, 0.2, 0, 1.1, -0.4, 0}};
    for (std::size_t t = 0; t < table.cells.size(); ++t)
        for (int e = 0; e < 8; ++e) table.cells[t][e] = QString::fromStdString(base::toText(logits[t][e]));
    applyHandPreset(table, "mixtral");
    return table;
}

base::Problems applyHandPreset(HandTable& table, const std::string& preset) {
    base::Problems problems;
    config::RunConfig config = presetConfig(preset, problems);
    if (!problems.empty()) return problems;
    flatten(config);
    const int experts = expertsFor(config, std::max(1, table.experts()));
    table.config = config;
    table.preset = preset;
    resizeHandTable(table, std::max(1, table.tokens()), experts);
    return {};
}

bool fitsHandTable(const std::string& preset) {
    const auto found = config::findPreset(preset);
    config::RunConfig c;
    if (!found || !config::applyJson(c, found->configJson).empty()) return false;
    const bool byDomain = std::ranges::any_of(c.balance.more, [](const config::BalanceTerm& term) { return term.kind.starts_with("entropy_"); });
    return !byDomain && c.router.net != "bitcode" && c.moe.zero_experts + c.moe.copy_experts + c.moe.constant_experts == 0;
}

void resizeHandTable(HandTable& table, int tokens, int experts) {
    table.cells.resize(static_cast<std::size_t>(std::clamp(tokens, 1, kMostHandRows)));
    experts = std::clamp(experts, 1, kMostHandRows);
    for (QStringList& row : table.cells) {
        while (row.size() < experts) row << QStringLiteral("0");
        row = row.mid(0, experts);
    }
    table.config.moe.experts = experts;
}

std::optional<double> handNumber(const QString& text) {
    QString plain = text.trimmed();
    plain.replace(QChar(0x2212), QLatin1Char('-'));
    if (!plain.contains(QLatin1Char('.')) && plain.count(QLatin1Char(',')) == 1) plain.replace(QLatin1Char(','), QLatin1Char('.'));
    if (plain.startsWith(QLatin1Char('+'))) plain.remove(0, 1);
    const auto number = base::toDouble(plain.toStdString());
    if (!number || !(std::abs(*number) <= std::numeric_limits<float>::max())) return std::nullopt;
    return number;
}

std::vector<BadCell> badCells(const HandTable& table) {
    std::vector<BadCell> bad;
    for (int t = 0; t < table.tokens(); ++t)
        for (int e = 0; e < table.experts(); ++e) {
            const QString& text = table.cells[static_cast<std::size_t>(t)][e];
            if (handNumber(text)) continue;
            const QString what = text.trimmed().isEmpty() ? words("the cell is empty") : words("\u201C%1\u201D is no finite number").arg(text.simplified().left(20));
            bad.push_back({t, e, words("Token %1, E%2: %3. Write digits such as 0.5 or \u22121.2.").arg(t).arg(e).arg(what)});
        }
    return bad;
}

base::Problems handProblems(const HandTable& table) {
    base::Problems problems = config::validate(table.config);
    std::erase_if(problems, [](const base::Problem& problem) { return !matters(problem.key); });
    return problems;
}

std::string handJson(const HandTable& table) {
    base::Problems ignored;
    Json settings = Json::object(), input = Json::object();
    for (const config::SettingDifference& each : config::differences({presetConfig(table.preset, ignored), table.config}))
        if (Json value = Json::parse(each.values[1], nullptr, false); !value.is_discarded() && matters(each.key) && std::ranges::find(kNotOfATable, each.key) == std::end(kNotOfATable)) settings[each.key] = value;
    settings["moe.experts"] = table.experts();
    if (!table.preset.empty()) input["preset"] = table.preset;
    input["config"] = settings;
    for (const QStringList& row : table.cells) {
        Json numbers = Json::array();
        for (const QString& cell : row) numbers.push_back(handNumber(cell).value_or(0));
        input["logits"].push_back(numbers);
        if ((table.config.router.net == "hash" || table.config.router.net == "domain_hash")) input["token_ids"].push_back(input["token_ids"].size());
        if (table.taskPull) {
            Json pull = Json::array({-1});
            while (static_cast<std::int64_t>(pull.size()) < std::min<std::int64_t>(table.config.moe.top_k, table.experts())) pull.push_back(0);
            input["task_gradient"].push_back(pull);
        }
    }
    if (table.draw != 0) input["seed"] = table.draw;
    if (!table.training) input["training"] = false;
    return input.dump();
}

base::Problems readHandJson(HandTable& table, std::string_view text) {
    const Json input = Json::parse(text, nullptr, false);
    if (!input.is_object()) return {{"input", "This is no JSON object."}};
    if (!input.contains("logits") || !isTable(input["logits"])) return {{"logits", "A table of logits is needed, with rows of equal length."}};
    for (const char* key : {"features", "layers", "noise", "uniform", "gumbel", "state", "weights"})
        if (input.contains(key)) return {{key, std::string("The window does not show \"") + key + "\"; give this input to moescope-engine route."}};
    const Json& rows = input["logits"];
    if (rows.size() > static_cast<std::size_t>(kMostHandRows) || rows.front().size() > static_cast<std::size_t>(kMostHandRows)) return {{"logits", "The window shows at most 64 tokens and 64 experts; give this input to moescope-engine route."}};
    HandTable read;
    base::Problems problems;
    const Json preset = input.value("preset", Json()), settings = input.value("config", Json::object());
    if (preset.is_string()) read.preset = preset.get<std::string>();
    read.config = presetConfig(read.preset, problems);
    flatten(read.config);
    if (problems.empty() && settings.is_object()) problems = config::applyJson(read.config, settings.dump());
    if (!problems.empty()) return problems;
    flatten(read.config);
    for (const Json& row : rows) {
        read.cells.emplace_back();
        for (const Json& value : row) read.cells.back() << cellText(value);
    }
    resizeHandTable(read, static_cast<int>(rows.size()), static_cast<int>(rows.front().size()));
    read.training = !input.contains("training") || input["training"] != Json(false);
    if (input.contains("seed") && input["seed"].is_number_integer()) read.draw = input["seed"].get<std::int64_t>();
    read.taskPull = input.contains("task_gradient");
    table = read;
    return {};
}

QString pasteCells(HandTable& table, const QString& text, int token, int expert) {
    std::vector<QStringList> rows;
    const bool commas = !text.contains(QLatin1Char('\t')) && !text.contains(QLatin1Char(';')) && !text.contains(QLatin1Char(' '));
    static const QRegularExpression blanks(QStringLiteral("[\\t; ]+")), comma(QStringLiteral(","));
    for (const QString& line : text.split(QRegularExpression(QStringLiteral("[\\r\\n]+")), Qt::SkipEmptyParts))
        rows.push_back(line.trimmed().split(commas ? comma : blanks));
    if (rows.empty()) return words("The clipboard holds no text.");
    qsizetype wide = 0;
    for (const QStringList& row : rows) wide = std::max(wide, row.size());
    if (token + static_cast<int>(rows.size()) > kMostHandRows || expert + wide > kMostHandRows) return words("That is more than the %1 tokens and experts the window shows; moescope-engine route takes larger tables.").arg(kMostHandRows);
    resizeHandTable(table, std::max(table.tokens(), token + static_cast<int>(rows.size())), std::max(table.experts(), expert + static_cast<int>(wide)));
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (qsizetype c = 0; c < rows[r].size(); ++c) table.cells[static_cast<std::size_t>(token) + r][expert + c] = rows[r][c];
    return {};
}

}  // namespace moescope::ui
