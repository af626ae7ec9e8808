// Keys, numbers and moments of the query language.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "core/base/numbers.hpp"
#include "core/config/config_json.hpp"
#include "core/config/fields.hpp"
#include "storage/query_node.hpp"

namespace moescope::storage {

namespace {

constexpr std::array<std::string_view, 27> kFields = {
    "name", "tag", "state", "preset", "router", "note", "group", "parent", "ulid", "star", "archived", "colour", "created", "seed",
    "step", "steps", "tokens", "flops", "seconds", "params_total", "params_active", "loss", "val_loss", "best_val", "bits_per_byte", "bytes", "conflict"};
struct Alias {
    std::string_view from, to;
};
constexpr std::array<Alias, 10> kAliases = {{{"k", "moe.top_k"}, {"E", "moe.experts"}, {"e", "moe.experts"}, {"experts", "moe.experts"}, {"G", "moe.granularity"},
                                            {"g", "moe.granularity"}, {"tags", "tag"}, {"color", "colour"}, {"id", "ulid"}, {"run", "ulid"}}};

std::optional<std::int64_t> dateOf(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = base::toInt(text.substr(0, 4)), month = base::toInt(text.substr(5, 2)), day = base::toInt(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)), std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::sys_days(date).time_since_epoch()).count();
}

}  // namespace

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::optional<std::string> queryKey(std::string_view key) {
    for (const Alias& alias : kAliases)
        if (alias.from == key) return std::string(alias.to);
    const std::string small = lowered(key);
    if (std::find(kFields.begin(), kFields.end(), small) != kFields.end()) return small;
    if (auto setting = config::canonicalKey(key)) return setting;
    if (auto setting = config::canonicalKey(small)) return setting;
    if (key.starts_with("router.options.") && key.size() > 15) return std::string(key);
    return std::nullopt;
}

std::optional<double> queryNumber(std::string_view text) {
    double factor = 1;
    if (!text.empty()) {
        static constexpr std::array<std::pair<char, double>, 5> kUnits = {{{'k', 1e3}, {'M', 1e6}, {'G', 1e9}, {'B', 1e9}, {'T', 1e12}}};
        for (const auto& [letter, value] : kUnits)
            if (text.back() == letter) factor = value;
    }
    const auto number = base::toDouble(factor == 1 ? text : text.substr(0, text.size() - 1));
    return number && !std::isnan(*number) ? std::optional(*number * factor) : std::nullopt;
}

std::optional<std::int64_t> queryMoment(std::string_view text, std::int64_t nowUs) {
    if (const auto date = dateOf(text)) return date;
    static constexpr std::array<std::pair<char, double>, 5> kUnits = {{{'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'y', 31557600}}};
    for (const auto& [letter, seconds] : kUnits) {
        if (text.empty() || text.back() != letter) continue;
        const auto count = base::toDouble(text.substr(0, text.size() - 1));
        if (count && *count >= 0 && *count < 1e6) return nowUs - static_cast<std::int64_t>(*count * seconds * 1e6);
    }
    return std::nullopt;
}

std::vector<std::string> queryKeys() {
    std::vector<std::string> keys(kFields.begin(), kFields.end());
    keys.insert(keys.end(), {"k", "E", "G", "since", "before", "is"});
    const config::RunConfig defaults;
    config::visitFields(defaults, [&](const config::Field& field, const auto&) { keys.emplace_back(field.key); });
    return keys;
}

}  // namespace moescope::storage
