// What the Train page says in words: axes, empty panels, floors.
#pragma once

#include <QString>

#include "ui/run_data.hpp"

namespace moescope::ui {

struct AxisWords {
    QString name;     ///< at the tick row: "step"
    QString title;    ///< in exports: "training step"
    QString choice;   ///< in the list of axes: "steps"
};
AxisWords axisWords(XAxis axis);

/// Inside a panel without data: "first point after step 10", or that there is nothing to come.
QString emptyText(const RunData& run);

/// Tool tip of the loss panel: loss and floor of each domain; empty if there are no floors.
QString lossNote(const RunData& run);

/// "0.12 M, 0.05 M active"
QString parametersText(const RunData& run);
QString deviceText(const RunData& run);

}  // namespace moescope::ui
