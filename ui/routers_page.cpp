// Builds and fills the Routers page.
#include "ui/routers_page.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QScrollArea>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

#include "core/base/error.hpp"
#include "plots/stage_row.hpp"
#include "plots/theme.hpp"
#include "ui/router_comparison.hpp"
#include "ui/run_words.hpp"
#include "ui/two_line_delegate.hpp"

namespace moescope::ui {
namespace {

using config::CardStage;
using config::RouterCard;

constexpr int kListWidth = 272, kMargin = 16, kCaption = 108, kCardWidth = 980;
constexpr int kIdRole = Qt::UserRole + 1, kWordsRole = Qt::UserRole + 3;

QString text(const std::string& value) { return QString::fromStdString(value); }

QString joined(const std::vector<std::string>& words) {
    QStringList list;
    for (const std::string& word : words) list << text(word);
    return list.join(QStringLiteral(", "));
}

QLabel* label(const QString& words, const QFont& font, const char* role) {
    auto* made = new QLabel(words);
    made->setFont(font);
    made->setProperty("role", role);
    made->setTextFormat(Qt::PlainText);
    made->setWordWrap(true);
    made->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return made;
}

/// "2 of 8, not causal / batch-coupled"
QString lineOf(const RouterCard& card) {
    QString line = card.experts > 0 ? RoutersPage::tr("%1 of %2 experts").arg(card.topK).arg(card.experts) : RoutersPage::tr("no experts");
    if (!card.marks.empty()) line += QStringLiteral(", ") + text(card.marks.front().substr(0, card.marks.front().find(':')));
    return line;
}

/// What the filter looks in.
QString wordsOf(const RouterCard& card) {
    QString words = text(card.preset.id + " " + card.preset.title + " " + card.preset.source + " " + card.preset.description) + QLatin1Char(' ') + joined(card.marks);
    for (const CardStage& stage : card.stages) words += QLatin1Char(' ') + text(stage.word) + QLatin1Char(' ') + joined(stage.settings);
    return words;
}

void clear(QLayout& layout) {
    while (QLayoutItem* item = layout.takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

}  // namespace

RoutersPage::RoutersPage(QWidget* parent) : QWidget(parent), m_model(new QStandardItemModel(this)), m_filtered(new QSortFilterProxyModel(this)) {
    setObjectName(QStringLiteral("routersPage"));
    setProperty("role", "surface");
    setAttribute(Qt::WA_StyledBackground);
    m_filtered->setSourceModel(m_model);
    m_filtered->setFilterRole(kWordsRole);
    m_filtered->setFilterCaseSensitivity(Qt::CaseInsensitive);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(buildList());
    auto* line = new QFrame;
    line->setProperty("role", "vline");
    row->addWidget(line);
    row->addWidget(buildCard(), 1);
}

QWidget* RoutersPage::buildList() {
    auto* box = new QWidget;
    box->setFixedWidth(kListWidth);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 12, 0, 0);
    column->setSpacing(8);
    m_filter = new QLineEdit;
    m_filter->setObjectName(QStringLiteral("routerFilter"));
    m_filter->setPlaceholderText(tr("Filter: sigmoid, hash, 2021 …"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter routers"));
    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 0, 12, 0);
    head->addWidget(m_filter);
    column->addLayout(head);
    m_list = new QListView;
    m_list->setObjectName(QStringLiteral("routerList"));
    m_list->setAccessibleName(tr("Routers"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setMouseTracking(true);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setItemDelegate(new TwoLineDelegate(&plots::Theme::surface, m_list));
    m_list->setModel(m_filtered);
    column->addWidget(m_list, 1);
    m_count = label({}, plots::uiFont(12), "hint");
    m_count->setObjectName(QStringLiteral("routerCount"));
    m_count->setContentsMargins(16, 4, 12, 8);
    column->addWidget(m_count);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& words) {
        m_filtered->setFilterFixedString(words.trimmed());
        if (!m_list->currentIndex().isValid() && m_filtered->rowCount() > 0) m_list->setCurrentIndex(m_filtered->index(0, 0));
        m_count->setText(m_filtered->rowCount() == 0 ? tr("No router has these words.") : tr("%1 of %2 routers").arg(m_filtered->rowCount()).arg(m_model->rowCount()));
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (!index.isValid()) return;
        const std::string id = index.data(kIdRole).toString().toStdString();
        const auto card = std::ranges::find_if(m_cards, [&](const RouterCard& each) { return each.preset.id == id; });
        if (card != m_cards.end()) showCard(*card);
    });
    return box;
}

QWidget* RoutersPage::buildHead() {
    auto* head = new QWidget;
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_title = label({}, plots::displayFont(20), "title");
    m_title->setObjectName(QStringLiteral("routerTitle"));
    m_compare = new QPushButton(tr("Compare with…"));
    m_compare->setObjectName(QStringLiteral("routerCompare"));
    m_train = new QPushButton(tr("Train it"));
    m_train->setObjectName(QStringLiteral("routerTrain"));
    m_train->setProperty("kind", "primary");
    row->addWidget(m_title, 1);
    row->addWidget(m_compare);
    row->addWidget(m_train);
    connect(m_train, &QPushButton::clicked, this, [this] {
        config::RunConfig made;
        if (const RouterCard* card = shown(); card && config::applyPreset(made, card->preset.id).empty()) emit trainRequested(made, text(card->preset.title));
    });
    connect(m_compare, &QPushButton::clicked, this, &RoutersPage::askComparison);
    return head;
}

QWidget* RoutersPage::buildCard() {
    auto* scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("routerCard"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* page = new QWidget;
    page->setProperty("role", "surface");
    page->setAttribute(Qt::WA_StyledBackground);
    auto* wide = new QHBoxLayout(page);
    wide->setContentsMargins(24, kMargin, 24, kMargin);
    auto* box = new QWidget;
    box->setMaximumWidth(kCardWidth);
    wide->addWidget(box, 1);
    wide->addStretch(0);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(10);
    m_size = label({}, plots::uiFont(12), "hint");
    m_size->setObjectName(QStringLiteral("routerSize"));
    m_description = label({}, plots::uiFont(13), "value");
    m_description->setObjectName(QStringLiteral("routerDescription"));
    m_stages = new plots::StageRow;
    m_stages->setObjectName(QStringLiteral("routerStages"));
    m_lines = new QVBoxLayout;
    m_lines->setSpacing(2);
    m_facts = new QVBoxLayout;
    m_facts->setSpacing(8);
    column->addWidget(buildHead());
    column->addWidget(m_size);
    column->addWidget(m_description);
    column->addSpacing(6);
    column->addWidget(m_stages);
    column->addLayout(m_lines);
    column->addSpacing(8);
    column->addLayout(m_facts);
    column->addStretch(1);
    connect(m_stages, &plots::StageRow::stageClicked, this, &RoutersPage::showStage);
    scroll->setWidget(page);
    return scroll;
}

QStringList RoutersPage::ids() {
    QStringList ids;
    for (const config::Preset& preset : config::listPresets())
        if (preset.kind == config::PresetKind::router) ids << text(preset.id);
    return ids;
}

void RoutersPage::showEvent(QShowEvent*) { load(); }

void RoutersPage::load() {
    if (std::exchange(m_loaded, true)) return;
    try {
        m_cards = config::listRouterCards();
    } catch (const base::Error& error) {
        m_description->setText(RunWords::sentence(error));
        m_train->setEnabled(false);
        m_compare->setEnabled(false);
        return;
    }
    fillList();
    setRouter(QStringLiteral("switch"));
}

void RoutersPage::fillList() {
    std::vector<const RouterCard*> sorted;
    for (const RouterCard& card : m_cards) sorted.push_back(&card);
    std::ranges::stable_sort(sorted, {}, [](const RouterCard* card) { return text(card->preset.title).toLower(); });
    for (const RouterCard* card : sorted) {
        auto* item = new QStandardItem(text(card->preset.title));
        item->setData(text(card->preset.id), kIdRole);
        item->setData(lineOf(*card), kSecondLineRole);
        item->setData(wordsOf(*card), kWordsRole);
        m_model->appendRow(item);
    }
    m_count->setText(tr("%1 routers").arg(m_model->rowCount()));
}

void RoutersPage::setRouter(const QString& id) {
    load();
    const QModelIndexList found = m_model->match(m_model->index(0, 0), kIdRole, id, 1, Qt::MatchExactly);
    if (found.isEmpty()) return;
    if (!m_filtered->mapFromSource(found.front()).isValid()) m_filter->clear();
    const QModelIndex index = m_filtered->mapFromSource(found.front());
    m_list->setCurrentIndex(index);
    m_list->scrollTo(index, QAbstractItemView::PositionAtCenter);
}

QString RoutersPage::router() const { return m_list->currentIndex().data(kIdRole).toString(); }

const RouterCard* RoutersPage::shown() const {
    const auto found = std::ranges::find_if(m_cards, [id = router().toStdString()](const RouterCard& card) { return card.preset.id == id; });
    return found == m_cards.end() ? nullptr : &*found;
}

void RoutersPage::showCard(const RouterCard& card) {
    m_title->setText(text(card.preset.title));
    m_size->setText(text(card.preset.id) + (card.experts > 0 ? tr("  ·  %1 of %2 experts when trained by itself").arg(card.topK).arg(card.experts) : tr("  ·  no experts")));
    m_description->setText(text(card.preset.description));
    fillStages(card);
    fillFacts(card);
}

void RoutersPage::fillStages(const RouterCard& card) {
    std::vector<plots::StageBox> boxes;
    for (const CardStage& stage : card.stages) {
        const bool aside = stage.id == "balance" || stage.id == "z" || stage.id == "granularity" || stage.id == "estimator" || stage.id == "teacher";
        boxes.push_back({text(stage.title), text(stage.word), text(stage.sentence), aside});
    }
    m_stages->setStages(std::move(boxes));
    m_stages->setVisible(!card.stages.empty());
    clear(*m_lines);
    m_stageLines.clear();
    for (const CardStage& stage : card.stages) {
        auto* line = new QFrame;
        line->setProperty("role", "window");
        auto* row = new QHBoxLayout(line);
        row->setContentsMargins(8, 5, 8, 5);
        row->setSpacing(12);
        auto* name = label(text(stage.title), plots::uiFont(13), "label");
        name->setFixedWidth(kCaption - 8);
        auto* words = new QVBoxLayout;
        words->setSpacing(1);
        if (!stage.formula.empty()) words->addWidget(label(text(stage.formula), plots::monoFont(13), "value"));
        words->addWidget(label(text(stage.sentence.empty() ? stage.word : stage.sentence), plots::uiFont(13), stage.formula.empty() ? "value" : "label"));
        row->addWidget(name, 0, Qt::AlignTop);
        row->addLayout(words, 1);
        line->setToolTip(joined(stage.settings));
        m_lines->addWidget(line);
        m_stageLines.push_back(line);
    }
}

/// The chosen box's line stands out.
void RoutersPage::showStage(int stage) {
    for (std::size_t i = 0; i < m_stageLines.size(); ++i) {
        m_stageLines[i]->setProperty("role", static_cast<int>(i) == stage ? "card" : "window");
        m_stageLines[i]->style()->unpolish(m_stageLines[i]);  // reads the role again
        m_stageLines[i]->style()->polish(m_stageLines[i]);
    }
}

void RoutersPage::addFact(const QString& caption, const QString& words, const char* role) {
    if (words.isEmpty()) return;
    auto* line = new QWidget;
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(8, 0, 8, 0);
    row->setSpacing(12);
    auto* name = label(caption, plots::uiFont(13), "label");
    name->setFixedWidth(kCaption - 8);
    row->addWidget(name, 0, Qt::AlignTop);
    row->addWidget(label(words, plots::uiFont(13), role), 1);
    m_facts->addWidget(line);
}

void RoutersPage::fillFacts(const RouterCard& card) {
    clear(*m_facts);
    addFact(tr("Look for"), text(card.preset.lookFor), "value");
    for (const std::string& mark : card.marks) addFact(tr("Mark"), text(mark), "warn");
    addFact(tr("Source"), text(card.preset.source), "value");
    QStringList deviations;
    for (const std::string& each : card.preset.deviations) deviations << text(each);
    addFact(tr("Deviations"), deviations.join(QLatin1Char('\n')), "value");
    addFact(tr("Same stages"), joined(card.alike), "value");
    addFact(tr("Used by"), joined(card.usedBy), "value");
    std::vector<std::string> settings;
    for (const CardStage& stage : card.stages) settings.insert(settings.end(), stage.settings.begin(), stage.settings.end());
    addFact(tr("Settings"), joined(settings), "hint");
}

void RoutersPage::askComparison() {
    const RouterCard* card = shown();
    if (!card) return;
    auto* dialog = new RouterComparison(m_cards, text(card->preset.id), this);
    connect(dialog, &RouterComparison::studyRequested, this, &RoutersPage::studyRequested);
    dialog->open();
}

}  // namespace moescope::ui
