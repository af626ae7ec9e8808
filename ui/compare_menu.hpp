// The menu Compare of the window: what can be done to a comparison, with the keys of the page beside it.
#pragma once

class QMenuBar;

namespace moescope::ui {

class MainWindow;

/// Adds the menu; its actions belong to the window.
void addCompareMenu(QMenuBar& bar, MainWindow& window);

}  // namespace moescope::ui
