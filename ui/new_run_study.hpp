// NewRunStudy: the settings that vary in a study, with their values, above the form of a new run.
#pragma once

#include <QWidget>

#include <string>
#include <variant>
#include <vector>

#include "core/config/study.hpp"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace moescope::ui {

/// One setting and the editor of its values: boxes to check for choices, a list to type for the rest. GUI thread.
class VaryRow : public QWidget {
    Q_OBJECT
public:
    VaryRow(int number, QWidget* parent);
    void setKey(const std::string& key);
    /// The variation, or what is wrong with it.
    base::Problems read(config::Variation& variation) const;

signals:
    void changed();
    void removed();

private:
    void buildEditor();

    QComboBox* m_key;
    QWidget* m_editor = nullptr;
    QVBoxLayout* m_place;
    int m_number;
};

/// GUI thread. Hidden parts take no room: without a row there is one link.
class NewRunStudy : public QWidget {
    Q_OBJECT
public:
    explicit NewRunStudy(QWidget* parent = nullptr);

    /// Works the study out for these settings and seeds and says how many runs it is; the answer is what will be queued.
    std::variant<std::vector<config::StudyRun>, base::Problems> work(const config::RunConfig& base, int seeds, const QString& name);
    bool varies() const { return !m_rows.empty(); }
    VaryRow* addRow();
    /// "router.weigh raw, renorm", for a title.
    QString title() const;
    /// The one setting that varies; empty when none or several do.
    QString onlyKey() const;

signals:
    void changed();

private:
    std::vector<VaryRow*> m_rows;
    QVBoxLayout* m_lines;
    QWidget* m_foot;
    QLabel* m_sum;
    QLineEdit* m_random;
    QPushButton* m_add;
    int m_made = 0;
};

}  // namespace moescope::ui
