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

#include "plots/expert_legend.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "plots/token_text.hpp"
#include "ui/routing_table.hpp"
#include "ui/routing_token_card.hpp"

namespace moescope::ui {
namespace {

constexpr int kGutter = 84, kCardWidth = 296, kNamed = 6, kEverySequence = -1;
constexpr int kRowsAtMost = 64;  // sequences drawn as text; the table has them all

QLabel* labelOf(const QString& text, const char* role, int px) {
    auto* label = new QLabel(text);
    label->setFont(plots::uiFont(px));
    label->setProperty("role", role);
    return label;
}

QString keyOf(const TokenMarks& marks) {
    QStringList words;
    if (marks.tint) words << RoutingTokens::tr("tint: combine weight");
    if (marks.second) words << RoutingTokens::tr("thick lane: first expert") << RoutingTokens::tr("thin lane: second expert");
    else words << RoutingTokens::tr("lane: its expert");
    if (marks.dropped) words << RoutingTokens::tr("struck through: dropped");
    if (marks.unrouted) words << RoutingTokens::tr("no lane: no expert");
    return words.join(QStringLiteral("    "));
}

QScrollArea* scrolled(QWidget* content, const char* name) {
    auto* area = new QScrollArea;
    area->setObjectName(QLatin1String(name));
    area->setWidget(content);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    return area;
}

}  // namespace

RoutingTokens::RoutingTokens(QWidget* parent)
    : RoutingView(parent), m_legend(new plots::ExpertLegend), m_solo(new QComboBox), m_domain(new QComboBox), m_key(labelOf({}, "unit", 11)),
      m_stack(new QStackedWidget), m_table(new RoutingTable), m_hint(labelOf({}, "hint", 12)), m_card(new TokenCard), m_pinCard(new TokenCard) {
    setObjectName(QStringLiteral("routingTokens"));
    setFocusPolicy(Qt::StrongFocus);
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(0);
    columns->addWidget(buildText(), 1);
    columns->addWidget(buildCards());
    connect(m_legend, &plots::ExpertLegend::soloChanged, this, &RoutingTokens::setSolo);
    const auto menu = [this](int expert, const QPoint& at) { emit expertMenuRequested(m_shown.modelLayer, expert, at); };
    connect(m_legend, &plots::ExpertLegend::expertMenuRequested, this, menu);
    for (TokenCard* card : {m_card, m_pinCard}) connect(card, &TokenCard::expertMenuRequested, this, menu);
    connect(m_solo, &QComboBox::activated, this, [this](int index) { setSolo(index - 1); });
    connect(m_domain, &QComboBox::activated, this, [this] {
        makeRows();
        fillRows();
    });
}

QWidget* RoutingTokens::buildText() {
    m_legend->setObjectName(QStringLiteral("expertLegend"));
    m_solo->setObjectName(QStringLiteral("soloChoice"));
    m_solo->setAccessibleName(tr("Show one expert alone"));
    m_domain->setObjectName(QStringLiteral("domainChoice"));
    m_domain->setAccessibleName(tr("Domain"));
    for (QComboBox* combo : {m_solo, m_domain}) {
        combo->setProperty("kind", "quiet");
        combo->setFont(plots::uiFont(12, QFont::Medium));
        combo->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        combo->setMinimumWidth(104);
    }
    m_table->setObjectName(QStringLiteral("tokensTable"));
    m_table->setAccessibleName(tr("Tokens of the probe"));
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(m_legend, 1);
    head->addWidget(labelOf(tr("Text"), "label", 12));
    head->addWidget(m_domain);
    head->addWidget(labelOf(tr("Solo"), "label", 12));
    head->addWidget(m_solo);
    auto* rows = new QWidget;
    rows->setProperty("role", "surface");
    rows->setAttribute(Qt::WA_StyledBackground);
    m_rows = new QVBoxLayout(rows);
    m_rows->setContentsMargins(0, 4, 8, 0);
    m_rows->setSpacing(0);
    m_scroll = scrolled(rows, "tokensScroll");
    m_stack->addWidget(m_scroll);
    m_stack->addWidget(m_table);
    auto* text = new QWidget;
    auto* column = new QVBoxLayout(text);
    column->setContentsMargins(16, 6, 8, 8);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(m_stack, 1);
    m_key->setWordWrap(true);
    m_key->setObjectName(QStringLiteral("tokensKey"));
    column->addWidget(m_key);
    return text;
}

QWidget* RoutingTokens::buildCards() {
    m_card->setObjectName(QStringLiteral("tokenCard"));
    m_pinCard->setObjectName(QStringLiteral("pinnedCard"));
    m_hint->setWordWrap(true);
    m_hint->setContentsMargins(16, 0, 16, 0);
    auto* cards = new QWidget;
    cards->setProperty("role", "window");
    cards->setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(cards);
    column->setContentsMargins(0, 14, 0, 14);
    column->setSpacing(10);
    for (QWidget* part : QWidgetList{m_card, m_pinCard}) column->addWidget(part);
    column->addStretch(1);
    column->addWidget(m_hint);
    m_cardScroll = scrolled(cards, "tokenCards");
    m_cardScroll->setFixedWidth(kCardWidth);
    return m_cardScroll;
}

void RoutingTokens::show(const RoutingShown& shown) {
    const auto shape = [](const RoutingShown& s) { return s.snapshot ? std::pair(s.snapshot->probe.tokenIds, s.snapshot->probe.sequenceLength) : std::pair(std::vector<std::int32_t>(), 0); };
    const bool otherText = shape(m_shown) != shape(shown), otherDomains = shown.domains != m_shown.domains;
    if (m_shown.snapshot != shown.snapshot) m_key->setText(keyOf(tokenMarks(shown.snapshot->probe)));
    m_shown = shown;
    const QSignalBlocker quiet(m_domain);
    if (otherDomains || m_domain->count() == 0) {
        m_domain->clear();
        m_domain->addItem(tr("all domains"), kEverySequence);
        for (int d = 0; d < shown.domains.size(); ++d) m_domain->addItem(shown.domains[d], d);
    }
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
        setSolo(-1);
    }
    fillRows();
}

void RoutingTokens::makeRows() {
    qDeleteAll(m_scroll->widget()->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    delete m_rows->takeAt(m_rows->count() - 1);
    m_texts.clear();
    m_sequences = sequencesOf(m_shown.snapshot->probe);
    const int domain = m_domain->currentData().toInt();
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
    for (std::size_t i = 0; i < m_texts.size(); ++i) {
        m_texts[i]->setClusters(cluster);
        m_texts[i]->setTokens(sequenceTokens(probe, m_sequences[i], m_shown.moeLayer), probe.experts);
    }
    if (m_stack->currentWidget() == m_table) fillTable();
    showCards();
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
    m_hint->setText(m_selected < 0 ? tr("Click a token to see what the router made of it.") : m_pinned < 0 ? tr("\u2190 \u2192 next token    P pins it to compare") : tr("\u2190 \u2192 next token    P pins another, Esc lets go"));
    for (std::size_t i = 0; i < m_texts.size(); ++i) {
        const int local = m_selected - m_sequences[i].from;
        m_texts[i]->setSelected(local >= 0 && local < m_sequences[i].count ? local : -1);
    }
}

void RoutingTokens::setSolo(int expert) {
    m_legend->setSolo(expert);
    m_solo->setCurrentIndex(expert + 1);
    for (plots::TokenText* text : m_texts) text->setSolo(expert);
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
    const int digit = event->key() - Qt::Key_0;
    if (event->key() == Qt::Key_Right) move(1);
    else if (event->key() == Qt::Key_Left) move(-1);
    else if (event->key() == Qt::Key_P && m_selected >= 0) pinSelected();
    else if (event->key() == Qt::Key_Escape && m_pinned >= 0) {
        m_pinned = -1;
        showCards();
    } else if (digit >= 0 && digit <= 9 && digit < m_shown.snapshot->probe.experts) setSolo(m_legend->solo() == digit ? -1 : digit);
    else RoutingView::keyPressEvent(event);
}

}  // namespace moescope::ui
