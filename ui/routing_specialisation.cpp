// Grid, bars and lines of the specialisation.
#include "ui/routing_specialisation.hpp"

#include <QPainter>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "plots/controls.hpp"
#include "plots/figures.hpp"
#include "plots/paint.hpp"
#include "ui/routing_headings.hpp"
#include "ui/routing_table.hpp"

namespace moescope::ui {
namespace {

using plots::Figure;
using telemetry::Specialisation;

constexpr int kSide = 300, kBarRow = 40, kLayerHead = 20, kBar = 8, kKey = 24, kLine = 26, kWords = 8, kName = 64;

QString scoreText(double value) { return std::isnan(value) ? QStringLiteral("–") : plots::figure(value, Figure::Fixed2); }

}  // namespace

InformationBars::InformationBars(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Domain and token information of each layer"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void InformationBars::setData(const std::vector<Specialisation>& layers, int moeLayer) {
    m_layers = layers;
    m_moeLayer = moeLayer;
    setAccessibleDescription(summary());
    setFixedHeight(sizeHint().height());
    update();
}

QString InformationBars::summary() const {
    QStringList words;
    for (const Specialisation& s : m_layers)
        words << tr("layer %1: domain information %2, chance below %3; token information %4, chance below %5")
                     .arg(s.layer).arg(scoreText(s.domainInformation), scoreText(s.domainNull95), scoreText(s.tokenInformation), scoreText(s.tokenNull95));
    return words.join(QStringLiteral(". "));
}

bool InformationBars::hasTokens() const {
    return std::ranges::any_of(m_layers, [](const Specialisation& s) { return !std::isnan(s.tokenInformation); });
}

int InformationBars::topOf(int moeLayer) const { return moeLayer * (kLayerHead + (hasTokens() ? 2 : 1) * kBarRow); }

QSize InformationBars::sizeHint() const { return {kSide, topOf(static_cast<int>(m_layers.size())) + kKey}; }

void InformationBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const plots::Theme& t = plots::theme();
    double y = 0;
    const auto bar = [&](const QString& name, double value, double null95, bool strong) {
        plots::drawText(painter, 0, y + 10, name, plots::uiFont(12), t.text2);
        plots::drawText(painter, width(), y + 10, scoreText(value), plots::uiFont(12, QFont::DemiBold), t.text, Qt::AlignRight);
        painter.setPen(Qt::NoPen);
        painter.setBrush(t.sunken);
        painter.drawRoundedRect(QRectF(0, y + 22, width(), kBar), 2, 2);
        painter.setBrush(strong ? t.slateBar : plots::withOpacity(t.slateBar, 0.5));
        if (!std::isnan(value)) painter.drawRoundedRect(QRectF(0, y + 22, width() * std::clamp(value, 0.0, 1.0), kBar), 2, 2);
        if (!std::isnan(null95)) painter.fillRect(QRectF(width() * std::clamp(null95, 0.0, 1.0), y + 19, 2, kBar + 6), t.text);
        y += kBarRow;
    };
    for (std::size_t layer = 0; layer < m_layers.size(); ++layer) {
        const bool strong = static_cast<int>(layer) == m_moeLayer;
        plots::drawText(painter, 0, y + 9, tr("layer %1").arg(m_layers[layer].layer), plots::uiFont(12, strong ? QFont::DemiBold : QFont::Normal), strong ? t.text : t.text3);
        y += kLayerHead;
        bar(tr("Domain information"), m_layers[layer].domainInformation, m_layers[layer].domainNull95, strong);
        if (hasTokens()) bar(tr("Token information"), m_layers[layer].tokenInformation, m_layers[layer].tokenNull95, strong);
    }
    painter.fillRect(QRectF(0, y + 4, 2, 14), t.text);
    plots::drawText(painter, 8, y + 11, tr("chance: 95 % of 200 shuffles"), plots::uiFont(11), t.text2);
}

VocabularyLines::VocabularyLines(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Tokens each expert takes more often than chance"));
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void VocabularyLines::setData(std::vector<VocabularyRow> rows, int experts) {
    m_rows = std::move(rows);
    m_experts = experts;
    m_order.clear();
    for (int e = 0; e < experts; ++e)
        if (plots::expertsHaveIdentity(experts) || std::ranges::find(m_rows, e, &VocabularyRow::expert) != m_rows.end()) m_order.push_back(e);
    QStringList words;
    for (const VocabularyRow& row : m_rows) words << QStringLiteral("%1 %2 ×%3").arg(expertName(row.expert), tokenWord(row.text), plots::figure(row.lift, Figure::Fixed1));
    setAccessibleDescription(words.join(QStringLiteral(", ")).left(600));
    updateGeometry();
    update();
}

QSize VocabularyLines::sizeHint() const { return {400, kLine * std::max<int>(1, static_cast<int>(m_order.size()))}; }

void VocabularyLines::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const plots::Theme& t = plots::theme();
    std::vector<double> x(static_cast<std::size_t>(m_experts), kName);
    std::vector<int> line(static_cast<std::size_t>(m_experts), 0);
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = 0; i < m_order.size(); ++i) {
        const int e = m_order[i], top = static_cast<int>(i) * kLine;
        line[static_cast<std::size_t>(e)] = top;
        plots::fillExpert(painter, t, QRectF(0, top + 8, 10, 10), 2, e, m_experts);
        plots::drawText(painter, 15, top + kLine / 2.0, expertName(e), plots::uiFont(12, QFont::Medium), t.text2);
    }
    for (const VocabularyRow& row : m_rows) {
        double& at = x[static_cast<std::size_t>(row.expert)];
        const double middle = line[static_cast<std::size_t>(row.expert)] + kLine / 2.0;
        const QString lift = QStringLiteral("×") + plots::figure(row.lift, Figure::Fixed1);
        const double word = std::max(14, plots::textWidth(plots::monoFont(14), tokenWord(row.text)) + 8), wide = word + plots::textWidth(plots::uiFont(11), lift) + 20;
        if (at + wide > width()) continue;
        painter.setPen(Qt::NoPen);
        painter.setBrush(plots::mix(plots::expertFill(t, row.expert, m_experts), t.surface, t.tintBase + t.tintSpan * std::clamp(row.share * 3, 0.0, 1.0)));
        painter.drawRoundedRect(QRectF(at, middle - 10, word, 20), 3, 3);
        plots::drawText(painter, at + word / 2, middle, tokenWord(row.text), plots::monoFont(14), t.text, Qt::AlignHCenter);
        plots::drawText(painter, at + word + 4, middle, lift, plots::uiFont(11), t.text3);
        at += wide;
    }
    for (const int e : m_order) {
        const QString guess = guessedName(m_rows, e);
        const QString said = guess.isEmpty() ? QString() : tr("perhaps %1").arg(guess);
        if (!said.isEmpty() && x[static_cast<std::size_t>(e)] + plots::textWidth(plots::uiFont(11), said) + 16 < width())
            plots::drawText(painter, width() - 4, line[static_cast<std::size_t>(e)] + kLine / 2.0, said, plots::uiFont(11), t.text3, Qt::AlignRight);
    }
    for (const int e : m_order)
        if (x[static_cast<std::size_t>(e)] == kName) plots::drawText(painter, kName, line[static_cast<std::size_t>(e)] + kLine / 2.0, tr("none above chance, or no tokens"), plots::uiFont(11), t.text3);
}

RoutingSpecialisation::RoutingSpecialisation(QWidget* parent)
    : RoutingView(parent), m_share(new RoutingGrid), m_kind(new plots::SegmentedControl), m_bars(new InformationBars), m_lines(new VocabularyLines), m_information(new RoutingTable), m_vocabulary(new RoutingTable),
      m_informationStack(new QStackedWidget), m_vocabularyStack(new QStackedWidget) {
    setObjectName(QStringLiteral("routingSpecialisation"));
    m_share->setObjectName(QStringLiteral("shareGrid"));
    m_left = new QVBoxLayout;
    m_left->setSpacing(6);
    m_kind->setObjectName(QStringLiteral("shareKind"));
    m_kind->setAccessibleName(tr("Share of tokens or of drops"));
    m_kind->setOptions({tr("Share"), tr("Dropped")});
    m_kind->setCompact(true);
    connect(m_kind, &plots::SegmentedControl::currentChanged, this, [this] { fillShares(); });
    QHBoxLayout* head = routingHeading(tr("Who handles what"), m_shareNote);
    head->addWidget(m_kind);
    m_left->addLayout(head);
    m_left->addWidget(m_share, 1);
    m_left->addSpacing(10);
    m_left->addWidget(m_words = buildVocabulary(), 1);
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(16, 8, 16, 8);
    columns->setSpacing(24);
    columns->addLayout(m_left, 1);
    columns->addWidget(buildInformation());
}

QWidget* RoutingSpecialisation::buildInformation() {
    auto* side = new QWidget;
    side->setFixedWidth(kSide);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    QLabel* note = nullptr;
    column->addLayout(routingHeading(tr("Is it structure?"), note));
    m_verdict = routingLabel("label", 12);
    m_verdict->setObjectName(QStringLiteral("informationVerdict"));
    m_verdict->setWordWrap(true);
    auto* content = new QWidget;
    content->setProperty("role", "surface");
    content->setAttribute(Qt::WA_StyledBackground);
    auto* parts = new QVBoxLayout(content);
    parts->setContentsMargins(0, 0, 10, 0);
    parts->addWidget(m_bars);
    parts->addStretch(1);
    m_barsScroll = new QScrollArea;
    m_barsScroll->setObjectName(QStringLiteral("informationScroll"));
    m_barsScroll->setWidget(content);
    m_barsScroll->setWidgetResizable(true);
    m_barsScroll->setFrameShape(QFrame::NoFrame);
    m_barsScroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_information->setObjectName(QStringLiteral("informationTable"));
    m_information->setAccessibleName(m_bars->accessibleName());
    m_informationStack->addWidget(m_barsScroll);
    m_informationStack->addWidget(m_information);
    column->addWidget(m_verdict);
    column->addWidget(m_informationStack, 1);
    return side;
}

QWidget* RoutingSpecialisation::buildVocabulary() {
    auto* whole = new QWidget;
    auto* column = new QVBoxLayout(whole);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(routingHeading(tr("What each expert reads"), m_vocabularyNote));
    m_vocabularyNote->setWordWrap(true);
    m_lines->setProperty("role", "surface");
    m_lines->setAttribute(Qt::WA_StyledBackground);
    auto* scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("vocabularyScroll"));
    scroll->setWidget(m_lines);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_vocabulary->setObjectName(QStringLiteral("vocabularyTable"));
    m_vocabulary->setAccessibleName(m_lines->accessibleName());
    m_vocabularyStack->addWidget(scroll);
    m_vocabularyStack->addWidget(m_vocabulary);
    column->addWidget(m_vocabularyStack, 1);
    return whole;
}

void RoutingSpecialisation::show(const RoutingShown& shown) {
    if (shown.snapshot == m_of && shown.moeLayer == m_layerOf) return;
    m_of = shown.snapshot;
    m_layerOf = shown.moeLayer;
    m_domainsOf = shown.domains;
    m_modelLayer = shown.modelLayer;
    fillShares();
    showInformation(shown);
    m_words->setVisible(!shown.snapshot->probe.tokenIds.empty());
    showVocabulary(shown);
    fitShares(m_informationStack->currentWidget() == m_information);
}

// What the numbers are, and what a row adds up to.
QString RoutingSpecialisation::shareText(const Specialisation& found) const {
    const int k = m_of->probe.slotsPerToken;
    if (found.byWeight) return tr("share of each domain's combine weight, layer %1, %; every token runs through all experts").arg(m_modelLayer);
    if (found.expertsPerToken < k - 1e-9) return tr("share of each domain's tokens, layer %1, %; a token has %2 experts on average").arg(m_modelLayer).arg(plots::figure(found.expertsPerToken, plots::Figure::Fixed2));
    return k > 1 ? tr("share of each domain's tokens, layer %1, %; rows sum to %2").arg(m_modelLayer).arg(100 * k) : tr("share of each domain's tokens, layer %1, %").arg(m_modelLayer);
}

// Share of tokens, or of drops where the probe has any.
void RoutingSpecialisation::fillShares() {
    const Specialisation& found = m_of->layers[static_cast<std::size_t>(m_layerOf)];
    QStringList domains = m_domainsOf;
    while (static_cast<std::size_t>(domains.size()) < found.share.size()) domains << tr("domain %1").arg(domains.size());
    domains = domains.mid(0, static_cast<qsizetype>(found.share.size()));
    const plots::GridData drops = dropGrid(m_of->probe, m_layerOf, domains);
    m_kind->setVisible(!drops.rows.isEmpty());
    const bool dropped = m_kind->current() == 1 && !drops.rows.isEmpty();
    m_share->setData(dropped ? drops : shareGrid(found, domains));
    if (dropped) m_shareNote->setText(tr("of each domain's choices of the expert, those that found no room, layer %1, %").arg(m_modelLayer));
    else m_shareNote->setText(shareText(found));
}

// The map is as high as its rows ask for; what it does not need, the words get. Both short of room: in proportion.
void RoutingSpecialisation::fitShares(bool table) {
    const int map = m_share->picture().sizeHint().height(), words = m_lines->sizeHint().height();
    m_share->setMaximumHeight(table ? QWIDGETSIZE_MAX : std::max(map, m_share->minimumSizeHint().height()));
    m_left->setStretch(1, table ? 1 : map);
    m_left->setStretch(3, table ? 1 : words);
}

void RoutingSpecialisation::showInformation(const RoutingShown& shown) {
    m_bars->setData(shown.snapshot->layers, shown.moeLayer);
    m_barsScroll->ensureVisible(0, m_bars->topOf(shown.moeLayer) + m_bars->heightOfLayer() / 2, 0, m_bars->heightOfLayer() / 2);
    const Specialisation& found = shown.snapshot->layers[static_cast<std::size_t>(shown.moeLayer)];
    QString verdict;
    if (std::isnan(found.domainInformation)) verdict = tr("The probe has one domain, so there is nothing for experts to tell apart.");
    else if (!(found.domainInformation > found.domainNull95)) verdict = tr("Layer %1: no more about domains than chance gives.").arg(shown.modelLayer);
    else verdict = tr("Layer %1: more about domains than chance gives.").arg(shown.modelLayer);
    if (found.domainInformation > found.domainNull95 && found.tokenInformation > found.tokenNull95)
        verdict += tr(" Part of it may be only the alphabet: the token by itself already tells %1.").arg(scoreText(found.tokenInformation));
    m_verdict->setText(verdict);
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (const Specialisation& s : shown.snapshot->layers)
        rows.push_back({RoutingTable::number(static_cast<double>(s.layer), Figure::Integer), RoutingTable::number(s.domainInformation), RoutingTable::number(s.domainNull95),
                        RoutingTable::number(s.tokenInformation), RoutingTable::number(s.tokenNull95), RoutingTable::number(s.purity)});
    m_information->setRows({tr("layer"), tr("domain"), tr("chance 95 %"), tr("token"), tr("chance 95 %"), tr("purity")}, rows);
}

void RoutingSpecialisation::showVocabulary(const RoutingShown& shown) {
    std::vector<VocabularyRow> rows = vocabularyLift(shown.snapshot->probe, shown.moeLayer, kWords);
    m_vocabularyNote->setText(tr("more often than chance, layer %1; × = its share over that of the probe").arg(shown.modelLayer));
    std::vector<std::vector<RoutingTable::Cell>> cells;
    for (const VocabularyRow& row : rows)
        cells.push_back({RoutingTable::word(expertName(row.expert)), RoutingTable::word(guessedName(rows, row.expert)), RoutingTable::word(tokenWord(row.text)), RoutingTable::number(row.count, Figure::Integer), RoutingTable::number(row.share), RoutingTable::number(row.lift)});
    m_vocabulary->setRows({tr("expert"), tr("perhaps (a guess)"), tr("token"), tr("times"), tr("share of the expert's tokens"), tr("lift")}, cells);
    m_lines->setData(std::move(rows), shown.snapshot->probe.experts);
}

void RoutingSpecialisation::setTable(bool on) {
    m_share->setTable(on);
    m_informationStack->setCurrentIndex(on);
    m_vocabularyStack->setCurrentIndex(on);
    fitShares(on);
}

}  // namespace moescope::ui
