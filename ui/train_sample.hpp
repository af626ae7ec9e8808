// The sample strip: the newest text the model had written at the shown step, coloured by the experts of one layer.
#pragma once

#include <QWidget>

#include "plots/token_text.hpp"
#include "ui/run_data.hpp"

class QLabel;

namespace moescope::ui {

/// Tokens of a sample as the experts of one MoE layer saw them; the prompt is not coloured.
std::vector<plots::Token> sampleTokens(const telemetry::GeneratedSample& sample, std::int64_t moeLayer);

/// Newest sample at or before a step; nullptr if there is none.
const telemetry::GeneratedSample* sampleAt(const RunData& run, double step);

/// Experts by how many tokens of a sample chose them first, most first, at most `count`.
std::vector<int> busiestExperts(const std::vector<plots::Token>& tokens, std::size_t count);

class TrainSample : public QWidget {
    Q_OBJECT
public:
    explicit TrainSample(QWidget* parent = nullptr);
    void setSample(const RunData* data, std::int64_t moeLayer, double step);
    void setSolo(int expert);   ///< -1 = all
    QSize minimumSizeHint() const override { return {200, 48}; }

protected:
    void paintEvent(QPaintEvent*) override;

private:
    void showLegend(const std::vector<plots::Token>& tokens, int experts);

    QLabel *m_title, *m_step, *m_legend, *m_every;
    plots::TokenText* m_text;
};

}  // namespace moescope::ui
