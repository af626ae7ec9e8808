// Asks for a key of the query language: a field of a run or a setting, with completion.
#pragma once

#include <QString>

#include <functional>
#include <string>

class QWidget;

namespace moescope::ui {

struct KeyQuestion {
    const char* objectName;
    QString title, label;
    std::function<void(const std::string& key)> known;
    std::function<void(const QString& typed)> unknown;   ///< what was typed is neither a field nor a setting
};

/// GUI thread. Returns at once; one of the two is called when the dialog is answered, none when it is cancelled.
void askForKey(QWidget* parent, KeyQuestion question);

}  // namespace moescope::ui
