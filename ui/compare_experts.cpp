// Reading two probes, matching and the two grids.
#include "ui/compare_experts.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "plots/figures.hpp"
#include "plots/number_grid.hpp"
#include "plots/theme.hpp"
#include "storage/run_reader.hpp"
#include "ui/compare_side.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

telemetry::ProbeSnapshot newestProbe(const QString& folder) {
    storage::RunReader reader(folder.toStdString());
    const std::vector<std::int64_t> steps = reader.probes();
    return steps.empty() ? telemetry::ProbeSnapshot() : reader.probe(steps.back());
}

ProbePairPtr readPair(const QString& folderA, const QString& folderB) {
    auto pair = std::make_shared<ProbePair>();
    try {
        pair->a = newestProbe(folderA);
        pair->b = newestProbe(folderB);
        if (pair->a.tokens == 0 || pair->b.tokens == 0 || pair->a.experts == 0 || pair->b.experts == 0)
            pair->problem = CompareExperts::tr("Both runs need experts and a probe of their routing; the %1 has none.").arg(pair->a.tokens == 0 || pair->a.experts == 0 ? CompareExperts::tr("baseline") : CompareExperts::tr("chosen run"));
    } catch (const base::Error& error) {
        pair->problem = RunWords::sentence(error);
    } catch (const std::exception& error) {
        pair->problem = QString::fromUtf8(error.what());
    }
    return pair;
}

QString percent(double share) { return plots::figure(100 * share, plots::Figure::Integer) + QStringLiteral(" %"); }

QString expertName(int expert) { return expert < 0 ? QStringLiteral("\u2013") : QStringLiteral("E%1").arg(expert); }

QComboBox* layerBox(const char* name, const QString& label) {
    auto* box = new QComboBox;
    box->setObjectName(QLatin1String(name));
    box->setAccessibleName(label);
    return box;
}

void offerLayers(QComboBox& box, const telemetry::ProbeSnapshot& probe) {
    const QSignalBlocker quiet(&box);
    const int before = std::max(0, box.currentIndex());
    box.clear();
    for (const std::int32_t layer : probe.moeLayerIndex) box.addItem(CompareExperts::tr("layer %1").arg(layer));
    box.setCurrentIndex(std::min(before, box.count() - 1));
}

}  // namespace

CompareExperts::CompareExperts(QWidget* parent)
    : QWidget(parent), m_title(new QLabel), m_words(new QLabel), m_nameA(new QLabel), m_nameB(new QLabel), m_layerA(layerBox("expertsLayerA", tr("Layer of the baseline"))), m_layerB(layerBox("expertsLayerB", tr("Layer of the chosen run"))),
      m_copy(new QPushButton(tr("Markdown"))), m_gridA(new plots::NumberGrid), m_gridB(new plots::NumberGrid), m_grids(new QWidget), m_worker(new QObject) {
    setObjectName(QStringLiteral("compareExperts"));
    qRegisterMetaType<ProbePairPtr>("moescope::ui::ProbePairPtr");
    m_title->setObjectName(QStringLiteral("expertsTitle"));
    m_title->setProperty("role", "title");
    m_title->setFont(plots::uiFont(13, QFont::DemiBold));
    m_words->setObjectName(QStringLiteral("expertsWords"));
    m_words->setProperty("role", "label");
    m_words->setFont(plots::uiFont(12));
    for (QLabel* label : {m_title, m_words, m_nameA, m_nameB}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_copy->setObjectName(QStringLiteral("expertsMarkdown"));
    m_copy->setProperty("kind", "link");
    m_copy->setToolTip(tr("Copy the pairs as a table"));
    m_gridA->setObjectName(QStringLiteral("expertsGridA"));
    m_gridB->setObjectName(QStringLiteral("expertsGridB"));
    auto* top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(m_copy, 0, Qt::AlignTop);
    auto* columns = new QHBoxLayout(m_grids);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(28);
    const std::tuple<QLabel*, QComboBox*, plots::NumberGrid*> sides[] = {{m_nameA, m_layerA, m_gridA}, {m_nameB, m_layerB, m_gridB}};
    for (const auto& [name, layer, grid] : sides) {
        name->setProperty("role", "title");
        name->setFont(plots::uiFont(13, QFont::DemiBold));
        auto* head = new QHBoxLayout;
        head->addWidget(name, 1);
        head->addWidget(layer);
        auto* column = new QVBoxLayout;
        column->addLayout(head);
        column->addWidget(grid, 1);
        columns->addLayout(column, 1);
        connect(layer, &QComboBox::currentIndexChanged, this, &CompareExperts::draw);
    }
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 8, 0, 0);
    lines->setSpacing(6);
    lines->addLayout(top);
    lines->addWidget(m_words);
    lines->addWidget(m_grids, 1);
    lines->addStretch();
    connect(m_copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(asMarkdown()); });
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();
}

CompareExperts::~CompareExperts() {
    m_thread.quit();
    m_thread.wait();
}

void CompareExperts::say(const QString& title, const QString& words) {
    m_title->setText(title);
    m_words->setText(words);
    m_words->setVisible(!words.isEmpty());
    m_grids->setVisible(m_match.has_value());
    m_copy->setVisible(m_match.has_value());
}

void CompareExperts::setScene(const CompareScene& scene, const std::function<QString(const std::string&)>& folderOf) {
    const int other = scene.other();
    if (scene.baseline < 0 || other < 0 || !scene.entries[static_cast<std::size_t>(scene.baseline)].run) {
        m_match.reset();
        m_pairOf.clear();
        return say(tr("Two runs that can be read are needed to compare their routing."), {});
    }
    const CompareEntry &a = scene.entries[static_cast<std::size_t>(scene.baseline)], &b = scene.entries[static_cast<std::size_t>(other)];
    m_nameA->setText(tr("A = %1, baseline").arg(a.name));
    m_nameB->setText(tr("B = %1, experts in the order of their partners").arg(b.name));
    m_domains.clear();
    for (const std::string& domain : a.run->meta.facts.domains) m_domains << RunWords::oneLine(domain);
    const QString pair = QStringLiteral("%1 %2 %3 %4").arg(QString::fromStdString(a.ulid), QString::fromStdString(b.ulid)).arg(a.run->summary.step).arg(b.run->summary.step);
    if (pair == m_pairOf) return;
    m_pairOf = pair;
    read(folderOf(a.ulid), folderOf(b.ulid));
}

void CompareExperts::read(const QString& folderA, const QString& folderB) {
    const int request = ++m_request;
    ++m_pending;
    QMetaObject::invokeMethod(m_worker, [this, request, folderA, folderB] {
        const ProbePairPtr pair = readPair(folderA, folderB);
        QMetaObject::invokeMethod(this, [this, request, pair] {
            --m_pending;
            if (request == m_request) take(pair);
            emit finished();
        });
    });
}

void CompareExperts::take(const ProbePairPtr& pair) {
    m_probes = pair;
    m_match.reset();
    if (!pair->problem.isEmpty()) return say(pair->problem, {});
    offerLayers(*m_layerA, pair->a);
    offerLayers(*m_layerB, pair->b);
    draw();
}

void CompareExperts::draw() {
    if (!m_probes || !m_probes->problem.isEmpty()) return;
    const telemetry::ProbeSnapshot &a = m_probes->a, &b = m_probes->b;
    const int layerA = std::max(0, m_layerA->currentIndex()), layerB = std::max(0, m_layerB->currentIndex());
    m_match = matchExperts(a, layerA, b, layerB, static_cast<int>(m_domains.size()));
    plots::GridData one{tr("share of each domain's assignments, baseline"), tr("domain"), m_domains, {}, m_match->usageA, plots::GridScale::Share, 1, true, a.experts, false, {}};
    for (int expert = 0; expert < a.experts; ++expert) one.columns << expertName(expert);
    const auto places = static_cast<int>(m_match->orderB.size());
    plots::GridData two{tr("share of each domain's assignments, chosen run"), tr("domain"), m_domains, {}, m_match->usageB, plots::GridScale::Share, 1, true, places, false, {}};
    for (const int expert : m_match->orderB) two.columns << expertName(expert);
    m_gridA->setData(std::move(one));
    m_gridB->setData(std::move(two));
    const QString result = m_match->byTokens ? tr("Partners get the same token for %1 of the probe's %2 tokens; %3 by chance.").arg(percent(m_match->agreement)).arg(a.tokens).arg(percent(m_match->chance))
                                             : tr("Partners share %1 of the use of a domain; %2 by chance.").arg(percent(m_match->agreement), percent(m_match->chance));
    say(result, m_match->byTokens ? tr("Experts have no names of their own: number 3 here may be number 7 there. Partners are the one-to-one match with the most tokens that both chose first (Hungarian method); chance is the mean of 20 shuffles of B's tokens, each matched anew. Equal colours are partners. Cells: share of a domain's assignments, %.")
                                  : tr("The probes are different texts, so experts are matched by the domains they serve. Equal colours are partners. Cells: share of a domain's assignments, %."));
}

QString CompareExperts::asMarkdown() const {
    if (!m_match) return {};
    TextTable table{tr("A"), {tr("B"), tr("overlap")}, {}, {}};
    for (std::size_t i = 0; i < m_match->partner.size(); ++i) {
        table.rows << expertName(static_cast<int>(i));
        table.cells.push_back({expertName(m_match->partner[i]), percent(m_match->overlap[i])});
    }
    return m_title->text() + QStringLiteral("\n\n") + toMarkdown(table);
}

}  // namespace moescope::ui
