// Rows of text, the legend, the card.
#include "ui/routing_tokens.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "plots/expert_legend.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "plots/token_text.hpp"
#include "ui/routing_own_text.hpp"
#include "ui/routing_panes.hpp"
#include "ui/routing_solo.hpp"
#include "ui/routing_table.hpp"
#include "ui/routing_token_card.hpp"

namespace moescope::ui {
namespace {

constexpr int kGutter = 84, kNamed = 6, kEverySequence = -1, kOwnText = -2;
constexpr int kRowsAtMost = 64;  // sequences drawn as text; the table has them all

QLabel* labelOf(const QString& text, const char* role, int px) {
    auto* label = new QLabel(text);
    label->setFont(plots::uiFont(px));
    label->setProperty("role", role);
    return label;
}

QString keyOf(const TokenMarks& marks, const QString& tint) {
    QStringList words;
    if (!tint.isEmpty()) words << tint;
    if (marks.second) words << RoutingTokens::tr("thick lane: first expert") << RoutingTokens::tr("thin lane: second expert");
    else words << RoutingTokens::tr("lane: its expert");
    if (marks.dropped) words << RoutingTokens::tr("struck through: dropped");
    if (marks.unrouted) words << RoutingTokens::tr("no lane: no expert");
    return words.join(QStringLiteral("&nbsp;&nbsp;&nbsp; "));
}

/// What the tint of a token says when it is not its experts.
void colour(plots::Token& token, const telemetry::ProbeSnapshot& probe, int at, RoutingTokens::Colour by, double lossTop) {
    const auto i = static_cast<std::size_t>(at);
    if (by == RoutingTokens::byWeight && token.expert >= 0) token.shade = token.weight;
    if (by == RoutingTokens::byLoss && i < probe.losses.size() && !std::isnan(probe.losses[i])) token.shade = static_cast<float>(probe.losses[i] / lossTop);
    if (by == RoutingTokens::byDomain && i < probe.domains.size()) token.group = probe.domains[i];
}

plots::TokenText::Tint tintFor(RoutingTokens::Colour by) {
    using Tint = plots::TokenText::Tint;
    return by == RoutingTokens::byFirst ? Tint::First : by == RoutingTokens::bySecond ? Tint::Second : by == RoutingTokens::byDomain ? Tint::Group : Tint::Shade;
}

}  // namespace

RoutingTokens::RoutingTokens(QWidget* parent)
    : RoutingView(parent), m_legend(new plots::ExpertLegend), m_solo(new QComboBox), m_domain(new QComboBox), m_colourChoice(new QComboBox), m_own(new OwnText), m_soloCard(new SoloCard), m_key(labelOf({}, "unit", 11)),
      m_stack(new QStackedWidget), m_table(new RoutingTable), m_hint(labelOf({}, "hint", 12)), m_card(new TokenCard), m_pinCard(new TokenCard) {
    setObjectName(QStringLiteral("routingTokens"));
    setFocusPolicy(Qt::StrongFocus);
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(0);
    columns->addWidget(buildText(), 1);
    columns->addWidget(buildCards());
    const auto chooseSolo = [this](int expert) {
        setSolo(expert);
        emit soloChosen(expert);
    };
    connect(m_legend, &plots::ExpertLegend::soloChanged, this, chooseSolo);
    const auto menu = [this](int expert, const QPoint& at) { emit expertMenuRequested(m_shown.modelLayer, expert, at); };
    connect(m_legend, &plots::ExpertLegend::expertMenuRequested, this, menu);
    for (TokenCard* card : {m_card, m_pinCard}) connect(card, &TokenCard::expertMenuRequested, this, menu);
    connect(m_solo, &QComboBox::activated, this, [chooseSolo](int index) { chooseSolo(index - 1); });
    connect(m_domain, &QComboBox::activated, this, [this] {
        if (const bool own = m_domain->currentData().toInt() == kOwnText; own != m_isOwn) return setOwn(own);
        makeRows();
        fillRows();
    });
    connect(m_colourChoice, &QComboBox::activated, this, [this](int index) { setColour(static_cast<Colour>(index)); });
    connect(m_own, &OwnText::changed, this, [this] { if (m_isOwn) apply(effective()); });
}

QWidget* RoutingTokens::buildText() {
    m_legend->setObjectName(QStringLiteral("expertLegend"));
    m_solo->setObjectName(QStringLiteral("soloChoice"));
    m_solo->setAccessibleName(tr("Show one expert alone"));
    m_domain->setObjectName(QStringLiteral("domainChoice"));
    m_domain->setAccessibleName(tr("Domain"));
    m_colourChoice->setObjectName(QStringLiteral("colourChoice"));
    m_colourChoice->setAccessibleName(tr("Colour by"));
    m_colourChoice->addItems({tr("first expert"), tr("second expert"), tr("weight"), tr("loss"), tr("domain")});
    for (QComboBox* combo : {m_solo, m_domain, m_colourChoice}) {
        combo->setProperty("kind", "quiet");
        combo->setFont(plots::uiFont(12, QFont::Medium));
        combo->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        combo->setMinimumWidth(96);
    }
    m_table->setObjectName(QStringLiteral("tokensTable"));
    m_table->setAccessibleName(tr("Tokens of the probe"));
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(m_legend, 1);
    head->addWidget(labelOf(tr("Text"), "label", 12));
    head->addWidget(m_domain);
    head->addWidget(labelOf(tr("Tint"), "label", 12));
    head->addWidget(m_colourChoice);
    head->addWidget(labelOf(tr("Solo"), "label", 12));
    head->addWidget(m_solo);
    auto* rows = new QWidget;
    rows->setProperty("role", "surface");
    rows->setAttribute(Qt::WA_StyledBackground);
    m_rows = new QVBoxLayout(rows);
    m_rows->setContentsMargins(0, 4, 8, 0);
    m_rows->setSpacing(0);
    m_scroll = scrolledPane(rows, "tokensScroll");
    m_stack->addWidget(m_scroll);
    m_stack->addWidget(m_table);
    auto* text = new QWidget;
    auto* column = new QVBoxLayout(text);
    column->setContentsMargins(16, 6, 8, 8);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(m_own);
    m_own->hide();
    column->addWidget(m_stack, 1);
    m_key->setWordWrap(true);
    m_key->setTextFormat(Qt::RichText);
    m_key->setObjectName(QStringLiteral("tokensKey"));
    column->addWidget(m_key);
    return text;
}

QWidget* RoutingTokens::buildCards() {
    m_card->setObjectName(QStringLiteral("tokenCard"));
    m_pinCard->setObjectName(QStringLiteral("pinnedCard"));
    m_soloCard->setObjectName(QStringLiteral("soloCard"));
    m_soloCard->hide();
    m_cardScroll = cardPane({m_soloCard, m_card, m_pinCard}, m_hint, "tokenCards");
    return m_cardScroll;
}

void RoutingTokens::show(const RoutingShown& shown) {
    m_given = shown;
    if (m_isOwn) m_own->setModel(shown);
    apply(effective());
}

RoutingShown RoutingTokens::effective() const {
    if (!m_isOwn) return m_given;
    RoutingShown own = m_given;
    own.domains.clear();
    own.snapshot = m_own->snapshot();
    if (own.snapshot && own.snapshot->probe.layers == m_given.snapshot->probe.layers) return own;
    auto nothing = std::make_shared<RoutingSnapshot>();  // nothing read yet: no tokens, the run's experts
    nothing->probe.layers = m_given.snapshot->probe.layers;
    nothing->probe.experts = m_given.snapshot->probe.experts;
    nothing->probe.slotsPerToken = m_given.snapshot->probe.slotsPerToken;
    own.snapshot = nothing;
    return own;
}

void RoutingTokens::setOwn(bool own) {
    m_isOwn = own;
    m_own->setVisible(own);
    if (own) m_domain->setCurrentIndex(m_domain->findData(kOwnText));
    else if (m_domain->currentData().toInt() == kOwnText) m_domain->setCurrentIndex(0);
    if (m_given.snapshot) show(m_given);
    emit changed();
}

bool RoutingTokens::isComplete() const { return !m_isOwn || !m_own->isReading(); }

void RoutingTokens::setColour(Colour colour) {
    m_colour = colour;
    m_colourChoice->setCurrentIndex(colour);
    if (!m_shown.snapshot) return;
    showKey();
    fillRows();
}

void RoutingTokens::fillSources(const QStringList& domains) {
    const QSignalBlocker quiet(m_domain);
    m_sources = domains;
    m_domain->clear();
    m_domain->addItem(tr("all domains"), kEverySequence);
    for (int d = 0; d < domains.size(); ++d) m_domain->addItem(domains[d], d);
    m_domain->addItem(tr("my own text\u2026"), kOwnText);
    if (m_isOwn) m_domain->setCurrentIndex(m_domain->count() - 1);
}

double RoutingTokens::lossTop() const {
    std::vector<float> losses;
    for (const float loss : m_shown.snapshot->probe.losses)
        if (!std::isnan(loss)) losses.push_back(loss);
    if (losses.empty()) return 1;
    std::ranges::sort(losses);
    return plots::niceCeiling(std::max(0.1, static_cast<double>(losses[losses.size() * 95 / 100])));
}

void RoutingTokens::showKey() {
    const TokenMarks marks = tokenMarks(m_shown.snapshot->probe);
    QString tint = marks.tint ? tr("tint: combine weight") : QString();
    if (m_colour == bySecond) tint = tr("tint: second expert");
    if (m_colour == byWeight) tint = tr("tint: weight of the first expert, 0 to 1");
    if (m_colour == byLoss) tint = tr("tint: loss of the next token, 0 to %1 nats").arg(plots::figure(lossTop(), plots::Figure::Fixed1));
    if (m_colour == byDomain) {
        QStringList names;
        for (int d = 0; d < m_shown.domains.size(); ++d) names << QStringLiteral("<span style=\"background-color:%1\">&nbsp;%2&nbsp;</span>").arg(plots::TokenText::groupColor(d).name(), m_shown.domains[d].toHtmlEscaped());
        tint = m_isOwn ? tr("your own text has no domains") : tr("tint:") + QLatin1Char(' ') + names.join(QLatin1Char(' '));
    }
    m_key->setText(keyOf(marks, tint));
}

void RoutingTokens::showSolo() {
    const int expert = m_legend->solo();
    const bool there = expert >= 0 && m_shown.snapshot && m_shown.snapshot->probe.tokens > 0;
    m_soloCard->setVisible(there);
    if (there) m_soloCard->setFacts(soloFacts(m_shown.snapshot->probe, m_shown.moeLayer, expert, m_shown.domains), m_shown.snapshot->probe.experts);
}

void RoutingTokens::apply(const RoutingShown& shown) {
    const auto shape = [](const RoutingShown& s) { return s.snapshot ? std::pair(s.snapshot->probe.tokenIds, s.snapshot->probe.sequenceLength) : std::pair(std::vector<std::int32_t>(), 0); };
    const bool otherText = shape(m_shown) != shape(shown), otherDomains = shown.domains != m_shown.domains;
    const bool otherSnapshot = m_shown.snapshot != shown.snapshot;
    m_shown = shown;
    if (m_domain->count() == 0 || m_sources != m_given.domains) fillSources(m_given.domains);
    if (otherSnapshot || otherDomains) showKey();
    if (otherText || otherDomains) {
        m_pinned = m_selected = -1;
        makeRows();
        if (!m_sequences.empty()) m_selected = m_sequences.front().from;
    }
    const int experts = shown.snapshot->probe.experts;
    if (m_solo->count() != experts + 1) {
        m_solo->clear();
        m_solo->addItem(tr("all experts"));
        for (int e = 0; e < experts; ++e) m_solo->addItem(expertName(e));
        setSolo(m_legend->solo() < experts ? m_legend->solo() : -1);
    }
    fillRows();
}

void RoutingTokens::makeRows() {
    qDeleteAll(m_scroll->widget()->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    delete m_rows->takeAt(m_rows->count() - 1);
    m_texts.clear();
    m_sequences = sequencesOf(m_shown.snapshot->probe);
    const int domain = m_isOwn ? kEverySequence : m_domain->currentData().toInt();
    if (domain != kEverySequence) std::erase_if(m_sequences, [&](const ProbeSequence& each) { return each.domain != domain; });
    for (std::size_t i = 0; i < std::min<std::size_t>(m_sequences.size(), kRowsAtMost); ++i) {
        auto* row = new QWidget;
        auto* line = new QHBoxLayout(row);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(8);
        const int of = m_sequences[i].domain;
        auto* name = labelOf(of >= 0 && of < m_shown.domains.size() ? m_shown.domains[of] : tr("text"), "label", 12);
        name->setFixedWidth(kGutter);
        name->setContentsMargins(0, 4, 0, 0);
        name->setToolTip(name->text());
        auto* text = new plots::TokenText;
        text->setMode(plots::TokenText::Wrapped);
        text->setFocusPolicy(Qt::NoFocus);
        text->setSolo(m_legend->solo());
        text->setAccessibleName(tr("%1, tokens %2 to %3").arg(name->text()).arg(m_sequences[i].from).arg(m_sequences[i].from + m_sequences[i].count - 1));
        connect(text, &plots::TokenText::tokenClicked, this, [this, i](int token) {
            setFocus();
            select(m_sequences[i].from + token);
        });
        line->addWidget(name, 0, Qt::AlignTop);
        line->addWidget(text, 1);
        m_rows->addWidget(row);
        m_texts.push_back(text);
    }
    if (m_sequences.size() > kRowsAtMost) m_rows->addWidget(labelOf(tr("%1 more sequences in the table").arg(m_sequences.size() - kRowsAtMost), "hint", 12));
    m_rows->addStretch(1);
}

void RoutingTokens::fillRows() {
    const telemetry::ProbeSnapshot& probe = m_shown.snapshot->probe;
    std::vector<int> named, cluster(static_cast<std::size_t>(probe.experts), -1);
    if (!plots::expertsHaveIdentity(probe.experts)) {
        named = busiestOfProbe(probe, m_shown.moeLayer, kNamed);
        for (std::size_t i = 0; i < named.size(); ++i) cluster[static_cast<std::size_t>(named[i])] = static_cast<int>(i);
    }
    m_legend->setExperts(probe.experts, named);
    const double top = lossTop();
    for (std::size_t i = 0; i < m_texts.size(); ++i) {
        m_texts[i]->setClusters(cluster);
        std::vector<plots::Token> tokens = sequenceTokens(probe, m_sequences[i], m_shown.moeLayer);
        for (std::size_t t = 0; t < tokens.size(); ++t) colour(tokens[t], probe, m_sequences[i].from + static_cast<int>(t), m_colour, top);
        m_texts[i]->setTint(tintFor(m_colour));
        m_texts[i]->setTokens(std::move(tokens), probe.experts);
    }
    if (m_stack->currentWidget() == m_table) fillTable();
    showCards();
    showSolo();
}

void RoutingTokens::fillTable() {
    const telemetry::ProbeSnapshot& probe = m_shown.snapshot->probe;
    QStringList columns{tr("token"), tr("text"), tr("domain"), tr("loss")};
    for (int slot = 0; slot < probe.slotsPerToken; ++slot) columns << tr("expert %1").arg(slot + 1) << tr("weight %1").arg(slot + 1) << tr("kept %1").arg(slot + 1);
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (const ProbeSequence& sequence : m_sequences)
        for (int t = sequence.from; t < sequence.from + sequence.count; ++t) {
            const TokenDetail detail = tokenDetail(probe, m_shown.moeLayer, t);
            rows.push_back({RoutingTable::number(t, plots::Figure::Integer), RoutingTable::word(tokenWord(detail.text)),
                            RoutingTable::word(detail.domain >= 0 && detail.domain < m_shown.domains.size() ? m_shown.domains[detail.domain] : QString()), RoutingTable::number(detail.loss)});
            for (std::size_t slot = 0; slot < static_cast<std::size_t>(probe.slotsPerToken); ++slot) {
                const bool used = slot < detail.choices.size();
                rows.back().push_back(RoutingTable::word(used ? expertName(detail.choices[slot].expert) : QString()));
                rows.back().push_back(RoutingTable::number(used ? detail.choices[slot].weight : telemetry::kNone));
                rows.back().push_back(RoutingTable::word(!used ? QString() : detail.choices[slot].kept ? tr("yes") : tr("dropped")));
            }
        }
    m_table->setRows(columns, rows);
}

void RoutingTokens::setTable(bool on) {
    m_stack->setCurrentWidget(on ? static_cast<QWidget*>(m_table) : m_scroll);
    m_key->setVisible(!on);
    if (on && m_shown.snapshot) fillTable();
}

int RoutingTokens::rowOf(int token) const {
    for (std::size_t i = 0; i < m_texts.size(); ++i)
        if (token >= m_sequences[i].from && token < m_sequences[i].from + m_sequences[i].count) return static_cast<int>(i);
    return -1;
}

void RoutingTokens::select(int token) {
    m_selected = token;
    if (token >= 0 && rowOf(token) < 0 && !m_isOwn && m_domain->currentIndex() > 0) {  // it lies in another domain's text
        m_domain->setCurrentIndex(0);
        makeRows();
        fillRows();
    }
    showCards();
    const int row = rowOf(token);
    if (row < 0) return;
    plots::TokenText* text = m_texts[static_cast<std::size_t>(row)];
    const QRect at = text->tokenRect(token - m_sequences[static_cast<std::size_t>(row)].from);
    const QPoint centre = text->mapTo(m_scroll->widget(), at.center());
    m_scroll->ensureVisible(centre.x(), centre.y(), 0, 40);
}

void RoutingTokens::showCards() {
    const telemetry::ProbeSnapshot& probe = m_shown.snapshot->probe;
    const auto fill = [&](TokenCard* card, int token, bool pin) {
        const bool there = token >= 0 && token < probe.tokens;
        card->setVisible(there);
        if (!there) return;
        const TokenDetail detail = tokenDetail(probe, m_shown.moeLayer, token);
        card->setDetail(detail, detail.domain >= 0 && detail.domain < m_shown.domains.size() ? m_shown.domains[detail.domain] : tr("text"), m_shown.modelLayer, pin);
    };
    fill(m_card, m_selected, false);
    fill(m_pinCard, m_pinned, true);
    m_hint->setText(probe.tokens == 0 ? QString() : m_selected < 0 ? tr("Click a token to see what the router made of it.") : m_pinned < 0 ? tr("\u2190 \u2192 next token    P pins it to compare") : tr("\u2190 \u2192 next token    P pins another, Esc lets go"));
    for (std::size_t i = 0; i < m_texts.size(); ++i) {
        const int local = m_selected - m_sequences[i].from;
        m_texts[i]->setSelected(local >= 0 && local < m_sequences[i].count ? local : -1);
    }
}

void RoutingTokens::setSolo(int expert) {
    m_legend->setSolo(expert);
    m_solo->setCurrentIndex(expert + 1);
    for (plots::TokenText* text : m_texts) text->setSolo(expert);
    showSolo();
}

void RoutingTokens::pinSelected() {
    m_pinned = m_pinned == m_selected ? -1 : m_selected;
    showCards();
}

// Along the text as it is drawn, from one sequence into the next.
void RoutingTokens::move(int by) {
    int row = rowOf(m_selected);
    if (row < 0) return select(m_texts.empty() ? -1 : m_sequences.front().from);
    int local = m_selected - m_sequences[static_cast<std::size_t>(row)].from + by;
    if (local < 0) local = --row >= 0 ? m_sequences[static_cast<std::size_t>(row)].count - 1 : 0;
    else if (local >= m_sequences[static_cast<std::size_t>(row)].count) {
        if (++row >= static_cast<int>(m_texts.size())) return;
        local = 0;
    }
    if (row >= 0) select(m_sequences[static_cast<std::size_t>(row)].from + local);
}

void RoutingTokens::keyPressEvent(QKeyEvent* event) {
    const bool plain = event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
    if (!plain || !m_shown.snapshot) return RoutingView::keyPressEvent(event);
    if (event->key() == Qt::Key_Right) move(1);
    else if (event->key() == Qt::Key_Left) move(-1);
    else if (event->key() == Qt::Key_P && m_selected >= 0) pinSelected();
    else if (event->key() == Qt::Key_Escape && m_pinned >= 0) {
        m_pinned = -1;
        showCards();
    } else RoutingView::keyPressEvent(event);
}

}  // namespace moescope::ui
