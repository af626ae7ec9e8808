// NewRunPage: choose a preset, change what matters, see what it will cost, train.
#pragma once

#include <QStringList>
#include <QWidget>

#include <memory>

#include "core/config/run_config.hpp"
#include "ui/run_queue.hpp"

namespace moescope::ui {

class EngineLink;
class RunLibrary;

/// GUI thread. Borrows the library and the link, which outlive it.
class NewRunPage : public QWidget {
    Q_OBJECT
public:
    NewRunPage(RunLibrary& library, EngineLink& link, QWidget* parent = nullptr);
    ~NewRunPage() override;

    /// Starts from a run preset; an unknown id shows a problem and changes nothing.
    void setPreset(const QString& id);
    /// Starts from any settings (a recipe, another run).
    void setConfig(const config::RunConfig& config, const QString& from);
    /// The user's own files or folder become data.source.
    void setSourceFiles(const QStringList& paths);
    const config::RunConfig& config() const;
    QSize minimumSizeHint() const override;

signals:
    void studyRequested(const moescope::ui::QueueOrder& order);
    void trainRequested(const moescope::config::RunConfig& config, const QString& name, const QStringList& tags);
    void cancelled();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}  // namespace moescope::ui
