// The run the open one was forked from: read in a thread of its own, so that its loss can be drawn faintly behind.
#pragma once

#include <QObject>
#include <QString>

#include <memory>

#include "ui/run_data.hpp"
#include "ui/run_feed.hpp"

namespace moescope::ui {

/// GUI thread. At most one; it follows a parent that still trains.
class ParentRun : public QObject {
    Q_OBJECT
public:
    explicit ParentRun(QObject* parent = nullptr);
    /// Empty folder: none.
    void open(const QString& runFolder);
    const RunData* data() const { return m_data.get(); }   ///< nullptr until it is read, and when it cannot be

signals:
    void changed();

private:
    RunFeed m_feed;
    QString m_folder;
    std::unique_ptr<RunData> m_data;
};

}  // namespace moescope::ui
