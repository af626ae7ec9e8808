// Axes from values.
#include "ui/compare_scene.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace moescope::ui {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("CompareScene", text); }

double lastOf(const ComparedRunPtr& run) {
    if (!run || !run->problem.empty()) return telemetry::kNone;
    for (std::size_t i = run->y.size(); i > 0; --i)
        if (std::isfinite(run->y[i - 1])) return run->y[i - 1];
    return telemetry::kNone;
}

}  // namespace

plots::Ink CompareScene::ink(std::size_t entry) const {
    for (const CompareGroup& group : groups)
        if (std::ranges::find(group.members, entry) != group.members.end()) return group.ink;
    return entries[entry].ink;
}

int CompareScene::other() const {
    const auto readable = [this](std::size_t entry) { return entries[entry].run && entries[entry].run->problem.empty(); };
    const auto pinned = std::ranges::find_if(groups, [this](const CompareGroup& group) { return std::ranges::find(group.members, static_cast<std::size_t>(baseline)) != group.members.end(); });
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].ulid == chosen && static_cast<int>(i) != baseline && readable(i)) return static_cast<int>(i);
    for (auto group = groups.begin(); group != groups.end(); ++group)
        if (group != pinned && readable(group->members.front())) return static_cast<int>(group->members.front());
    return -1;
}

const std::vector<std::string>& sceneFields() {
    static const std::vector<std::string> all{"val_loss", "best_val", "loss", "bits_per_byte", "params_total", "params_active", "flops", "seconds", "tokens", "step"};
    return all;
}

std::vector<std::string> sceneKeys(const CompareScene& scene) {
    std::vector<std::string> keys{kMetricKey};
    keys.insert(keys.end(), scene.keys.begin(), scene.keys.end());
    for (const std::string& field : sceneFields())
        if (std::ranges::find(keys, field) == keys.end()) keys.push_back(field);
    return keys;
}

QString sceneTitle(const CompareScene& scene, const std::string& key) {
    if (key != kMetricKey) return keyTitle(key);
    return scene.metric.unit.isEmpty() ? tr("%1, last").arg(scene.metric.title) : tr("%1, last, %2").arg(scene.metric.title, scene.metric.unit);
}

SceneAxis sceneAxis(const CompareScene& scene, const std::string& key) {
    SceneAxis made;
    made.axis.title = sceneTitle(scene, key);
    std::vector<RunValue> words;
    bool numbers = true;
    for (const CompareEntry& entry : scene.entries) {
        const RunValue value = key == kMetricKey ? RunValue() : entry.value(key);
        made.values.push_back(key == kMetricKey ? lastOf(entry.run) : valueNumber(value));
        if (!value) continue;
        numbers = numbers && std::holds_alternative<double>(*value);
        words.push_back(value);
    }
    if (numbers) return made;
    std::ranges::sort(words, lessRunValue);
    words.erase(std::ranges::unique(words).begin(), words.end());
    for (const RunValue& word : words) made.axis.labels << valueText(word);
    for (std::size_t i = 0; i < scene.entries.size(); ++i) {
        const auto at = std::ranges::find(words, scene.entries[i].value(key));
        made.values[i] = at == words.end() ? telemetry::kNone : static_cast<double>(at - words.begin());
    }
    return made;
}

}  // namespace moescope::ui
