// Panes that Tokens and Plane share: a scrolled one without a frame, and the column of cards at the right.
#pragma once

#include <QWidget>

class QLabel;
class QScrollArea;

namespace moescope::ui {

/// Takes `content` over; scrolls upright alone and takes no focus.
QScrollArea* scrolledPane(QWidget* content, const char* name);
/// Takes the cards over, one below the other, and the hint at the foot.
QScrollArea* cardPane(const QWidgetList& cards, QLabel* hint, const char* name);

}  // namespace moescope::ui
