// The footer's row.
#include "ui/new_run_footer.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QResizeEvent>
#include <QToolButton>

#include "plots/icons.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr int kHeight = 60, kRecipeRoom = 1080, kRecipeWidth = 200;

QLineEdit* field(const char* name, const QString& label, int width, QHBoxLayout& row) {
    auto* words = new QLabel(label);
    words->setProperty("role", "label");
    auto* line = new QLineEdit;
    line->setObjectName(QLatin1String(name));
    line->setAccessibleName(label);
    line->setMaximumWidth(width);
    line->setMinimumWidth(width / 2);
    words->setBuddy(line);
    row.addWidget(words);
    row.addWidget(line);
    return line;
}

QToolButton* tool(const char* name, const char* icon, const QString& tip) {
    auto* button = new QToolButton;
    button->setObjectName(QLatin1String(name));
    button->setIcon(plots::icon(QLatin1String(icon)));
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    return button;
}

}  // namespace

NewRunFooter::NewRunFooter(QWidget* parent) : QWidget(parent), m_recipe(new QLabel), m_seeds(new QComboBox), m_problems(new QPushButton), m_train(new QPushButton(QStringLiteral(" ") + tr("Train"))) {
    setObjectName(QStringLiteral("newRunFooter"));
    setAttribute(Qt::WA_StyledBackground);
    setProperty("role", "surface");
    setFixedHeight(kHeight);
    m_recipe->setObjectName(QStringLiteral("recipeText"));
    m_recipe->setProperty("role", "unit");
    m_recipe->setTextFormat(Qt::PlainText);
    m_recipe->setFont(plots::monoFont(12));
    m_recipe->setFixedWidth(kRecipeWidth);
    auto* copy = tool("copyRecipe", "copy", tr("Copy recipe"));
    auto* paste = tool("pasteRecipe", "upload", tr("Paste recipe (moe: or JSON)"));
    connect(copy, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_text); });
    connect(paste, &QToolButton::clicked, this, &NewRunFooter::pasteRequested);
    m_problems->setObjectName(QStringLiteral("problemCount"));
    m_problems->setProperty("kind", "problem");
    connect(m_problems, &QPushButton::clicked, this, &NewRunFooter::problemsClicked);
    m_train->setObjectName(QStringLiteral("trainButton"));
    m_train->setProperty("kind", "primary");
    m_train->setIcon(plots::iconPixmap(QStringLiteral("play"), 16, plots::theme().onAccent));
    m_train->setShortcut(QKeySequence(QStringLiteral("Ctrl+Return")));
    m_train->setMinimumWidth(104);
    connect(m_train, &QPushButton::clicked, this, &NewRunFooter::trainClicked);
    auto* cancel = new QPushButton(tr("Cancel"));
    cancel->setObjectName(QStringLiteral("cancelButton"));
    cancel->setProperty("kind", "ghost");
    connect(cancel, &QPushButton::clicked, this, &NewRunFooter::cancelled);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(8);
    row->addWidget(m_recipe);
    row->addWidget(copy);
    row->addWidget(paste);
    row->addStretch(1);
    m_name = field("runName", tr("Name"), 180, *row);
    m_name->setPlaceholderText(tr("by the preset"));
    m_name->setMaxLength(100);
    m_tags = field("runTags", tr("Tags"), 120, *row);
    m_tags->setPlaceholderText(tr("a, b"));
    m_seed = field("runSeed", tr("Seed"), 72, *row);
    connect(m_seed, &QLineEdit::textEdited, this, &NewRunFooter::seedEdited);
    m_seeds->setObjectName(QStringLiteral("seedCount"));
    m_seeds->setAccessibleName(tr("How many seeds"));
    m_seeds->setToolTip(tr("The same run with so many seeds, from this seed on: what one seed shows may be luck."));
    for (const int count : {1, 3, 5, 10}) m_seeds->addItem(QStringLiteral("\u00D7%1").arg(count), count);
    connect(m_seeds, &QComboBox::currentIndexChanged, this, &NewRunFooter::seedCountChanged);
    row->addWidget(m_seeds);
    row->addSpacing(8);
    row->addWidget(cancel);
    row->addWidget(m_problems);
    row->addWidget(m_train);
}

void NewRunFooter::setRecipe(const QString& recipe) {
    m_text = recipe;
    m_recipe->setText(m_recipe->fontMetrics().elidedText(recipe, Qt::ElideRight, m_recipe->width()));
    m_recipe->setToolTip(tr("The whole experiment as one string"));
}

void NewRunFooter::setSeed(const QString& seed) {
    if (m_seed->text() != seed) m_seed->setText(seed);
}

void NewRunFooter::setProblems(int count) {
    m_problems->setVisible(count > 0);
    const QString amount = count == 1 ? tr("1 problem") : tr("%1 problems").arg(count);
    m_problems->setText(amount);
    m_train->setEnabled(count == 0);
    const QString act = m_runs == 1 ? tr("Train (Ctrl+Return)") : tr("Put %1 runs into the queue (Ctrl+Return)").arg(m_runs);
    m_train->setToolTip(count == 0 ? act : tr("%1 to put right first").arg(amount));
}

int NewRunFooter::seedCount() const { return m_seeds->currentData().toInt(); }

void NewRunFooter::setRuns(std::size_t runs) {
    m_runs = runs;
    m_train->setText(QStringLiteral(" ") + (runs == 1 ? tr("Train") : tr("Queue %1 runs").arg(runs)));
}

QString NewRunFooter::name() const { return m_name->text().trimmed(); }

QStringList NewRunFooter::tags() const {
    QStringList tags = m_tags->text().split(QRegularExpression(QStringLiteral("[,\\s]+")), Qt::SkipEmptyParts);
    tags.removeDuplicates();
    return tags;
}

void NewRunFooter::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_recipe->setVisible(width() >= kRecipeRoom);
}

}  // namespace moescope::ui
