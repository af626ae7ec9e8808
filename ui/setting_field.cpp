// The line around an editor: label, help, preset's value, problem, links.
#include "ui/setting_field.hpp"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include "plots/icons.hpp"
#include "plots/theme.hpp"
#include "ui/help_text.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kLabelWidth = 148, kEditorWidth = 176, kRowHeight = 28, kLongestPreset = 40;

void restyle(QWidget* widget, const char* property, const QVariant& value) {
    if (widget->property(property) == value) return;
    widget->setProperty(property, value);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

QString rangeText(const config::SettingInfo& info) {
    const bool low = info.minimum > -1e300, high = info.maximum < 1e300;
    if (low && high) return SettingField::tr("%1 to %2").arg(info.minimum).arg(info.maximum);
    return low ? SettingField::tr("at least %1").arg(info.minimum) : QString();
}

}  // namespace

QString choiceWords(const std::string& choice) { return QString::fromStdString(choice).replace(QLatin1Char('_'), QLatin1Char(' ')); }

SettingField::SettingField(const config::SettingInfo& info, QWidget* parent)
    : QWidget(parent), m_info(info), m_label(new QLabel(this)), m_icon(new QLabel(this)), m_note(new QLabel(this)), m_reset(new QPushButton(tr("Reset"), this)), m_links(new QHBoxLayout) {}

void SettingField::build(QWidget* editor, bool wide) {
    const QString key = QString::fromStdString(m_info.key), label = QString::fromStdString(m_info.label), help = QString::fromStdString(m_info.help);
    m_editor = editor;
    editor->setObjectName(key);
    editor->setAccessibleName(label);
    editor->setAccessibleDescription(help);
    const QString range = rangeText(m_info);
    editor->setToolTip(help + QStringLiteral("\n") + key + (range.isEmpty() ? QString() : QStringLiteral(", ") + range));
    m_label->setText(label);
    m_label->setBuddy(editor);
    m_label->setFixedWidth(kLabelWidth);
    m_label->setMinimumHeight(kRowHeight);
    m_note->setObjectName(QStringLiteral("note:") + key);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_note->setFont(plots::uiFont(12));
    m_reset->setObjectName(QStringLiteral("reset:") + key);
    m_reset->setProperty("kind", "link");
    m_reset->setAccessibleName(tr("Reset %1").arg(label));
    connect(m_reset, &QPushButton::clicked, this, [this, key] { emit resetRequested(key); });

    auto* said = new QHBoxLayout;
    said->setSpacing(6);
    said->addWidget(m_icon, 0, Qt::AlignTop);
    said->addWidget(m_note, 1);
    said->addWidget(m_reset, 0, Qt::AlignTop);
    m_links->setSpacing(12);
    m_links->addStretch();
    auto* notes = new QVBoxLayout;
    notes->setSpacing(2);
    notes->setContentsMargins(0, wide ? 0 : 5, 0, 0);
    notes->addLayout(said);
    notes->addLayout(m_links);
    notes->addStretch();
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(16);
    row->addWidget(m_label, 0, Qt::AlignTop);
    if (wide) {
        auto* stack = new QVBoxLayout;
        stack->addWidget(editor);
        stack->addLayout(notes);
        row->addLayout(stack, 1);
    } else {
        editor->setFixedWidth(kEditorWidth);
        row->addWidget(editor, 0, Qt::AlignTop);
        row->addLayout(notes, 1);
    }
    setHelp(this, settingCard(m_info.key));
    showNote();
}

QString SettingField::readable(const std::string& json) const {
    if (json == "true") return tr("on");
    if (json == "false") return tr("off");
    if (json == "\"\"" || json == "[]" || json == "{}") return tr("empty");
    if (!m_info.choices.empty() && json.size() > 2) return choiceWords(json.substr(1, json.size() - 2));
    return QString::fromStdString(json);
}

void SettingField::setPreset(const std::string& presetJson) {
    QString preset = presetJson.empty() ? QString() : RunWords::oneLine(readable(presetJson).toStdString());
    if (preset.size() > kLongestPreset) preset = tr("something else");
    if (preset == m_preset) return;
    m_preset = preset;
    showNote();
}

void SettingField::setProblem(const QString& sentence, const std::vector<SettingFix>& fixes) {
    if (sentence == m_problem) return;
    m_problem = sentence;
    clearFixes();
    for (const SettingFix& fix : fixes) {
        auto* link = new QPushButton(fix.label, this);
        link->setObjectName(QStringLiteral("fix:") + QString::fromStdString(fix.key));
        link->setProperty("kind", "link");
        connect(link, &QPushButton::clicked, this, [this, fix] { emit edited(QString::fromStdString(fix.key), QString::fromStdString(fix.json)); });
        m_links->insertWidget(m_links->count() - 1, link);
    }
    restyle(m_editor, "state", sentence.isEmpty() ? QVariant() : QVariant(QStringLiteral("error")));
    showNote();
}

void SettingField::clearFixes() {
    while (m_links->count() > 1) {
        QLayoutItem* item = m_links->takeAt(0);
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
}

void SettingField::showNote() {
    const bool wrong = !m_problem.isEmpty(), changed = !m_preset.isEmpty();
    m_icon->setVisible(wrong);
    if (wrong) m_icon->setPixmap(plots::iconPixmap(QStringLiteral("warning"), 14, plots::theme().err, devicePixelRatioF()));
    m_reset->setVisible(changed);
    m_note->setObjectName((wrong ? QStringLiteral("problem:") : QStringLiteral("note:")) + QString::fromStdString(m_info.key));
    m_note->setText(wrong ? m_problem : changed ? tr("%1 in the preset").arg(m_preset) : QString::fromStdString(m_info.help));
    restyle(m_note, "role", wrong ? QStringLiteral("err") : QStringLiteral("unit"));
    restyle(m_label, "role", changed ? QStringLiteral("value") : QStringLiteral("label"));
    m_label->setFont(plots::uiFont(13, changed ? QFont::DemiBold : QFont::Normal));
}

}  // namespace moescope::ui
