// Reading, writing and ordering the values.
#include "ui/compare_keys.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "plots/figures.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kLongest = 60;

QString tr(const char* text) { return QCoreApplication::translate("CompareKeys", text); }

struct ToText {
    QString operator()(bool on) const { return on ? tr("on") : tr("off"); }
    QString operator()(double number) const { return QString::fromLatin1(plots::plainNumber(number)).replace(QLatin1Char('-'), QChar(0x2212)); }
    QString operator()(const std::string& text) const { return RunWords::oneLine(text); }
    QString operator()(const std::vector<std::string>& list) const {
        QStringList words;
        for (const std::string& word : list) words << RunWords::oneLine(word);
        return words.join(QStringLiteral(", "));
    }
};

}  // namespace

const storage::FlatConfig& RunKeys::settings(const storage::RunRow& row) {
    const auto [known, added] = m_settings.try_emplace(row.ulid);
    if (added) known->second = storage::flatten(row.configJson);
    return known->second;
}

RunValue RunKeys::value(const storage::RunRow& row, const std::string& key) { return storage::RowSubject(row, settings(row)).value(key); }

QString valueText(const RunValue& value) {
    const QString text = value ? std::visit(ToText(), *value) : QString();
    if (text.isEmpty()) return QStringLiteral("\u2013");
    return text.size() > kLongest ? text.left(kLongest) + QChar(0x2026) : text;
}

QString cellText(const std::string& key, const RunValue& value) {
    const double number = valueNumber(value);
    const auto* state = value ? std::get_if<std::string>(&*value) : nullptr;
    if (key == "state" && state) return RunWords::state(storage::parseRunState(*state).value_or(storage::RunState::quarantined));
    if (!std::isfinite(number)) return valueText(value);
    static constexpr std::array<std::string_view, 4> losses = {"val_loss", "best_val", "loss", "bits_per_byte"};
    static constexpr std::array<std::string_view, 3> counts = {"step", "steps", "tokens"};
    if (std::ranges::find(losses, key) != losses.end()) return plots::figure(number, plots::Figure::Fixed3);
    if (std::ranges::find(counts, key) != counts.end()) return plots::groupedInteger(std::llround(number));
    if (key == "created") return RunWords::when(std::llround(number));
    if (key == "flops") return RunWords::flop(number);
    if (key == "bytes") return RunWords::bytes(number);
    if (key == "seconds") return plots::figure(number, plots::Figure::Fixed1);
    if (key.starts_with("params_")) return RunWords::parameters(number);
    return valueText(value);
}

bool isNumberKey(const std::string& key, const RunValue& value) { return key != "created" && value && std::holds_alternative<double>(*value); }

bool lessRunValue(const RunValue& a, const RunValue& b) {
    if (!a || !b) return a.has_value() && !b.has_value();
    return storage::lessValue(*a, *b);
}

double valueNumber(const RunValue& value) {
    const double* number = value ? std::get_if<double>(&*value) : nullptr;
    return number ? *number : std::numeric_limits<double>::quiet_NaN();
}

QString keyTitle(const std::string& key) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> shorts = {{{"moe.top_k", "k"}, {"moe.experts", "E"}, {"moe.granularity", "G"}}};
    for (const auto& [name, title] : shorts)
        if (key == name) return QLatin1String(title.data(), static_cast<qsizetype>(title.size()));
    const std::size_t dot = key.rfind('.');
    const QString last = QString::fromStdString(dot == std::string::npos ? key : key.substr(dot + 1));
    static const QStringList vague{QStringLiteral("kind"), QStringLiteral("coefficient"), QStringLiteral("seed"), QStringLiteral("scope"), QStringLiteral("type"), QStringLiteral("source")};
    return vague.contains(last) ? QString::fromStdString(key) : QString(last).replace(QLatin1Char('_'), QLatin1Char(' '));
}

std::vector<std::string> keysThatDiffer(RunKeys& keys, const std::vector<const storage::RunRow*>& rows) {
    std::vector<std::string> found;
    if (rows.size() < 2) return found;
    for (const char* key : {"tag", "group", "preset", "router", "state"})
        if (std::ranges::any_of(rows, [&](const storage::RunRow* row) { return keys.value(*row, key) != keys.value(*rows.front(), key); })) found.emplace_back(key);
    std::vector<const storage::FlatConfig*> settings;
    for (const storage::RunRow* row : rows) settings.push_back(&keys.settings(*row));
    std::vector<std::string> all = storage::queryKeys();
    for (const storage::FlatConfig* each : settings)
        for (auto own = each->lower_bound("router.options."); own != each->end() && own->first.starts_with("router.options."); ++own)
            if (std::ranges::find(all, own->first) == all.end()) all.push_back(own->first);
    for (const std::string& key : all) {
        if (key.find('.') == std::string::npos || key.ends_with(".seed")) continue;
        const auto valueOf = [&key](const storage::FlatConfig* each) { return each->contains(key) ? RunValue(each->find(key)->second) : std::nullopt; };
        const RunValue first = valueOf(settings.front());
        if (std::ranges::any_of(settings, [&](const storage::FlatConfig* each) { return valueOf(each) != first; })) found.push_back(key);
    }
    return found;
}

}  // namespace moescope::ui
