// Keeps preferences and hands them on.
#include "ui/preferences.hpp"

#include <QSettings>
#include <QWidget>

#include <algorithm>

namespace moescope::ui {
namespace {

constexpr DetailLevel kLevels[] = {DetailLevel::learner, DetailLevel::standard, DetailLevel::expert};
constexpr auto kLevel = "view/level", kText = "view/textPoints", kAnimations = "view/animations", kRate = "plots/rate", kSmoothing = "plots/smoothing",
               kOutliers = "plots/ignoreOutliers";

Preferences bounded(Preferences p) {
    p.textPoints = std::clamp(p.textPoints, 8, 24);
    p.plotRate = std::clamp(p.plotRate, 1, 30);
    p.smoothing = p.smoothing >= 0 ? std::min(p.smoothing, 0.999) : 0;
    return p;
}

}  // namespace

QString levelWord(DetailLevel level) {
    return level == DetailLevel::learner ? QStringLiteral("learner") : level == DetailLevel::expert ? QStringLiteral("expert") : QStringLiteral("standard");
}

QString levelTitle(DetailLevel level) {
    return level == DetailLevel::learner ? PreferencesHub::tr("Learner") : level == DetailLevel::expert ? PreferencesHub::tr("Expert") : PreferencesHub::tr("Standard");
}

PreferencesHub& PreferencesHub::instance() {
    static PreferencesHub hub;
    return hub;
}

void PreferencesHub::set(const Preferences& next) {
    const Preferences wanted = bounded(next);
    if (wanted == m_now) return;
    m_now = wanted;
    emit changed();
}

const Preferences& preferences() { return PreferencesHub::instance().now(); }

bool levelReached(DetailLevel least) { return preferences().level >= least; }

void showFrom(DetailLevel least, QWidget* widget) {
    const auto apply = [least, widget] { widget->setVisible(levelReached(least)); };
    QObject::connect(&PreferencesHub::instance(), &PreferencesHub::changed, widget, apply);
    if (!levelReached(least)) widget->hide();
}

Preferences storedPreferences(const QSettings& settings) {
    Preferences p;
    const QString word = settings.value(QLatin1String(kLevel)).toString();
    for (const DetailLevel level : kLevels)
        if (levelWord(level) == word) p.level = level;
    p.textPoints = settings.value(QLatin1String(kText), p.textPoints).toInt();
    p.animations = settings.value(QLatin1String(kAnimations), p.animations).toBool();
    p.plotRate = settings.value(QLatin1String(kRate), p.plotRate).toInt();
    p.smoothing = settings.value(QLatin1String(kSmoothing), p.smoothing).toDouble();
    p.ignoreOutliers = settings.value(QLatin1String(kOutliers), p.ignoreOutliers).toBool();
    return bounded(p);
}

void storePreferences(QSettings& settings, const Preferences& p) {
    settings.setValue(QLatin1String(kLevel), levelWord(p.level));
    settings.setValue(QLatin1String(kText), p.textPoints);
    settings.setValue(QLatin1String(kAnimations), p.animations);
    settings.setValue(QLatin1String(kRate), p.plotRate);
    settings.setValue(QLatin1String(kSmoothing), p.smoothing);
    settings.setValue(QLatin1String(kOutliers), p.ignoreOutliers);
}

}  // namespace moescope::ui
