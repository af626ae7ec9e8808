// Chooses and words events.
#include "ui/events_list.hpp"

#include <QCoreApplication>
#include <QHash>
#include <QRegularExpression>

#include <cmath>

#include "core/config/config_json.hpp"
#include "plots/figures.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

bool isShown(const telemetry::Event& event) {
    const std::string_view code = event.code;
    if (code == "command.refused" || code == "command.bad") return false;
    return code.starts_with("command.") || code.starts_with("router.") || code.starts_with("loss.") || code == "distillation.ended" || code == "run.resumed" || code == "run.rewound" ||
           event.severity == telemetry::Severity::error;
}

/// "balance.coefficient" -> "Balance", from the one list of settings.
const QHash<QString, QString>& labels() {
    static const QHash<QString, QString> all = [] {
        QHash<QString, QString> found;
        for (const config::SettingInfo& setting : config::listSettings())
            if (setting.live) found.insert(QString::fromStdString(setting.key), QString::fromStdString(setting.label));
        return found;
    }();
    return all;
}

/// "Router rigged from the start: E0 +6", when the settings say so; empty otherwise.
QString rigWords(const config::RouterConfig& router) {
    QStringList rigged;
    for (std::size_t e = 0; e < router.rig.size(); ++e)
        if (router.rig[e] != 0) rigged << QStringLiteral("E%1 %2%3").arg(e).arg(router.rig[e] > 0 ? QStringLiteral("+") : QString(), plots::figure(router.rig[e], std::trunc(router.rig[e]) == router.rig[e] ? plots::Figure::Integer : plots::Figure::Fixed2));
    return rigged.isEmpty() ? QString() : QCoreApplication::translate("Train", "Router rigged from the start: %1").arg(rigged.join(QStringLiteral(", ")));
}

}  // namespace

QString eventWords(const telemetry::Event& event) {
    QString text = RunWords::oneLine(event.text);
    text.replace(QStringLiteral(" -> "), QStringLiteral(" → "));
    const QString key = text.section(QLatin1Char(' '), 0, 0);
    if (labels().contains(key)) text.replace(0, key.size(), labels().value(key));
    if (event.code == "command.set") text.replace(QRegularExpression(QStringLiteral("\\b(\\d+)\\.0\\b")), QStringLiteral("\\1"));
    if (text.endsWith(QLatin1Char('.'))) text.chop(1);
    return text;
}

std::vector<ShownEvent> shownEvents(const RunData& run) {
    std::vector<ShownEvent> shown;
    if (const QString rig = rigWords(run.config().router); !rig.isEmpty()) shown.push_back({1, 0, false, rig});
    for (const storage::StoredEvent& stored : run.events()) {
        if (stored.superseded || !isShown(stored.event)) continue;
        shown.push_back({static_cast<int>(shown.size()) + 1, static_cast<double>(stored.event.step), stored.event.severity >= telemetry::Severity::warning,
                         eventWords(stored.event)});
    }
    return shown;
}

QList<plots::EventFlag> flagsOf(const std::vector<ShownEvent>& events, const RunData& run, XAxis axis) {
    QList<plots::EventFlag> flags;
    for (const ShownEvent& event : events) flags.push_back({run.onAxis(axis, event.step), event.number, event.alarm, event.text});
    return flags;
}

}  // namespace moescope::ui
