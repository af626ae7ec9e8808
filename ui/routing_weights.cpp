// Asks the engine for the matrices and shows the one of the shown step.
#include "ui/routing_weights.hpp"

#include <QStackedWidget>
#include <QVBoxLayout>

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/statistics/clustering.hpp"
#include "plots/chart_panels.hpp"
#include "plots/controls.hpp"
#include "ui/routing_headings.hpp"
#include "ui/routing_table.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;
using plots::EmptyContent;

constexpr int kSide = 320;

double real(const Json& value) { return value.is_number() ? value.get<double>() : telemetry::kNone; }

std::vector<std::vector<double>> matrixOf(const Json& rows) {
    std::vector<std::vector<double>> matrix;
    if (!rows.is_array()) return matrix;
    for (const Json& row : rows) {
        matrix.emplace_back();
        for (const Json& value : row) matrix.back().push_back(real(value));
        if (matrix.back().size() != rows.size()) return {};
    }
    return matrix;
}

/// The merges between rows as they are drawn.
std::vector<plots::GridBranch> treeOf(const std::vector<statistics::Merge>& merges, const std::vector<int>& order) {
    std::vector<int> rowOf(order.size());
    for (std::size_t row = 0; row < order.size(); ++row) rowOf[static_cast<std::size_t>(order[row])] = static_cast<int>(row);
    const auto node = [&](int at) { return at < static_cast<int>(order.size()) ? rowOf[static_cast<std::size_t>(at)] : at; };
    std::vector<plots::GridBranch> tree;
    for (const statistics::Merge& merge : merges) tree.push_back({node(merge.left), node(merge.right), merge.similarity});
    return tree;
}

plots::Curve curveOf(const QString& id, const QString& name, plots::Ink ink, plots::CurveRole role) {
    plots::Curve curve;
    curve.id = id;
    curve.name = name;
    curve.ink = ink;
    curve.role = role;
    curve.figure = plots::Figure::Fixed2;
    curve.endLabel = true;
    return curve;
}

}  // namespace

WeightHistory readSimilarity(const QByteArrayList& lines) {
    WeightHistory history;
    for (const QByteArray& line : lines) {
        const Json json = Json::parse(line.constData(), line.constData() + line.size(), nullptr, false);
        if (!json.is_object() || !json.contains("cosine") || !json.contains("cka") || !json.contains("step") || !json["step"].is_number_integer() || !json.contains("layer") || !json["layer"].is_number_integer()) continue;
        const WeightSimilarity found{matrixOf(json["cosine"]), matrixOf(json["cka"]), real(json.value("mean_cosine", Json())), real(json.value("mean_cka", Json()))};
        if (!found.cosine.empty() && found.cosine.size() == found.cka.size()) history[json["step"].get<std::int64_t>()][json["layer"].get<std::int64_t>()] = found;
    }
    return history;
}

plots::GridData similarityGrid(const std::vector<std::vector<double>>& values, const QString& title) {
    plots::GridData grid;
    grid.title = title;
    grid.rowTitle = RoutingWeights::tr("expert");
    grid.experts = static_cast<int>(values.size());
    grid.expertRows = true;
    const std::vector<statistics::Merge> merges = statistics::cluster(values);
    grid.expertOf = statistics::leafOrder(merges);
    grid.tree = treeOf(merges, grid.expertOf);
    for (const int e : grid.expertOf) grid.rows << expertName(e);
    grid.columns = grid.rows;
    for (const int row : grid.expertOf)
        for (const int column : grid.expertOf) grid.values.push_back(row == column ? telemetry::kNone : std::abs(values[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]) < 5e-4 ? 0.0 : values[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]);
    return grid;
}

RoutingWeights::RoutingWeights(QWidget* parent)
    : RoutingView(parent), m_measure(new plots::SegmentedControl), m_grid(new RoutingGrid), m_words(routingLabel("label", 12)), m_curves(new plots::LinePanel), m_curveTable(new RoutingTable), m_curveStack(new QStackedWidget) {
    setObjectName(QStringLiteral("routingWeights"));
    m_grid->setObjectName(QStringLiteral("similarityGrid"));
    m_measure->setObjectName(QStringLiteral("similarityMeasure"));
    m_measure->setAccessibleName(tr("Measure of similarity"));
    m_measure->setOptions({tr("Cosine"), tr("Linear CKA")});
    m_measure->setCompact(true);
    auto* left = new QVBoxLayout;
    left->setSpacing(6);
    QHBoxLayout* head = routingHeading(tr("How alike the experts are"), m_note);
    head->addWidget(m_measure);
    left->addLayout(head);
    left->addWidget(m_grid, 1);
    m_curves->setObjectName(QStringLiteral("similarityCurves"));
    m_curves->setTitle(tr("Over checkpoints"), tr("mean of all pairs"));
    m_curves->setXAxis(tr("step"), tr("training step"));
    m_curves->setYTitle(tr("similarity"));
    m_curveTable->setObjectName(QStringLiteral("similarityTable"));
    m_curveTable->setAccessibleName(tr("Mean similarity of each checkpoint and layer"));
    m_curveStack->addWidget(m_curves);
    m_curveStack->addWidget(m_curveTable);
    m_curveStack->setMaximumHeight(280);
    m_words->setWordWrap(true);
    m_words->setObjectName(QStringLiteral("similarityWords"));
    auto* side = new QWidget;
    side->setFixedWidth(kSide);
    auto* right = new QVBoxLayout(side);
    right->setContentsMargins(0, 0, 0, 0);
    right->setSpacing(10);
    right->addWidget(m_curveStack, 1);
    right->addWidget(m_words);
    right->addStretch(1);
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(16, 8, 16, 8);
    columns->setSpacing(24);
    columns->addLayout(left, 1);
    columns->addWidget(side);
    connect(m_measure, &plots::SegmentedControl::currentChanged, this, [this] { show(m_shown); });
}

void RoutingWeights::take(const QByteArray& output, const QString& problem) {
    m_problem = problem;
    if (problem.isEmpty()) m_history = readSimilarity(output.trimmed().split('\n'));
    if (problem.isEmpty() && m_history.empty()) m_problem = tr("The engine gave no answer that can be read.");
    emit changed();
}

void RoutingWeights::prepare(const RoutingShown& shown) {
    std::vector<std::int64_t> steps;
    for (const storage::CheckpointRow& row : shown.run->checkpoints())
        if (row.state == "good" || row.state == "verified") steps.push_back(row.step);
    if (shown.folder == m_folder && steps == m_steps) return;
    if (shown.folder != m_folder) m_history.clear();
    m_folder = shown.folder;
    m_steps = steps;
    m_problem.clear();
    if (steps.empty() || shown.run->experts() < 2) return m_question.stop();
    m_question.setStore(storeOfRun(m_folder));
    const QStringList verb{QStringLiteral("inspect"), QString::fromStdString(shown.run->meta().ulid), QStringLiteral("--similarity"), QStringLiteral("--all")};
    if (!m_question.ask(verb, {}, [this](const QByteArray& output, const QString& problem) { take(output, problem); }))
        m_problem = tr("There is no moescope-engine here that could compute this. Build it, or name it in MOESCOPE_ENGINE.");
}

std::optional<EmptyContent> RoutingWeights::missing(const RoutingShown& shown) const {
    if (shown.run->experts() < 2) return EmptyContent{QStringLiteral("grid"), tr("One expert has nobody to be like"), tr("Runs with two or more experts in a layer have a similarity."), {}, false};
    if (m_steps.empty()) return EmptyContent{QStringLiteral("file"), tr("No checkpoint yet"), tr("Weights are kept every training.checkpoint_every steps and at the end of a run."), {}, false};
    if (!m_problem.isEmpty()) return EmptyContent{QStringLiteral("warning"), tr("The experts could not be compared"), m_problem, {}, true};
    if (m_history.empty()) return EmptyContent{QStringLiteral("file"), tr("Comparing the experts of %n checkpoint(s)", nullptr, static_cast<int>(m_steps.size())), {}, {}, false};
    if (!m_history.at(stepFor(shown.step)).contains(shown.modelLayer)) return EmptyContent{QStringLiteral("grid"), tr("Layer %1 is not in this checkpoint").arg(shown.modelLayer), {}, {}, false};
    return {};
}

std::int64_t RoutingWeights::stepFor(double shown) const {
    std::int64_t found = m_history.begin()->first;
    for (const auto& [step, layers] : m_history)
        if (static_cast<double>(step) <= shown + 1e-6) found = step;
    return found;
}

void RoutingWeights::show(const RoutingShown& shown) {
    m_shown = shown;
    if (m_history.empty()) return;
    const std::int64_t step = stepFor(shown.step);
    const WeightSimilarity& found = m_history.at(step).at(shown.modelLayer);
    const bool cosine = m_measure->current() == 0;
    m_grid->setData(similarityGrid(cosine ? found.cosine : found.cka, cosine ? tr("Cosine of the experts' weights") : tr("Linear CKA of the experts' weights")));
    m_note->setText(tr("layer %1, checkpoint of step %2").arg(shown.modelLayer).arg(step));
    QString words = cosine ? tr("Cosine of all weights of two experts: 1 = copies, 0 = nothing in common. Experts that began apart stay near 0 even if they do the same, because their hidden units have another order.")
                           : tr("Linear CKA looks at what the hidden units read and write, whatever their order: 1 = the same up to a rotation. Random weights are not at 0: compare with the first checkpoint.");
    if (static_cast<double>(step) > shown.step + 1e-6) words += tr("\n\nThere is no checkpoint at or before step %1; this is the first one.").arg(plots::groupedInteger(static_cast<qint64>(shown.step)));
    m_words->setText(words);
    fillCurves(shown);
}

void RoutingWeights::fillCurves(const RoutingShown& shown) {
    plots::Lane lane;
    plots::Curve cosine = curveOf(QStringLiteral("cosine"), tr("cosine"), {plots::Ink::Accent, 0, 0, {}}, plots::CurveRole::Run), cka = curveOf(QStringLiteral("cka"), tr("CKA"), {plots::Ink::Text2, 0, 0, {}}, plots::CurveRole::Run);
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (const auto& [step, layers] : m_history) {
        for (const auto& [layer, found] : layers) {
            rows.push_back({RoutingTable::number(static_cast<double>(step), plots::Figure::Integer), RoutingTable::number(static_cast<double>(layer), plots::Figure::Integer), RoutingTable::number(found.meanCosine), RoutingTable::number(found.meanCka)});
            if (layer != shown.modelLayer) continue;
            cosine.points.x.push_back(static_cast<double>(step));
            cosine.points.y.push_back(found.meanCosine);
            cka.points.x.push_back(static_cast<double>(step));
            cka.points.y.push_back(found.meanCka);
        }
    }
    lane.y = {std::nullopt, 1.0, true};
    lane.curves = {cosine, cka};
    m_curves->setData(lane);
    m_curveTable->setRows({tr("step"), tr("layer"), tr("mean cosine"), tr("mean CKA")}, rows);
}

void RoutingWeights::setTable(bool on) {
    m_grid->setTable(on);
    m_curveStack->setCurrentIndex(on);
}

}  // namespace moescope::ui
