// NewRunForm: the settings of a run as sections of fields, the ones that matter first, the rest on demand.
#pragma once

#include <QScrollArea>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

class QVBoxLayout;

namespace moescope::ui {

class SettingField;

/// GUI thread. Holds the configuration that is being made; what is typed and does not fit stays in its field, with the
/// reason, until it is put right.
class NewRunForm : public QScrollArea {
    Q_OBJECT
public:
    explicit NewRunForm(QWidget* parent = nullptr);

    /// `base` is what resets go back to; `config` what is shown.
    void setConfig(const config::RunConfig& base, const config::RunConfig& config);
    const config::RunConfig& config() const { return m_config; }
    const config::RunConfig& base() const { return m_base; }
    /// Keys whose values differ from the base.
    std::vector<std::string> changedKeys() const;
    void set(const std::string& key, const std::string& json);

    void setAllSettings(bool all);
    bool allSettings() const { return m_all; }

    /// Everything wrong now: typing mistakes first, then what validation says.
    const base::Problems& problems() const { return m_problems; }
    /// Those whose field is not on the page now.
    base::Problems hiddenProblems() const;
    /// A widget below the fields of a section ("data"): what the data holds.
    void setBelow(const char* section, QWidget* widget);
    /// Scrolls to the first field with a problem and puts the cursor there; shows all settings if it must.
    void goToProblem();

signals:
    void changed();

private:
    struct Section;
    void buildSection(const Section& section, QVBoxLayout& page);
    void addField(const std::string& key, QVBoxLayout& lines);
    void addRest();
    void showValues();
    void check();
    SettingField* field(const std::string& key) const;
    void showLevel();
    bool isShown(const std::string& key, const QWidget* field) const;

    config::RunConfig m_base, m_config;
    std::map<std::string, base::Problems> m_typing;   ///< by key: what could not be taken
    base::Problems m_problems;
    std::map<std::string, SettingField*> m_fields;
    std::map<std::string, QVBoxLayout*> m_sections;   ///< by the first part of a key
    std::vector<QWidget*> m_boxes;                     ///< one for each section
    QWidget* m_below = nullptr;                        ///< what setBelow() put into the data's: for text
    bool m_all = false, m_restBuilt = false;
    std::vector<QWidget*> m_rest;
};

}  // namespace moescope::ui
