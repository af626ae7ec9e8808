// The entries of the menu and what they do.
#include "ui/compare_menu.hpp"

#include <QAction>
#include <QMenu>
#include <QMenuBar>

#include "ui/action_book.hpp"
#include "ui/compare_page.hpp"
#include "ui/main_window.hpp"
#include "ui/runs_dock.hpp"

namespace moescope::ui {
namespace {

void addSelected(MainWindow& window) {
    ComparePage& compare = window.comparePage();
    if (compare.isVisible() && compare.view() == CompareView::runs) return compare.addSelected();
    auto* dock = window.findChild<RunsDock*>();
    const QStringList chosen = dock ? dock->selectedRuns() : QStringList();
    if (chosen.isEmpty()) return emit compare.message(ComparePage::tr("Select runs in the list first, with Ctrl or Shift."));
    compare.addRuns(chosen);
    window.showPage(PageId::compare);
}

}  // namespace

void addCompareMenu(QMenuBar& bar, MainWindow& window) {
    QMenu* menu = bar.addMenu(ComparePage::tr("&Compare"));
    ComparePage& page = window.comparePage();
    const auto add = [&window, menu](const char* name, const QString& text, auto&& act) {
        QAction* action = menu->addAction(text);
        action->setObjectName(QString::fromLatin1(name));
        QObject::connect(action, &QAction::triggered, &window, std::forward<decltype(act)>(act));
        return action;
    };
    const auto keyed = [](QAction* action, const QKeySequence& key) {
        ActionBook::setKey(action, key);
        ActionBook::setPlace(action, kOnCompare);
    };
    QAction* selected = add("compareSelected", ComparePage::tr("Add the selected runs"), [&window] { addSelected(window); });
    ActionBook::setKey(selected, Qt::CTRL | Qt::Key_Return);
    selected->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)});
    keyed(add("compareBaseline", ComparePage::tr("Use the chosen row as baseline"), [&page] { page.pinChosen(); }), Qt::Key_B);
    keyed(add("compareDifferences", ComparePage::tr("All settings or only what differs"), [&page] { page.toggleDifferences(); }), Qt::Key_D);
    keyed(add("compareGroup", ComparePage::tr("Group by\u2026"), [&page] { page.popUpGrouping(); }), Qt::Key_G);
    menu->addSeparator();
    add("compareKeep", ComparePage::tr("Keep this comparison\u2026"), [&page] { page.askForName(); });
    menu->addSeparator();
    const std::pair<CompareView, QString> views[] = {{CompareView::runs, ComparePage::tr("All runs")}, {CompareView::curves, ComparePage::tr("Curves")}, {CompareView::scatter, ComparePage::tr("Scatter")},
                                                     {CompareView::parallel, ComparePage::tr("Parallel coordinates")}, {CompareView::savings, ComparePage::tr("Savings against horizon")},
                                                     {CompareView::models, ComparePage::tr("Models, layer by layer")}, {CompareView::routing, ComparePage::tr("Routing, experts matched")}};
    for (const auto& [view, text] : views)
        add(("compareView" + std::to_string(static_cast<int>(view))).c_str(), text, [&window, &page, view = view] {
            window.showPage(PageId::compare);
            page.showView(view);
        });
}

}  // namespace moescope::ui
