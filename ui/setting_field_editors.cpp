// An editor for each type of setting: switch, choice, number, text, path, list, object.
#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QLineEdit>
#include <QPlainTextEdit>

#include <nlohmann/json.hpp>

#include "plots/theme.hpp"
#include "ui/setting_field.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

constexpr int kListHeight = 96, kLongestText = 4096;

/// A wheel over a form scrolls the form and changes no setting.
class QuietCombo : public QComboBox {
public:
    using QComboBox::QComboBox;

protected:
    void wheelEvent(QWheelEvent* event) override { event->ignore(); }
};

std::string quoted(const QString& text) { return Json(text.toStdString()).dump(-1, ' ', false, Json::error_handler_t::replace); }

QString unquoted(const std::string& json) {
    const Json value = Json::parse(json, nullptr, false);
    return QString::fromStdString(value.is_string() ? value.get<std::string>() : json);
}

class SwitchField : public SettingField {
public:
    SwitchField(const config::SettingInfo& info, QWidget* parent) : SettingField(info, parent), m_box(new QCheckBox(this)) {
        build(m_box);
        connect(m_box, &QCheckBox::clicked, this, [this](bool on) { emitEdited(on ? QStringLiteral("true") : QStringLiteral("false")); });
    }
    void setJson(const std::string& json) override { m_box->setChecked(json == "true"); }

private:
    QCheckBox* m_box;
};

class ChoiceField : public SettingField {
public:
    ChoiceField(const config::SettingInfo& info, QWidget* parent) : SettingField(info, parent), m_combo(new QuietCombo(this)) {
        for (const std::string& choice : info.choices) m_combo->addItem(choiceWords(choice), QString::fromStdString(choice));
        build(m_combo);
        connect(m_combo, &QComboBox::activated, this, [this](int at) { emitEdited(QString::fromStdString(quoted(m_combo->itemData(at).toString()))); });
    }
    void setJson(const std::string& json) override {
        const QString wanted = unquoted(json);
        int at = m_combo->findData(wanted);
        if (at < 0) {  // a recipe may hold a word that is not known here: it is shown, and validation refuses it
            m_combo->addItem(wanted, wanted);
            at = m_combo->count() - 1;
        }
        m_combo->setCurrentIndex(at);
    }

private:
    QComboBox* m_combo;
};

/// Digits as people write them ("1 024", "3e−3") to JSON.
QString plainDigits(QString text) {
    for (const char16_t blank : {u' ', u'\u00A0', u'\u202F', u'\u2009'}) text.remove(QChar(blank));
    return text.replace(QChar(0x2212), QLatin1Char('-'));
}

class LineField : public SettingField {
public:
    LineField(const config::SettingInfo& info, QWidget* parent) : SettingField(info, parent), m_line(new QLineEdit(this)), m_isText(info.type == "text") {
        m_isList = info.type.starts_with("list of");
        m_line->setMaxLength(kLongestText);
        if (m_isList) m_line->setPlaceholderText(tr("none"));
        build(m_line);
        connect(m_line, &QLineEdit::textEdited, this, [this](const QString& text) { emitEdited(jsonOf(text)); });
    }
    void setJson(const std::string& json) override {
        const Json shown = Json::parse(jsonOf(m_line->text()).toStdString(), nullptr, false);
        if (shown.is_discarded() || shown != Json::parse(json, nullptr, false)) m_line->setText(textOf(json));
    }
    QString readable(const std::string& json) const override { return SettingField::readable(m_isText ? json : textOf(json).toStdString()); }

private:
    QString textOf(const std::string& json) const {
        if (m_isText) return unquoted(json);
        return m_isList && json.size() >= 2 ? QString::fromStdString(json.substr(1, json.size() - 2)).replace(QLatin1Char(','), QStringLiteral(", ")) : QString::fromStdString(json);
    }
    QString jsonOf(const QString& text) const {
        if (m_isText) return QString::fromStdString(quoted(text));
        return m_isList ? QLatin1Char('[') + plainDigits(text) + QLatin1Char(']') : plainDigits(text);
    }

    QLineEdit* m_line;
    bool m_isText, m_isList = false;
};

class StructureField : public SettingField {
public:
    StructureField(const config::SettingInfo& info, QWidget* parent) : SettingField(info, parent), m_text(new QPlainTextEdit(this)) {
        m_text->setFont(plots::monoFont(12));
        m_text->setFixedHeight(kListHeight);
        m_text->setTabChangesFocus(true);
        build(m_text, true);
        connect(m_text, &QPlainTextEdit::textChanged, this, [this] {
            if (!m_setting) emitEdited(m_text->toPlainText());
        });
    }
    void setJson(const std::string& json) override {
        if (sameJson(m_text->toPlainText().toStdString(), json)) return;
        m_setting = true;
        m_text->setPlainText(pretty(json));
        m_setting = false;
    }
    QString readable(const std::string& json) const override {
        const Json value = Json::parse(json, nullptr, false);
        return value.is_array() || value.is_object() ? (value.empty() ? tr("empty") : value.size() == 1 ? tr("1 entry") : tr("%1 entries").arg(value.size())) : QString();
    }

private:
    static bool sameJson(const std::string& a, const std::string& b) {
        const Json left = Json::parse(a, nullptr, false), right = Json::parse(b, nullptr, false);
        return !left.is_discarded() && left == right;
    }
    static QString pretty(const std::string& json) {
        const Json value = Json::parse(json, nullptr, false);
        if (!value.is_array()) return QString::fromStdString(json);
        QStringList lines;
        for (const Json& entry : value) lines << QString::fromStdString(entry.dump(-1, ' ', false, Json::error_handler_t::replace));
        return QLatin1Char('[') + lines.join(QStringLiteral(",\n ")) + QLatin1Char(']');
    }

    QPlainTextEdit* m_text;
    bool m_setting = false;
};

}  // namespace

SettingField* SettingField::make(const config::SettingInfo& info, QWidget* parent) {
    if (info.type == "bool") return new SwitchField(info, parent);
    if (!info.choices.empty()) return new ChoiceField(info, parent);
    if (info.type == "object" || info.type == "list of objects") return new StructureField(info, parent);
    return new LineField(info, parent);
}

}  // namespace moescope::ui
