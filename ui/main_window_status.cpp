// Fills the status bar.
#include "ui/main_window_status.hpp"

#include <QLabel>
#include <QPainter>
#include <QStyle>

#include <algorithm>
#include <cmath>

#include "plots/figures.hpp"
#include "plots/scaled.hpp"
#include "plots/theme.hpp"
#include "ui/run_library.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_text.hpp"

namespace moescope::ui {
namespace {

void showText(QLabel* label, const QString& text) {
    if (label->text() != text) label->setText(text);
    label->setVisible(!text.isEmpty());
}

QPixmap dot(const QColor& color, double ratio) {
    QPixmap picture(QSize(8, 8) * ratio);
    picture.setDevicePixelRatio(ratio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(QRectF(0.5, 0.5, 7, 7));
    return picture;
}

}  // namespace

StatusRow::StatusRow(WatchedRun& run, RunLibrary& library, TrainCursor& cursor, QWidget* parent)
    : QStatusBar(parent), m_run(run), m_library(library), m_cursor(cursor), m_dot(add("statusDot")), m_training(add("statusTraining")), m_speed(add("statusSpeed")),
      m_left(add("statusLeft")), m_device(add("statusDevice")), m_store(add("statusStore")), m_alerts(add("statusAlerts", true)) {
    setContentsMargins(8, 0, 0, 0);
    setSizeGripEnabled(false);
    const auto fit = [this] { setFixedHeight(plots::scaled(27)); };
    fit();
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, fit);
    setFont(plots::uiFont(12));
    m_training->setProperty("role", "title");
    m_dot->setContentsMargins(0, 0, 2, 0);
    connect(this, &QStatusBar::messageChanged, this, [this](const QString& text) {
        if (text.isEmpty()) refresh();
    });
    m_alerts->setContentsMargins(0, 0, 10, 0);
}

QLabel* StatusRow::add(const char* name, bool right) {
    auto* label = new QLabel(this);
    label->setObjectName(QString::fromLatin1(name));
    label->setFont(plots::uiFont(12));
    label->setProperty("role", "label");
    label->setTextFormat(Qt::PlainText);
    label->setContentsMargins(0, 0, 14, 0);
    if (right) addPermanentWidget(label);
    else addWidget(label);
    return label;
}

QString StatusRow::trainingText() const {
    if (m_run.data() && RunWords::isAlive(m_run.state())) return QStringLiteral("%1 %2").arg(RunWords::state(m_run.state()), m_run.name());
    const auto alive = std::ranges::count_if(*m_library.runs(), [](const storage::RunRow& row) { return RunWords::isAlive(row.state); });
    if (alive == 1) return tr("One run is training");
    if (alive > 1) return tr("%1 runs are training").arg(alive);
    return tr("Nothing is training");
}

void StatusRow::refresh() {
    if (!currentMessage().isEmpty()) return;  // a message lies over the labels
    const RunData* data = m_run.data();
    const bool training = data && m_run.isTraining();
    m_dot->setVisible(data && RunWords::isAlive(m_run.state()));
    m_dot->setPixmap(dot(training ? plots::theme().ok : plots::theme().warn, devicePixelRatioF()));
    showText(m_training, trainingText());
    const double speed = m_run.stepsPerSecond();
    showText(m_speed, training && !std::isnan(speed) ? tr("%1 steps/s").arg(plots::figure(speed)) : QString());
    const double remaining = data ? static_cast<double>(data->totalSteps()) - data->lastStep() : 0;
    showText(m_left, training && speed > 0 && remaining > 0 ? RunWords::timeLeft(remaining / speed) : QString());
    const QString device = data ? deviceText(*data) : QString();
    showText(m_device, m_device->fontMetrics().elidedText(device, Qt::ElideRight, 260));
    m_device->setToolTip(device);
    const auto runs = m_library.runs()->size();
    showText(m_store, !m_library.loaded() ? tr("Reading the store") : runs == 1 ? tr("Store saved, one run") : tr("Store saved, %1 runs").arg(runs));
    m_store->setToolTip(m_library.storeFolder());
    const auto alarms = std::ranges::count_if(m_cursor.events(), &ShownEvent::alarm);
    showText(m_alerts, !data ? QString() : alarms == 0 ? tr("No alerts") : alarms == 1 ? tr("1 alert") : tr("%1 alerts").arg(alarms));
    const char* role = alarms > 0 ? "warn" : "label";
    if (m_alerts->property("role") != QLatin1String(role)) {
        m_alerts->setProperty("role", role);
        m_alerts->style()->unpolish(m_alerts);
        m_alerts->style()->polish(m_alerts);
    }
}

}  // namespace moescope::ui
