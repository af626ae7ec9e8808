// CompareExperts: the routing of two runs side by side, with the experts of the second in the order of their partners in the first.
#pragma once

#include <QThread>
#include <QWidget>

#include <functional>
#include <memory>
#include <optional>

#include "ui/compare_match.hpp"
#include "ui/compare_scene.hpp"

class QComboBox;
class QLabel;
class QPushButton;

namespace moescope::plots {
class NumberGrid;
}

namespace moescope::ui {

/// The newest probes of two runs, or why there are none.
struct ProbePair {
    QString problem;
    telemetry::ProbeSnapshot a, b;
};
using ProbePairPtr = std::shared_ptr<const ProbePair>;

/// GUI thread; probes are read elsewhere. The baseline against the chosen run.
class CompareExperts : public QWidget {
    Q_OBJECT
public:
    explicit CompareExperts(QWidget* parent = nullptr);
    ~CompareExperts() override;
    /// `folderOf`: a run's folder by its ULID.
    void setScene(const CompareScene& scene, const std::function<QString(const std::string& ulid)>& folderOf);
    const std::optional<ExpertMatch>& match() const { return m_match; }
    bool busy() const { return m_pending > 0; }

signals:
    void finished();

private:
    void read(const QString& folderA, const QString& folderB);
    void take(const ProbePairPtr& pair);
    void draw();
    void say(const QString& title, const QString& words);
    QString asMarkdown() const;

    QLabel *m_title, *m_words, *m_nameA, *m_nameB;
    QComboBox *m_layerA, *m_layerB;
    QPushButton* m_copy;
    plots::NumberGrid *m_gridA, *m_gridB;
    QWidget* m_grids;
    QStringList m_domains;
    QString m_pairOf;                  ///< what was read: both ULIDs and steps
    ProbePairPtr m_probes;
    std::optional<ExpertMatch> m_match;
    int m_request = 0, m_pending = 0;
    QObject* m_worker;
    QThread m_thread;
};

}  // namespace moescope::ui
