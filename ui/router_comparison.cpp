// The dialog's fields, and the runs they stand for.
#include "ui/router_comparison.hpp"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

#include "core/config/derived.hpp"
#include "core/config/matched.hpp"
#include "core/config/validate.hpp"
#include "plots/figures.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using config::RunConfig;

constexpr int kWidth = 440, kSeeds = 3, kMostSeeds = 20, kMostSteps = 1'000'000;
constexpr std::array kData = {"eight_domains", "four_alphabets", "small_experts", "tiny"};

QString text(const std::string& value) { return QString::fromStdString(value); }

/// The router on a run preset; one of the plane stands alone.
base::Problems make(const std::string& data, const std::string& router, RunConfig& config) {
    base::Problems problems = config::applyPreset(config, data);
    if (problems.empty()) problems = config::applyPreset(config, router);
    return problems;
}

}  // namespace

RouterComparison::RouterComparison(const std::vector<config::RouterCard>& cards, const QString& router, QWidget* parent)
    : QDialog(parent), m_router(router), m_other(new QComboBox), m_data(new QComboBox), m_seeds(new QSpinBox), m_steps(new QSpinBox), m_note(new QLabel) {
    setObjectName(QStringLiteral("routerComparison"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Compare routers"));
    setMinimumWidth(kWidth);
    QString title = router;
    for (const config::RouterCard& card : cards) {
        if (text(card.preset.id) == router) title = text(card.preset.title);
        else m_other->addItem(text(card.preset.title), text(card.preset.id));
    }
    for (const char* id : kData)
        if (const auto preset = config::findPreset(id)) m_data->addItem(text(preset->title), QString::fromLatin1(id));
    m_seeds->setRange(1, kMostSeeds);
    m_seeds->setValue(kSeeds);
    m_steps->setRange(1, kMostSteps);
    m_steps->setGroupSeparatorShown(true);
    const std::array<std::pair<QWidget*, const char*>, 4> named{{{m_other, "comparisonOther"}, {m_data, "comparisonData"}, {m_seeds, "comparisonSeeds"}, {m_steps, "comparisonSteps"}}};
    for (const auto& [field, name] : named) field->setObjectName(QString::fromLatin1(name));
    m_note->setObjectName(QStringLiteral("comparisonNote"));
    m_note->setWordWrap(true);
    m_note->setProperty("role", "label");
    auto* form = new QFormLayout;
    form->setSpacing(8);
    form->addRow(tr("Router"), new QLabel(title));
    form->addRow(tr("Compared with"), m_other);
    form->addRow(tr("Trained on"), m_data);
    form->addRow(tr("Seeds of each"), m_seeds);
    form->addRow(tr("Steps"), m_steps);
    auto* buttons = new QDialogButtonBox;
    m_queue = buttons->addButton(QString(), QDialogButtonBox::AcceptRole);
    m_queue->setObjectName(QStringLiteral("comparisonQueue"));
    m_queue->setProperty("kind", "primary");
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(12);
    column->addLayout(form);
    column->addWidget(m_note);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        const auto made = order();
        if (const auto* wanted = std::get_if<QueueOrder>(&made)) emit studyRequested(*wanted);
        accept();
    });
    const auto takeSteps = [this] {
        RunConfig config;
        if (config::applyPreset(config, m_data->currentData().toString().toStdString()).empty()) m_steps->setValue(static_cast<int>(std::min<std::int64_t>(config.training.steps, kMostSteps)));
    };
    takeSteps();
    m_other->setCurrentIndex(std::max(0, m_other->findData(router == QLatin1String("mixtral") ? QStringLiteral("switch") : QStringLiteral("mixtral"))));
    connect(m_data, &QComboBox::currentIndexChanged, this, takeSteps);
    for (QComboBox* box : {m_other, m_data}) connect(box, &QComboBox::currentIndexChanged, this, &RouterComparison::refresh);
    for (QSpinBox* box : {m_seeds, m_steps}) connect(box, &QSpinBox::valueChanged, this, &RouterComparison::refresh);
    refresh();
}

std::variant<QueueOrder, base::Problems> RouterComparison::order() const {
    QueueOrder order;
    const std::string data = m_data->currentData().toString().toStdString();
    std::array<std::string, 2> ids{m_router.toStdString(), m_other->currentData().toString().toStdString()};
    std::array<RunConfig, 2> configs;
    for (std::size_t i = 0; i < 2; ++i) {
        base::Problems problems = make(data, ids[i], configs[i]);
        configs[i].training.steps = m_steps->value();
        configs[i].training.warmup = std::min(configs[i].training.warmup, configs[i].training.steps);
        if (problems.empty() && i == 1) configs[1] = config::matchWidth(ids[1], configs[1], configs[0], config::MatchBy::flops, 0).config;
        if (problems.empty()) problems = config::validate(configs[i]);
        if (!problems.empty()) return problems;
    }
    for (const std::int64_t seed : config::seedsFrom(0, m_seeds->value()))
        for (std::size_t i = 0; i < 2; ++i) order.runs.push_back({data + " " + ids[i] + "-s" + std::to_string(seed), data + " " + ids[i], {}, seed, config::withSeed(configs[i], seed)});
    order.title = tr("%1 against %2 on %3").arg(m_router, text(ids[1]), text(data));
    return order;
}

QString RouterComparison::matchText(const RunConfig& own, const RunConfig& other) const {
    RunConfig unmatched;
    make(m_data->currentData().toString().toStdString(), m_other->currentData().toString().toStdString(), unmatched);
    const double percent = 100 * (config::cost(own, 0).flopsTokenForward / config::cost(other, 0).flopsTokenForward - 1);
    if (std::abs(percent) > 100 * config::kMatchMost)
        return tr("%1 costs %2 % %3 FLOPs a token, whatever the width of the experts; Compare can read both over FLOPs.")
            .arg(m_router, plots::figure(std::abs(percent), plots::Figure::Integer), percent > 0 ? tr("more") : tr("fewer"));
    const std::int64_t before = unmatched.moe.expert_width, now = other.moe.expert_width;
    if (before == now) return tr("Both cost the same FLOPs a token, to %1 %.").arg(std::abs(percent) < 1 ? 1 : 2);
    return tr("The experts of %1 are %2 wide in place of %3, so that both cost the same FLOPs a token, to %4 %.").arg(m_other->currentText()).arg(now).arg(before).arg(std::abs(percent) < 1 ? 1 : 2);
}

void RouterComparison::refresh() {
    const auto made = order();
    const auto* wanted = std::get_if<QueueOrder>(&made);
    m_queue->setEnabled(wanted != nullptr);
    m_queue->setText(tr("Queue %1 runs").arg(2 * m_seeds->value()));
    m_note->setProperty("role", wanted ? "label" : "warn");
    m_note->style()->polish(m_note);
    if (!wanted) return m_note->setText(text(std::get<base::Problems>(made).front().text));
    m_note->setText(matchText(wanted->runs[0].config, wanted->runs[1].config) + (m_seeds->value() < 6 ? tr(" With fewer than 6 seeds the exact p cannot reach 0.05.") : QString()));
}

}  // namespace moescope::ui
