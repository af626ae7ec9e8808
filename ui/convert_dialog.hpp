// ConvertDialog: a trained run as the beginning of another kind of model: dense to experts, experts to dense, or the teacher of a student.
#pragma once

#include <QDialog>
#include <QStringList>

#include "core/config/run_config.hpp"

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QPushButton;
class QSpinBox;

namespace moescope::ui {

/// GUI thread. Deletes itself when it closes. Offers only what the run's settings allow, and says what the new run will be.
class ConvertDialog : public QDialog {
    Q_OBJECT
public:
    ConvertDialog(const QString& ulid, const QString& name, const config::RunConfig& config, QWidget* parent = nullptr);
    /// The engine's verb with its arguments, as the fields are now.
    QStringList arguments() const;
    /// What keeps the fields from being carried out; empty = nothing.
    QString problem() const;

signals:
    void chosen(const QStringList& arguments, const QString& what);

private:
    void buildFields(QFormLayout& form);
    void refresh();
    void connectFields();
    QString verb() const;
    bool byChance() const;
    bool isStudent() const;
    QStringList studentArguments() const;
    QString summary() const;
    QString note() const;

    QString m_ulid, m_name;
    config::RunConfig m_config;
    QComboBox *m_kind, *m_keep;
    QSpinBox *m_experts, *m_topK, *m_steps, *m_layers, *m_until;
    QComboBox* m_granularity;
    QDoubleSpinBox* m_noise;
    QFormLayout* m_form;
    QLabel* m_note;
    QPushButton* m_accept = nullptr;
};

}  // namespace moescope::ui
