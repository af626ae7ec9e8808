// NewRunFooter: recipe, name, tags, seed, and the way out: Cancel or Train.
#pragma once

#include <QStringList>
#include <QWidget>

#include "core/base/problem.hpp"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace moescope::ui {

/// GUI thread.
class NewRunFooter : public QWidget {
    Q_OBJECT
public:
    explicit NewRunFooter(QWidget* parent = nullptr);

    void setRecipe(const QString& recipe);
    void setSeed(const QString& seed);
    /// How many things are wrong; Train waits until it is 0.
    void setProblems(int count);
    QString name() const;
    QStringList tags() const;
    /// How many seeds are trained: 1, 3, 5 or 10.
    int seedCount() const;
    /// How many runs the button starts; more than one are queued.
    void setRuns(std::size_t runs);

signals:
    void seedEdited(const QString& seed);
    void seedCountChanged();
    void pasteRequested();
    void problemsClicked();
    void cancelled();
    void trainClicked();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QLabel* m_recipe;
    QLineEdit *m_name, *m_tags, *m_seed;
    QComboBox* m_seeds;
    QPushButton *m_problems, *m_train;
    std::size_t m_runs = 1;
    QString m_text;
};

}  // namespace moescope::ui
