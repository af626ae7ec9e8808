// The pages General, Plots and Store; Shortcuts has a file of its own.
#include "ui/preferences_dialog.hpp"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/controls.hpp"
#include "plots/theme.hpp"
#include "ui/preferences.hpp"
#include "ui/shortcuts_page.hpp"

namespace moescope::ui {
namespace {

constexpr int kListWidth = 148, kFieldWidth = 120;
constexpr ThemeChoice kThemes[] = {ThemeChoice::system, ThemeChoice::light, ThemeChoice::dark};
constexpr DetailLevel kLevels[] = {DetailLevel::learner, DetailLevel::standard, DetailLevel::expert};

struct Page {
    QWidget* widget;
    QFormLayout* form;
};

Page makePage() {
    auto* page = new QWidget;
    auto* form = new QFormLayout(page);
    form->setContentsMargins(24, 20, 24, 20);
    form->setHorizontalSpacing(20);
    form->setVerticalSpacing(14);
    form->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    return {page, form};
}

QLabel* hint(const QString& text) {
    auto* label = new QLabel(text);
    label->setProperty("role", "hint");
    label->setFont(plots::uiFont(12));
    label->setWordWrap(true);
    label->setMinimumWidth(380);
    return label;
}

template <class Widget>
Widget* named(Widget* widget, const char* name, const QString& accessible) {
    widget->setObjectName(QString::fromLatin1(name));
    widget->setAccessibleName(accessible);
    return widget;
}

/// Changes one member of the preferences in use.
template <class Change>
void prefer(Change&& change) {
    Preferences next = preferences();
    change(next);
    PreferencesHub::instance().set(next);
}

}  // namespace

PreferencesDialog::PreferencesDialog(ActionBook& book, QSettings* settings, const StoreFacts& store, QWidget* parent) : QDialog(parent), m_book(book), m_settings(settings) {
    setObjectName(QStringLiteral("preferences"));
    setWindowTitle(tr("Preferences"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* list = named(new QListWidget, "preferencePages", tr("Pages of the preferences"));
    list->setFixedWidth(kListWidth);
    list->setSpacing(2);
    auto* stack = new QStackedWidget;
    const auto add = [&](const QString& title, QWidget* page) {
        list->addItem(title);
        stack->addWidget(page);
    };
    add(tr("General"), generalPage());
    add(tr("Plots"), plotsPage());
    add(tr("Shortcuts"), new ShortcutsPage(m_book, m_settings));
    add(tr("Store"), storePage(store));
    connect(list, &QListWidget::currentRowChanged, stack, &QStackedWidget::setCurrentIndex);
    list->setCurrentRow(0);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 12, 0, 0);
    row->setSpacing(0);
    row->addWidget(list);
    row->addWidget(stack, 1);
    resize(760, 520);
}

QWidget* PreferencesDialog::generalPage() {
    const Page page = makePage();
    auto* theme = named(new plots::SegmentedControl, "preferTheme", tr("Theme"));
    theme->setOptions({tr("As the system"), tr("Light"), tr("Dark")});
    const ThemeChoice stored = m_settings ? storedTheme(*m_settings) : ThemeChoice::system;
    theme->setCurrent(static_cast<int>(std::find(std::begin(kThemes), std::end(kThemes), stored) - std::begin(kThemes)));
    connect(theme, &plots::SegmentedControl::currentChanged, this, [this](int at) { emit themeChosen(kThemes[at]); });
    auto* level = named(new plots::SegmentedControl, "preferLevel", tr("Level"));
    QStringList titles;
    for (const DetailLevel each : kLevels) titles << levelTitle(each);
    level->setOptions(titles);
    level->setCurrent(static_cast<int>(preferences().level));
    connect(level, &plots::SegmentedControl::currentChanged, this, [](int at) { prefer([at](Preferences& p) { p.level = kLevels[at]; }); });
    auto* size = named(new QSpinBox, "preferText", tr("Text size in points"));
    size->setRange(8, 24);
    size->setSuffix(tr(" pt"));
    size->setFixedWidth(kFieldWidth);
    size->setValue(preferences().textPoints);
    connect(size, &QSpinBox::valueChanged, this, [](int points) { prefer([points](Preferences& p) { p.textPoints = points; }); });
    auto* animations = named(new QCheckBox(tr("Animate docks and menus")), "preferAnimations", tr("Animate docks and menus"));
    animations->setChecked(preferences().animations);
    connect(animations, &QCheckBox::toggled, this, [](bool on) { prefer([on](Preferences& p) { p.animations = on; }); });
    page.form->addRow(tr("Theme"), theme);
    page.form->addRow(tr("Level"), level);
    page.form->addRow(QString(), hint(tr("Learner shows the controls of the lessons, Expert all of them. What a run is and does is shown at every level.")));
    page.form->addRow(tr("Text size"), size);
    page.form->addRow(QString(), hint(tr("Scales the whole window from its next start. 10 pt is the usual size.")));
    page.form->addRow(QString(), animations);
    return page.widget;
}

QWidget* PreferencesDialog::plotsPage() {
    const Page page = makePage();
    auto* rate = named(new QSpinBox, "preferRate", tr("Drawings of new data a second"));
    rate->setRange(1, 30);
    rate->setSuffix(tr(" / s"));
    rate->setFixedWidth(kFieldWidth);
    rate->setValue(preferences().plotRate);
    connect(rate, &QSpinBox::valueChanged, this, [](int value) { prefer([value](Preferences& p) { p.plotRate = value; }); });
    auto* smoothing = named(new QDoubleSpinBox, "preferSmoothing", tr("Smoothing when the window opens"));
    smoothing->setRange(0, 0.999);
    smoothing->setDecimals(3);
    smoothing->setSingleStep(0.05);
    smoothing->setFixedWidth(kFieldWidth);
    smoothing->setValue(preferences().smoothing);
    connect(smoothing, &QDoubleSpinBox::valueChanged, this, [](double value) { prefer([value](Preferences& p) { p.smoothing = value; }); });
    auto* outliers = named(new QCheckBox(tr("Leave outliers out of the scale")), "preferOutliers", tr("Leave outliers out of the scale"));
    outliers->setChecked(preferences().ignoreOutliers);
    connect(outliers, &QCheckBox::toggled, this, [](bool on) { prefer([on](Preferences& p) { p.ignoreOutliers = on; }); });
    page.form->addRow(tr("At most"), rate);
    page.form->addRow(QString(), hint(tr("Drawings of new data. The window draws less often by itself where drawing would take more than a quarter of the time.")));
    page.form->addRow(tr("Smoothing"), smoothing);
    page.form->addRow(QString(), hint(tr("When the window opens. 0 is off; the raw line stays visible behind the smoothed one.")));
    page.form->addRow(QString(), outliers);
    return page.widget;
}

QWidget* PreferencesDialog::storePage(const StoreFacts& store) {
    const Page page = makePage();
    const auto fact = [&](const char* name, const QString& label, const QString& value) {
        auto* text = named(new QLabel(value), name, label);
        text->setTextFormat(Qt::PlainText);
        text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        text->setWordWrap(true);
        text->setMinimumWidth(380);
        page.form->addRow(label, text);
    };
    fact("storeFolder", tr("Folder"), store.folder);
    fact("storeRuns", tr("Runs"), QString::number(store.runs));
    fact("storeEngine", tr("Engine"), store.engine.isEmpty() ? tr("none found: stored runs can be looked at, not trained") : store.engine);
    page.form->addRow(QString(), hint(tr("Another folder is chosen with --store or MOESCOPE_STORE when the window starts.")));
    return page.widget;
}

}  // namespace moescope::ui
