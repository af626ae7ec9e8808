// NewRunDataBox: below the data settings: where the text comes from and what the engine found in it.
#pragma once

#include <QWidget>

class QLabel;

namespace moescope::ui {

struct DataFacts;

/// GUI thread.
class NewRunDataBox : public QWidget {
    Q_OBJECT
public:
    explicit NewRunDataBox(QWidget* parent = nullptr);

    void setReading();
    void setFacts(const DataFacts& facts);
    void clear();

signals:
    void fileRequested();
    void folderRequested();
    void generatedRequested();

private:
    QLabel *m_facts, *m_problem;
};

}  // namespace moescope::ui
