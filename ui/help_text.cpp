// Cards from the lists; only what to look for is written here.
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

namespace moescope::ui {
namespace {

constexpr const char* kProperty = "helpCard";

struct Place {
    std::string_view name;
    const char* title;
    std::vector<std::string_view> metrics;
    const char* lookFor;
};

const std::vector<Place>& places() {
    static const std::vector<Place> all{
        {"comparePanel", QT_TRANSLATE_NOOP("Help", "Curves of the compared runs"), {},
         QT_TRANSLATE_NOOP("Help", "One line for each group: runs that differ in the seed alone, with the band over seeds. Colour, dash and facet can each follow any setting. The dashed line in text colour is the baseline (B). A click marks a place; the column \u201cat click\u201d reads it.")},
        {"runsTablePane", QT_TRANSLATE_NOOP("Help", "All runs"), {},
         QT_TRANSLATE_NOOP("Help", "k=2 and val_loss<1.5 tag:g8 since:7d: words match names, tags and notes, /patterns/ too. S stars, T tags, Shift+A archives, Delete moves to the trash, each with Undo; Ctrl+Enter adds to the comparison, Ctrl+I selects the others.")},
        {"compareScatter", QT_TRANSLATE_NOOP("Help", "Scatter"), {}, QT_TRANSLATE_NOOP("Help", "Each run is a mark. A trend over one setting is worth a closer look only where the others are equal: see the settings that differ.")},
        {"compareParallel", QT_TRANSLATE_NOOP("Help", "Parallel coordinates"), {}, QT_TRANSLATE_NOOP("Help", "Each run is a line over all axes. Drag along the metric's axis to pick the good ones: where their lines bundle on another axis, that setting matters.")},
        {"compareSavings", QT_TRANSLATE_NOOP("Help", "Savings against horizon"), {},
         QT_TRANSLATE_NOOP("Help", "1 \u2212 x of the group / x of the baseline, where x is what it takes to reach what the baseline has at that share of training. A line that rises says the advantage grows with longer training.")},
        {"compareModels", QT_TRANSLATE_NOOP("Help", "Models, layer by layer"), {}, QT_TRANSLATE_NOOP("Help", "A fair comparison has equal active parameters or equal FLOP per token; total parameters may differ.")},
        {"compareExperts", QT_TRANSLATE_NOOP("Help", "Routing of two runs"), {},
         QT_TRANSLATE_NOOP("Help", "Experts are matched one to one so that partners get as many of the same tokens as can be. Agreement far above chance: both runs found the same division of labour.")},
        {"lossPanel", QT_TRANSLATE_NOOP("Help", "Loss"), {"loss", "val_loss", "domain_loss"},
         QT_TRANSLATE_NOOP("Help", "It falls and flattens. A collapse of the router hardly shows here: look at the experts. A gap between train and validation is learning by heart.")},
        {"loadPanel", QT_TRANSLATE_NOOP("Help", "Expert load"), {"load"},
         QT_TRANSLATE_NOOP("Help", "Each row is an expert, each column a step; the colour is its load over the fair share. Quiet means fair. A dark row is idle, a glowing one does the work of many.")},
        {"layersPanel", QT_TRANSLATE_NOOP("Help", "Effective experts of every layer"), {"effective_experts"},
         QT_TRANSLATE_NOOP("Help", "A layer that darkens while the others do not is the one to look into.")},
        {"concentrationPanel", QT_TRANSLATE_NOOP("Help", "Top-1 concentration"), {"top1_weight", "top1_probability", "top1_load"},
         QT_TRANSLATE_NOOP("Help", "Three different questions with one name: how much of a token one expert has, how sure the router is, how much of the batch the busiest expert gets.")},
        {"spreadPanel", QT_TRANSLATE_NOOP("Help", "Top-1 concentration over layers"), {"top1_weight", "top1_probability", "top1_load"},
         QT_TRANSLATE_NOOP("Help", "The band spans all layers; the shown layer is drawn on it.")},
        {"logitsPanel", QT_TRANSLATE_NOOP("Help", "Router logits"), {"logit_quantiles", "logit_mean"},
         QT_TRANSLATE_NOOP("Help", "A fan that keeps widening saturates the softmax; one expert far above the median takes all tokens. A z-loss holds the fan together.")},
        {"usePanel", QT_TRANSLATE_NOOP("Help", "Experts in use"), {"effective_experts", "dead", "router_entropy"},
         QT_TRANSLATE_NOOP("Help", "Near the number of experts: all are used. Near 1: collapsed. The entropy says whether single tokens are decided, whatever the load.")},
        {"healthPanel", QT_TRANSLATE_NOOP("Help", "Training health"), {"gradient_norm", "learning_rate", "dropped_assignments"},
         QT_TRANSLATE_NOOP("Help", "Spikes of the gradient norm come before a divergence. Drops above a few per cent mean that the capacity is too small or the load uneven.")},
        {"inspectorLayer", QT_TRANSLATE_NOOP("Help", "The layer at the shown step"), {"effective_experts", "imbalance", "dead", "load"},
         QT_TRANSLATE_NOOP("Help", "The line marks the fair share. Click an expert for what can be done to it.")},
        {"inspectorDomains", QT_TRANSLATE_NOOP("Help", "Loss by domain"), {"domain_loss"},
         QT_TRANSLATE_NOOP("Help", "The mark is the entropy of the source: no model can be better for long. Mute an expert and see which bar jumps.")},
        {"routingLoad", QT_TRANSLATE_NOOP("Help", "Load of every layer"), {"load", "imbalance", "effective_experts"},
         QT_TRANSLATE_NOOP("Help", "Each row is an expert, each column a step; quiet means fair. Layers often differ: one may have collapsed while the others share fairly.")},
        {"routingLogits", QT_TRANSLATE_NOOP("Help", "Router logits of every layer"), {"logit_quantiles", "logit_mean"},
         QT_TRANSLATE_NOOP("Help", "A fan that keeps widening saturates the softmax: that layer stops trying other experts.")},
        {"routingPlane", QT_TRANSLATE_NOOP("Help", "The plane and its gate"), {"plane_gate", "plane_answer", "plane_loss"},
         QT_TRANSLATE_NOOP("Help", "Pale where the gate is undecided, strong where one expert decides; a line parts their regions. Scrub back: first everybody answers everywhere, then regions form and each expert fits its own. A fit that is good only inside its region is a specialist.")},
        {"routingTokens", QT_TRANSLATE_NOOP("Help", "The probe's text by expert"), {"combine_weight", "logit_margin", "vocabulary_lift", "lift_chance"},
         QT_TRANSLATE_NOOP("Help", "The same text at every snapshot. Long runs of one colour follow a topic or a script; a colour that returns at the same letters follows the token alone. A small margin means that little decides. Choose \"my own text\" to have a checkpoint read yours; solo an expert to see what it takes.")},
        {"routingCoactivation", QT_TRANSLATE_NOOP("Help", "Experts chosen together"), {"coactivation", "coactivation_lift"},
         QT_TRANSLATE_NOOP("Help", "Pairs far above 1 do one job together; pairs near 0 avoid each other. Near 1 everywhere: the choices are independent.")},
        {"routingPaths", QT_TRANSLATE_NOOP("Help", "Paths from layer to layer"), {"path_share", "path_lift"},
         QT_TRANSLATE_NOOP("Help", "A few thick ribbons: the layers divide the tokens in the same way. Many thin ones: each layer divides them by something else.")},
        {"routingSpecialisation", QT_TRANSLATE_NOOP("Help", "Who handles what"), {"domain_share", "domain_information", "token_information", "purity", "vocabulary_lift"},
         QT_TRANSLATE_NOOP("Help", "A bar beyond its chance mark is structure. If the token information is as long, the experts may only know the alphabet.")},
        {"routingSaturation", QT_TRANSLATE_NOOP("Help", "When the routing settles"), {"first_choice_stays", "agrees_with_newest"},
         QT_TRANSLATE_NOOP("Help", "Near 1: the router has decided, what follows trains the experts. A fall in a late stretch means that tokens still change hands.")},
        {"biasBars", QT_TRANSLATE_NOOP("Help", "Load and router bias"), {"load"},
         QT_TRANSLATE_NOOP("Help", "The slider adds a constant to the expert's router logit: +6 or more collapses the router onto it, a negative one starves it. The pale bar is that constant. It stays after a cure; 0 takes it away.")},
        {"muteEffect", QT_TRANSLATE_NOOP("Help", "What each domain loses"), {"domain_loss"},
         QT_TRANSLATE_NOOP("Help", "Validation loss with the expert switched off minus with it on, in nats per token, on the same batches. One long bar: the expert owns that domain. All near 0: others can stand in for it.")},
        {"queuePane", QT_TRANSLATE_NOOP("Help", "Queue"), {},
         QT_TRANSLATE_NOOP("Help", "Runs that wait for an engine, in their order. The next starts when fewer engines train than may at once and its memory is free. What waits stays when the window closes. When the last run of a study has ended, Compare opens.")},
        {"newRunStudy", QT_TRANSLATE_NOOP("Help", "Vary a setting"), {},
         QT_TRANSLATE_NOOP("Help", "Every combination of the values is trained with every seed; runs of one seed share start and order of the data, so their differences are paired. With 5 seeds p cannot fall below 0.0625, with 6 it can reach 0.05.")},
        {"routingRidges", QT_TRANSLATE_NOOP("Help", "Router logits of each expert"), {"clean_logit", "biased_score"},
         QT_TRANSLATE_NOOP("Help", "A ridge far to the right takes the tokens; two humps mean that the expert knows its tokens from the others. Ridges that lie over each other leave the choice to small differences.")},
        {"routingWeights", QT_TRANSLATE_NOOP("Help", "How alike the experts are"), {"weight_cosine", "weight_cka"},
         QT_TRANSLATE_NOOP("Help", "Bright blocks are experts that do the same, for instance copies of one dense layer that have not drifted apart yet. The order is that of a dendrogram: neighbours are the most alike.")},
        {"routingHand", QT_TRANSLATE_NOOP("Help", "A router by hand"), {"hand_weight", "hand_gradient", "load", "importance"},
         QT_TRANSLATE_NOOP("Help", "Type logits and see whom the router chooses, in which order and with what weight, who finds no room, and which way each loss pulls. It is the engine that computes, in float32, with the code that trains. The lessons at the right each show one thing.")},
        {"inspectorDevice", QT_TRANSLATE_NOOP("Help", "Device"), {"memory", "tokens_per_second"}, nullptr},
    };
    return all;
}

QString text(const char* source) { return QCoreApplication::translate("Help", source); }
QString fromView(std::string_view view) { return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size())); }

QString rangeText(double low, double high) {
    if (std::isinf(low) && std::isinf(high)) return {};
    if (std::isinf(high)) return text("from %1").arg(plots::figure(low));
    if (std::isinf(low)) return text("up to %1").arg(plots::figure(high));
    return text("%1 to %2").arg(plots::figure(low), plots::figure(high));
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
             small({QString::fromStdString(found->unit), range, QString::fromStdString(found->key), text("applied at the next step")}));
}

QString metricCard(std::string_view name) { return metricText(name); }

QString placeCard(std::string_view objectName) {
    const auto place = std::ranges::find(places(), objectName, &Place::name);
    if (place == places().end()) return {};
    QString card = QStringLiteral("<p><b>%1</b></p>").arg(text(place->title));
    if (place->lookFor) card += QStringLiteral("<p>%1</p>").arg(text(place->lookFor));
    for (const std::string_view metric : place->metrics) card += metricText(metric);
    return card;
}

void setHelp(QWidget* widget, const QString& card) {
    widget->setProperty(kProperty, card);
    if (widget->toolTip().isEmpty()) widget->setToolTip(card);
}

QString helpOf(const QWidget* widget) {
    for (; widget; widget = widget->parentWidget())
        if (const QString card = widget->property(kProperty).toString(); !card.isEmpty()) return card;
    return {};
}

}  // namespace moescope::ui
