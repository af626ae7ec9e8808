// The page's frame.
#include "ui/compare_page.hpp"

namespace moescope::ui {

struct ComparePage::Parts {
    RunLibrary& library;
    EngineLink& link;
    QStringList runs;
};

ComparePage::ComparePage(RunLibrary& library, EngineLink& link, QWidget* parent)
    : QWidget(parent), m_parts(std::make_unique<Parts>(Parts{library, link, {}})) {
    setObjectName("comparePage");
}

ComparePage::~ComparePage() = default;
void ComparePage::setRuns(const QStringList& ulids) { m_parts->runs = ulids; }
QStringList ComparePage::runs() const { return m_parts->runs; }
bool ComparePage::complete() const { return true; }

}  // namespace moescope::ui
