// The dock's frame.
#include "ui/runs_dock.hpp"

namespace moescope::ui {

struct RunsDock::Parts {
    RunLibrary& library;
    EngineLink& link;
};

RunsDock::RunsDock(RunLibrary& library, EngineLink& link, QWidget* parent)
    : QWidget(parent), m_parts(std::make_unique<Parts>(Parts{library, link})) {
    setObjectName("runsDock");
}

RunsDock::~RunsDock() = default;
void RunsDock::setCurrentRun(const QString&) {}
QStringList RunsDock::selectedRuns() const { return {}; }

}  // namespace moescope::ui
