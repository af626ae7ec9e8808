// Rows of labels and editors from the one list of settings.
#include "ui/hand_settings.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStyle>
#include <QVBoxLayout>
#include <QWheelEvent>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/config/config_json.hpp"
#include "plots/theme.hpp"
#include "ui/help_text.hpp"
#include "ui/setting_field.hpp"

namespace moescope::ui {
namespace {

constexpr int kEditorWidth = 156, kMostDraw = 9999;
constexpr const char* kKeys[] = {"moe.top_k", "router.select", "router.score", "router.weigh", "capacity.factor", "router.noise", "router.noise_scale", "balance.kind", "balance.coefficient", "balance.z_coefficient"};

QLabel* labelOf(const QString& text, const char* role) {
    auto* label = new QLabel(text);
    label->setFont(plots::uiFont(12));
    label->setProperty("role", role);
    return label;
}

std::string unquoted(const std::string& json) {
    const auto value = nlohmann::json::parse(json, nullptr, false);
    return value.is_string() ? value.get<std::string>() : json;
}

/// A wheel over the panel scrolls it and changes no setting.
class StillCombo : public QComboBox {
protected:
    void wheelEvent(QWheelEvent* event) override { event->ignore(); }
};

QSpinBox* spin(const char* name, int least, int most, const QString& accessible) {
    auto* box = new QSpinBox;
    box->setObjectName(QLatin1String(name));
    box->setRange(least, most);
    box->setAccessibleName(accessible);
    box->setKeyboardTracking(false);
    return box;
}

}  // namespace

HandSettings::HandSettings(QWidget* parent)
    : QWidget(parent), m_tokens(spin("handTokens", 1, kMostHandRows, tr("Tokens"))), m_experts(spin("handExperts", 1, kMostHandRows, tr("Experts"))),
      m_draw(spin("handDraw", 0, kMostDraw, tr("Draw of the noise"))), m_training(new QCheckBox(tr("As in training"))), m_pull(new QCheckBox(tr("Task wants the first choice"))),
      m_rest(labelOf({}, "err")) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 8, 0);
    column->setSpacing(4);
    addRow(*column, tr("Tokens"), m_tokens, {});
    addRow(*column, tr("Experts"), m_experts, "moe.experts");
    for (const char* key : kKeys) {
        addSetting(*column, key);
        if (std::string_view(key) == "router.noise_scale") addRow(*column, tr("Noise draw"), m_draw, {});
    }
    m_draw->setToolTip(tr("Each number draws other noise; the same number draws the same."));
    m_training->setObjectName(QStringLiteral("handTraining"));
    m_training->setToolTip(tr("On: noise and the capacity of training. Off: those of evaluation."));
    m_pull->setObjectName(QStringLiteral("handPull"));
    m_pull->setToolTip(tr("Adds a task that would gain from more weight on each token's first choice: d loss / d weight = \u22121. The gradient then shows what reaches the logits."));
    column->addSpacing(4);
    column->addWidget(m_training);
    column->addWidget(m_pull);
    m_rest->setWordWrap(true);
    m_rest->setObjectName(QStringLiteral("handProblem:"));
    column->addWidget(m_rest);
    column->addStretch(1);
    connect(m_tokens, &QSpinBox::valueChanged, this, [this] { emit sizeEdited(m_tokens->value(), m_experts->value()); });
    connect(m_experts, &QSpinBox::valueChanged, this, [this] { emit sizeEdited(m_tokens->value(), m_experts->value()); });
    connect(m_draw, &QSpinBox::valueChanged, this, &HandSettings::drawEdited);
    connect(m_training, &QCheckBox::toggled, this, &HandSettings::trainingEdited);
    connect(m_pull, &QCheckBox::toggled, this, &HandSettings::taskPullEdited);
}

void HandSettings::addRow(QVBoxLayout& column, const QString& label, QWidget* editor, const std::string& key) {
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    auto* name = labelOf(label, "label");
    name->setBuddy(editor);
    row->addWidget(name, 1);
    editor->setFixedWidth(kEditorWidth);
    row->addWidget(editor);
    column.addLayout(row);
    if (key.empty()) return;
    auto* problem = labelOf({}, "err");
    problem->setObjectName(QStringLiteral("handProblem:") + QString::fromStdString(key));
    problem->setWordWrap(true);
    problem->hide();
    column.addWidget(problem);
    m_rows[key] = {editor, problem};
}

void HandSettings::addSetting(QVBoxLayout& column, const std::string& key) {
    static const std::vector<config::SettingInfo> all = config::listSettings();
    const auto info = std::ranges::find(all, key, &config::SettingInfo::key);
    const QString name = QString::fromStdString(key);
    QWidget* editor = nullptr;
    if (info->choices.empty()) {
        auto* line = new QLineEdit;
        connect(line, &QLineEdit::textEdited, this, [this, name](const QString& text) { emit edited(name, text.trimmed().replace(QChar(0x2212), QLatin1Char('-'))); });
        editor = line;
    } else {
        auto* combo = new StillCombo;
        for (const std::string& choice : info->choices) combo->addItem(choiceWords(choice), QString::fromStdString(choice));
        connect(combo, &QComboBox::activated, this, [this, name, combo](int at) { emit edited(name, QLatin1Char('"') + combo->itemData(at).toString() + QLatin1Char('"')); });
        editor = combo;
    }
    editor->setObjectName(QStringLiteral("hand:") + name);
    editor->setAccessibleName(QString::fromStdString(info->label));
    setHelp(editor, settingCard(key));
    addRow(column, QString::fromStdString(info->label), editor, key);
}

void HandSettings::setTable(const HandTable& table) {
    const QSignalBlocker quiet[] = {QSignalBlocker(m_tokens), QSignalBlocker(m_experts), QSignalBlocker(m_draw), QSignalBlocker(m_training), QSignalBlocker(m_pull)};
    m_tokens->setValue(table.tokens());
    m_experts->setValue(table.experts());
    m_draw->setValue(static_cast<int>(table.draw));
    m_training->setChecked(table.training);
    m_pull->setChecked(table.taskPull);
    for (const auto& [key, row] : m_rows) {
        const auto json = config::settingJson(table.config, key);
        if (!json) continue;
        if (auto* combo = qobject_cast<QComboBox*>(row.editor)) {
            combo->setCurrentIndex(combo->findData(QString::fromStdString(unquoted(*json))));
        } else if (auto* line = qobject_cast<QLineEdit*>(row.editor)) {
            const auto shown = nlohmann::json::parse(line->text().toStdString(), nullptr, false);
            if (shown.is_discarded() || shown != nlohmann::json::parse(*json, nullptr, false)) line->setText(QString::fromStdString(*json));
        }
    }
}

void HandSettings::setProblems(const base::Problems& problems) {
    QStringList rest;
    for (const auto& [key, row] : m_rows) {
        QStringList own;
        for (const base::Problem& problem : problems)
            if (problem.key == key) own << QString::fromStdString(problem.text);
        row.problem->setText(own.join(QLatin1Char(' ')));
        row.problem->setVisible(!own.isEmpty());
        row.editor->setProperty("state", own.isEmpty() ? QString() : QStringLiteral("error"));
        row.editor->style()->unpolish(row.editor);
        row.editor->style()->polish(row.editor);
    }
    for (const base::Problem& problem : problems)
        if (!m_rows.contains(problem.key)) rest << QString::fromStdString(problem.key + ": " + problem.text);
    m_rest->setText(rest.join(QLatin1Char('\n')));
    m_rest->setVisible(!rest.isEmpty());
}

}  // namespace moescope::ui
