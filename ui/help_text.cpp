// Cards from the lists of metrics, of settings and of places.
#include "ui/help_text.hpp"

#include <QCoreApplication>
#include <QStringList>
#include <QVariant>
#include <QWidget>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/config/config_json.hpp"
#include "core/telemetry/step_telemetry.hpp"
#include "plots/figures.hpp"
#include "ui/help_places.hpp"

namespace moescope::ui {
namespace {

constexpr const char* kProperty = "helpCard";

QString text(const char* source) { return QCoreApplication::translate("Help", source); }
QString fromView(std::string_view view) { return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size())); }

QString rangeText(double low, double high) {
    if (std::isinf(low) && std::isinf(high)) return {};
    if (std::isinf(high)) return text("from %1").arg(plots::figure(low));
    if (std::isinf(low)) return text("up to %1").arg(plots::figure(high));
    return text("%1 to %2").arg(plots::figure(low), plots::figure(high));
}

QString choicesText(const std::vector<std::string>& choices) {
    QStringList words;
    for (const std::string& choice : choices) words << QString::fromStdString(choice);
    return words.isEmpty() ? QString() : text("one of %1").arg(words.join(QStringLiteral(", ")));
}

QString small(const QStringList& parts) {
    QStringList said = parts;
    said.removeAll(QString());
    return said.isEmpty() ? QString() : QStringLiteral("<br><small>%1</small>").arg(said.join(QStringLiteral(" \u00B7 ")).toHtmlEscaped());
}

/// What the Routing page computes from a snapshot of the probe; the run does not store it.
constexpr telemetry::Metric kOfProbe[] = {
    {"plane_gate", "share", "p_e(x, y) = softmax(V (x, y, 1))_e, in a tree the product along the branch: the colour is the largest, its strength that probability.", telemetry::Shape::scalar, 0, 1},
    {"plane_answer", "", "o_e(x, y) of one expert, as strong as p_e; the output is sum_e w_e o_e with combine weights w.", telemetry::Shape::scalar},
    {"plane_loss", "nats", "Values: (d - y)^2 / (2 sigma^2). Classes: minus the logarithm of the probability of the point's class.", telemetry::Shape::scalar, 0},
    {"combine_weight", "share", "The tint of a token: weight of its first expert's output in the sum.", telemetry::Shape::scalar, 0},
    {"logit_margin", "logits", "Largest minus second largest logit of a token.", telemetry::Shape::scalar, 0},
    {"coactivation", "share", "N_ij / N_i: of the tokens that chose the row's expert, those that also chose the column's.", telemetry::Shape::layer, 0, 1},
    {"coactivation_lift", "x independence", "N_ij T / (N_i N_j) over T tokens; 1 = independent choices.", telemetry::Shape::layer, 0},
    {"path_share", "share", "Tokens with these first choices in a layer and in the next, of all tokens.", telemetry::Shape::layer, 0, 1},
    {"path_lift", "x independence", "That share over the product of the two experts' shares; 1 = the layers know nothing of each other.", telemetry::Shape::layer, 0},
    {"domain_share", "share", "Of a domain's tokens, those that chose the expert; a row sums to k.", telemetry::Shape::layerDomainExpert, 0, 1},
    {"domain_information", "share of H(domain)", "(I(expert; domain) - its mean over 200 shuffles of the sequences' domains) / H(domain). The mark: 95 % of the shuffles lie below.", telemetry::Shape::layer},
    {"token_information", "share of H(token)", "The same with token ids for domains, shuffled over positions.", telemetry::Shape::layer},
    {"purity", "share", "Tokens that lie in their expert's most frequent domain; in the table.", telemetry::Shape::layer, 0, 1},
    {"vocabulary_lift", "x probe", "Share of a token among the expert's tokens over its share of the probe; shown above 1 and from 3 occurrences.", telemetry::Shape::layer, 1},
    {"first_choice_stays", "share", "Tokens whose first expert is that of the snapshot before.", telemetry::Shape::layer, 0, 1},
    {"clean_logit", "logits", "z of each probe token before noise and bias, as evaluation sees it; the height is the density.", telemetry::Shape::layer},
    {"biased_score", "score", "Softmax or sigmoid of z, and the same plus the expert's selection bias (loss-free balancing), which only changes who is chosen.", telemetry::Shape::layer},
    {"weight_cosine", "", "Cosine of all weights of two experts, flattened; experts of independent first weights are near 0.", telemetry::Shape::layer, -1, 1},
    {"weight_cka", "", "Linear CKA |Xi' Xj|^2 / (|Xi' Xi| |Xj' Xj|) of the weights [residual stream, hidden units], centred: the order of the hidden units does not matter.", telemetry::Shape::layer, 0, 1},
    {"hand_weight", "share", "Under a chosen logit: the order of the choice and its combine weight; struck through = the expert is full.", telemetry::Shape::scalar, 0},
    {"hand_gradient", "per logit", "d (sum of losses times their coefficients, and the task if it is switched on) / d logit; a step of training moves against it.", telemetry::Shape::scalar},
    {"lift_chance", "x probe", "95 % of 200 shuffles of the labels have a smaller lift.", telemetry::Shape::scalar, 0},
    {"agrees_with_newest", "share", "Tokens whose first expert is already that of the newest snapshot; chance is about 1/E.", telemetry::Shape::layer, 0, 1},
};

/// Those of the evaluation and of the probe are no metrics of a step and have no line in the list.
std::optional<telemetry::Metric> metricNamed(std::string_view name) {
    if (name == telemetry::kValLoss)
        return telemetry::Metric{name, "nats/token", "Mean cross-entropy of the fixed validation batches.", telemetry::Shape::scalar, 0};
    if (name == telemetry::kDomainLoss)
        return telemetry::Metric{name, "nats/token", "The validation loss of each domain's tokens alone.", telemetry::Shape::domain, 0};
    if (const auto* found = std::ranges::find(kOfProbe, name, &telemetry::Metric::name); found != std::end(kOfProbe)) return *found;
    std::optional<telemetry::Metric> found;
    telemetry::StepTelemetry scratch;
    telemetry::visitMetrics(scratch, [&](const telemetry::Metric& metric, auto&) {
        if (metric.name == name) found = metric;
    });
    return found;
}

QString metricText(std::string_view name) {
    const auto metric = metricNamed(name);
    if (!metric) return {};
    return QStringLiteral("<p><b>%1</b><br>%2%3</p>")
        .arg(fromView(metric->name), fromView(metric->help).toHtmlEscaped(), small({fromView(metric->unit), rangeText(metric->minimum, metric->maximum)}));
}

}  // namespace

QString settingCard(std::string_view key) {
    static const std::vector<config::SettingInfo> all = config::listSettings();
    const auto found = std::ranges::find(all, key, &config::SettingInfo::key);
    if (found == all.end()) return {};
    const QString range = found->choices.empty() ? rangeText(found->minimum, found->maximum) : QString();
    return QStringLiteral("<p><b>%1</b><br>%2%3</p>")
        .arg(QString::fromStdString(found->label).toHtmlEscaped(), QString::fromStdString(found->help).toHtmlEscaped(),
             small({QString::fromStdString(found->unit), range, choicesText(found->choices), QString::fromStdString(found->key), found->live ? text("applied at the next step") : QString()}));
}

QString metricCard(std::string_view name) { return metricText(name); }

QString placeCard(std::string_view objectName) {
    const HelpPlace* place = helpPlace(objectName);
    if (!place) return {};
    QString card = QStringLiteral("<p><b>%1</b></p>").arg(text(place->title));
    if (place->lookFor) card += QStringLiteral("<p>%1</p>").arg(text(place->lookFor));
    for (const std::string_view metric : place->metrics)
        if (!metric.empty()) card += metricText(metric);
    return card;
}

void setHelp(QWidget* widget, const QString& card) {
    widget->setProperty(kProperty, card);
    if (widget->toolTip().isEmpty()) widget->setToolTip(card);
}

void setPlaceHelp(QWidget* widget) { widget->setProperty(kProperty, placeCard(widget->objectName().toStdString())); }

QString helpOf(const QWidget* widget) {
    for (; widget; widget = widget->parentWidget())
        if (const QString card = widget->property(kProperty).toString(); !card.isEmpty()) return card;
    return {};
}

}  // namespace moescope::ui
