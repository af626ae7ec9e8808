// Progress as JSON.
#include "core/training/progress.hpp"

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

namespace moescope::training {

namespace {

using nlohmann::json;

json alarmsJson(const AlarmState& alarms) {
    json out;
    visitAlarmState(alarms, [&](const char* name, const auto& member) { out[name] = member; });
    return out;
}

template <class T>
void read(const json& from, const char* name, T& member) {
    try {
        from.at(name).get_to(member);
    } catch (const json::exception&) {
        throw base::Error(base::ExitCode::corrupt, "ckpt.state", std::string("the state has no usable \"") + name + "\"", "state.json",
                          "resume from an earlier checkpoint");
    }
}

void read(const json& from, const char* name, AlarmState& alarms) {
    const json inner = from.value(name, json::object());
    visitAlarmState(alarms, [&](const char* part, auto& member) { read(inner, part, member); });
}

}  // namespace

std::string toJson(const Progress& progress) {
    json out;
    visitProgress(progress, [&](const char* name, const auto& member) {
        if constexpr (std::is_same_v<std::decay_t<decltype(member)>, AlarmState>)
            out[name] = alarmsJson(member);
        else
            out[name] = member;
    });
    return out.dump();
}

Progress progressFromJson(std::string_view text) {
    const json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
    Progress progress;
    const auto isLater = [&](const char* name) {
        bool later = false;
        visitInterventions(progress, [&](const char* known, auto&) { later = later || std::string_view(known) == name; });
        return later;
    };
    visitProgress(progress, [&](const char* name, auto& member) {
        if (parsed.is_object() && !parsed.contains(name) && isLater(name)) return;
        read(parsed, name, member);
    });
    return progress;
}

}  // namespace moescope::training
