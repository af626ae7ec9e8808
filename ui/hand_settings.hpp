// HandSettings: the few settings of a router that matter in a small table, each with its problem under it.
#pragma once

#include <QWidget>

#include <map>
#include <string>

#include "ui/hand_table.hpp"

class QCheckBox;
class QLabel;
class QSpinBox;
class QVBoxLayout;

namespace moescope::ui {

/// GUI thread. Editors carry "hand:" and the key as object name, problems "handProblem:" and the key.
class HandSettings : public QWidget {
    Q_OBJECT
public:
    explicit HandSettings(QWidget* parent = nullptr);
    /// Shows a table's settings; emits nothing.
    void setTable(const HandTable& table);
    /// Under the settings they name; what names none that is shown stands below all.
    void setProblems(const base::Problems& problems);

signals:
    void edited(const QString& key, const QString& json);
    void sizeEdited(int tokens, int experts);
    void drawEdited(int draw);
    void trainingEdited(bool on);
    void taskPullEdited(bool on);

private:
    struct Row {
        QWidget* editor;
        QLabel* problem;
    };
    void addSetting(QVBoxLayout& column, const std::string& key);
    void addRow(QVBoxLayout& column, const QString& label, QWidget* editor, const std::string& key);

    std::map<std::string, Row> m_rows;
    QSpinBox *m_tokens, *m_experts, *m_draw;
    QCheckBox *m_training, *m_pull;
    QLabel* m_rest;
};

}  // namespace moescope::ui
