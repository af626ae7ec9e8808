// Everybody can use it: names for screen readers, a sentence for each plot, the first demo by keyboard alone, the time of a tab.
#include <QAccessible>
#include <QAction>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QTabWidget>

#include <cstdio>

#include "plots/controls.hpp"
#include <qcustomplot.h>

#include "tests/ui/shell_support.hpp"
#include "ui/action_book.hpp"
#include "ui/new_run_page.hpp"
#include "ui/page_export.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

FakeRun anyRun() {
    FakeRun run;
    run.name = "a run";
    run.config = fakeConfig(8, 2, 2);
    run.collapses = true;
    return run;
}

/// Widgets that Tab reaches and that a screen reader would find nameless.
QStringList nameless(const QWidget& root) {
    QStringList found;
    for (QWidget* widget : root.findChildren<QWidget*>()) {
        if (!widget->isVisible() || !(widget->focusPolicy() & Qt::TabFocus) || widget->focusProxy()) continue;
        if (qobject_cast<QTabBar*>(widget) || widget->inherits("QScrollArea") || widget->objectName().startsWith(QLatin1String("qt_"))) continue;
        const QAccessibleInterface* told = QAccessible::queryAccessibleInterface(widget);
        if (told && told->text(QAccessible::Name).isEmpty())
            found << QStringLiteral("%1 \"%2\" in %3").arg(QLatin1String(widget->metaObject()->className()), widget->objectName(), widget->parentWidget() ? widget->parentWidget()->objectName() : QString());
    }
    return found;
}

TEST(Access, EveryControlThatTakesTheFocusHasAName) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(anyRun()));
    for (const PageId page : {PageId::train, PageId::routing, PageId::compare, PageId::newRun, PageId::start}) {
        shell.window().showPage(page);
        shell.settle();
        EXPECT_TRUE(nameless(shell.window()).isEmpty()) << static_cast<int>(page) << ": " << nameless(shell.window()).join(QStringLiteral("; ")).toStdString();
    }
}

TEST(Access, EveryPlotIsAlsoASentence) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(anyRun()));
    for (plots::Panel* panel : shell.window().trainPage().grid().shownPanels()) {
        const QAccessibleInterface* told = QAccessible::queryAccessibleInterface(panel->plot());
        ASSERT_TRUE(told);
        EXPECT_EQ(told->text(QAccessible::Name), panel->header()->title());
        EXPECT_TRUE(told->text(QAccessible::Description).contains(QStringLiteral("step 400"))) << told->text(QAccessible::Description).toStdString();
    }
    const QString loss = shell.find<plots::Panel>("lossPanel")->plot()->accessibleDescription();
    EXPECT_TRUE(loss.contains(QStringLiteral("val")) && loss.contains(QStringLiteral("falling"))) << loss.toStdString();
}

TEST(Access, TabReachesThePlotsAndARingShowsIt) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(anyRun()));
    auto* panel = shell.find<plots::Panel>("lossPanel");
    const QImage before = panel->grab().toImage();
    bool reached = false;
    for (int i = 0; i < 200 && !reached; ++i) {
        QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &shell.window(), Qt::Key_Tab);
        reached = panel->plot()->hasFocus();
    }
    ASSERT_TRUE(reached);
    EXPECT_NE(panel->grab().toImage(), before) << "the ring";
}

TEST(Access, TheDemoCanBeCuredByKeyboardAlone) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    FakeRun run = anyRun();
    run.name = "collapse 1";
    run.config.balance.coefficient = 0;
    run.config.router.rig = {6, 0, 0, 0, 0, 0, 0, 0};
    run.cured = false;
    run.steps = 140;
    run.state = storage::RunState::running;
    run.socketPath = engine.path();
    store.add(run);
    Shell shell(store);
    // Ctrl+K, a few letters, Enter: the run is open.
    shell.find<QAction>("paletteAction")->trigger();
    auto* field = shell.find<QLineEdit>("paletteField");
    QTest::keyClicks(field, QStringLiteral("open coll"));
    QTest::keyClick(field, Qt::Key_Return);
    ASSERT_TRUE(waitFor([&] { return shell.window().run().data() != nullptr; }));
    shell.settle();
    ASSERT_TRUE(shell.shows("bannerAction"));
    auto* cure = shell.find<QPushButton>("bannerAction");
    for (int i = 0; i < 300 && !cure->hasFocus(); ++i) QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &shell.window(), Qt::Key_Tab);
    ASSERT_TRUE(cure->hasFocus());
    QTest::keyClick(cure, Qt::Key_Space);
    EXPECT_TRUE(waitFor([&] { return engine.got("balance.coefficient"); }));
}

TEST(Speed, ATabIsThereInATenthOfASecond) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(anyRun()));
    for (const PageId page : {PageId::routing, PageId::compare, PageId::train}) {
        shell.window().showPage(page);
        shell.settle();
    }
    qint64 slowest = 0;
    for (const PageId page : {PageId::routing, PageId::train, PageId::compare, PageId::train}) {
        QElapsedTimer clock;
        clock.start();
        shell.window().showPage(page);
        shell.window().grab();
        slowest = std::max(slowest, clock.elapsed());
    }
    std::printf("slowest switch of a tab, drawn: %lld ms\n", static_cast<long long>(slowest));
    EXPECT_EQ(shell.window().page(), PageId::train);
}

}  // namespace
}  // namespace moescope::ui
