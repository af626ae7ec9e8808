// The one list of actions: palette, cheat sheet, keys and their remapping, driven by the keyboard.
#include <QAction>
#include <QComboBox>
#include <QKeySequenceEdit>
#include <QLineEdit>
#include <QListView>
#include <QSettings>
#include <QTableWidget>
#include <QTemporaryDir>

#include <set>

#include "tests/ui/shell_support.hpp"
#include "ui/action_book.hpp"
#include "ui/cheat_sheet.hpp"
#include "ui/command_palette.hpp"
#include "ui/compare_page.hpp"
#include "ui/compare_table.hpp"
#include "ui/fuzzy.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

FakeRun plainRun(const char* name) {
    FakeRun run;
    run.name = name;
    run.config = fakeConfig(8, 2, 2);
    run.collapses = true;
    return run;
}

TEST(Fuzzy, LettersInOrderMatchAndLettersOutOfOrderDoNot) {
    EXPECT_TRUE(fuzzyScore(u"nxev", u"Next event"));
    EXPECT_FALSE(fuzzyScore(u"evnx", u"Next event"));
    EXPECT_TRUE(fuzzyScore(u"event next", u"Next event")) << "words in any order";
    EXPECT_FALSE(fuzzyScore(u"next eventz", u"Next event"));
    EXPECT_EQ(fuzzyScore(u"", u"anything"), 0);
}

TEST(Fuzzy, AWholeWordBeatsItsLettersScattered) {
    EXPECT_GT(*fuzzyScore(u"train", u"Train: a router collapses"), *fuzzyScore(u"train", u"The run was again in place"));
    EXPECT_GT(*fuzzyScore(u"log", u"Logarithmic loss"), *fuzzyScore(u"log", u"Analog"));
}

TEST(Actions, EveryEntryHasANameOfItsOwnAndNoTwoShareAKeyInOnePlace) {
    FakeStore store;
    Shell shell(store);
    std::set<QString> names;
    const ActionBook& book = shell.window().actionBook();
    ASSERT_GT(book.entries().size(), 20U);
    for (const ActionBook::Entry& entry : book.entries()) {
        EXPECT_TRUE(names.insert(entry.action->objectName()).second) << entry.action->objectName().toStdString();
        EXPECT_FALSE(book.holderOf(ActionBook::key(entry.action), entry.action)) << entry.text.toStdString();
    }
}

TEST(Actions, TheKeysOfCompareAreInTheBookAndCanBeOthers) {
    FakeStore store;
    FakeRun first = plainRun("first"), second = plainRun("second");
    second.config.moe.top_k = 1;
    const QStringList runs{QString::fromStdString(store.add(first)), QString::fromStdString(store.add(second))};
    Shell shell(store);
    shell.window().compareRuns(runs);
    ASSERT_TRUE(waitFor([&] { return shell.window().comparePage().complete(); }));
    auto* table = shell.find<CompareTable>("compareTable");
    ASSERT_TRUE(table);
    const auto baseline = [&] { return table->rows().index(1, 0).data(CompareTableModel::EntryRole).toInt() == 1 && table->model()->index(1, CompareTableModel::Delta).data().toString() == QStringLiteral("baseline"); };
    EXPECT_FALSE(shell.window().actionBook().remap(shell.find<QAction>("compareBaseline"), QKeySequence(QStringLiteral("Y")), nullptr));
    table->setCurrentIndex(table->rows().index(1, 0));
    QTest::keyClick(table, Qt::Key_B);
    EXPECT_FALSE(baseline()) << "B is no longer its key";
    QTest::keyClick(table, Qt::Key_Y);
    EXPECT_TRUE(baseline());
    for (const char* name : {"compareBaseline", "compareDifferences", "compareGroup", "compareSelected"}) EXPECT_FALSE(ActionBook::usualKey(shell.find<QAction>(name)).isEmpty()) << name;
}

TEST(Palette, ControlKFindsAMenuEntryAndEnterRunsIt) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(plainRun("a run")));
    shell.find<QAction>("paletteAction")->trigger();
    ASSERT_TRUE(shell.shows("commandPalette"));
    auto* field = shell.find<QLineEdit>("paletteField");
    QTest::keyClicks(field, QStringLiteral("compar"));
    ASSERT_FALSE(shell.find<CommandPalette>("commandPalette")->found().isEmpty());
    EXPECT_EQ(shell.find<CommandPalette>("commandPalette")->found().first(), QStringLiteral("Compare"));
    QTest::keyClick(field, Qt::Key_Return);
    EXPECT_EQ(shell.window().page(), PageId::compare);
    EXPECT_FALSE(shell.shows("commandPalette"));
}

TEST(Palette, OpensARunByItsName) {
    FakeStore store;
    const std::string first = store.add(plainRun("granite")), second = store.add(plainRun("marble"));
    Shell shell(store);
    shell.find<QAction>("paletteAction")->trigger();
    auto* field = shell.find<QLineEdit>("paletteField");
    QTest::keyClicks(field, QStringLiteral("granit"));
    QTest::keyClick(field, Qt::Key_Return);
    EXPECT_EQ(shell.window().run().ulid().toStdString(), first);
}

TEST(Palette, HasEveryRunPresetAndEveryEntryThatCanActNow) {
    FakeStore store;
    Shell shell(store);
    shell.find<QAction>("paletteAction")->trigger();
    const QStringList all = shell.find<CommandPalette>("commandPalette")->found();
    EXPECT_TRUE(all.contains(QStringLiteral("Train: A router collapses")));
    for (const ActionBook::Entry& entry : shell.window().actionBook().entries())
        if (entry.action->isEnabled() && entry.action->objectName() != QStringLiteral("paletteAction")) {
            EXPECT_TRUE(all.contains(entry.text)) << entry.text.toStdString();
        }
    QTest::keyClicks(shell.find<QLineEdit>("paletteField"), QStringLiteral("qqzz"));
    EXPECT_TRUE(shell.shows("paletteNothing"));
    QTest::keyClick(shell.find<QLineEdit>("paletteField"), Qt::Key_Escape);
    EXPECT_FALSE(shell.shows("commandPalette"));
}

TEST(Keys, AQuestionMarkOpensTheSheetWithEveryKeyAndEscapeClosesIt) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(plainRun("a run")));
    QTest::keyClick(&shell.window(), Qt::Key_Question, Qt::ShiftModifier);
    QPointer<CheatSheet> sheet = shell.find<CheatSheet>("cheatSheet");
    ASSERT_TRUE(sheet);
    for (const ActionBook::Entry& entry : shell.window().actionBook().entries())
        if (const QKeySequence key = ActionBook::key(entry.action); !key.isEmpty()) {
            EXPECT_TRUE(sheet->accessibleDescription().contains(key.toString(QKeySequence::NativeText) + QStringLiteral(": ") + entry.text)) << entry.text.toStdString();
        }
    QTest::keyClick(sheet, Qt::Key_Escape);
    EXPECT_TRUE(waitFor([&] { return sheet.isNull(); }));
}

TEST(Keys, LettersDoNotActWhileSomebodyTypes) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(plainRun("a run")));
    QLineEdit field(&shell.window());
    field.show();
    field.setFocus();
    QTest::keyClicks(&field, QStringLiteral("N"));
    EXPECT_EQ(field.text(), QStringLiteral("N"));
    EXPECT_FALSE(shell.window().cursor().pinned());
}

TEST(Keys, LettersActInAList) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(plainRun("Next to nothing")));
    auto* list = shell.find<QAbstractItemView>("runsList");
    ASSERT_TRUE(list);
    list->setFocus();
    QTest::sendKeyEvent(QTest::Click, list, Qt::Key_N, QStringLiteral("N"), Qt::ShiftModifier);
    EXPECT_TRUE(shell.window().cursor().pinned());
}

TEST(Keys, ATakenKeyIsRefusedByNameAndAFreeOneIsKept) {
    FakeStore store;
    Shell shell(store);
    QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    ActionBook& book = shell.window().actionBook();
    auto* step = shell.find<QAction>("oneStep");
    const auto refusal = book.remap(step, QKeySequence(QStringLiteral("N")), &settings);
    ASSERT_TRUE(refusal);
    EXPECT_TRUE(refusal->contains(QStringLiteral("Next event"))) << refusal->toStdString();
    EXPECT_EQ(ActionBook::key(step), QKeySequence(QStringLiteral(".")));
    EXPECT_FALSE(book.remap(step, QKeySequence(QStringLiteral("J")), &settings));
    Shell second(store);
    second.window().actionBook().load(settings);
    EXPECT_EQ(ActionBook::key(second.find<QAction>("oneStep")), QKeySequence(QStringLiteral("J")));
    EXPECT_EQ(ActionBook::usualKey(second.find<QAction>("oneStep")), QKeySequence(QStringLiteral(".")));
}

TEST(Keys, TwoExchangedKeysAreBothKept) {
    FakeStore store;
    Shell shell(store);
    QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    settings.setValue(QStringLiteral("shortcuts/nextEvent"), QStringLiteral("."));
    settings.setValue(QStringLiteral("shortcuts/oneStep"), QStringLiteral("N"));
    shell.window().actionBook().load(settings);
    EXPECT_EQ(ActionBook::key(shell.find<QAction>("nextEvent")), QKeySequence(QStringLiteral(".")));
    EXPECT_EQ(ActionBook::key(shell.find<QAction>("oneStep")), QKeySequence(QStringLiteral("N")));
}

TEST(Preferences, TheShortcutsPageChangesAKeyAndNamesTheConflict) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(plainRun("a run")));
    shell.find<QAction>("preferencesAction")->trigger();
    auto* table = shell.find<QTableWidget>("shortcutTable");
    ASSERT_TRUE(table);
    const auto rowOf = [&](const QString& name) {
        for (int row = 0; row < table->rowCount(); ++row)
            if (table->item(row, 0)->text() == name) return row;
        return -1;
    };
    ASSERT_GE(rowOf(QStringLiteral("One step")), 0);
    table->setCurrentCell(rowOf(QStringLiteral("One step")), 0);
    shell.find<QKeySequenceEdit>("shortcutKey")->setKeySequence(QKeySequence(QStringLiteral("N")));
    shell.find<QPushButton>("shortcutSet")->click();
    EXPECT_TRUE(shell.text("shortcutMessage").contains(QStringLiteral("already the key of \"Next event\"")));
    shell.find<QKeySequenceEdit>("shortcutKey")->setKeySequence(QKeySequence(QStringLiteral("Y")));
    shell.find<QPushButton>("shortcutSet")->click();
    EXPECT_EQ(table->item(rowOf(QStringLiteral("One step")), 2)->text(), QStringLiteral("Y"));
    shell.find<QPushButton>("shortcutUsual")->click();
    EXPECT_EQ(ActionBook::key(shell.find<QAction>("oneStep")), QKeySequence(QStringLiteral(".")));
}

}  // namespace
}  // namespace moescope::ui
