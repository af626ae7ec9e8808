// The menu of one expert, the same wherever an expert is drawn: bars, heat map rows, legend, token card.
#pragma once

#include <QPoint>

#include <functional>

#include "ui/interventions.hpp"

class QMenu;
class QWidget;

namespace moescope::ui {

class InterventionsDock;
class WatchedRun;

/// What the menu asks of the window.
struct ExpertMenuHooks {
    std::function<void()> showDock;                     ///< brings the Interventions dock to the front
    std::function<void(std::int64_t layer, int expert)> showMean;   ///< draws its mean logit
    std::function<void()> take;                         ///< an engine for an idle run
};

/// Pops up and deletes itself; actions go through the dock, so that their answers stand there. GUI thread.
QMenu* popUpExpertMenu(QWidget* parent, WatchedRun& run, InterventionsDock& dock, const ExpertPlace& place, const QPoint& at, const ExpertMenuHooks& hooks);

}  // namespace moescope::ui
