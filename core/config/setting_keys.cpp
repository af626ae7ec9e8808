// The names of settings: canonical keys, aliases, and the nearest name to a wrong one.
#include "core/config/setting_keys.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/config/config_json.hpp"
#include "core/config/fields.hpp"

namespace moescope::config {
namespace {

struct Alias {
    std::string_view name, key;
};
constexpr Alias kAliases[] = {
    {"num_local_experts", "moe.experts"},
    {"num_experts", "moe.experts"},
    {"num_experts_per_tok", "moe.top_k"},
    {"hidden_size", "model.width"},
    {"num_hidden_layers", "model.layers"},
    {"router_aux_loss_coef", "balance.coefficient"},
    {"router_jitter_noise", "router.noise_scale"},
    {"norm_topk_prob", "router.weigh"},
    {"moe_intermediate_size", "moe.expert_width"},
    {"k", "moe.top_k"},
    {"E", "moe.experts"},
    {"G", "moe.granularity"},
};

// Edit distance, cut to sensible lengths so that a hostile key costs nothing.
std::size_t distance(std::string_view a, std::string_view b) {
    a = a.substr(0, 64);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::string_view lastPart(std::string_view key) { return key.substr(key.rfind('.') + 1); }

}  // namespace

const std::vector<std::string_view>& settingKeys() {
    static const std::vector<std::string_view> keys = [] {
        std::vector<std::string_view> found;
        const RunConfig defaults;
        visitFields(defaults, [&](const Field& field, const auto&) { found.push_back(field.key); });
        return found;
    }();
    return keys;
}

bool isSettingKey(std::string_view key) { return std::ranges::find(settingKeys(), key) != settingKeys().end(); }

bool isSettingGroup(std::string_view key) {
    return std::ranges::any_of(settingKeys(), [&](std::string_view known) {
        return known.size() > key.size() && known.starts_with(key) && known[key.size()] == '.';
    });
}

std::vector<std::string_view> splitWords(std::string_view list, char separator) {
    std::vector<std::string_view> words;
    while (!list.empty()) {
        words.push_back(list.substr(0, list.find(separator)));
        list.remove_prefix(std::min(words.back().size() + 1, list.size()));
    }
    return words;
}

std::string nearest(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view best;
    std::size_t least = SIZE_MAX;
    for (std::string_view candidate : candidates) {
        const std::size_t away = distance(word, candidate);
        if (away < least) std::tie(least, best) = std::pair(away, candidate);
    }
    return std::string(best);
}

std::optional<std::string> canonicalKey(std::string_view key) {
    if (isSettingKey(key) || isRouterOption(key)) return std::string(key);
    for (const Alias& alias : kAliases) {
        if (alias.name == key) return std::string(alias.key);
    }
    return std::nullopt;
}

std::string suggestKey(std::string_view unknown) {
    const bool bare = unknown.find('.') == std::string_view::npos;
    std::string_view best;
    std::size_t least = SIZE_MAX;
    for (std::string_view key : settingKeys()) {
        const std::size_t away = distance(unknown, bare ? lastPart(key) : key);
        if (away < least) std::tie(least, best) = std::pair(away, key);
    }
    return std::string(best);
}

}  // namespace moescope::config
