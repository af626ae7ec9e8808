// The wizard's page: reference, candidates, what was solved, and the way into the queue.
#include "ui/match_wizard.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QShortcut>
#include <QSpinBox>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"
#include "plots/controls.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/help_card.hpp"
#include "ui/help_text.hpp"
#include "ui/new_run_engine.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kLabelWidth = 96, kHeadPadding = 5;
constexpr std::int64_t kGranularities[] = {1, 2, 4, 8, 16};

QString text(const std::string& value) { return QString::fromStdString(value); }

QLabel* words(const QString& text, const char* role, int px = 13, QFont::Weight weight = QFont::Normal) {
    auto* label = new QLabel(text);
    label->setProperty("role", role);
    label->setFont(plots::uiFont(px, weight));
    label->setTextFormat(Qt::PlainText);
    return label;
}

QHBoxLayout* row(const QString& label, std::initializer_list<QWidget*> widgets) {
    auto* made = new QHBoxLayout;
    made->setSpacing(12);
    auto* name = words(label, "label");
    name->setFixedWidth(kLabelWidth);
    made->addWidget(name);
    for (QWidget* each : widgets) made->addWidget(each);
    made->addStretch();
    return made;
}

QCheckBox* box(const QString& name, const QString& label, bool on) {
    auto* made = new QCheckBox(label);
    made->setObjectName(name);
    made->setChecked(on);
    return made;
}

QSpinBox* spin(const char* name, const QString& label, int value) {
    auto* made = new QSpinBox;
    made->setObjectName(QLatin1String(name));
    made->setAccessibleName(label);
    made->setRange(1, 1024);
    made->setValue(value);
    return made;
}

QString percent(double share) {
    const QString number = plots::figure(100 * share, plots::Figure::Fixed1);
    return (share >= 0.0005 ? QStringLiteral("+") : QString()) + number + QChar(0x00A0) + QLatin1Char('%');
}

/// Cells that stand under their heads.
class CellDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QStyleOptionViewItem inner = option;
        inner.rect.adjust(kHeadPadding, 0, -kHeadPadding, 0);
        QStyledItemDelegate::paint(painter, inner, index);
    }
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override { return QStyledItemDelegate::sizeHint(option, index) + QSize(2 * kHeadPadding, 0); }
};

QTableWidgetItem* cell(const QString& text, bool number = true) {
    auto* item = new QTableWidgetItem(text);
    item->setTextAlignment(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    return item;
}

}  // namespace

MatchWizard::MatchWizard(const QString& storeFolder, QWidget* parent)
    : QDialog(parent), m_engine(new NewRunEngine(storeFolder, this)), m_reference(new QComboBox), m_seeds(new QComboBox), m_by(new plots::SegmentedControl),
      m_dense(box(QStringLiteral("matchDense"), tr("dense"), true)), m_force(box(QStringLiteral("matchForce"), tr("Take them all the same"), false)), m_experts(spin("matchExperts", tr("Experts of the candidates"), 8)),
      m_topK(spin("matchTopK", tr("Experts per token of the candidates"), 1)), m_shape(new QWidget), m_table(new QTableWidget), m_note(words({}, "hint", 12)), m_problem(words({}, "err", 12)),
      m_name(new QLineEdit), m_queue(new QPushButton), m_measure(new QPushButton) {
    setObjectName(QStringLiteral("matchWizard"));
    setWindowTitle(tr("Matched-FLOPs wizard"));
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(24, 20, 24, 16);
    lines->setSpacing(12);
    auto* why = words(tr("A mixture has more parameters than it uses, so it is compared with what costs the same. Below a billion parameters a mixture may not be worthwhile: this finds out here, it promises nothing for elsewhere."), "label");
    why->setWordWrap(true);
    lines->addWidget(why);
    lines->addWidget(buildQuestions());
    lines->addWidget(buildCandidates());
    m_table->setObjectName(QStringLiteral("matchTable"));
    m_table->setAccessibleName(tr("The matched models"));
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->setFocusPolicy(Qt::NoFocus);
    m_table->setShowGrid(false);
    m_table->setItemDelegate(new CellDelegate(m_table));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->verticalHeader()->hide();
    m_table->setMinimumHeight(210);
    lines->addWidget(m_table, 1);
    lines->addWidget(m_note);
    lines->addWidget(m_problem);
    lines->addWidget(buildFoot());
    setPlaceHelp(this);
    connect(new QShortcut(QKeySequence(Qt::Key_F1), this), &QShortcut::activated, this, [this] { HelpCard::showIn(this); });
    m_note->setObjectName(QStringLiteral("matchNote"));
    m_note->setWordWrap(true);
    m_problem->setObjectName(QStringLiteral("matchProblem"));
    m_problem->setWordWrap(true);
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, &MatchWizard::showTable);
    connect(m_engine, &NewRunEngine::inspected, this, &MatchWizard::onInspected);
    connect(m_engine, &NewRunEngine::measured, this, &MatchWizard::onMeasured);
    try {
        for (const config::Preset& preset : config::listPresets()) {
            config::RunConfig config;
            if (preset.kind != config::PresetKind::run || !config::applyPreset(config, preset.id).empty()) continue;
            m_references.push_back({tr("Preset: %1").arg(text(preset.title)), config});
            m_reference->addItem(m_references.back().name, text(preset.id));
        }
    } catch (const base::Error& error) {
        m_trouble = RunWords::sentence(error);
    }
    resize(820, 640);
    setPreset(QStringLiteral("eight_domains"));
}

QWidget* MatchWizard::buildQuestions() {
    m_reference->setObjectName(QStringLiteral("matchReference"));
    m_reference->setAccessibleName(tr("Reference"));
    m_reference->setMinimumWidth(300);
    m_by->setObjectName(QStringLiteral("matchBy"));
    m_by->setAccessibleName(tr("What is made equal"));
    m_by->setOptions({tr("active FLOPs"), tr("all parameters"), tr("seconds here")});
    connect(m_reference, &QComboBox::currentIndexChanged, this, &MatchWizard::onReference);
    connect(m_by, &plots::SegmentedControl::currentChanged, this, &MatchWizard::solve);
    auto* part = new QWidget;
    auto* lines = new QVBoxLayout(part);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(8);
    lines->addLayout(row(tr("Reference"), {m_reference}));
    lines->addLayout(row(tr("Equal in"), {m_by}));
    return part;
}

QWidget* MatchWizard::buildCandidates() {
    auto* part = new QWidget;
    auto* lines = new QVBoxLayout(part);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(8);
    auto* shape = new QHBoxLayout(m_shape);
    shape->setContentsMargins(0, 0, 0, 0);
    shape->addWidget(words(tr("of"), "label"));
    shape->addWidget(m_experts);
    shape->addWidget(words(tr("experts,"), "label"));
    shape->addWidget(m_topK);
    shape->addWidget(words(tr("for each token"), "label"));
    auto* candidates = row(tr("Candidates"), {m_dense});
    for (const std::int64_t granularity : kGranularities) {
        auto* each = box(QStringLiteral("matchG%1").arg(granularity), QStringLiteral("G%1").arg(granularity), granularity < 16);
        each->setToolTip(granularity == 1 ? tr("Experts as they are") : tr("Every expert split into %1: %1 times the experts and the choices").arg(granularity));
        connect(each, &QCheckBox::toggled, this, &MatchWizard::solve);
        candidates->insertWidget(candidates->count() - 1, each);
        m_granularity.push_back(each);
    }
    candidates->insertWidget(candidates->count() - 1, m_shape);
    lines->addLayout(candidates);
    connect(m_dense, &QCheckBox::toggled, this, &MatchWizard::solve);
    connect(m_force, &QCheckBox::toggled, this, &MatchWizard::showState);
    for (QSpinBox* each : {m_experts, m_topK}) connect(each, &QSpinBox::valueChanged, this, &MatchWizard::solve);
    lines->addWidget(m_force);
    return part;
}

QWidget* MatchWizard::buildFoot() {
    m_seeds->setObjectName(QStringLiteral("matchSeeds"));
    m_seeds->setAccessibleName(tr("How many seeds"));
    for (const int count : {1, 3, 5, 6, 10}) m_seeds->addItem(tr("×%1 seeds").arg(count), count);
    m_seeds->setCurrentIndex(1);
    connect(m_seeds, &QComboBox::currentIndexChanged, this, &MatchWizard::showState);
    m_name->setObjectName(QStringLiteral("matchName"));
    m_name->setAccessibleName(tr("Name"));
    m_name->setPlaceholderText(tr("name, by the preset"));
    m_name->setMaxLength(80);
    m_name->setFixedWidth(180);
    m_measure->setObjectName(QStringLiteral("matchMeasure"));
    m_measure->setToolTip(tr("Trains a few steps of each model on this computer and throws them away."));
    connect(m_measure, &QPushButton::clicked, this, [this] {
        if (m_measuring) {
            m_engine->stopMeasuring();
            m_measuring = false;
            return showState();
        }
        m_seconds.clear();
        m_measuring = true;
        measureNext();
    });
    m_queue->setObjectName(QStringLiteral("matchQueue"));
    m_queue->setProperty("kind", "primary");
    m_queue->setDefault(true);
    connect(m_queue, &QPushButton::clicked, this, [this] {
        emit queueRequested(order());
        accept();
    });
    auto* cancel = new QPushButton(tr("Cancel"));
    cancel->setObjectName(QStringLiteral("matchCancel"));
    cancel->setProperty("kind", "ghost");
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    auto* part = new QWidget;
    auto* lines = new QHBoxLayout(part);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(8);
    for (QWidget* each : std::initializer_list<QWidget*>{m_name, m_seeds}) lines->addWidget(each);
    lines->addStretch();
    for (QWidget* each : {m_measure, cancel, m_queue}) lines->addWidget(each);
    return part;
}

void MatchWizard::addReference(const QString& name, const config::RunConfig& config) {
    m_references.insert(m_references.begin(), {name, config});
    const QSignalBlocker quiet(m_reference);
    m_reference->insertItem(0, name);
    m_reference->setCurrentIndex(0);
    onReference();
}

void MatchWizard::setPreset(const QString& id) {
    const QSignalBlocker quiet(m_reference);
    m_reference->setCurrentIndex(std::max(0, m_reference->findData(id)));
    onReference();
}

const config::RunConfig& MatchWizard::reference() const { return m_references[static_cast<std::size_t>(m_reference->currentIndex())].config; }

MatchWizard::Equal MatchWizard::equal() const { return static_cast<Equal>(m_by->current()); }

void MatchWizard::onReference() {
    if (m_references.empty()) return showState();
    const config::RunConfig& chosen = reference();
    m_shape->setVisible(chosen.moe.experts == 0);
    m_vocabulary = chosen.model.vocabulary > 0 ? chosen.model.vocabulary : chosen.data.tokens == "bytes" ? 256 : 96;
    m_vocabularyKnown = chosen.model.vocabulary > 0;
    if (!m_vocabularyKnown && NewRunEngine::available()) m_engine->inspect(chosen);
    solve();
}

void MatchWizard::onInspected(const DataFacts& facts) {
    if (facts.vocabulary <= 0) return;
    m_vocabulary = facts.vocabulary;
    m_vocabularyKnown = true;
    solve();
}

std::vector<config::MatchCandidate> MatchWizard::candidates() const {
    std::vector<config::MatchCandidate> found;
    if (m_dense->isChecked()) found.push_back({});
    config::MatchCandidate shape = config::shapeOf(reference());
    if (shape.experts == 0) {
        shape.experts = m_experts->value();
        shape.topK = m_topK->value();
    }
    for (std::size_t i = 0; i < m_granularity.size(); ++i)
        if (m_granularity[i]->isChecked()) {
            shape.granularity = kGranularities[i];
            found.push_back(shape);
        }
    return found;
}

void MatchWizard::solve() {
    if (m_references.empty()) return showState();
    m_engine->stopMeasuring();
    m_measuring = false;
    m_seconds.clear();
    m_trouble.clear();
    m_set = config::matchAll(reference(), candidates(), equal() == Equal::parameters ? config::MatchBy::parameters : config::MatchBy::flops, m_vocabulary);
    showState();
}

void MatchWizard::measureNext() {
    while (m_seconds.size() < m_set.size() && !m_set[m_seconds.size()].problems.empty()) m_seconds.push_back(std::nan(""));
    if (m_seconds.size() == m_set.size()) {
        m_measuring = false;
        giveEqualTime();
    } else {
        config::RunConfig probe = m_set[m_seconds.size()].config;
        probe.training.steps = reference().training.steps;
        m_engine->measure(probe);
    }
    showState();
}

void MatchWizard::onMeasured(double seconds, const QString& problem) {
    if (!m_measuring) return;
    m_trouble = problem;
    m_seconds.push_back(seconds / static_cast<double>(std::max<std::int64_t>(1, reference().training.steps)));
    if (problem.isEmpty()) return measureNext();
    m_measuring = false;
    m_seconds.clear();
    showState();
}

/// Each model is trained for as long as the reference takes.
void MatchWizard::giveEqualTime() {
    for (std::size_t i = 1; i < m_set.size(); ++i)
        if (m_set[i].problems.empty()) m_set[i].config.training.steps = config::stepsInEqualTime(reference().training.steps, m_seconds[0], m_seconds[i]);
}

std::vector<std::size_t> MatchWizard::chosenRuns() const {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < m_set.size(); ++i)
        if (m_set[i].problems.empty() && (m_force->isChecked() || !config::isTooFar(m_set[i]))) chosen.push_back(i);
    return chosen;
}

QString MatchWizard::firstProblem() const {
    for (const config::MatchedRun& run : m_set)
        if (!run.problems.empty()) return tr("%1 cannot be trained and is left out: %2").arg(text(run.name), text(run.problems.front().text));
    for (const config::MatchedRun& run : m_set)
        if (config::isTooFar(run)) return m_force->isChecked() ? tr("%1 misses the reference by %2.").arg(text(run.name), percent(run.mismatch)) : tr("%1 misses the reference by %2, more than 2 %, and is left out. A wider model or fewer experts come closer.").arg(text(run.name), percent(run.mismatch));
    return {};
}

void MatchWizard::showTable() {
    const bool timed = equal() == Equal::seconds;
    QStringList heads{tr("Model"), tr("Hidden width"), tr("Parameters"), tr("Active"), tr("FLOP/token"), tr("Mismatch"), tr("Steps")};
    if (timed) heads << tr("ms/step");
    m_table->setColumnCount(static_cast<int>(heads.size()));
    m_table->setHorizontalHeaderLabels(heads);
    m_table->setRowCount(static_cast<int>(m_set.size()));
    for (int at = 0; at < static_cast<int>(m_set.size()); ++at) {
        const config::MatchedRun& run = m_set[static_cast<std::size_t>(at)];
        m_table->setItem(at, 0, cell(text(run.name) + (run.isReference ? tr(" (reference)") : QString()), false));
        const QStringList numbers{plots::groupedInteger(run.width), RunWords::amount(static_cast<double>(run.cost.paramsTotal)), RunWords::amount(static_cast<double>(run.cost.paramsActive)), RunWords::flop(run.cost.flopsTokenForward),
                                  percent(run.mismatch), plots::groupedInteger(run.config.training.steps)};
        for (int column = 0; column < numbers.size(); ++column) m_table->setItem(at, column + 1, cell(numbers[column]));
        const bool measured = static_cast<std::size_t>(at) < m_seconds.size();
        if (timed) m_table->setItem(at, 7, cell(measured ? plots::figure(1000 * m_seconds[static_cast<std::size_t>(at)]) : QStringLiteral("–")));
        const bool out = !run.problems.empty() || (config::isTooFar(run) && !m_force->isChecked());
        for (int column = 0; column < m_table->columnCount(); ++column) m_table->item(at, column)->setForeground(out ? plots::theme().text3 : plots::theme().text);
        if (config::isTooFar(run)) m_table->item(at, 5)->setForeground(plots::theme().err);
    }
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignVCenter | Qt::AlignRight);
    m_table->horizontalHeaderItem(0)->setTextAlignment(Qt::AlignVCenter | Qt::AlignLeft);
}

void MatchWizard::showState() {
    showTable();
    const bool timed = equal() == Equal::seconds, ready = !timed || (m_seconds.size() == m_set.size() && !m_set.empty());
    const auto chosen = chosenRuns();
    m_force->setVisible(std::ranges::any_of(m_set, config::isTooFar));
    m_measure->setVisible(timed && NewRunEngine::available());
    m_measure->setText(m_measuring ? tr("Stop measuring") : tr("Measure the steps"));
    const std::size_t runs = chosen.size() * static_cast<std::size_t>(m_seeds->currentData().toInt());
    m_queue->setText(tr("Queue the set: %1 runs").arg(runs));
    m_queue->setEnabled(chosen.size() > 1 && ready && !m_measuring);
    m_queue->setToolTip(chosen.size() < 2 ? tr("Choose at least one candidate") : ready ? QString() : tr("Measure the steps first"));
    m_note->setText((m_measuring ? tr("Training a few steps of %1… ").arg(text(m_set[std::min(m_seconds.size(), m_set.size() - 1)].name)) : timed ? tr("Widths for equal active FLOPs; every model gets the seconds of the reference. ") : QString()) +
                    tr("Counted for %1%2 different tokens: attention, router, experts and head.").arg(m_vocabularyKnown ? QString() : tr("about "), plots::groupedInteger(m_vocabulary)));
    m_problem->setText(!m_trouble.isEmpty() ? m_trouble : firstProblem());
    m_problem->setVisible(!m_problem->text().isEmpty());
}

QueueOrder MatchWizard::order() const {
    QueueOrder order;
    const config::RunConfig& base = reference();
    const QString name = !m_name->text().trimmed().isEmpty() ? m_name->text().trimmed() : base.preset.empty() ? tr("matched") : text(base.preset);
    for (const std::int64_t seed : config::seedsFrom(base.training.seed, m_seeds->currentData().toInt()))
        for (const std::size_t at : chosenRuns()) {
            const config::MatchedRun& run = m_set[at];
            const std::string group = name.toStdString() + " " + run.name;
            order.runs.push_back({group + "-s" + std::to_string(seed), group, {}, seed, config::withSeed(run.config, seed)});
        }
    order.title = tr("%1 at equal %2").arg(name, m_by->options().value(m_by->current()));
    order.axis = equal() == Equal::seconds ? QStringLiteral("seconds") : QStringLiteral("flops");
    return order;
}

}  // namespace moescope::ui
