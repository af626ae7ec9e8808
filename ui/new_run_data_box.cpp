// Links and the facts of a corpus.
#include "ui/new_run_data_box.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/new_run_engine.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kFieldX = 164, kMostNames = 8;

QPushButton* link(const char* name, const QString& text) {
    auto* button = new QPushButton(text);
    button->setObjectName(QLatin1String(name));
    button->setProperty("kind", "link");
    return button;
}

QLabel* line(const char* name, const char* role) {
    auto* label = new QLabel;
    label->setObjectName(QLatin1String(name));
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setProperty("role", role);
    label->setFont(plots::uiFont(12));
    label->hide();
    return label;
}

}  // namespace

NewRunDataBox::NewRunDataBox(QWidget* parent) : QWidget(parent), m_facts(line("dataFacts", "label")), m_problem(line("dataProblem", "warn")) {
    setObjectName(QStringLiteral("newRunData"));
    auto* file = link("chooseFile", tr("Choose a file\u2026"));
    auto* folder = link("chooseFolder", tr("Choose a folder\u2026"));
    auto* generated = link("chooseGenerated", tr("Generated domains"));
    connect(file, &QPushButton::clicked, this, &NewRunDataBox::fileRequested);
    connect(folder, &QPushButton::clicked, this, &NewRunDataBox::folderRequested);
    connect(generated, &QPushButton::clicked, this, &NewRunDataBox::generatedRequested);
    auto* links = new QHBoxLayout;
    links->setSpacing(12);
    for (QPushButton* button : {file, folder, generated}) links->addWidget(button);
    links->addStretch();
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(kFieldX, 0, 0, 0);
    lines->setSpacing(4);
    lines->addLayout(links);
    lines->addWidget(m_facts);
    lines->addWidget(m_problem);
}

void NewRunDataBox::setReading() {
    m_facts->setText(tr("Reading the data\u2026"));
    m_facts->show();
    m_problem->hide();
}

void NewRunDataBox::clear() {
    m_facts->hide();
    m_problem->hide();
}

void NewRunDataBox::setFacts(const DataFacts& facts) {
    QStringList parts;
    if (facts.documents > 0) parts << tr("%1 documents").arg(plots::groupedInteger(facts.documents));
    if (facts.bytes > 0) parts << RunWords::bytes(static_cast<double>(facts.bytes));
    if (facts.tokens > 0) parts << tr("%1 tokens").arg(plots::groupedInteger(facts.tokens));
    if (facts.vocabulary > 0) parts << tr("%1 different tokens").arg(plots::groupedInteger(facts.vocabulary));
    QStringList names;
    for (const QString& domain : facts.domains.mid(0, kMostNames)) names << RunWords::oneLine(domain.toStdString());
    if (facts.domains.size() > kMostNames) names << tr("%1 more").arg(facts.domains.size() - kMostNames);
    m_facts->setText(parts.join(QStringLiteral(", ")) + (names.isEmpty() ? QString() : QStringLiteral("\n") + tr("Domains: %1").arg(names.join(QStringLiteral(", ")))));
    m_facts->setVisible(facts.problem.isEmpty() && !parts.isEmpty());
    QStringList wrong = facts.warnings;
    if (!facts.problem.isEmpty()) wrong = QStringList{facts.problem};
    m_problem->setText(wrong.join(QLatin1Char('\n')));
    m_problem->setVisible(!wrong.isEmpty());
}

}  // namespace moescope::ui
