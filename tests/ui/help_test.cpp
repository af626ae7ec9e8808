// Help: cards come from the lists, open on F1 and close on Escape.
#include <QAction>

#include "tests/ui/shell_support.hpp"
#include "ui/help_card.hpp"
#include "ui/help_text.hpp"
#include "ui/new_run_page.hpp"
#include "ui/setting_field.hpp"
#include "ui/run_live_settings.hpp"
#include "ui/train_page.hpp"
#include "ui/train_grid.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

TEST(Help, ASettingsCardHasItsHelpRangeAndKey) {
    const QString card = settingCard("balance.coefficient");
    EXPECT_TRUE(card.contains(QStringLiteral("balance.coefficient"))) << card.toStdString();
    EXPECT_TRUE(card.contains(QStringLiteral("from 0")) || card.contains(QStringLiteral("0 to"))) << card.toStdString();
    EXPECT_TRUE(settingCard("balance.colour").isEmpty());
}

TEST(Help, EveryLiveKnobHasACard) {
    config::RunConfig config = fakeConfig();
    config.router.noise = "logit_gauss_fixed";
    config.capacity.factor = 1.25;
    for (const LiveSetting& setting : liveSettings(config)) EXPECT_TRUE(setting.note.contains(QString::fromLatin1(setting.key))) << setting.key;
}

TEST(Help, OnlyALiveSettingPromisesToHoldFromTheNextStep) {
    EXPECT_TRUE(settingCard("training.lr").contains(QStringLiteral("next step")));
    EXPECT_FALSE(settingCard("model.width").contains(QStringLiteral("next step")));
    EXPECT_TRUE(settingCard("model.width").contains(QStringLiteral("model.width")));
    EXPECT_TRUE(settingCard("router.score").contains(QStringLiteral("softmax_all"))) << "the choices are listed";
}

TEST(Help, EverySettingAndPartOfTheNewRunPageHasACardOnF1) {
    FakeStore store;
    Shell shell(store);
    shell.window().showPage(PageId::newRun);
    const auto fields = shell.window().newRunPage().findChildren<SettingField*>();
    ASSERT_GT(fields.size(), 5);
    for (const SettingField* field : fields) EXPECT_TRUE(helpOf(field).contains(QString::fromStdString(field->key()))) << field->key();
    for (const char* name : {"presetList", "routerPreset", "newRunData", "estimate", "newRunFooter", "varyButton"}) EXPECT_FALSE(helpOf(shell.find<QWidget>(name)).isEmpty()) << name;
    auto* width = shell.window().newRunPage().findChild<QWidget*>(QStringLiteral("model.width"));
    ASSERT_TRUE(width);
    width->setFocus();
    shell.find<QAction>("whatIsThis")->trigger();
    ASSERT_TRUE(shell.find<HelpCard>("helpCard"));
    EXPECT_TRUE(shell.text("helpCardText").contains(QStringLiteral("model.width"))) << shell.text("helpCardText").toStdString();
}

TEST(Help, EveryPanelOfTheTrainPageHasACardWithItsFormulas) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig();
    Shell shell(store);
    shell.open(store.add(run));
    for (plots::Panel* panel : shell.window().trainPage().grid().shownPanels())
        EXPECT_FALSE(helpOf(panel->header()).isEmpty()) << panel->objectName().toStdString();
    EXPECT_TRUE(placeCard("usePanel").contains(QStringLiteral("exp(entropy of the load)")));
    EXPECT_TRUE(placeCard("inspectorLayer").contains(QStringLiteral("Largest load over the fair share")));
}

TEST(Help, ACardOpensFromThePanelsMenuAndEscapeClosesIt) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig();
    Shell shell(store);
    shell.open(store.add(run));
    shell.find<plots::Panel>("usePanel")->findChild<QAction*>(QStringLiteral("whatThisShows"))->trigger();
    QPointer<HelpCard> card = shell.find<HelpCard>("helpCard");
    ASSERT_TRUE(card);
    EXPECT_TRUE(card->isVisible());
    EXPECT_TRUE(shell.text("helpCardText").contains(QStringLiteral("effective_experts")));
    if (const QString gallery = qEnvironmentVariable("MOESCOPE_GALLERY"); !gallery.isEmpty()) card->grab().save(gallery + QStringLiteral("/help-card.png"));
    QTest::keyClick(card, Qt::Key_Escape);
    EXPECT_TRUE(waitFor([&] { return card.isNull(); }));
}

}  // namespace
}  // namespace moescope::ui
