// The numbers and the small bars beside the form.
#include "ui/new_run_estimate.hpp"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "core/config/derived.hpp"
#include "core/config/validate.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/machine.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {

/// A share of a whole as a bar of 8 px.
class ShareBar : public QWidget {
public:
    explicit ShareBar(bool quiet, QWidget* parent) : QWidget(parent), m_quiet(quiet) { setFixedHeight(8); }
    void setShare(double share) {
        m_share = std::clamp(share, 0.0, 1.0);
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override {
        const plots::Theme& theme = plots::theme();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        const QColor ink = theme.runInk[0];
        painter.setBrush(m_quiet ? theme.line : plots::mix(ink, theme.window, 0.3));
        painter.drawRoundedRect(rect(), 2, 2);
        painter.setBrush(ink);
        painter.drawRoundedRect(QRectF(0, 0, std::max(m_share > 0 ? 3.0 : 0.0, m_share * width()), height()), 2, 2);
    }

private:
    bool m_quiet;
    double m_share = 0;
};

namespace {

constexpr int kMargin = 20, kNarrowMargin = 14;

QLabel* words(const QString& text, const char* role, int px, QFont::Weight weight = QFont::Normal) {
    auto* label = new QLabel(text);
    label->setTextFormat(Qt::PlainText);
    label->setProperty("role", role);
    label->setFont(plots::uiFont(px, weight));
    return label;
}

QFrame* hairline() {
    auto* line = new QFrame;
    line->setProperty("role", "hairline");
    return line;
}

double tokensOf(const config::RunConfig& config) {
    return static_cast<double>(config.training.steps) * static_cast<double>(config.training.batch * config.training.accumulate * config.model.context);
}

/// "0.31 M" as number and unit.
std::pair<QString, QString> split(const QString& amount) {
    const qsizetype blank = amount.lastIndexOf(QChar(0x00A0));
    return blank < 0 ? std::pair(amount, QString()) : std::pair(amount.left(blank), amount.mid(blank + 1));
}

QString duration(double seconds) {
    if (seconds < 90) return plots::figure(seconds, seconds < 10 ? plots::Figure::Fixed1 : plots::Figure::Integer) + QChar(0x00A0) + QStringLiteral("s");
    if (seconds < 5400) return plots::figure(seconds / 60, plots::Figure::Integer) + QChar(0x00A0) + QStringLiteral("min");
    return plots::figure(seconds / 3600, plots::Figure::Fixed1) + QChar(0x00A0) + QStringLiteral("h");
}

QString signedPercent(double share) {
    const QString number = plots::figure(100 * share, plots::Figure::Fixed1);
    return (share > 0 ? QStringLiteral("+") : QString()) + number + QChar(0x00A0) + QLatin1Char('%');
}

}  // namespace

NewRunEstimate::Figure NewRunEstimate::addFigure(QVBoxLayout& lines, const char* name, const QString& label) {
    Figure figure{words(label, "label", 12), words({}, "value", 20, QFont::DemiBold), words({}, "unit", 12), words({}, "label", 12), new QHBoxLayout};
    figure.value->setObjectName(QLatin1String(name));
    figure.aside->setObjectName(QLatin1String(name) + QStringLiteral("Aside"));
    auto* number = new QHBoxLayout;
    number->setSpacing(6);
    number->addWidget(figure.value, 0, Qt::AlignBaseline);
    number->addWidget(figure.unit, 0, Qt::AlignBaseline);
    number->addStretch();
    figure.row->setSpacing(4);
    figure.row->addLayout(number);
    figure.row->addWidget(figure.aside, 0, Qt::AlignBottom);
    lines.addWidget(figure.label);
    lines.addLayout(figure.row);
    return figure;
}

QLabel* NewRunEstimate::addRow(QVBoxLayout& lines, const char* name, const QString& label) {
    auto* value = words({}, "value", 12, QFont::Medium);
    value->setObjectName(QLatin1String(name));
    auto* row = new QHBoxLayout;
    row->addWidget(words(label, "label", 12));
    row->addStretch();
    row->addWidget(value);
    lines.addLayout(row);
    return value;
}

NewRunEstimate::NewRunEstimate(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("estimate"));
    setAttribute(Qt::WA_StyledBackground);
    setProperty("role", "window");
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(kMargin, 18, kMargin, 12);
    lines->setSpacing(4);
    auto* top = new QHBoxLayout;
    top->addWidget(words(tr("Estimate"), "title", 13, QFont::DemiBold));
    top->addStretch();
    top->addWidget(m_note = words({}, "unit", 12));
    m_note->setObjectName(QStringLiteral("estimateNote"));
    lines->addLayout(top);
    lines->addSpacing(8);
    const auto divide = [lines] {
        lines->addSpacing(10);
        lines->addWidget(hairline());
        lines->addSpacing(8);
    };
    m_params = addFigure(*lines, "estimateParameters", tr("Parameters"));
    lines->addWidget(m_active = new ShareBar(false, this));
    divide();
    m_compute = addFigure(*lines, "estimateCompute", tr("Compute, forward"));
    divide();
    m_memory = addFigure(*lines, "estimateMemory", tr("Memory"));
    lines->addWidget(m_room = new ShareBar(true, this));
    divide();
    m_time = addFigure(*lines, "estimateTime", {});
    lines->addWidget(m_timeNote = words({}, "unit", 12));
    m_timeNote->setWordWrap(true);
    m_measure = new QPushButton(tr("Measure"));
    m_measure->setObjectName(QStringLiteral("measureButton"));
    m_measure->setToolTip(tr("Trains a few steps on this computer and throws them away."));
    lines->addWidget(m_measure, 0, Qt::AlignLeft);
    connect(m_measure, &QPushButton::clicked, this, [this] { m_measuring ? emit measureCancelled() : emit measureRequested(); });
    m_twin = new QWidget;
    auto* twin = new QVBoxLayout(m_twin);
    twin->setContentsMargins(0, 10, 0, 0);
    twin->setSpacing(6);
    twin->addWidget(hairline());
    twin->addSpacing(2);
    twin->addWidget(words(tr("Compared with the dense twin"), "title", 13, QFont::DemiBold));
    m_twinFlops = addRow(*twin, "twinFlops", tr("Active FLOPs"));
    m_twinParams = addRow(*twin, "twinParameters", tr("Total parameters"));
    lines->addWidget(m_twin);
    m_mark = words({}, "warn", 12);
    m_mark->setObjectName(QStringLiteral("couplingMark"));
    m_mark->setWordWrap(true);
    lines->addSpacing(8);
    lines->addWidget(m_mark);
    lines->addStretch();
    setUnknown();
}

void NewRunEstimate::setUnknown() {
    for (const Figure& figure : {m_params, m_compute, m_memory}) {
        figure.value->setText(QStringLiteral("\u2013"));
        figure.unit->clear();
        figure.aside->clear();
    }
    m_active->setShare(0);
    m_room->setShare(0);
    m_twin->hide();
    m_mark->hide();
    m_note->setText(tr("after the problems"));
    m_time.label->setText(tr("Time"));
    m_measure->setEnabled(false);
    m_seconds.reset();
    showTime();
}

void NewRunEstimate::setConfig(const config::RunConfig& config, std::int64_t vocabulary, bool known) {
    const bool plane = config::isPlane(config);
    if (plane) vocabulary = config.plane.problem == "spirals" ? 3 : config.plane.problem == "xor" ? 2 : 1;
    if (!(config == m_config)) m_seconds.reset();
    m_config = config;
    const config::Cost cost = config::cost(config, vocabulary);
    const double total = static_cast<double>(cost.paramsTotal), active = static_cast<double>(cost.paramsActive);
    const auto set = [](const Figure& figure, const QString& amount, const QString& more, const QString& aside) {
        const auto [number, unit] = split(amount);
        figure.value->setText(number);
        figure.unit->setText(unit + more);
        figure.aside->setText(aside);
    };
    set(m_params, RunWords::amount(total), tr(" total"), tr("%1 active").arg(RunWords::amount(active)));
    m_active->setShare(total > 0 ? active / total : 0);
    set(m_compute, RunWords::flop(cost.flopsTokenForward), plane ? tr("/point") : tr("/token"), tr("%1 to train").arg(RunWords::flop(cost.flopsToken * tokensOf(config))));
    const double bytes = config::memoryBytes(config, vocabulary), room = freeMemory();
    set(m_memory, RunWords::bytes(bytes), {}, room > 0 ? tr("%1 free").arg(RunWords::bytes(room)) : QString());
    m_room->setShare(room > 0 ? bytes / room : 0);
    m_memory.aside->setProperty("role", room > 0 && bytes > room ? "err" : "label");
    m_memory.aside->style()->polish(m_memory.aside);
    m_note->setText(plane ? tr("2 inputs, %n outputs", nullptr, static_cast<int>(vocabulary)) : (known ? tr("%1 different tokens") : tr("for %1 different tokens")).arg(plots::groupedInteger(vocabulary)));
    m_time.label->setText(tr("Time, %1 steps").arg(plots::groupedInteger(config.training.steps)));
    m_measure->setEnabled(true);
    showTwin(config, vocabulary);
    const QString mark = QString::fromStdString(config::couplingMark(config));
    m_mark->setText(mark.left(1).toUpper() + mark.mid(1) + QLatin1Char('.'));
    m_mark->setVisible(!mark.isEmpty());
    showTime();
}

void NewRunEstimate::showTwin(const config::RunConfig& config, std::int64_t vocabulary) {
    const bool has = config.moe.experts > 0 && !config::isPlane(config);
    m_twin->setVisible(has);
    if (!has) return;
    const config::Cost own = config::cost(config, vocabulary), twin = config::cost(config::denseTwin(config), vocabulary);
    m_twinFlops->setText(signedPercent(own.flopsTokenForward / twin.flopsTokenForward - 1));
    m_twinParams->setText(QStringLiteral("\u00D7") + plots::figure(static_cast<double>(own.paramsTotal) / static_cast<double>(twin.paramsTotal), plots::Figure::Fixed1));
}

void NewRunEstimate::setNarrow(bool on) {
    layout()->setContentsMargins(on ? kNarrowMargin : kMargin, 18, on ? kNarrowMargin : kMargin, 12);
    m_note->setVisible(!on);
    for (const Figure& figure : {m_params, m_compute, m_memory, m_time}) figure.row->setDirection(on ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void NewRunEstimate::setMeasurable(bool on) { m_measure->setVisible(on); }

void NewRunEstimate::setRuns(std::size_t runs) {
    m_runs = runs;
    showTime();
}

void NewRunEstimate::setMeasuring() {
    m_measuring = true;
    m_seconds.reset();
    showTime();
}

void NewRunEstimate::setMeasured(double seconds, const QString& problem) {
    m_measuring = false;
    if (std::isfinite(seconds)) m_seconds = seconds;
    showTime();
    if (!problem.isEmpty()) m_timeNote->setText(problem);
}

void NewRunEstimate::showTime() {
    const double paced = m_config.training.pace > 0 ? static_cast<double>(m_config.training.steps) / m_config.training.pace : 0;
    const double seconds = m_seconds ? std::max(*m_seconds, paced) : paced;
    const bool held = paced > 0 && seconds <= paced;
    const auto [number, unit] = split(m_seconds ? duration(seconds) : QStringLiteral("\u2013"));
    m_time.value->setText(number);
    m_time.unit->setText(unit);
    m_time.aside->setText(m_seconds && seconds > 0 ? tr("%1 steps/s").arg(plots::figure(static_cast<double>(m_config.training.steps) / seconds)) : QString());
    m_timeNote->setText(m_measuring ? tr("Training a few steps\u2026")
                        : !m_seconds ? tr("Not measured.")
                        : held ? tr("Held back by the pace of %1 steps/s.").arg(plots::figure(m_config.training.pace))
                               : tr("Measured over 5 steps on this computer."));
    if (m_seconds && m_runs > 1) m_timeNote->setText(m_timeNote->text() + QLatin1Char(' ') + tr("All %1 runs one after the other: %2.").arg(m_runs).arg(duration(seconds * static_cast<double>(m_runs))));
    m_measure->setText(m_measuring ? tr("Stop measuring") : m_seconds ? tr("Measure again") : tr("Measure"));
}

}  // namespace moescope::ui
