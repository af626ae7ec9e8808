// Main window: one expert alone, on Train and in the views of Routing that can show it.
#include <QAction>
#include <QMenu>

#include "ui/action_book.hpp"
#include "ui/interventions_dock.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_status.hpp"
#include "ui/routing_page.hpp"
#include "ui/run_watched.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

constexpr int kKeys = 9, kMessageMs = 4000;

}  // namespace

void MainWindow::buildSoloMenu(QMenu* solo) {
    for (int expert = 0; expert < kKeys; ++expert) {
        QAction* action = solo->addAction(tr("E%1 alone").arg(expert), this, [this, expert] { soloExpert(expert); });
        action->setObjectName(QStringLiteral("soloE%1").arg(expert));
        ActionBook::setKey(action, QKeySequence(Qt::Key_1 + expert));
        ActionBook::setPlace(action, kOnPlots);
    }
    connect(m_routing, &RoutingPage::soloChosen, this, &MainWindow::showSolo);
}

/// The same expert again: all of them.
void MainWindow::soloExpert(int expert) {
    const auto experts = m_run->data() ? m_run->data()->experts() : 0;
    if (experts == 0) return m_status->showMessage(tr("A run with experts must be open."), kMessageMs);
    if (expert >= experts) return m_status->showMessage(tr("This run has %1 experts, E0 to E%2.").arg(experts).arg(experts - 1), kMessageMs);
    showSolo(expert == m_solo ? -1 : expert);
}

void MainWindow::showSolo(int expert) {
    m_solo = expert;
    m_train->setSolo(expert);
    m_routing->setSolo(expert);
    if (expert < 0) return;
    const auto& layers = m_run->data()->meta().facts.moeLayers;
    m_interventions->setPlace({layers[static_cast<std::size_t>(m_train->view().moeLayer)], expert});  // whom M mutes
    if (m_page == PageId::routing && !m_routing->showsSolo()) m_status->showMessage(tr("E%1 is alone in Tokens; this view shows all.").arg(expert), kMessageMs);
}

bool MainWindow::leaveSolo() {
    if (m_solo < 0) return false;
    showSolo(-1);
    return true;
}

}  // namespace moescope::ui
