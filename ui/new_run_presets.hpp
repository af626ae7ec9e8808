// NewRunPresets: the list of run presets, two lines each.
#pragma once

#include <QListView>
#include <QString>

#include <vector>

#include "core/config/presets.hpp"

class QStandardItemModel;

namespace moescope::ui {

/// GUI thread. Reads the presets once; a folder that cannot be read leaves the list empty and says why.
class NewRunPresets : public QListView {
    Q_OBJECT
public:
    explicit NewRunPresets(QWidget* parent = nullptr);

    const std::vector<config::Preset>& presets() const { return m_presets; }
    const config::Preset* find(const QString& id) const;
    /// Marks a preset; an id that is not in the list (or none) marks nothing.
    void setCurrentPreset(const QString& id);
    /// Empty, or why there are no presets.
    const QString& problem() const { return m_problem; }

signals:
    void presetChosen(const QString& id);

private:
    std::vector<config::Preset> m_presets;
    QStandardItemModel* m_model;
    QString m_problem;
};

}  // namespace moescope::ui
