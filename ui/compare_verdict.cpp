// The comparison of what is drawn, and its panel.
#include "ui/compare_verdict.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/statistics/verdict.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr int kNameLength = 26, kDotsHeight = 66, kEdge = 8, kFurtherSeeds = 2;
constexpr double kUsualBar = 0.05;

statistics::Axis axisOf(XAxis axis) {
    switch (axis) {
        case XAxis::tokens: return statistics::Axis::tokens;
        case XAxis::flops: return statistics::Axis::flops;
        case XAxis::seconds: return statistics::Axis::seconds;
        default: return statistics::Axis::step;
    }
}

QString text(const std::string& value) { return QString::fromStdString(value); }

bool speaks(const CompareEntry& entry) { return entry.visible && entry.run && entry.run->problem.empty() && !entry.run->x.empty(); }

/// Long names would push the panel wider than its place.
statistics::Comparison withShortNames(statistics::Comparison comparison) {
    const auto shorten = [](std::string& name) {
        if (const QString whole = text(name); whole.size() > kNameLength) name = (whole.left(kNameLength - 8) + QChar(0x2026) + whole.right(6)).toStdString();
    };
    for (statistics::GroupResult& group : comparison.groups) shorten(group.name);
    std::ranges::for_each(comparison.shortest, shorten);
    return comparison;
}

QLabel* label(const char* name, const char* role, const QFont& font) {
    auto* made = new QLabel;
    made->setObjectName(QLatin1String(name));
    made->setProperty("role", role);
    made->setFont(font);
    made->setTextFormat(Qt::PlainText);
    made->setTextInteractionFlags(Qt::TextSelectableByMouse);
    made->setWordWrap(true);
    return made;
}

}  // namespace

DrawnComparison compareDrawn(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline, const CompareMetric& metric, XAxis axis, double smoothing) {
    DrawnComparison drawn;
    std::vector<statistics::Group> asked;
    std::optional<std::size_t> base;
    for (const CompareGroup& group : groups) {
        statistics::Group made{(group.members.size() > 1 ? group.name : entries[group.members.front()].name).toStdString(), {}};
        for (const std::size_t member : group.members) {
            const CompareEntry& entry = entries[member];
            if (!speaks(entry)) continue;
            if (made.members.empty()) drawn.configs.push_back(entry.run->config);
            if (static_cast<int>(member) == baseline) base = asked.size();
            made.members.push_back({entry.ulid, entry.name.toStdString(), statistics::seedLabel(entry.run->config), statistics::finitePart(entry.run->x, entry.run->y)});
        }
        if (!made.members.empty()) asked.push_back(std::move(made));
    }
    if (!base) drawn.answer = base::Problems{{"baseline", CompareVerdict::tr("The baseline has not stored this metric. Pin another run with B.").toStdString()}};
    else drawn.answer = statistics::compare(asked, *base, {metric.series, metric.unit.toStdString(), axisOf(axis), metric.noisy ? smoothing : 0});
    drawn.groups = std::move(asked);
    return drawn;
}

PairedDots::PairedDots(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("verdictDots"));
    setFixedHeight(kDotsHeight);
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void PairedDots::setPair(const statistics::Pair& pair) {
    m_pair = pair;
    QStringList each;
    for (std::size_t i = 0; i < pair.seeds.size(); ++i) each << tr("seed %1: %2").arg(text(pair.seeds[i]), text(statistics::numberText(pair.differences[i], true)));
    setToolTip(each.join(QLatin1Char('\n')));
    setAccessibleName(tr("Differences by seed"));
    setAccessibleDescription(each.join(QStringLiteral(", ")));
    update();
}

void PairedDots::paintEvent(QPaintEvent*) {
    if (m_pair.differences.empty()) return;
    const plots::Theme& theme = plots::theme();
    double low = 0, high = 0;
    for (const double value : m_pair.differences) std::tie(low, high) = std::pair(std::min(low, value), std::max(high, value));
    if (m_pair.interval.known()) std::tie(low, high) = std::pair(std::min(low, m_pair.interval.low), std::max(high, m_pair.interval.high));
    if (low == high) std::tie(low, high) = std::pair(-1.0, 1.0);
    const double room = 0.08 * (high - low);
    std::tie(low, high) = std::pair(low - room, high + room);
    const auto at = [&](double value) { return kEdge + (value - low) / (high - low) * (width() - 2 * kEdge); };
    const plots::Ticks ticks = plots::niceTicks(low, high, 4);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.lineStrong, 1));
    painter.drawLine(QPointF(kEdge, 44.5), QPointF(width() - kEdge, 44.5));
    painter.drawLine(QPointF(at(0), 4), QPointF(at(0), 48));
    painter.setFont(plots::uiFont(11));
    painter.setPen(theme.text3);
    for (const double value : ticks.at) {
        const QRectF place(at(value) - 40, 49, 80, 16);
        if (place.left() + 16 > 0 && place.right() - 16 < width()) painter.drawText(place, Qt::AlignHCenter | Qt::AlignTop, plots::tickLabel(value, ticks.step));
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(plots::withOpacity(theme.text2, 0.75));
    for (const double difference : m_pair.differences) painter.drawEllipse(QPointF(at(difference), 14), 4, 4);
    painter.setPen(QPen(theme.accent, 3, Qt::SolidLine, Qt::RoundCap));
    if (m_pair.interval.known()) painter.drawLine(QPointF(at(m_pair.interval.low), 31), QPointF(at(m_pair.interval.high), 31));
    painter.setPen(QPen(theme.window, 1.5));
    painter.setBrush(theme.accent);
    painter.drawEllipse(QPointF(at(m_pair.difference), 31), 5.5, 5.5);
}

CompareVerdict::CompareVerdict(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("compareVerdict"));
    auto* title = new QLabel(tr("Verdict"));
    title->setProperty("role", "title");
    title->setFont(plots::uiFont(13, QFont::DemiBold));
    title->setToolTip(QStringLiteral("<p>") + text(statistics::methodText()).toHtmlEscaped() + QStringLiteral("</p>"));
    const auto link = [](const char* name, const QString& words, const QString& tip) {
        auto* button = new QPushButton(words);
        button->setObjectName(QLatin1String(name));
        button->setProperty("kind", "link");
        button->setToolTip(tip);
        return button;
    };
    m_copy = link("verdictMarkdown", tr("Markdown"), tr("Copy the groups and the verdict as Markdown"));
    m_report = link("verdictReport", tr("Report…"), tr("Save groups, verdict, values, settings that differ and recipes as HTML or Markdown"));
    auto* top = new QHBoxLayout;
    top->addWidget(title);
    top->addStretch();
    top->addWidget(m_copy);
    top->addWidget(m_report);
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(4);
    lines->addLayout(top);
    lines->addWidget(m_heading = label("verdictHeading", "label", plots::uiFont(12)));
    lines->addWidget(m_number = label("verdictNumber", "value", plots::uiFont(22, QFont::DemiBold)));
    lines->addWidget(m_interval = label("verdictInterval", "label", plots::uiFont(12)));
    lines->addWidget(m_dots = new PairedDots);
    lines->addWidget(m_words = label("verdictWords", "value", plots::uiFont(12)));
    m_seeds = new QPushButton;
    m_seeds->setObjectName(QStringLiteral("verdictSeeds"));
    lines->addWidget(m_seeds, 0, Qt::AlignLeft);
    lines->addWidget(m_which = label("verdictWhich", "hint", plots::uiFont(12)));
    connect(m_report, &QPushButton::clicked, this, &CompareVerdict::reportRequested);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        if (const auto* comparison = m_drawn ? std::get_if<statistics::Comparison>(&m_drawn->answer) : nullptr)
            QGuiApplication::clipboard()->setText(text(statistics::toMarkdown(statistics::verdictReport(*comparison))));
    });
}

/// As many as the sentence on p says are missing; where p can be small enough already, a few more for a narrower interval.
void CompareVerdict::showSeeds(const statistics::Comparison* comparison) {
    m_seeds->setVisible(comparison);
    m_seeds->disconnect(this);
    if (!comparison) return;
    const statistics::Pair& pair = comparison->pairs[chosenPair()];
    const int shared = static_cast<int>(pair.seeds.size()), enough = static_cast<int>(statistics::pairsToReach(kUsualBar));
    const int more = shared < enough ? enough - shared : kFurtherSeeds;
    m_seeds->setText(more == 1 ? tr("Add a seed") : tr("Add %1 seeds").arg(more));
    m_seeds->setToolTip(tr("Both groups shall share %1 seeds: what is missing goes into the queue, what is stored already joins. The verdict is renewed when the last has ended.").arg(shared + more));
    const QString run = text(comparison->groups[pair.group].runs.front()), baseline = text(comparison->groups[comparison->baseline].runs.front());
    connect(m_seeds, &QPushButton::clicked, this, [this, run, baseline, total = shared + more] { emit seedsRequested(run, baseline, total); });
}

void CompareVerdict::setComparison(const DrawnComparison& drawn) {
    m_drawn = drawn;
    refresh();
}

void CompareVerdict::choose(const std::string& ulid) {
    m_chosen = ulid;
    refresh();
}

std::size_t CompareVerdict::chosenPair() const {
    const auto& comparison = std::get<statistics::Comparison>(m_drawn->answer);
    for (std::size_t i = 0; i < comparison.pairs.size(); ++i)
        if (std::ranges::find(comparison.groups[comparison.pairs[i].group].runs, m_chosen) != comparison.groups[comparison.pairs[i].group].runs.end()) return i;
    return 0;
}

void CompareVerdict::say(const QString& heading, const QString& number, const QString& interval, const QStringList& sentences) {
    const std::pair<QLabel*, QString> parts[] = {{m_heading, heading}, {m_number, number}, {m_interval, interval}, {m_words, sentences.join(QStringLiteral("\n\n"))}};
    for (const auto& [part, words] : parts) {
        part->setText(words);
        part->setVisible(!words.isEmpty());
    }
}

void CompareVerdict::refresh() {
    if (!m_drawn) return;
    const auto* whole = std::get_if<statistics::Comparison>(&m_drawn->answer);
    const bool paired = whole && !whole->pairs.empty();
    for (QPushButton* button : {m_copy, m_report}) button->setVisible(whole != nullptr);
    showSeeds(paired ? whole : nullptr);
    m_dots->setVisible(paired && !whole->pairs[chosenPair()].differences.empty());
    m_which->setVisible(paired && whole->pairs.size() > 1);
    if (!whole) {
        QString words = text(std::get<base::Problems>(m_drawn->answer).front().text);
        words[0] = words[0].toUpper();
        return say({}, {}, {}, {words});
    }
    const statistics::Comparison shown = withShortNames(*whole);
    QStringList sentences;
    if (!paired) {
        for (const std::string& sentence : statistics::verdictAlone(shown)) sentences << text(sentence);
        return say({}, {}, {}, sentences);
    }
    const std::size_t chosen = chosenPair();
    const statistics::Verdict verdict = statistics::verdictOf(shown, shown.pairs[chosen]);
    for (const std::string& sentence : verdict.sentences) sentences << text(sentence);
    const bool known = !shown.pairs[chosen].differences.empty();
    say(text(verdict.heading), known ? text(verdict.number) : QString(), text(verdict.interval), sentences);
    m_heading->setToolTip(text(statistics::verdictOf(*whole, whole->pairs[chosen]).heading));
    m_dots->setPair(shown.pairs[chosen]);
    m_which->setText(tr("Pair %1 of %2. Choose a row of the table for another.").arg(chosen + 1).arg(shown.pairs.size()));
}

}  // namespace moescope::ui
