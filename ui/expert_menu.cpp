// Fills the expert's menu from the one list of actions.
#include "ui/expert_menu.hpp"

#include <QCoreApplication>
#include <QMenu>

#include "ui/engine_link.hpp"
#include "ui/interventions_dock.hpp"
#include "ui/run_watched.hpp"

namespace moescope::ui {
namespace {

constexpr double kRig = 6;
constexpr std::size_t kMostChoices = 24;

QString text(const char* source) { return QCoreApplication::translate("ExpertMenu", source); }

template <class Act>
void add(QMenu& menu, const QString& id, const QString& label, Act&& act) {
    menu.addAction(label, &menu, std::forward<Act>(act))->setObjectName(id);
}

void addAction(QMenu& menu, WatchedRun& run, InterventionsDock& dock, const InterventionAction& action, const ExpertPlace& place, const ExpertMenuHooks& hooks) {
    if (!whyRefused(action, *run.data(), run.steering(), place).isEmpty()) return;
    const QString id = QString::fromLatin1(action.id), title = actionTitle(action);
    const auto act = [&dock, place, id, hooks](const std::optional<config::Value>& argument) {
        dock.setPlace(place);
        dock.unfold(id);
        hooks.showDock();
        dock.apply(id, argument);
    };
    if (undoOf(action, run.steering(), place)) return add(menu, id, qstrcmp(action.verb, "mute") == 0 ? text("Unmute") : text("%1: take it back").arg(title), [act] { act(std::nullopt); });
    const auto choices = argumentChoices(action, *run.data(), place);
    if (choices.empty()) return add(menu, id, title, [act] { act(std::nullopt); });
    if (choices.size() > kMostChoices)
        return add(menu, id, title + QChar(0x2026), [&dock, place, id, hooks] {
            dock.setPlace(place);
            dock.unfold(id);
            hooks.showDock();
        });
    QMenu* sub = menu.addMenu(title);
    for (const ArgumentChoice& choice : choices) add(*sub, id, choice.text, [act, value = choice.value] { act(value); });
}

void addRig(QMenu& menu, WatchedRun& run, const ExpertPlace& place) {
    const double bias = run.steering().rigOf(place.layer, place.expert);
    if (bias != kRig) add(menu, QStringLiteral("rigExpert"), text("Rig router towards it, +6"), [&run, place] { run.send(rigCommand(place, kRig)); });
    if (bias != 0) add(menu, QStringLiteral("unrigExpert"), text("Take its rig away"), [&run, place] { run.send(rigCommand(place, 0)); });
}

}  // namespace

QMenu* popUpExpertMenu(QWidget* parent, WatchedRun& run, InterventionsDock& dock, const ExpertPlace& place, const QPoint& at, const ExpertMenuHooks& hooks) {
    if (!run.data() || run.data()->experts() == 0) return nullptr;
    auto* menu = new QMenu(parent);
    menu->setObjectName(QStringLiteral("expertMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addSection(text("Expert E%1, layer %2").arg(place.expert).arg(place.layer));
    add(*menu, QStringLiteral("showExpert"), text("Show its mean logit"), [hooks, place] { hooks.showMean(place.layer, static_cast<int>(place.expert)); });
    add(*menu, QStringLiteral("openInterventions"), text("Interventions"), [&dock, hooks, place] {
        dock.setPlace(place);
        hooks.showDock();
    });
    menu->addSeparator();
    if (run.canSteer()) {
        for (const InterventionAction& action : interventionActions()) addAction(*menu, run, dock, action, place, hooks);
        menu->addSeparator();
        addRig(*menu, run, place);
    } else if (!EngineLink::enginePath().isEmpty() && checkpointBefore(*run.data(), run.data()->lastStep())) {
        add(*menu, QStringLiteral("takeRunFromMenu"), text("Take the run with an engine to mute and rig it"), [&dock, hooks, place] {
            dock.setPlace(place);
            hooks.showDock();
            hooks.take();
        });
    }
    menu->popup(at);
    return menu;
}

}  // namespace moescope::ui
