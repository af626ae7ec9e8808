// Builds and fills the Device page.
#include "ui/device_page.hpp"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "plots/bars.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/routing_table.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/train_curves.hpp"
#include "ui/train_text.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

constexpr int kMargin = 16, kRight = 360, kTableHead = 44, kTableRow = 24;
constexpr std::size_t kMostDevices = 8;

QLabel* label(const QString& text, const QFont& font, const char* role) {
    auto* made = new QLabel(text);
    made->setFont(font);
    made->setProperty("role", role);
    made->setTextFormat(Qt::PlainText);
    return made;
}

QLabel* title(const QString& text) { return label(text, plots::uiFont(13, QFont::DemiBold), "title"); }

QString textAt(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? RunWords::oneLine(found->get<std::string>()) : QString();
}

RoutingTable::Cell amountAt(const Json& object, const char* key, bool bytes) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return RoutingTable::word(QStringLiteral("–"));
    const double value = found->get<double>();
    return {bytes ? RunWords::bytes(value) : plots::figure(value, plots::Figure::Integer), value, true};
}

QString ofTotal(double part, double total) { return DevicePage::tr("%1 of %2").arg(RunWords::bytes(part), RunWords::bytes(total)); }

}  // namespace

DevicePage::DevicePage(WatchedRun& run, const QString& storeFolder, QWidget* parent) : QWidget(parent), m_run(run), m_question(storeFolder) {
    setObjectName(QStringLiteral("devicePage"));
    setProperty("role", "surface");
    setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kMargin, 14, kMargin, 12);
    row->setSpacing(32);
    row->addWidget(buildLeft(), 1);
    row->addWidget(buildRight());
    connect(&m_watch, &MachineLoadWatch::looked, this, &DevicePage::showLoad);
}

QLabel* DevicePage::addRow(QVBoxLayout& rows, const QString& caption, const char* name) {
    auto* value = label(QStringLiteral("–"), plots::uiFont(13), "value");
    value->setObjectName(QString::fromLatin1(name));
    auto* row = new QHBoxLayout;
    auto* words = label(caption, plots::uiFont(13), "label");
    words->setFixedWidth(168);
    row->addWidget(words);
    row->addWidget(value, 1);
    rows.addLayout(row);
    return value;
}

QWidget* DevicePage::buildLeft() {
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    auto* again = new QPushButton(tr("Look again"));
    again->setObjectName(QStringLiteral("devicesAgain"));
    again->setProperty("kind", "link");
    head->addWidget(title(tr("Devices to train on")));
    head->addStretch(1);
    head->addWidget(again);
    column->addLayout(head);
    m_devices = new RoutingTable;
    m_devices->setObjectName(QStringLiteral("devices"));
    m_devices->setAccessibleName(tr("Devices"));
    m_devices->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_devices->setFixedHeight(kTableHead);
    m_problem = label({}, plots::uiFont(12), "warn");
    m_problem->setObjectName(QStringLiteral("devicesProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    column->addWidget(m_devices);
    column->addWidget(m_problem);
    column->addSpacing(12);
    m_runTitle = title({});
    m_runTitle->setObjectName(QStringLiteral("deviceRun"));
    column->addWidget(m_runTitle);
    m_device = addRow(*column, tr("Device"), "runDevice");
    m_threads = addRow(*column, tr("Threads"), "runThreads");
    m_precision = addRow(*column, tr("Precision"), "runPrecision");
    m_deterministic = addRow(*column, tr("Same bits every time"), "runDeterministic");
    m_speed = addRow(*column, tr("Speed"), "runSpeed");
    m_peak = addRow(*column, tr("Memory, peak"), "runMemory");
    column->addStretch(1);
    connect(again, &QPushButton::clicked, this, &DevicePage::askDevices);
    return box;
}

QWidget* DevicePage::buildRight() {
    auto* box = new QWidget;
    box->setFixedWidth(kRight);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(title(tr("This computer, now")));
    m_memory = addRow(*column, tr("Memory in use"), "machineMemory");
    m_oursCores = addRow(*column, tr("MoEScope keeps busy"), "oursCores");
    m_oursMemory = addRow(*column, tr("MoEScope holds"), "oursMemory");
    column->addSpacing(12);
    column->addWidget(title(tr("Cores, % busy")));
    auto* inner = new QWidget;
    inner->setProperty("role", "surface");
    inner->setAttribute(Qt::WA_StyledBackground);
    auto* bars = new QVBoxLayout(inner);
    bars->setContentsMargins(0, 0, 8, 0);
    m_cores = new plots::DomainBars;
    m_cores->setObjectName(QStringLiteral("coreBars"));
    m_cores->setAccessibleName(tr("Busy share of each core"));
    bars->addWidget(m_cores);
    bars->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setWidget(inner);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    column->addWidget(scroll, 1);
    return box;
}

void DevicePage::showEvent(QShowEvent*) {
    if (!m_asked) askDevices();
    refresh();
    m_watch.start();
}

void DevicePage::hideEvent(QHideEvent*) { m_watch.stop(); }

void DevicePage::askDevices() {
    m_asked = true;
    const bool asked = m_question.ask({QStringLiteral("devices")}, {}, [this](const QByteArray& output, const QString& problem) { showDevices(output, problem); });
    if (!asked) showDevices({}, tr("Devices are listed by moescope-engine. Build it, or name it in MOESCOPE_ENGINE."));
}

void DevicePage::showDevices(const QByteArray& output, const QString& problem) {
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (const QByteArray& line : output.split('\n')) {
        const Json device = Json::parse(line.constData(), line.constData() + line.size(), nullptr, false);
        if (!device.is_object() || !device.contains("id")) continue;
        rows.push_back({RoutingTable::word(textAt(device, "id")), RoutingTable::word(textAt(device, "name")), amountAt(device, "memory_bytes", true), amountAt(device, "free_bytes", true),
                        amountAt(device, "threads", false), RoutingTable::word(textAt(device, "capability"))});
    }
    m_devices->setRows({tr("device"), tr("name"), tr("memory"), tr("free"), tr("threads"), tr("can")}, rows);
    m_devices->setFixedHeight(kTableHead + static_cast<int>(std::min<std::size_t>(rows.size(), kMostDevices)) * kTableRow);
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
}

void DevicePage::refresh() {
    if (!isVisible()) return;
    const RunData* data = m_run.data();
    m_runTitle->setText(data ? tr("What %1 uses").arg(m_run.name()) : tr("No run is open"));
    std::vector<std::int64_t> engines;
    if (data && data->state().lockHeld && data->state().pid > 0) engines.push_back(data->state().pid);
    m_watch.setEngines(engines);
    const QString none = QStringLiteral("–");
    for (QLabel* value : {m_device, m_threads, m_precision, m_deterministic, m_speed, m_peak}) value->setText(none);
    if (!data) return;
    const config::TrainingConfig& training = data->config().training;
    m_device->setText(deviceText(*data));
    m_threads->setText(training.threads > 0 ? plots::groupedInteger(training.threads) : tr("as many as there are cores"));
    m_precision->setText(QString::fromStdString(training.precision));
    m_deterministic->setText(training.deterministic ? tr("yes, on the CPU") : tr("no"));
    const double tokens = data->summary().tokensPerSecond, memory = valueAt(*data, "memory", 0, data->lastStep());
    if (!std::isnan(tokens)) m_speed->setText(tr("%1 tokens/s").arg(RunWords::amount(tokens)));
    if (!std::isnan(memory)) m_peak->setText(RunWords::bytes(memory));
}

void DevicePage::showLoad(const MachineLoad& load) {
    m_seen = true;
    std::vector<plots::DomainBar> bars;
    for (std::size_t i = 0; i < load.cores.size(); ++i) bars.push_back({tr("core %1").arg(i), std::round(load.cores[i] * 100), std::nullopt});
    m_cores->setData(std::move(bars), 100, plots::Figure::Integer);
    m_memory->setText(ofTotal(load.memoryTotal - load.memoryFree, load.memoryTotal));
    m_oursCores->setText(tr("%1 of %2 cores").arg(plots::figure(load.oursCores, plots::Figure::Fixed1)).arg(load.cores.size()));
    m_oursMemory->setText(RunWords::bytes(load.oursMemory));
}

}  // namespace moescope::ui
