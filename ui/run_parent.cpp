// Follows the parent's feed. A parent that is gone or damaged is simply not drawn: the open run says so itself.
#include "ui/run_parent.hpp"

#include <QFileInfo>

namespace moescope::ui {

ParentRun::ParentRun(QObject* parent) : QObject(parent) {
    connect(&m_feed, &RunFeed::opened, this, [this](const RunOpeningPtr& opening) {
        if (QFileInfo(QString::fromStdString(opening->folder)) != QFileInfo(m_folder)) return;
        m_data = std::make_unique<RunData>(*opening);
        emit changed();
    });
    connect(&m_feed, &RunFeed::updated, this, [this](const RunUpdatePtr& update) {
        if (!m_data) return;
        m_data->apply(*update);
        if (!update->series.empty()) emit changed();
    });
    connect(&m_feed, &RunFeed::failed, this, [this] { m_data.reset(); });
}

void ParentRun::open(const QString& runFolder) {
    if (runFolder == m_folder) return;
    m_folder = runFolder;
    m_data.reset();
    if (runFolder.isEmpty()) m_feed.close();
    else m_feed.open(runFolder);
    emit changed();
}

}  // namespace moescope::ui
