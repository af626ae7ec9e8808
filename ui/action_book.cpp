// Reads the menus; keeps and dispatches keys.
#include "ui/action_book.hpp"

#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAction>
#include <QComboBox>
#include <QKeyEvent>
#include <QKeySequenceEdit>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QSettings>
#include <QTextEdit>

namespace moescope::ui {
namespace {

constexpr auto kKey = "bookKey", kUsual = "bookUsualKey", kPlace = "bookPlace", kGroup = "shortcuts/";

QString settingOf(const QAction* action) { return QLatin1String(kGroup) + action->objectName(); }

int placeOf(const QAction* action) { return action->property(kPlace).toInt(); }

bool overlap(int a, int b) { return a == kEverywhere || b == kEverywhere || (a & b) != 0; }

/// "?" is Shift and another key on one keyboard and a key of its own on the next: for signs Shift says nothing.
bool isSign(int key) { return key > Qt::Key_Space && key < Qt::Key_Escape && !(key >= Qt::Key_A && key <= Qt::Key_Z) && !(key >= Qt::Key_0 && key <= Qt::Key_9); }

bool matches(const QKeySequence& wanted, const QKeyEvent& event) {
    if (wanted.count() != 1) return false;
    const int key = wanted[0].key();
    auto has = event.modifiers() & ~Qt::KeypadModifier, needs = wanted[0].keyboardModifiers();
    if (isSign(key)) has &= ~Qt::ShiftModifier, needs &= ~Qt::ShiftModifier;
    return event.key() == key && has == needs;
}

}  // namespace

bool takesLetters(const QWidget* widget) {
    if (!widget) return false;
    if (const auto* view = qobject_cast<const QAbstractItemView*>(widget)) return view->window()->windowType() == Qt::Popup;
    return qobject_cast<const QLineEdit*>(widget) || qobject_cast<const QTextEdit*>(widget) || qobject_cast<const QPlainTextEdit*>(widget) ||
           qobject_cast<const QAbstractSpinBox*>(widget) || qobject_cast<const QKeySequenceEdit*>(widget) || qobject_cast<const QMenu*>(widget);
}

ActionBook::ActionBook(QMenuBar* bar, QObject* parent) : QObject(parent), m_bar(bar) {}

void ActionBook::collect(const QMenu* menu, const QString& path, std::vector<Entry>& into) const {
    for (QAction* action : menu->actions()) {
        if (action->isSeparator() || !action->isVisible()) continue;
        if (const QMenu* inner = action->menu()) collect(inner, path + QStringLiteral(", ") + plainText(action), into);
        else if (!action->objectName().isEmpty()) into.push_back({action, path, plainText(action)});
    }
}

std::vector<ActionBook::Entry> ActionBook::entries() const {
    std::vector<Entry> all;
    for (QAction* top : m_bar->actions())
        if (top->menu()) collect(top->menu(), plainText(top), all);
    return all;
}

QString ActionBook::plainText(const QAction* action) { return action->text().section(QLatin1Char('\t'), 0, 0).remove(QLatin1Char('&')); }

bool ActionBook::isBare(const QKeySequence& key) {
    if (key.isEmpty()) return false;
    const auto modifiers = key[0].keyboardModifiers();
    const int base = key[0].key();
    return !(modifiers & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) && !(base >= Qt::Key_F1 && base <= Qt::Key_F35);
}

void ActionBook::setKey(QAction* action, const QKeySequence& key) {
    if (!action->property(kUsual).isValid()) action->setProperty(kUsual, QVariant::fromValue(key));
    action->setProperty(kKey, QVariant::fromValue(key));
    const bool bare = isBare(key);
    action->setShortcut(bare ? QKeySequence() : key);
    // A bare key is shown, but Qt must not take it from a field: press() answers it.
    const QString text = action->text().section(QLatin1Char('\t'), 0, 0);
    action->setText(bare ? text + QLatin1Char('\t') + key.toString(QKeySequence::NativeText) : text);
}

QKeySequence ActionBook::key(const QAction* action) {
    const QVariant own = action->property(kKey);
    return own.isValid() ? own.value<QKeySequence>() : action->shortcut();
}

QKeySequence ActionBook::usualKey(const QAction* action) {
    const QVariant own = action->property(kUsual);
    return own.isValid() ? own.value<QKeySequence>() : action->shortcut();
}

void ActionBook::setPlace(QAction* action, int place) { action->setProperty(kPlace, place); }

void ActionBook::enableFor(ActionPlace page, bool runOpen) {
    for (const Entry& entry : entries())
        if (const int place = placeOf(entry.action); place != kEverywhere) entry.action->setEnabled((place & page) && (runOpen || page == kOnCompare));
}

QAction* ActionBook::holderOf(const QKeySequence& key, const QAction* except) const {
    if (key.isEmpty()) return nullptr;
    for (const Entry& entry : entries())
        if (entry.action != except && ActionBook::key(entry.action) == key && (!except || overlap(placeOf(entry.action), placeOf(except)))) return entry.action;
    return nullptr;
}

std::optional<QString> ActionBook::remap(QAction* action, const QKeySequence& key, QSettings* settings) {
    if (key.count() > 1) return tr("One key or combination, not a sequence of them.");
    if (const QAction* holder = holderOf(key, action)) return tr("%1 is already the key of \"%2\".").arg(key.toString(QKeySequence::NativeText), plainText(holder));
    setKey(action, key);
    if (settings) {
        if (key == usualKey(action)) settings->remove(settingOf(action));
        else settings->setValue(settingOf(action), key.toString(QKeySequence::PortableText));
    }
    emit keysChanged();
    return {};
}

std::optional<QString> ActionBook::restore(QAction* action, QSettings* settings) { return remap(action, usualKey(action), settings); }

void ActionBook::load(QSettings& settings) {
    // Those that were given away first, so that an exchange of two keys does not refuse itself.
    std::vector<std::pair<QAction*, QKeySequence>> wanted;
    for (const Entry& entry : entries())
        if (const QVariant stored = settings.value(settingOf(entry.action)); stored.isValid()) {
            wanted.emplace_back(entry.action, QKeySequence::fromString(stored.toString(), QKeySequence::PortableText));
            setKey(entry.action, key(entry.action));
            setKey(entry.action, {});
        }
    for (const auto& [action, key] : wanted)
        if (key.count() <= 1 && !holderOf(key, action)) setKey(action, key);
    emit keysChanged();
}

bool ActionBook::press(QKeyEvent* event) const {
    for (const Entry& entry : entries()) {
        const QKeySequence key = ActionBook::key(entry.action);
        if (!isBare(key) || !entry.action->isEnabled() || !matches(key, *event)) continue;
        entry.action->trigger();
        return true;
    }
    return false;
}

}  // namespace moescope::ui
