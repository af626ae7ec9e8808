// Asked once when the window closes while runs train.
#pragma once

#include <QStringList>

class QWidget;

namespace moescope::ui {

enum class CloseChoice { keepTraining, checkpointAndStop, cancel };

/// Modal. Names the runs that train.
CloseChoice askBeforeClosing(QWidget* window, const QStringList& training);

}  // namespace moescope::ui
