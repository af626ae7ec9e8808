// The list of live settings.
#include "ui/run_live_settings.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <string_view>

#include "ui/help_text.hpp"

namespace moescope::ui {
namespace {

using config::RunConfig;
using plots::Figure;
using plots::KnobSpec;

QString text(const char* source) { return QCoreApplication::translate("LiveSettings", source); }

KnobSpec logKnob(const char* label, double min, double max, bool zero, int width) {
    KnobSpec spec;
    spec.label = text(label);
    spec.min = min;
    spec.max = max;
    spec.logarithmic = true;
    spec.zeroAtLeft = zero;
    spec.width = width;
    return spec;
}

KnobSpec linearKnob(const char* label, double min, double max, double step, const char* suffix) {
    KnobSpec spec;
    spec.label = text(label);
    spec.min = min;
    spec.max = max;
    spec.step = step;
    spec.suffix = QString::fromUtf8(suffix);
    spec.figure = Figure::Fixed2;
    return spec;
}

KnobSpec noiseKnob() {
    KnobSpec spec = linearKnob("Noise σ", 0, 2, 0.05, "");
    spec.special = -1;
    spec.specialName = text("published");
    return spec;
}

bool hasNoise(const RunConfig& c) {
    return c.router.noise != "none" || c.router.select == "top1_random_second" || c.router.select == "top1_gumbel_second";
}

std::vector<double> choicesOfK(const RunConfig& c) {
    std::vector<double> choices;
    for (std::int64_t k = 1; k < c.moe.experts && choices.size() < 4; k *= 2) choices.push_back(static_cast<double>(k));
    const auto now = static_cast<double>(c.moe.top_k);
    if (std::ranges::find(choices, now) == choices.end()) choices.push_back(now);
    std::ranges::sort(choices);
    return choices;
}

LiveSetting setting(const char* key, const char* name, KnobSpec knob, int fold) { return {key, name, std::move(knob), {}, fold, settingCard(key), DetailLevel::standard}; }

LiveSetting choice(const char* key, const char* name, const QString& label, std::vector<std::pair<QString, config::Value>> choices, int fold) {
    LiveSetting made{key, name, {}, std::move(choices), fold, settingCard(key), DetailLevel::standard};
    made.knob.label = label;
    return made;
}

/// A knob of the lessons: there from the first level on.
LiveSetting first(LiveSetting setting) {
    setting.least = DetailLevel::learner;
    return setting;
}

LiveSetting scopeChoice() {
    return choice("balance.scope", "balanceScope", text("Balance over"),
                  {{text("batch"), std::string("batch")}, {text("sequence"), std::string("sequence")}, {text("step"), std::string("global")}, {text("layers"), std::string("layers")}}, 3);
}

LiveSetting paceChoice(const RunConfig& c) {
    std::vector<double> paces{0, 1, 5, 12, 30, 100};
    if (std::ranges::find(paces, c.training.pace) == paces.end()) paces.push_back(c.training.pace);
    std::ranges::sort(paces);
    std::vector<std::pair<QString, config::Value>> choices;
    for (const double pace : paces) choices.emplace_back(pace == 0 ? text("full speed") : text("%1 steps/s").arg(pace), pace);
    return choice("training.pace", "pace", text("Pace"), std::move(choices), 0);
}

}  // namespace

config::Value LiveSetting::value(const RunConfig& c) const {
    const std::string_view k = key;
    if (k == "training.lr") return c.training.lr;
    if (k == "training.pace") return c.training.pace;
    if (k == "balance.coefficient") return c.balance.coefficient;
    if (k == "balance.scope") return c.balance.scope;
    if (k == "balance.z_coefficient") return c.balance.z_coefficient;
    if (k == "router.noise_scale") return c.router.noise_scale;
    if (k == "capacity.factor") return c.capacity.factor;
    return c.moe.top_k;
}

double LiveSetting::number(const RunConfig& c) const {
    const config::Value stored = value(c);
    if (const auto* whole = std::get_if<std::int64_t>(&stored)) return static_cast<double>(*whole);
    const auto* real = std::get_if<double>(&stored);
    return real ? *real : 0;
}

std::vector<LiveSetting> liveSettings(const RunConfig& c) {
    std::vector<LiveSetting> settings;
    if (c.model.family != "plane" || c.plane.fit != "em") {
        KnobSpec rate = logKnob("Learning rate", 1e-5, 1e-1, false, 136);
        rate.figure = Figure::Exponent;
        settings.push_back(first(setting("training.lr", "learningRateKnob", std::move(rate), 0)));
    }
    if (c.moe.experts > 0) {
        if (c.balance.kind != "none") {
            settings.push_back(first(setting("balance.coefficient", "balanceKnob", logKnob("Balance", 1e-4, 1, true, 112), 0)));
            settings.push_back(scopeChoice());
        }
        LiveSetting z = setting("balance.z_coefficient", "zLossKnob", logKnob("z-loss", 1e-5, 1e-1, true, 96), 6);
        z.least = DetailLevel::expert;
        settings.push_back(std::move(z));
        if (hasNoise(c)) settings.push_back(setting("router.noise_scale", "noiseKnob", noiseKnob(), 5));
        if (c.capacity.factor > 0) settings.push_back(setting("capacity.factor", "capacityKnob", linearKnob("Capacity", 0.25, 4, 0.05, "×"), 4));
        if (c.router.select == "topk" && c.moe.experts > 1) {
            KnobSpec k;
            k.label = text("Experts per token");
            k.choices = choicesOfK(c);
            settings.push_back(first(setting("moe.top_k", "expertsPerToken", std::move(k), 2)));
        }
    }
    settings.push_back(first(paceChoice(c)));
    return settings;
}

}  // namespace moescope::ui
