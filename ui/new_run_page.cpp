// The page's frame.
#include "ui/new_run_page.hpp"

namespace moescope::ui {

struct NewRunPage::Parts {
    RunLibrary& library;
    EngineLink& link;
    config::RunConfig config;
};

NewRunPage::NewRunPage(RunLibrary& library, EngineLink& link, QWidget* parent)
    : QWidget(parent), m_parts(std::make_unique<Parts>(Parts{library, link, {}})) {
    setObjectName("newRunPage");
}

NewRunPage::~NewRunPage() = default;
void NewRunPage::setPreset(const QString&) {}
void NewRunPage::setConfig(const config::RunConfig& config, const QString&) { m_parts->config = config; }
void NewRunPage::setSourceFiles(const QStringList&) {}
const config::RunConfig& NewRunPage::config() const { return m_parts->config; }

}  // namespace moescope::ui
