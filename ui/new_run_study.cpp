// Rows of settings that vary, and what they come to.
#include "ui/new_run_study.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QIntValidator>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

#include "core/config/config_json.hpp"
#include "plots/figures.hpp"
#include "plots/icons.hpp"
#include "plots/theme.hpp"
#include "ui/help_text.hpp"
#include "ui/run_words.hpp"
#include "ui/setting_field.hpp"

namespace moescope::ui {
namespace {

constexpr int kLabelWidth = 40, kKeyWidth = 216, kColumns = 4, kWhereDrawing = 4;

QString text(const std::string& value) { return QString::fromStdString(value); }

/// What can be varied: numbers, words and switches. Lists, objects, texts and seeds are left to recipes and seeds.
bool canVary(const config::SettingInfo& info) {
    if (info.key == "training.seed" || info.key == "data.seed" || info.key == "training.device" || info.key == "model.family") return false;
    return info.type == "bool" || !info.choices.empty() || info.type == "integer" || info.type == "number";
}

const std::vector<config::SettingInfo>& settingsToVary() {
    static const std::vector<config::SettingInfo> all = [] {
        std::vector<config::SettingInfo> found;
        for (config::SettingInfo& info : config::listSettings())
            if (canVary(info)) found.push_back(std::move(info));
        return found;
    }();
    return all;
}

QString sentence(const std::string& problem) {
    const QString words = RunWords::oneLine(problem);
    return words.left(1).toUpper() + words.mid(1);
}

const config::SettingInfo& infoOf(const QComboBox& combo) {
    const std::string key = combo.currentData().toString().toStdString();
    const auto at = std::ranges::find(settingsToVary(), key, &config::SettingInfo::key);
    return at == settingsToVary().end() ? settingsToVary().front() : *at;
}

}  // namespace

VaryRow::VaryRow(int number, QWidget* parent) : QWidget(parent), m_key(new QComboBox), m_place(new QVBoxLayout), m_number(number) {
    setObjectName(QStringLiteral("vary:%1").arg(number));
    m_key->setObjectName(QStringLiteral("varyKey:%1").arg(number));
    m_key->setAccessibleName(tr("Setting that varies"));
    m_key->setFixedWidth(kKeyWidth);
    m_key->setMaxVisibleItems(24);
    for (const config::SettingInfo& info : settingsToVary()) {
        m_key->addItem(text(info.key), text(info.key));
        m_key->setItemData(m_key->count() - 1, text(info.label) + QStringLiteral(". ") + text(info.help), Qt::ToolTipRole);
    }
    auto* remove = new QToolButton;
    remove->setObjectName(QStringLiteral("varyRemove:%1").arg(number));
    remove->setIcon(plots::icon(QStringLiteral("close")));
    remove->setToolTip(tr("Do not vary this setting"));
    remove->setAccessibleName(remove->toolTip());
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    auto* label = new QLabel(tr("Vary"));
    label->setProperty("role", "value");
    label->setFont(plots::uiFont(13, QFont::DemiBold));
    label->setFixedSize(kLabelWidth, 28);
    label->setBuddy(m_key);
    row->addWidget(label, 0, Qt::AlignTop);
    row->addWidget(m_key, 0, Qt::AlignTop);
    row->addLayout(m_place, 1);
    row->addWidget(remove, 0, Qt::AlignTop);
    connect(remove, &QToolButton::clicked, this, &VaryRow::removed);
    connect(m_key, &QComboBox::currentIndexChanged, this, [this] {
        buildEditor();
        emit changed();
    });
    buildEditor();
}

void VaryRow::setKey(const std::string& key) { m_key->setCurrentIndex(std::max(0, m_key->findData(text(key)))); }

void VaryRow::buildEditor() {
    delete m_editor;
    const config::SettingInfo& info = infoOf(*m_key);
    m_key->setToolTip(text(info.label) + QStringLiteral(". ") + text(info.help));
    std::vector<std::string> choices = info.choices;
    if (info.type == "bool") choices = {"true", "false"};
    if (choices.empty()) {
        auto* line = new QLineEdit;
        line->setObjectName(QStringLiteral("varyValues:%1").arg(m_number));
        line->setAccessibleName(tr("Values of %1").arg(text(info.label)));
        line->setPlaceholderText(tr("values with commas, for instance %1").arg(info.type == "integer" ? QStringLiteral("1, 2, 4") : QStringLiteral("0.001, 0.01")));
        line->setMaxLength(2000);
        connect(line, &QLineEdit::textEdited, this, &VaryRow::changed);
        m_place->addWidget(m_editor = line);
        return;
    }
    m_editor = new QWidget;
    auto* grid = new QGridLayout(m_editor);
    grid->setContentsMargins(0, 4, 0, 0);
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(4);
    for (std::size_t i = 0; i < choices.size(); ++i) {
        auto* box = new QCheckBox(info.type == "bool" ? (i == 0 ? tr("on") : tr("off")) : choiceWords(choices[i]));
        box->setObjectName(QStringLiteral("varyValue:%1:%2").arg(m_number).arg(text(choices[i])));
        box->setProperty("value", text(choices[i]));
        connect(box, &QCheckBox::toggled, this, &VaryRow::changed);
        grid->addWidget(box, static_cast<int>(i) / kColumns, static_cast<int>(i) % kColumns);
    }
    grid->setColumnStretch(kColumns, 1);
    m_place->addWidget(m_editor);
}

base::Problems VaryRow::read(config::Variation& variation) const {
    const config::SettingInfo& info = infoOf(*m_key);
    QString list;
    if (const auto* line = qobject_cast<const QLineEdit*>(m_editor))
        list = line->text();
    else
        for (const QCheckBox* box : m_editor->findChildren<QCheckBox*>())
            if (box->isChecked()) list += (list.isEmpty() ? QString() : QStringLiteral(",")) + box->property("value").toString();
    if (list.trimmed().isEmpty()) return {{info.key, tr("Choose values for %1.").arg(text(info.key)).toStdString()}};
    return config::parseValues(info.key, list.toStdString(), variation);
}

NewRunStudy::NewRunStudy(QWidget* parent) : QWidget(parent), m_lines(new QVBoxLayout), m_foot(new QWidget), m_sum(new QLabel), m_random(new QLineEdit), m_add(new QPushButton(tr("Vary a setting"))) {
    setObjectName(QStringLiteral("newRunStudy"));
    m_sum->setObjectName(QStringLiteral("studySum"));
    m_sum->setFont(plots::uiFont(12));
    m_sum->setTextFormat(Qt::PlainText);
    m_sum->setWordWrap(true);
    m_random->setObjectName(QStringLiteral("studyRandom"));
    m_random->setAccessibleName(tr("Combinations to draw at random"));
    m_random->setToolTip(tr("Random search: so many combinations are drawn from the grid; empty means all of them."));
    m_random->setPlaceholderText(tr("all combinations"));
    m_random->setValidator(new QIntValidator(1, 10'000, m_random));
    m_random->setFixedWidth(128);
    m_add->setObjectName(QStringLiteral("varyButton"));
    m_add->setProperty("kind", "link");
    m_add->setToolTip(tr("Train the same run with several values of a setting and compare them over seeds"));
    auto* foot = new QHBoxLayout(m_foot);
    foot->setContentsMargins(0, 0, 0, 0);
    foot->setSpacing(10);
    foot->addWidget(m_add, 0, Qt::AlignTop);
    foot->addWidget(m_random, 0, Qt::AlignTop);
    foot->addWidget(m_sum, 1);
    m_lines->setContentsMargins(0, 0, 0, 0);
    m_lines->setSpacing(6);
    m_lines->addWidget(m_foot);
    setLayout(m_lines);
    m_random->hide();
    setHelp(m_add, placeCard("newRunStudy"));
    connect(m_add, &QPushButton::clicked, this, &NewRunStudy::addRow);
    connect(m_random, &QLineEdit::textEdited, this, &NewRunStudy::changed);
}

VaryRow* NewRunStudy::addRow() {
    auto* row = new VaryRow(m_made++, this);
    row->setKey(m_rows.empty() ? "router.weigh" : "moe.top_k");
    m_rows.push_back(row);
    m_lines->insertWidget(m_lines->count() - 1, row);
    connect(row, &VaryRow::changed, this, &NewRunStudy::changed);
    connect(row, &VaryRow::removed, this, [this, row] {
        std::erase(m_rows, row);
        row->deleteLater();
        row->hide();
        emit changed();
    });
    emit changed();
    return row;
}

QString NewRunStudy::title() const {
    QStringList parts;
    for (const VaryRow* row : m_rows) {
        config::Variation variation;
        if (!row->read(variation).empty()) continue;
        QStringList values;
        for (const std::string& value : variation.values) values << text(value).remove(QLatin1Char('"'));
        parts << text(variation.key) + QLatin1Char(' ') + values.join(QStringLiteral(", "));
    }
    return parts.join(QStringLiteral("; "));
}

QString NewRunStudy::onlyKey() const {
    config::Variation variation;
    return m_rows.size() == 1 && m_rows.front()->read(variation).empty() ? text(variation.key) : QString();
}

std::variant<std::vector<config::StudyRun>, base::Problems> NewRunStudy::work(const config::RunConfig& base, int seeds, const QString& name) {
    config::StudyPlan plan;
    plan.base = base;
    plan.name = name.toStdString();
    plan.seeds = config::seedsFrom(base.training.seed, seeds);
    base::Problems problems;
    std::size_t cells = 1;
    for (const VaryRow* row : m_rows) {
        config::Variation variation;
        for (base::Problem& problem : row->read(variation)) problems.push_back(std::move(problem));
        cells *= std::max<std::size_t>(1, variation.values.size());
        plan.vary.push_back(std::move(variation));
    }
    m_add->setText(m_rows.empty() ? tr("Vary a setting") : tr("Vary another"));
    m_random->setVisible(!m_rows.empty() && cells >= kWhereDrawing);
    if (!m_random->isHidden()) plan.random = m_random->text().toLongLong();
    std::variant<std::vector<config::StudyRun>, base::Problems> answer = problems;
    if (problems.empty()) answer = config::studyRuns(plan);
    const auto* wrong = std::get_if<base::Problems>(&answer);
    const std::size_t drawn = plan.random > 0 ? std::min(cells, static_cast<std::size_t>(plan.random)) : cells;
    m_sum->setText(m_rows.empty() ? QString() : wrong ? sentence(wrong->front().text) : tr("%1 combinations × %2 seeds: %3 runs").arg(drawn).arg(seeds).arg(drawn * static_cast<std::size_t>(seeds)));
    m_sum->setProperty("role", wrong ? "err" : "label");
    m_sum->style()->unpolish(m_sum);
    m_sum->style()->polish(m_sum);
    return answer;
}

}  // namespace moescope::ui
