// The dialog's fields, and what they become on the engine's command line.
#include "ui/convert_dialog.hpp"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"
#include "plots/figures.hpp"

namespace moescope::ui {
namespace {

constexpr int kWidth = 460, kMostExperts = 1024, kMostSteps = 1'000'000;
const QString kUpcycle = QStringLiteral("upcycle"), kMoefy = QStringLiteral("moefy"), kDense = QStringLiteral("to-dense"), kRandom = QStringLiteral("moefy random");
const QString kMos = QStringLiteral("mos"), kDenseStudent = QStringLiteral("moe_to_dense");  // presets of the verb distill

QSpinBox* number(const char* name, int smallest, int largest, int value) {
    auto* box = new QSpinBox;
    box->setObjectName(QString::fromLatin1(name));
    box->setRange(smallest, largest);
    box->setValue(value);
    return box;
}

}  // namespace

ConvertDialog::ConvertDialog(const QString& ulid, const QString& name, const config::RunConfig& config, QWidget* parent)
    : QDialog(parent), m_ulid(ulid), m_name(name), m_config(config), m_kind(new QComboBox), m_keep(new QComboBox), m_experts(number("convertExperts", 2, kMostExperts, 8)),
      m_topK(number("convertTopK", 1, kMostExperts, 2)), m_steps(number("convertSteps", 1, kMostSteps, static_cast<int>(std::min<std::int64_t>(config.training.steps, kMostSteps)))),
      m_layers(number("convertLayers", 1, std::max(1, static_cast<int>(config.model.layers) - 1), std::max(1, static_cast<int>(config::studentLayers(config.model.layers))))), m_until(number("convertUntil", 0, 100, 60)),
      m_granularity(new QComboBox), m_noise(new QDoubleSpinBox), m_form(new QFormLayout), m_note(new QLabel) {
    setObjectName(QStringLiteral("convertDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Convert %1").arg(name));
    setMinimumWidth(kWidth);
    const bool dense = config::moeLayers(config).empty();
    m_kind->setObjectName(QStringLiteral("convertKind"));
    if (dense) m_kind->addItem(tr("Upcycle: every expert a copy of the dense layer"), kUpcycle);
    if (dense && config.model.activation == "relu") m_kind->addItem(tr("Split: its neurons in clusters, one an expert"), kMoefy);
    if (dense) m_kind->addItem(tr("Split: its neurons by chance, a router that learns"), kRandom);
    if (!dense) m_kind->addItem(tr("Make dense: the experts put together"), kDense);
    if (!dense && config.model.layers > 1) m_kind->addItem(tr("Distil: a student with fewer layers (MoS)"), kMos);
    if (!dense) m_kind->addItem(tr("Distil: a dense student"), kDenseStudent);
    buildFields(*m_form);
    m_note->setObjectName(QStringLiteral("convertNote"));
    m_note->setWordWrap(true);
    auto* buttons = new QDialogButtonBox;
    m_accept = buttons->addButton(tr("Convert and train"), QDialogButtonBox::AcceptRole);
    m_accept->setObjectName(QStringLiteral("convertAccept"));
    m_accept->setProperty("kind", "primary");
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(12);
    column->addLayout(m_form);
    column->addWidget(m_note);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        emit chosen(arguments(), summary());
        accept();
    });
    connectFields();
    refresh();
}

void ConvertDialog::connectFields() {
    for (QComboBox* box : {m_kind, m_keep, m_granularity}) connect(box, &QComboBox::currentIndexChanged, this, &ConvertDialog::refresh);
    for (QSpinBox* box : {m_experts, m_topK, m_layers, m_until}) connect(box, &QSpinBox::valueChanged, this, &ConvertDialog::refresh);
    connect(m_noise, &QDoubleSpinBox::valueChanged, this, &ConvertDialog::refresh);
    connect(m_kind, &QComboBox::currentIndexChanged, this, [this] {
        const bool clusters = verb() == kMoefy && !byChance();
        m_experts->setValue(clusters ? 16 : 8);
        m_topK->setValue(clusters ? 4 : 2);
        m_until->setValue(verb() == kDenseStudent ? 100 : 60);
    });
}

void ConvertDialog::buildFields(QFormLayout& form) {
    m_granularity->setObjectName(QStringLiteral("convertGranularity"));
    for (const int grain : {1, 2, 4, 8})
        if (config::denseWidth(m_config) % grain == 0) m_granularity->addItem(grain == 1 ? tr("whole") : tr("cut into %1").arg(grain), grain);
    m_noise->setObjectName(QStringLiteral("convertNoise"));
    m_noise->setRange(0, 1);
    m_noise->setSingleStep(0.01);
    m_noise->setDecimals(3);
    m_noise->setLocale(QLocale::c());
    m_keep->setObjectName(QStringLiteral("convertKeep"));
    m_keep->addItem(tr("the average of all experts"), QStringLiteral("average"));
    m_keep->addItem(tr("the expert with most tokens"), QStringLiteral("busiest"));
    m_steps->setGroupSeparatorShown(true);
    m_until->setSuffix(tr(" % of the steps"));
    form.setSpacing(8);
    form.addRow(tr("What"), m_kind);
    form.addRow(tr("Experts"), m_experts);
    form.addRow(tr("For each token"), m_topK);
    form.addRow(tr("Each copy"), m_granularity);
    form.addRow(tr("Noise on the copies"), m_noise);
    form.addRow(tr("Dense layer"), m_keep);
    form.addRow(tr("Layers"), m_layers);
    form.addRow(tr("Teacher until"), m_until);
    form.addRow(tr("Steps to train then"), m_steps);
}

// The first word of what is chosen: both ways to split are one verb.
QString ConvertDialog::verb() const { return m_kind->currentData().toString().section(QLatin1Char(' '), 0, 0); }

bool ConvertDialog::byChance() const { return m_kind->currentData().toString() == kRandom; }

bool ConvertDialog::isStudent() const { return verb() == kMos || verb() == kDenseStudent; }

QStringList ConvertDialog::studentArguments() const {
    QStringList words{QStringLiteral("distill"), m_ulid, QStringLiteral("--preset"), verb(), QStringLiteral("--steps"), QString::number(m_steps->value())};
    if (verb() == kMos) words << QStringLiteral("--layers") << QString::number(m_layers->value());
    return words << QStringLiteral("--set") << QStringLiteral("distillation.until=%1").arg(QLocale::c().toString(m_until->value() / 100.0, 'f', 2));
}

QStringList ConvertDialog::arguments() const {
    if (isStudent()) return studentArguments();
    QStringList words{verb(), m_ulid, QStringLiteral("--steps"), QString::number(m_steps->value())};
    if (verb() == kDense) return words << QStringLiteral("--experts") << m_keep->currentData().toString();
    words << QStringLiteral("--experts") << QString::number(m_experts->value()) << QStringLiteral("--top-k") << QString::number(m_topK->value());
    if (byChance()) words << QStringLiteral("--split") << QStringLiteral("random");
    if (verb() == kUpcycle) words << QStringLiteral("--granularity") << m_granularity->currentData().toString() << QStringLiteral("--noise") << QLocale::c().toString(m_noise->value(), 'f', 3);
    return words;
}

QString ConvertDialog::problem() const {
    if (verb() == kDense || isStudent()) return {};
    if (m_topK->value() > m_experts->value()) return tr("A token cannot use %1 of %2 experts.").arg(m_topK->value()).arg(m_experts->value());
    const std::int64_t width = config::denseWidth(m_config);
    if (verb() == kMoefy && width % m_experts->value() != 0) return tr("The dense layer has %1 neurons, which do not divide into %2 experts of equal size.").arg(width).arg(m_experts->value());
    if (byChance() && m_topK->value() < 2) return tr("With one share for each token the router has no weight to learn by; take 2 or more.");
    return {};
}

QString ConvertDialog::summary() const {
    if (verb() == kDense) return tr("%1 made dense trains").arg(m_name);
    if (isStudent()) return tr("A student of %1 trains").arg(m_name);
    return (verb() == kUpcycle ? tr("%1 as a mixture of %2 experts trains") : tr("%1 split into %2 experts trains")).arg(m_name).arg(m_experts->value());
}

QString ConvertDialog::note() const {
    if (isStudent()) {
        const QString until = m_until->value() == 100 ? tr("to the end") : tr("until %1 % of the steps, then CE alone").arg(m_until->value());
        const QString loss = verb() == kMos ? tr("CE + KL(teacher ‖ student)") : tr("0.75 CE + 0.25 KL(teacher ‖ student)");
        const QString start = verb() == kMos ? tr("The same mixture, begun anew.") : tr("Equal active FLOPs; it begins with the teacher's weights beside the experts.");
        return tr("The new run is a child of this one and learns from its newest checkpoint, of which it keeps a copy: %1 %2. %3").arg(loss, until, start);
    }
    QString words = tr("The new run is a child of this one; its step 0 is the newest checkpoint.");
    if (verb() == kUpcycle && m_noise->value() == 0) words += tr(" The first loss is that of this run: nothing changes until it trains.");
    if (verb() == kUpcycle && m_noise->value() > 0) words += tr(" The noise changes what the model says at once.");
    if (verb() == kMoefy) words += m_topK->value() == m_experts->value() ? tr(" All of them work, so nothing changes.") : tr(" Of %1 neurons %2 work on a token.").arg(config::denseWidth(m_config)).arg(config::denseWidth(m_config) / m_experts->value() * m_topK->value());
    if (byChance() && m_topK->value() < m_experts->value()) words += tr(" The loss jumps at first: the shares that are missing are made up for by the others only on average.");
    if (verb() == kDense) words += tr(" What the experts knew apart is lost until it has trained.");
    return words;
}

void ConvertDialog::refresh() {
    const bool copies = verb() == kUpcycle, mixture = copies || verb() == kMoefy;
    for (QWidget* field : std::initializer_list<QWidget*>{m_experts, m_topK}) m_form->setRowVisible(field, mixture);
    m_form->setRowVisible(m_granularity, copies);
    m_form->setRowVisible(m_noise, copies);
    m_form->setRowVisible(m_keep, verb() == kDense);
    m_form->setRowVisible(m_layers, verb() == kMos);
    m_form->setRowVisible(m_until, isStudent());
    const QString wrong = problem();
    m_note->setText(wrong.isEmpty() ? note() : wrong);
    m_note->setProperty("role", wrong.isEmpty() ? "label" : "warn");
    m_note->style()->polish(m_note);
    m_accept->setEnabled(wrong.isEmpty());
}

}  // namespace moescope::ui
