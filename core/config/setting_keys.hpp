// The names of settings: canonical keys, the aliases of other programs, and the nearest name to a wrong one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::config {

/// Keys of the list of settings, in its order.
const std::vector<std::string_view>& settingKeys();
bool isSettingKey(std::string_view key);
/// `key` with a dot is the beginning of some setting's key ("model", "router").
bool isSettingGroup(std::string_view key);

inline constexpr std::string_view kOptionPrefix = "router.options.";
inline bool isRouterOption(std::string_view key) {
    return key.size() > kOptionPrefix.size() && key.starts_with(kOptionPrefix);
}

/// The words of a list such as "none|sum", in its order.
std::vector<std::string_view> splitWords(std::string_view list, char separator = '|');

/// The candidate with the fewest changed letters.
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace moescope::config
