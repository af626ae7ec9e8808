// Routing > Weights: how alike the experts of a layer are in each checkpoint, as a matrix in the order of their dendrogram.
#pragma once

#include <map>

#include "ui/engine_question.hpp"
#include "ui/routing_view.hpp"

class QLabel;
class QStackedWidget;

namespace moescope::plots {
class LinePanel;
class SegmentedControl;
}  // namespace moescope::plots

namespace moescope::ui {

class RoutingGrid;
class RoutingTable;

/// One layer in one checkpoint, as the engine computed it.
struct WeightSimilarity {
    std::vector<std::vector<double>> cosine, cka;   ///< [expert][expert]
    double meanCosine = telemetry::kNone, meanCka = telemetry::kNone;
};
/// step -> model layer -> similarity
using WeightHistory = std::map<std::int64_t, std::map<std::int64_t, WeightSimilarity>>;
/// From the lines of `inspect --similarity --json`; lines that say something else are passed over.
WeightHistory readSimilarity(const QByteArrayList& lines);
/// Rows and columns in the order of the dendrogram.
plots::GridData similarityGrid(const std::vector<std::vector<double>>& values, const QString& title);

class RoutingWeights : public RoutingView {
    Q_OBJECT
public:
    explicit RoutingWeights(QWidget* parent = nullptr);
    void prepare(const RoutingShown& shown) override;
    std::optional<plots::EmptyContent> missing(const RoutingShown& shown) const override;
    void show(const RoutingShown& shown) override;
    bool needsProbe() const override { return false; }
    bool isComplete() const override { return !m_question.waiting(); }
    void setTable(bool on) override;
    using RoutingView::show;
    const WeightHistory& history() const { return m_history; }

private:
    /// The newest checkpoint at or before the shown step, else the oldest.
    std::int64_t stepFor(double shown) const;
    void take(const QByteArray& output, const QString& problem);
    void fillCurves(const RoutingShown& shown);

    EngineQuestion m_question;
    QString m_folder, m_problem;
    std::vector<std::int64_t> m_steps;               ///< of the checkpoints asked for
    WeightHistory m_history;
    plots::SegmentedControl* m_measure;
    RoutingGrid* m_grid;
    QLabel *m_note, *m_words;
    plots::LinePanel* m_curves;
    RoutingTable* m_curveTable;
    QStackedWidget* m_curveStack;
    RoutingShown m_shown;
};

}  // namespace moescope::ui
