// The application style: palette, one style sheet made from the tokens, Fusion beneath.
#include "plots/icons.hpp"
#include "plots/theme.hpp"

#include <QApplication>
#include <QLabel>
#include <QStyleFactory>
#include <QTemporaryDir>
#include <QToolTip>

#include <utility>
#include <vector>

namespace moescope::plots {
namespace {

// Style sheets take pictures only as files: the few they need are drawn once per theme into a private folder.
QString pictureUrl(const QString& icon, int px, const QColor& color) {
    static QTemporaryDir folder;
    const QString path = QStringLiteral("%1/%2-%3-%4").arg(folder.path(), icon).arg(px).arg(color.rgba(), 8, 16);
    iconPixmap(icon, px, color, 1).save(path + QStringLiteral(".png"));
    QPixmap twice = iconPixmap(icon, px * 2, color, 1);
    twice.save(path + QStringLiteral("@2x.png"));
    return path + QStringLiteral(".png");
}

// @name becomes the token's value; longer names first so that @text2 is not taken for @text.
QString fill(QString sheet, const Theme& t) {
    const std::pair<const char*, QColor> tokens[] = {
        {"@accentSoft", t.accentSoft}, {"@accentHover", mix(t.accent, t.text, 0.88)},
        {"@accentDim", mix(t.accent, t.surface, 0.45)}, {"@accentLow", mix(t.accent, t.window, 0.22)},
        {"@accent", t.accent}, {"@onAccent", t.onAccent},
        {"@window", t.window}, {"@surface", t.surface}, {"@raised", t.raised}, {"@sunken", t.sunken},
        {"@hover", t.hover}, {"@lineStrong", t.lineStrong}, {"@line", t.line}, {"@control", t.control},
        {"@text2", t.text2}, {"@text3", t.text3}, {"@text", t.text},
        {"@errSoft", t.errSoft}, {"@err", t.err}, {"@warnSoft", t.warnSoft}, {"@warn", t.warn},
        {"@okSoft", t.okSoft}, {"@ok", t.ok}, {"@slate", t.slate},
    };
    for (const auto& [name, color] : tokens) sheet.replace(QLatin1String(name), color.name());
    sheet.replace(QLatin1String("#chevron"), pictureUrl(QStringLiteral("chevron-down"), 12, t.text2));
    sheet.replace(QLatin1String("#check"), pictureUrl(QStringLiteral("check"), 14, t.onAccent));
    return sheet;
}

const char* const buttons = R"(
QPushButton { background: @raised; color: @text; border: 1px solid @lineStrong; border-radius: 6px;
  padding: 0 12px; min-height: 26px; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @sunken; }
QPushButton:disabled { color: @text3; background: @surface; }
QPushButton:focus { border: 2px solid @accent; padding: 0 11px; min-height: 24px; }
QPushButton[kind="primary"] { background: @accent; color: @onAccent; border: 1px solid @accent; }
QPushButton[kind="primary"]:hover { background: @accentHover; border-color: @accentHover; }
QPushButton[kind="primary"]:disabled { background: @accentDim; border-color: @accentDim; color: @onAccent; }
QPushButton[kind="primary"]:focus { border: 2px solid @text; }
QPushButton[kind="ghost"] { background: transparent; border: 1px solid transparent; color: @text2; }
QPushButton[kind="ghost"]:hover { background: @hover; color: @text; }
QPushButton[kind="ghost"]:focus { border: 2px solid @accent; }
QPushButton[kind="tall"] { min-height: 32px; border-radius: 8px; padding: 0 16px; }
QPushButton[kind="tall"]:focus { min-height: 30px; padding: 0 15px; }
QPushButton[kind="tallPrimary"] { min-height: 32px; border-radius: 8px; padding: 0 16px; background: @accent;
  color: @onAccent; border: 1px solid @accent; }
QPushButton[kind="tallPrimary"]:hover { background: @accentHover; }
QPushButton[kind="tallPrimary"]:focus { min-height: 30px; padding: 0 15px; border: 2px solid @text; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: @accent; padding: 0 2px;
  min-height: 18px; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: 2px solid @accent; padding: 0 1px; min-height: 16px; }
QPushButton[kind="row"] { background: transparent; border: 1px solid transparent; color: @text; text-align: left; padding: 0 14px; border-radius: 0; }
QPushButton[kind="row"]:hover { background: @hover; }
QPushButton[kind="row"]:focus { border: 2px solid @accent; padding: 0 13px; }
QPushButton[kind="problem"] { background: transparent; border: 1px solid transparent; color: @err; padding: 0 4px; }
QPushButton[kind="problem"]:hover { text-decoration: underline; }
QPushButton[kind="problem"]:focus { border: 2px solid @accent; padding: 0 3px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; color: @text2; }
QToolButton:hover { background: @hover; color: @text; }
QToolButton:pressed, QToolButton:checked { background: @sunken; }
QToolButton:focus { border: 2px solid @accent; padding: 3px; }
QToolButton::menu-indicator { image: none; }
)";

const char* const fields = R"(
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox { background: @surface; color: @text;
  border: 1px solid @control; border-radius: 6px; padding: 0 6px; selection-background-color: @accent;
  selection-color: @onAccent; }
QLineEdit, QSpinBox, QDoubleSpinBox { min-height: 26px; }
QPlainTextEdit, QTextEdit { padding: 6px; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus { border: 2px solid @accent; padding: 0 5px; min-height: 24px; }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid @accent; padding: 5px; }
QLineEdit:disabled, QSpinBox:disabled, QComboBox:disabled { color: @text3; background: @window; border-color: @line; }
QLineEdit[kind="quiet"] { background: @sunken; border: 1px solid @sunken; }
QLineEdit[kind="quiet"]:focus { border: 2px solid @accent; background: @surface; }
QLineEdit[state="error"], QComboBox[state="error"], QSpinBox[state="error"], QPlainTextEdit[state="error"] { background: @errSoft; border-color: @err; }
QComboBox { background: @surface; color: @text; border: 1px solid @control; border-radius: 6px;
  padding: 0 2px 0 8px; min-height: 26px; }
QComboBox:focus, QComboBox:on { border: 2px solid @accent; padding: 0 1px 0 7px; min-height: 24px; }
QComboBox[kind="quiet"] { background: transparent; border: 1px solid transparent; padding-left: 4px; }
QComboBox[kind="quiet"]:hover { background: @hover; }
QComboBox[kind="quiet"]:focus { border: 2px solid @accent; padding-left: 3px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(#chevron); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @raised; color: @text; border: 1px solid @lineStrong;
  selection-background-color: @accentSoft; selection-color: @text; outline: 0; padding: 4px; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { width: 0; border: none; }
QCheckBox { spacing: 8px; color: @text; padding: 3px; border: 2px solid transparent; border-radius: 6px; }
QCheckBox:focus { border-color: @accent; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid @control; border-radius: 4px; background: @surface; }
QCheckBox::indicator:hover { border-color: @text2; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: url(#check); }
QRadioButton { spacing: 8px; color: @text; padding: 3px; border: 2px solid transparent; border-radius: 6px; }
QRadioButton:focus { border-color: @accent; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid @control; border-radius: 8px; background: @surface; }
QRadioButton::indicator:checked { border: 5px solid @accent; width: 6px; height: 6px; background: @onAccent; }
QSlider { min-height: 18px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: @accent; }
QSlider::sub-page:horizontal:disabled { background: @accentDim; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -5px 0; border-radius: 7px; background: @raised;
  border: 1px solid @control; }
QSlider::handle:horizontal:hover { border-color: @text2; }
QSlider::handle:horizontal:focus { border: 2px solid @accent; width: 10px; height: 10px; }
)";

const char* const frames = R"(
QMainWindow, QDialog { background: @window; }
QMainWindow::separator { background: @line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent; }
QMenuBar { background: @window; color: @text2; border: none; padding: 0; }
QMenuBar::item { background: transparent; padding: 6px 8px; border-radius: 6px; }
QMenuBar::item:selected { background: @hover; color: @text; }
QMenu { background: @raised; color: @text; border: 1px solid @lineStrong; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: @accentSoft; color: @text; }
QMenu::item:disabled { color: @text3; }
QMenu::separator { height: 1px; background: @line; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }
QToolBar { background: @surface; border: none; spacing: 8px; }
QToolBar::separator { background: @line; width: 1px; margin: 8px; }
QStatusBar { background: @window; color: @text2; border-top: 1px solid @line; }
QStatusBar::item { border: none; }
QTabWidget::pane { border: none; border-top: 1px solid @line; background: @surface; }
QTabBar { background: @surface; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @text2; padding: 8px 12px 7px 12px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; }
QTabBar::tab:focus { background: @accentLow; }
QDockWidget { color: @text; titlebar-close-icon: none; titlebar-normal-icon: none; }
QDockWidget::title { background: @window; padding: 8px 12px; }
QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar::handle { background: @lineStrong; border-radius: 4px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: @control; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QToolTip { background: @raised; color: @text; border: 1px solid @lineStrong; padding: 4px 6px; }
QAbstractItemView { background: transparent; color: @text; border: none; alternate-background-color: @window;
  selection-background-color: @accentSoft; selection-color: @text; outline: 0; }
QAbstractItemView:focus { border: none; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: transparent; color: @text3; border: none; border-bottom: 1px solid @line;
  padding: 4px 8px; }
QTableView { gridline-color: transparent; }
QTableCornerButton::section { background: transparent; border: none; }
QSplitter::handle { background: @line; }
QProgressBar { background: @sunken; border: none; border-radius: 2px; max-height: 4px; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: 2px; }
QGroupBox { border: none; margin: 0; padding: 0; }
)";

const char* const roles = R"(
QLabel { background: transparent; color: @text; }
QLabel[role="label"] { color: @text2; }
QLabel[role="unit"], QLabel[role="hint"] { color: @text3; }
QLabel[role="value"], QLabel[role="title"] { color: @text; }
QLabel[role="accent"] { color: @accent; }
QLabel[role="ok"] { color: @ok; }
QLabel[role="warn"] { color: @warn; }
QLabel[role="err"] { color: @err; }
QWidget[role="window"] { background: @window; }
QWidget[role="surface"] { background: @surface; }
QFrame[role="hairline"] { background: @line; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="vline"] { background: @line; border: none; max-width: 1px; min-width: 1px; }
QFrame[role="tile"] { background: @surface; border: 1px solid @line; border-radius: 12px; }
QFrame[role="dropTile"] { background: transparent; border: 1px dashed @lineStrong; border-radius: 12px; }
QFrame[role="card"] { background: @raised; border: 1px solid @lineStrong; border-radius: 8px; }
QFrame[role="warnCard"] { background: @warnSoft; border: none; border-radius: 8px; }
QFrame[role="errCard"] { background: @errSoft; border: none; border-radius: 8px; }
)";

}  // namespace

QPalette paletteOf(const Theme& t) {
    QPalette p;
    p.setColor(QPalette::Window, t.window);
    p.setColor(QPalette::WindowText, t.text);
    p.setColor(QPalette::Base, t.surface);
    p.setColor(QPalette::AlternateBase, t.window);
    p.setColor(QPalette::Text, t.text);
    p.setColor(QPalette::PlaceholderText, t.text3);
    p.setColor(QPalette::Button, t.raised);
    p.setColor(QPalette::ButtonText, t.text);
    p.setColor(QPalette::BrightText, t.err);
    p.setColor(QPalette::ToolTipBase, t.raised);
    p.setColor(QPalette::ToolTipText, t.text);
    p.setColor(QPalette::Highlight, t.accent);
    p.setColor(QPalette::HighlightedText, t.onAccent);
    p.setColor(QPalette::Link, t.accent);
    p.setColor(QPalette::LinkVisited, t.accent);
    p.setColor(QPalette::Light, t.hover);
    p.setColor(QPalette::Midlight, t.line);
    p.setColor(QPalette::Mid, t.lineStrong);
    p.setColor(QPalette::Dark, t.control);
    p.setColor(QPalette::Shadow, t.text3);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, t.text3);
    return p;
}

QString styleSheetOf(const Theme& t) {
    return fill(QString::fromLatin1(buttons) + QLatin1String(fields) + QLatin1String(frames) + QLatin1String(roles), t);
}

// A change of style gives every frame the margins of its line, and so takes those of a label away.
void applyTheme(QApplication& app, const Theme& t) {
    std::vector<std::pair<QLabel*, QMargins>> margins;
    for (QWidget* widget : QApplication::allWidgets())
        if (auto* label = qobject_cast<QLabel*>(widget)) margins.emplace_back(label, label->contentsMargins());
    app.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    app.setFont(uiFont(13));
    app.setPalette(paletteOf(t));
    QToolTip::setPalette(paletteOf(t));
    QToolTip::setFont(uiFont(12));
    ThemeHub::instance().setTheme(t);
    app.setStyleSheet(styleSheetOf(t));
    for (const auto& [label, kept] : margins) label->setContentsMargins(kept);
}

}  // namespace moescope::plots
