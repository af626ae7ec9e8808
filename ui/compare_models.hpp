// CompareModels: the architectures of two runs layer by layer, with what each layer weighs and costs.
#pragma once

#include <QWidget>

#include "ui/compare_scene.hpp"
#include "ui/compare_side.hpp"

class QLabel;
class QTableWidget;

namespace moescope::ui {

/// "8 experts of 256, k 2, 1 shared" or "dense, 1024": what stands in place of the feed-forward part of a layer.
QString layerShape(const config::RunConfig& config, std::int64_t layer);

/// Rows: the whole model, the layers, what belongs to no layer. Columns: shape, parameters, active ones and forward MFLOP per token of
/// both runs, and what the second has more of each. Counted by core/config from the settings; `vocabulary` where the data decide it.
TextTable modelDifference(const config::RunConfig& a, const config::RunConfig& b, std::int64_t vocabularyA, std::int64_t vocabularyB);

/// GUI thread. The baseline against the chosen run.
class CompareModels : public QWidget {
    Q_OBJECT
public:
    explicit CompareModels(QWidget* parent = nullptr);
    void setScene(const CompareScene& scene);
    const TextTable& table() const { return m_values; }

private:
    QLabel *m_title, *m_words;
    QTableWidget* m_table;
    TextTable m_values;
};

}  // namespace moescope::ui
