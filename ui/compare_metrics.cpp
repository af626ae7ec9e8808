// The order of the metrics and their words.
#include "ui/compare_metrics.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <type_traits>

#include "core/telemetry/step_telemetry.hpp"

namespace moescope::ui {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("CompareMetrics", text); }

QString titled(std::string_view name) {
    QString title = QString::fromLatin1(name.data(), static_cast<qsizetype>(name.size())).replace(QLatin1Char('_'), QLatin1Char(' '));
    title[0] = title[0].toUpper();
    return title;
}

constexpr std::array kFirst = {"effective_experts", "top1_weight", "top1_probability", "top1_load", "imbalance", "dead", "starving", "router_entropy", "dropped_tokens", "gradient_norm", "learning_rate", "tokens_per_second"};

std::ptrdiff_t placeOf(const CompareMetric& metric) { return std::ranges::find(kFirst, metric.series) - kFirst.begin(); }

}  // namespace

const std::vector<CompareMetric>& compareMetrics() {
    static const std::vector<CompareMetric> all = [] {
        std::vector<CompareMetric> rest, metrics{
            {std::string(telemetry::kValLoss), tr("Validation loss"), tr("nats/token"), tr("Mean loss on the fixed validation batches."), MetricPart::none, false},
            {"loss", tr("Training loss"), tr("nats/token"), tr("Loss of the training batches."), MetricPart::none, true},
            {std::string(telemetry::kDomainLoss), tr("Loss of a domain"), tr("nats/token"), tr("Validation loss of one domain."), MetricPart::domain, false},
            {std::string(telemetry::kBitsPerByte), tr("Bits per byte"), tr("bits/byte"), tr("Validation loss counted in bits of the text."), MetricPart::none, false}};
        const telemetry::StepTelemetry none;
        telemetry::visitMetrics(none, [&]<class T>(const telemetry::Metric& metric, const T&) {
            const bool scalar = metric.shape == telemetry::Shape::scalar, layer = metric.shape == telemetry::Shape::layer;
            if (metric.name == "loss" || (!scalar && !layer)) return;
            rest.push_back({std::string(metric.name), titled(metric.name), QString::fromUtf8(metric.unit.data(), static_cast<qsizetype>(metric.unit.size())),
                            QString::fromUtf8(metric.help.data(), static_cast<qsizetype>(metric.help.size())), layer ? MetricPart::layer : MetricPart::none, true});
        });
        std::ranges::stable_sort(rest, {}, placeOf);
        metrics.insert(metrics.end(), rest.begin(), rest.end());
        return metrics;
    }();
    return all;
}

int compareMetricIndex(const std::string& series) {
    const auto& all = compareMetrics();
    const auto found = std::ranges::find(all, series, &CompareMetric::series);
    return found == all.end() ? 0 : static_cast<int>(found - all.begin());
}

}  // namespace moescope::ui
