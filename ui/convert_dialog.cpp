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
#include "plots/figures.hpp"

namespace moescope::ui {
namespace {

constexpr int kWidth = 460, kMostExperts = 1024, kMostSteps = 1'000'000;
const QString kUpcycle = QStringLiteral("upcycle"), kMoefy = QStringLiteral("moefy"), kDense = QStringLiteral("to-dense"), kRandom = QStringLiteral("moefy random");

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
      m_topK(number("convertTopK", 1, kMostExperts, 2)), m_steps(number("convertSteps", 1, kMostSteps, static_cast<int>(std::min<std::int64_t>(config.training.steps, kMostSteps)))), m_granularity(new QComboBox),
      m_noise(new QDoubleSpinBox), m_form(new QFormLayout), m_note(new QLabel) {
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
    for (QComboBox* box : {m_kind, m_keep, m_granularity}) connect(box, &QComboBox::currentIndexChanged, this, &ConvertDialog::refresh);
    for (QSpinBox* box : {m_experts, m_topK}) connect(box, &QSpinBox::valueChanged, this, &ConvertDialog::refresh);
    connect(m_noise, &QDoubleSpinBox::valueChanged, this, &ConvertDialog::refresh);
    connect(m_kind, &QComboBox::currentIndexChanged, this, [this] {
        const bool clusters = verb() == kMoefy && !byChance();
        m_experts->setValue(clusters ? 16 : 8);
        m_topK->setValue(clusters ? 4 : 2);
    });
    refresh();
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
    form.setSpacing(8);
    form.addRow(tr("What"), m_kind);
    form.addRow(tr("Experts"), m_experts);
    form.addRow(tr("For each token"), m_topK);
    form.addRow(tr("Each copy"), m_granularity);
    form.addRow(tr("Noise on the copies"), m_noise);
    form.addRow(tr("Dense layer"), m_keep);
    form.addRow(tr("Steps to train then"), m_steps);
}

// The first word of what is chosen: both ways to split are one verb.
QString ConvertDialog::verb() const { return m_kind->currentData().toString().section(QLatin1Char(' '), 0, 0); }

bool ConvertDialog::byChance() const { return m_kind->currentData().toString() == kRandom; }

QStringList ConvertDialog::arguments() const {
    QStringList words{verb(), m_ulid, QStringLiteral("--steps"), QString::number(m_steps->value())};
    if (verb() == kDense) return words << QStringLiteral("--experts") << m_keep->currentData().toString();
    words << QStringLiteral("--experts") << QString::number(m_experts->value()) << QStringLiteral("--top-k") << QString::number(m_topK->value());
    if (byChance()) words << QStringLiteral("--split") << QStringLiteral("random");
    if (verb() == kUpcycle) words << QStringLiteral("--granularity") << m_granularity->currentData().toString() << QStringLiteral("--noise") << QLocale::c().toString(m_noise->value(), 'f', 3);
    return words;
}

QString ConvertDialog::problem() const {
    if (verb() == kDense) return {};
    if (m_topK->value() > m_experts->value()) return tr("A token cannot use %1 of %2 experts.").arg(m_topK->value()).arg(m_experts->value());
    const std::int64_t width = config::denseWidth(m_config);
    if (verb() == kMoefy && width % m_experts->value() != 0) return tr("The dense layer has %1 neurons, which do not divide into %2 experts of equal size.").arg(width).arg(m_experts->value());
    if (byChance() && m_topK->value() < 2) return tr("With one share for each token the router has no weight to learn by; take 2 or more.");
    return {};
}

QString ConvertDialog::summary() const {
    if (verb() == kDense) return tr("%1 made dense trains").arg(m_name);
    return (verb() == kUpcycle ? tr("%1 as a mixture of %2 experts trains") : tr("%1 split into %2 experts trains")).arg(m_name).arg(m_experts->value());
}

void ConvertDialog::refresh() {
    const bool mixture = verb() != kDense, copies = verb() == kUpcycle;
    for (QWidget* field : std::initializer_list<QWidget*>{m_experts, m_topK}) m_form->setRowVisible(field, mixture);
    m_form->setRowVisible(m_granularity, copies);
    m_form->setRowVisible(m_noise, copies);
    m_form->setRowVisible(m_keep, !mixture);
    const QString wrong = problem();
    QString words = tr("The new run is a child of this one; its step 0 is the newest checkpoint.");
    if (copies && m_noise->value() == 0) words += tr(" The first loss is that of this run: nothing changes until it trains.");
    if (copies && m_noise->value() > 0) words += tr(" The noise changes what the model says at once.");
    if (verb() == kMoefy) words += m_topK->value() == m_experts->value() ? tr(" All of them work, so nothing changes.") : tr(" Of %1 neurons %2 work on a token.").arg(config::denseWidth(m_config)).arg(config::denseWidth(m_config) / m_experts->value() * m_topK->value());
    if (byChance() && m_topK->value() < m_experts->value()) words += tr(" The loss jumps at first: the shares that are missing are made up for by the others only on average.");
    if (!mixture) words += tr(" What the experts knew apart is lost until it has trained.");
    m_note->setText(wrong.isEmpty() ? words : wrong);
    m_note->setProperty("role", wrong.isEmpty() ? "label" : "warn");
    m_note->style()->polish(m_note);
    m_accept->setEnabled(wrong.isEmpty());
}

}  // namespace moescope::ui
