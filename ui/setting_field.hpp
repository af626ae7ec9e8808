// SettingField: one line of a form for one setting: label, editor of its type, help, what the preset says, its problem.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

#include <string>

#include "core/config/config_json.hpp"

class QHBoxLayout;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace moescope::ui {

/// A way out of a problem: set `key` to `json`.
struct SettingFix {
    QString label;
    std::string key, json;
    bool operator==(const SettingFix&) const = default;
};

/// GUI thread. Values travel as the JSON text of settingJson / applySetting, whatever the type. The editor carries the
/// setting's key as its object name; notes, problems and links carry "note:", "problem:", "reset:", "fix:" and the key.
class SettingField : public QWidget {
    Q_OBJECT
public:
    static SettingField* make(const config::SettingInfo& info, QWidget* parent);

    const std::string& key() const { return m_info.key; }
    const config::SettingInfo& info() const { return m_info; }
    /// Shows a value; emits nothing, and leaves a text alone that already means it.
    virtual void setJson(const std::string& json) = 0;
    /// Value of what the form started from; empty: unchanged. A changed field says so and can be reset.
    void setPreset(const std::string& presetJson);
    void setProblem(const QString& sentence, const std::vector<SettingFix>& fixes = {});
    QString problem() const { return m_problem; }
    /// How a person reads a value of this setting.
    virtual QString readable(const std::string& json) const;

signals:
    void edited(const QString& key, const QString& json);
    void resetRequested(const QString& key);

protected:
    SettingField(const config::SettingInfo& info, QWidget* parent);
    /// Lays the line out around the editor; wide editors take the place of the help, which goes below.
    void build(QWidget* editor, bool wide = false);
    void emitEdited(const QString& json) { emit edited(QString::fromStdString(key()), json); }

private:
    void showNote();
    void clearFixes();

    config::SettingInfo m_info;
    QString m_problem, m_preset;
    QWidget* m_editor = nullptr;
    QLabel *m_label, *m_icon, *m_note;
    QPushButton* m_reset;
    QHBoxLayout* m_links;
};

/// "softmax_all" as "softmax all".
QString choiceWords(const std::string& choice);

}  // namespace moescope::ui
