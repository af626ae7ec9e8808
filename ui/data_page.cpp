// Asks the engine about the data and shows what it says.
#include "ui/data_page.hpp"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "core/config/config_json.hpp"
#include "plots/controls.hpp"
#include "plots/figures.hpp"
#include "plots/labelled_text.hpp"
#include "plots/theme.hpp"
#include "ui/probe_samples.hpp"
#include "ui/routing_table.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr std::size_t kMostRows = 8;
constexpr int kNothing = -1, kMargin = 16, kTokenRole = Qt::UserRole + 40;

QLabel* label(const char* name, const QFont& font, const char* role) {
    auto* made = new QLabel;
    made->setObjectName(QString::fromLatin1(name));
    made->setFont(font);
    made->setProperty("role", role);
    made->setTextFormat(Qt::PlainText);
    made->setWordWrap(true);
    return made;
}

QIcon chip(const QColor& colour) {
    QPixmap picture(12, 12);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawRoundedRect(QRectF(1, 1, 10, 10), 3, 3);
    return QIcon(picture);
}

QWidget* page(QVBoxLayout*& column) {
    auto* made = new QWidget;
    made->setProperty("role", "surface");
    made->setAttribute(Qt::WA_StyledBackground);
    column = new QVBoxLayout(made);
    column->setContentsMargins(kMargin, 8, kMargin, 12);
    column->setSpacing(10);
    return made;
}

RoutingTable::Cell count(std::int64_t value) { return value > 0 ? RoutingTable::number(static_cast<double>(value), plots::Figure::Integer) : RoutingTable::word(QStringLiteral("–")); }

QString noteOf(const BatchToken& token) {
    QStringList parts{DataPage::tr("token %1").arg(token.id)};
    if (!token.domain.isEmpty()) parts << token.domain;
    if (!token.kind.isEmpty()) parts << token.kind;
    if (!token.trained) parts << DataPage::tr("read only: the loss does not count it");
    else if (token.predictable) parts << (*token.predictable ? DataPage::tr("follows from what stands before") : DataPage::tr("drawn at random, cannot be known"));
    return parts.join(QStringLiteral(", "));
}

}  // namespace

DataPage::DataPage(WatchedRun& run, const QString& storeFolder, std::function<QString(const QString& ulid)> folderOf, std::function<config::RunConfig()> formConfig, QWidget* parent)
    : QWidget(parent), m_run(run), m_folderOf(std::move(folderOf)), m_formConfig(std::move(formConfig)), m_inspect(storeFolder), m_sample(storeFolder),
      m_choice(new plots::SegmentedControl(this)), m_stack(new QStackedWidget(this)), m_empty(new plots::EmptyState(this)), m_of(label("dataOf", plots::uiFont(12), "unit")) {
    setObjectName(QStringLiteral("dataPage"));
    setProperty("role", "surface");
    setAttribute(Qt::WA_StyledBackground);
    buildHead();
    for (QWidget* view : {buildCorpus(), buildBatch(), buildSamples()}) m_stack->addWidget(view);
    m_stack->addWidget(m_empty);
    connect(m_choice, &plots::SegmentedControl::currentChanged, this, &DataPage::fill);
    connect(m_empty, &plots::EmptyState::actionTriggered, this, &DataPage::newRunRequested);
    connect(&m_reader, &RoutingReader::snapshotLoaded, this, [this](const RoutingSnapshotPtr& probe) {
        m_probe = probe;
        m_filled = kNothing;
        fill();
    });
    connect(&m_reader, &RoutingReader::failed, this, [this](const QString& sentence) {
        m_problem = sentence;
        fill();
    });
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, [this] {
        m_filled = kNothing;
        fill();
    });
}

const QStringList& DataPage::viewIds() {
    static const QStringList ids{QStringLiteral("corpus"), QStringLiteral("batch"), QStringLiteral("samples")};
    return ids;
}

void DataPage::buildHead() {
    m_choice->setObjectName(QStringLiteral("dataViews"));
    m_choice->setAccessibleName(tr("Views of the data"));
    m_choice->setOptions({tr("Domains"), tr("First batch"), tr("Worst and best")});
    auto* head = new QHBoxLayout;
    head->setContentsMargins(kMargin, 10, kMargin, 4);
    head->setSpacing(12);
    head->addWidget(m_choice);
    m_of->setWordWrap(false);
    head->addStretch(1);
    head->addWidget(m_of);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(m_stack, 1);
}

QWidget* DataPage::buildCorpus() {
    QVBoxLayout* column;
    QWidget* view = page(column);
    m_facts = label("corpusFacts", plots::uiFont(13), "label");
    m_warnings = label("corpusWarnings", plots::uiFont(12), "warn");
    m_domains = new RoutingTable;
    m_domains->setObjectName(QStringLiteral("corpusDomains"));
    m_domains->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_domains->setAccessibleName(tr("Domains of the data"));
    for (QWidget* part : std::initializer_list<QWidget*>{m_facts, m_warnings}) column->addWidget(part);
    column->addWidget(m_domains, 1);
    return view;
}

QWidget* DataPage::buildBatch() {
    QVBoxLayout* column;
    QWidget* view = page(column);
    m_step = new QSpinBox;
    m_step->setObjectName(QStringLiteral("batchStep"));
    m_step->setAccessibleName(tr("Batch of the step"));
    m_step->setRange(0, 100'000'000);
    m_batchNote = label("batchNote", plots::uiFont(12), "label");
    m_legend = label("batchLegend", plots::uiFont(12), "label");
    m_legend->setTextFormat(Qt::RichText);
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    auto* word = label("batchStepLabel", plots::uiFont(12), "label");
    word->setText(tr("Step"));
    word->setWordWrap(false);
    for (QWidget* part : std::initializer_list<QWidget*>{word, m_step}) head->addWidget(part);
    head->addWidget(m_batchNote, 1);
    column->addLayout(head);
    column->addWidget(m_legend);
    auto* content = new QWidget;
    content->setProperty("role", "surface");
    content->setAttribute(Qt::WA_StyledBackground);
    m_rows = new QVBoxLayout(content);
    m_rows->setContentsMargins(0, 0, 8, 0);
    m_rows->setSpacing(14);
    auto* scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("batchRows"));
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    column->addWidget(scroll, 1);
    connect(m_step, &QSpinBox::valueChanged, this, &DataPage::askBatch);
    return view;
}

QWidget* DataPage::buildSamples() {
    QVBoxLayout* column;
    QWidget* view = page(column);
    m_order = new plots::SegmentedControl;
    m_order->setObjectName(QStringLiteral("samplesOrder"));
    m_order->setAccessibleName(tr("Order of the samples"));
    m_order->setOptions({tr("Worst first"), tr("Best first")});
    m_samplesNote = label("samplesNote", plots::uiFont(12), "label");
    m_samples = new RoutingTable;
    m_samples->setObjectName(QStringLiteral("samplesTable"));
    m_samples->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_samples->setAccessibleName(tr("Validation samples by loss"));
    auto* head = new QHBoxLayout;
    head->setSpacing(12);
    head->addWidget(m_order);
    head->addWidget(m_samplesNote, 1);
    column->addLayout(head);
    column->addWidget(m_samples, 1);
    connect(m_order, &plots::SegmentedControl::currentChanged, this, &DataPage::fillSamples);
    connect(m_samples, &QTableWidget::cellActivated, this, [this](int row) { emit sampleChosen(m_samples->item(row, 0)->data(kTokenRole).toInt()); });
    connect(m_samples, &QTableWidget::cellClicked, this, [this](int row) { emit sampleChosen(m_samples->item(row, 0)->data(kTokenRole).toInt()); });
    return view;
}

void DataPage::setView(const QString& id) {
    const auto index = viewIds().indexOf(id);
    if (index < 0) return;
    m_choice->setCurrent(static_cast<int>(index));
    fill();
}

config::RunConfig DataPage::shownConfig() const { return m_run.data() ? m_run.data()->config() : m_formConfig(); }

void DataPage::reload() {
    m_filled = kNothing;
    m_probe.reset();
    m_probeWished.reset();
    if (m_run.data()) m_reader.open(m_folderOf(m_run.ulid()), static_cast<std::int64_t>(m_run.data()->meta().facts.domains.size()));
    refresh();
}

void DataPage::refresh() {
    if (isVisible()) fill();
}

void DataPage::showEvent(QShowEvent*) { fill(); }

bool DataPage::complete() const { return !m_inspect.waiting() && !m_sample.waiting() && m_reader.idle(); }

void DataPage::askCorpus() {
    config::RunConfig config = shownConfig();
    config.script.clear();
    const QString key = QString::fromStdString(config::toJson(config, -1));
    if (key == m_key) return;
    m_key = key;
    m_corpus.reset();
    m_batch.reset();
    m_problem.clear();
    m_batchProblem.clear();
    m_inspect.ask({QStringLiteral("data"), QStringLiteral("inspect"), QStringLiteral("--recipe"), QStringLiteral("-")}, key.toUtf8(), [this](const QByteArray& output, const QString& problem) {
        m_corpus = problem.isEmpty() ? parseCorpus(output) : std::nullopt;
        m_problem = m_corpus || !problem.isEmpty() ? problem : tr("The engine gave no answer that can be read.");
        m_filled = kNothing;
        fill();
    });
    askBatch();
}

void DataPage::askBatch() {
    if (m_key.isEmpty()) return;
    m_sample.ask({QStringLiteral("data"), QStringLiteral("sample"), QStringLiteral("--step"), QString::number(m_step->value()), QStringLiteral("--recipe"), QStringLiteral("-")}, m_key.toUtf8(),
                 [this](const QByteArray& output, const QString& problem) {
                     m_batch = problem.isEmpty() ? parseBatch(output) : std::nullopt;
                     m_batchProblem = m_batch || !problem.isEmpty() ? problem : tr("The engine gave no answer that can be read.");
                     m_filled = kNothing;
                     fill();
                 });
}

void DataPage::wishSamples() {
    if (!m_run.data() || m_run.data()->probes().empty()) return;
    const std::int64_t newest = m_run.data()->probes().back();
    if (m_probeWished == newest) return;
    m_probeWished = newest;
    m_reader.loadSnapshot(newest);
}

std::optional<plots::EmptyContent> DataPage::missing() const {
    using plots::EmptyContent;
    const int view = m_choice->current();
    if (view == 2) {
        if (!m_run.data()) return EmptyContent{QStringLiteral("grid"), tr("No run is open"), tr("Open a run to see which texts it predicts worst and best."), {tr("New run")}, false};
        if (m_run.data()->probes().empty()) return EmptyContent{QStringLiteral("file"), tr("No probe snapshot yet"), tr("Its losses are measured at step 0, with each checkpoint and at the end."), {}, false};
        if (!m_probe && !m_problem.isEmpty()) return EmptyContent{QStringLiteral("warning"), tr("The probe cannot be read"), m_problem, {}, true};
        if (!m_probe) return EmptyContent{QStringLiteral("file"), tr("Reading the probe"), {}, {}, false};
        return {};
    }
    const QString& problem = view == 0 ? m_problem : m_batchProblem;
    if (!problem.isEmpty()) return EmptyContent{QStringLiteral("warning"), tr("The data cannot be read"), problem, {}, true};
    if (view == 0 ? m_corpus.has_value() : m_batch.has_value()) return {};
    if (m_inspect.waiting() || m_sample.waiting()) return EmptyContent{QStringLiteral("file"), tr("The engine reads the data"), {}, {}, false};
    return EmptyContent{QStringLiteral("warning"), tr("No engine to ask"), tr("What a run trains on is read by moescope-engine. Build it, or name it in MOESCOPE_ENGINE."), {}, true};
}

void DataPage::fill() {
    if (!isVisible()) return;
    askCorpus();
    wishSamples();
    m_of->setText(m_run.data() ? tr("of %1").arg(m_run.name()) : tr("of the New run form"));
    if (const auto why = missing()) {
        m_empty->setContent(*why);
        m_filled = kNothing;
        return m_stack->setCurrentWidget(m_empty);
    }
    m_stack->setCurrentIndex(m_choice->current());
    if (std::exchange(m_filled, m_choice->current()) == m_choice->current()) return;  // nothing new: a choice in a table stays
    if (m_choice->current() == 0) fillCorpus();
    if (m_choice->current() == 1) fillBatch();
    if (m_choice->current() == 2) fillSamples();
}

void DataPage::fillCorpus() {
    const CorpusReport& report = *m_corpus;
    const bool generated = report.source == QLatin1String("domains") || report.source == QLatin1String("random");
    QStringList facts{generated ? tr("Generated without end") : report.source};
    if (report.documents > 0) facts << tr("%1 documents").arg(plots::groupedInteger(report.documents));
    if (report.bytes > 0) facts << RunWords::bytes(static_cast<double>(report.bytes));
    if (report.tokens > 0) facts << tr("%1 tokens to train on").arg(plots::groupedInteger(report.tokens));
    if (report.validationTokens > 0) facts << tr("%1 kept apart for validation").arg(plots::groupedInteger(report.validationTokens));
    facts << tr("%1 different tokens").arg(plots::groupedInteger(report.vocabulary));
    m_facts->setText(facts.join(QStringLiteral(" · ")));
    m_warnings->setText(report.warnings.join(QLatin1Char('\n')));
    m_warnings->setVisible(!report.warnings.isEmpty());
    double whole = 0;
    for (const CorpusDomain& domain : report.domains) whole += domain.weight;
    QStringList columns{tr("domain"), tr("share, %"), tr("entropy, nats/token")};
    if (!generated) columns << tr("documents") << tr("tokens") << tr("bytes");
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (const CorpusDomain& domain : report.domains) {
        rows.push_back({RoutingTable::word(domain.name), RoutingTable::number(whole > 0 ? 100 * domain.weight / whole : 0, plots::Figure::Fixed1),
                        domain.floor ? RoutingTable::number(*domain.floor) : RoutingTable::word(QStringLiteral("–"))});
        if (!generated)
            for (const std::int64_t amount : {domain.documents, domain.tokens, domain.bytes}) rows.back().push_back(count(amount));
    }
    m_domains->setRows(columns, rows);
    for (int row = 0; row < m_domains->rowCount(); ++row) m_domains->item(row, 0)->setIcon(chip(plots::LabelledText::labelColor(row)));
}

int DataPage::labelOf(const QString& domain) const {
    const std::vector<CorpusDomain> none;
    const auto& domains = m_corpus ? m_corpus->domains : none;
    const auto found = std::ranges::find(domains, domain, &CorpusDomain::name);
    return found == domains.end() ? -1 : static_cast<int>(found - domains.begin());
}

QString DataPage::legend() const {
    QStringList parts;
    for (std::size_t d = 0; m_corpus && d < m_corpus->domains.size(); ++d)
        parts << QStringLiteral("<span style='color:%1'>&#9632;</span>&nbsp;%2").arg(plots::LabelledText::labelColor(static_cast<int>(d)).name(), m_corpus->domains[d].name.toHtmlEscaped());
    return parts.join(QStringLiteral(" &nbsp; "));
}

void DataPage::fillBatch() {
    const std::vector<BatchRow>& batch = *m_batch;
    const std::size_t shown = std::min(batch.size(), kMostRows);
    m_batchNote->setText(tr("%1 of %2 sequences of %3 trained tokens each; underlined grey: read first, not predicted.")
                             .arg(shown)
                             .arg(batch.size())
                             .arg(batch.empty() ? 0 : std::ranges::count_if(batch.front(), &BatchToken::trained)));
    m_legend->setText(legend());
    m_legend->setVisible(!m_legend->text().isEmpty());
    while (m_rows->count() > 0) {
        QLayoutItem* item = m_rows->takeAt(0);
        delete item->widget();
        delete item;
    }
    for (std::size_t r = 0; r < shown; ++r) {
        std::vector<plots::LabelledToken> tokens;
        for (const BatchToken& token : batch[r]) tokens.push_back({token.text, labelOf(token.domain), token.trained, noteOf(token)});
        auto* text = new plots::LabelledText;
        text->setObjectName(QStringLiteral("batchRow%1").arg(r));
        text->setTokens(std::move(tokens));
        m_rows->addWidget(text);
    }
    m_rows->addStretch(1);
}

void DataPage::fillSamples() {
    if (!m_probe) return;
    std::vector<ProbeSample> samples = samplesByLoss(m_probe->probe);
    if (m_order->current() == 1) std::ranges::reverse(samples);
    m_samplesNote->setText(tr("%1 validation sequences of the probe of step %2. A click opens one in Routing, Tokens.").arg(samples.size()).arg(plots::groupedInteger(m_probe->probe.step)));
    const auto& domains = m_run.data()->meta().facts.domains;
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (const ProbeSample& sample : samples) {
        const bool named = sample.domain >= 0 && static_cast<std::size_t>(sample.domain) < domains.size();
        rows.push_back({RoutingTable::number(sample.loss), RoutingTable::word(named ? RunWords::oneLine(domains[static_cast<std::size_t>(sample.domain)]) : QStringLiteral("–")),
                        RoutingTable::word(sample.text)});
    }
    m_samples->horizontalHeader()->setStretchLastSection(true);
    m_samples->horizontalHeader()->setStretchLastSection(true);
    m_samples->setRows({tr("loss, nats/token"), tr("domain"), tr("begins with")}, rows);
    for (std::size_t row = 0; row < samples.size(); ++row) {
        m_samples->item(static_cast<int>(row), 0)->setData(kTokenRole, samples[row].from);
        m_samples->item(static_cast<int>(row), 2)->setFont(plots::monoFont(12));
    }
}

}  // namespace moescope::ui
