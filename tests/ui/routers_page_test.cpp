// The Routers page, the comparison of two routers, and the dialog that converts a run.
#include <QComboBox>
#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QSpinBox>

#include "core/config/derived.hpp"
#include "plots/stage_row.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/convert_dialog.hpp"
#include "ui/new_run_page.hpp"
#include "ui/router_comparison.hpp"
#include "ui/routers_page.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

TEST(RoutersPage, DrawsTheStagesOfTheChosenRouterAndItsFormulas) {
    RoutersPage page;
    page.setRouter(QStringLiteral("deepseek_v3"));
    EXPECT_EQ(page.router(), QStringLiteral("deepseek_v3"));
    auto* row = page.findChild<plots::StageRow*>(QStringLiteral("routerStages"));
    QStringList titles;
    for (const plots::StageBox& box : row->stages()) titles << box.title;
    EXPECT_EQ(titles, (QStringList{"Router", "Score", "Offset", "Groups", "Choice", "Weights", "Balance", "Shared"}));
    bool found = false;
    for (const QLabel* label : page.findChildren<QLabel*>()) found = found || label->text().contains(QStringLiteral("choice by s_e + b_e"));
    EXPECT_TRUE(found);
    page.setRouter(QStringLiteral("no such router"));
    EXPECT_EQ(page.router(), QStringLiteral("deepseek_v3"));
}

TEST(RoutersPage, FiltersByWordsOfTheCard) {
    RoutersPage page;
    page.load();
    auto* filter = page.findChild<QLineEdit*>(QStringLiteral("routerFilter"));
    auto* list = page.findChild<QListView*>(QStringLiteral("routerList"));
    const int all = list->model()->rowCount();
    EXPECT_GT(all, 30);
    filter->setText(QStringLiteral("token ids"));
    EXPECT_GT(list->model()->rowCount(), 0);
    EXPECT_LT(list->model()->rowCount(), 8);
    filter->setText(QStringLiteral("zzz"));
    EXPECT_EQ(list->model()->rowCount(), 0);
    EXPECT_EQ(page.findChild<QLabel*>(QStringLiteral("routerCount"))->text(), QStringLiteral("No router has these words."));
    page.setRouter(QStringLiteral("switch"));
    EXPECT_EQ(list->model()->rowCount(), all) << "a router that the filter hides is shown all the same";
}

TEST(RoutersPage, TrainItOpensTheFormWithThatRouter) {
    FakeStore store;
    Shell shell(store);
    shell.window().showPage(PageId::routers);
    shell.window().routersPage().setRouter(QStringLiteral("gshard"));
    shell.find<QPushButton>("routerTrain")->click();
    EXPECT_EQ(shell.window().page(), PageId::newRun);
    EXPECT_EQ(shell.window().newRunPage().config().router.noise, "random_second");
    EXPECT_EQ(shell.window().newRunPage().config().moe.experts, 16);
}

TEST(StageRow, BreaksIntoRowsThatFitAndSaysWhichBoxIsClicked) {
    plots::StageRow row;
    row.setStages({{"Router", "linear", {}, false}, {"Score", "softmax over all", {}, false}, {"Choice", "best 2 of 8", {}, false}});
    EXPECT_GT(row.heightForWidth(150), 2 * row.heightForWidth(1000));
    row.resize(1000, row.heightForWidth(1000));
    QSignalSpy clicked(&row, &plots::StageRow::stageClicked);
    QTest::mouseClick(&row, Qt::LeftButton, {}, {10, 20});
    QTest::mouseClick(&row, Qt::LeftButton, {}, {990, 20});
    ASSERT_EQ(clicked.count(), 2);
    EXPECT_EQ(clicked[0][0].toInt(), 0);
    EXPECT_EQ(clicked[1][0].toInt(), -1);
}

TEST(RouterComparison, QueuesBothRoutersWithTheSameSeedsAndData) {
    const auto cards = config::listRouterCards();
    RouterComparison dialog(cards, QStringLiteral("switch"));
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    auto* other = dialog.findChild<QComboBox*>(QStringLiteral("comparisonOther"));
    other->setCurrentIndex(other->findData(QStringLiteral("gshard")));
    dialog.findChild<QSpinBox*>(QStringLiteral("comparisonSeeds"))->setValue(2);
    dialog.findChild<QSpinBox*>(QStringLiteral("comparisonSteps"))->setValue(50);
    const auto made = dialog.order();
    const auto* order = std::get_if<QueueOrder>(&made);
    ASSERT_TRUE(order);
    ASSERT_EQ(order->runs.size(), 4u);
    EXPECT_EQ(order->runs[0].config.balance.kind, "switch");
    EXPECT_EQ(order->runs[1].config.balance.kind, "gshard_top1");
    EXPECT_EQ(order->runs[0].config.data, order->runs[1].config.data);
    EXPECT_EQ(order->runs[3].config.training.seed, 1);
    EXPECT_EQ(order->runs[3].config.training.steps, 50);
    const double first = config::cost(order->runs[0].config, 0).flopsTokenForward, second = config::cost(order->runs[1].config, 0).flopsTokenForward;
    EXPECT_NEAR(second / first, 1, 0.01);  // two experts of half the width
    EXPECT_LT(order->runs[1].config.moe.expert_width, order->runs[0].config.moe.expert_width);
    EXPECT_TRUE(dialog.findChild<QLabel*>(QStringLiteral("comparisonNote"))->text().contains(QStringLiteral("so that both cost the same FLOPs a token, to 1 %")));
}

TEST(RouterComparison, SaysWhyTwoRoutersCannotMeet) {
    const auto cards = config::listRouterCards();
    RouterComparison dialog(cards, QStringLiteral("jacobs91"));
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    EXPECT_FALSE(std::holds_alternative<QueueOrder>(dialog.order()));
    EXPECT_FALSE(dialog.findChild<QPushButton*>(QStringLiteral("comparisonQueue"))->isEnabled());
    EXPECT_FALSE(dialog.findChild<QLabel*>(QStringLiteral("comparisonNote"))->text().isEmpty());
}

config::RunConfig denseRun(const std::string& activation) {
    config::RunConfig config;
    config.moe.experts = 0;
    config.model.ffn_width = 128;
    config.model.activation = activation;
    return config;
}

TEST(ConvertDialog, SpeaksTheEnginesLanguageForADenseRun) {
    ConvertDialog dialog(QStringLiteral("01ABC"), QStringLiteral("dense"), denseRun("gelu"));
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    EXPECT_EQ(dialog.findChild<QComboBox*>(QStringLiteral("convertKind"))->count(), 2) << "only ReLU can be split into clusters";
    dialog.findChild<QSpinBox*>(QStringLiteral("convertSteps"))->setValue(100);
    EXPECT_EQ(dialog.arguments(), (QStringList{"upcycle", "01ABC", "--steps", "100", "--experts", "8", "--top-k", "2", "--granularity", "1", "--noise", "0.000"}));
    dialog.findChild<QSpinBox*>(QStringLiteral("convertTopK"))->setValue(9);
    EXPECT_FALSE(dialog.problem().isEmpty());
    EXPECT_FALSE(dialog.findChild<QPushButton*>(QStringLiteral("convertAccept"))->isEnabled());
}

TEST(ConvertDialog, SplitsReluRunsWhereTheNeuronsDivide) {
    ConvertDialog dialog(QStringLiteral("01ABC"), QStringLiteral("dense"), denseRun("relu"));
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.findChild<QComboBox*>(QStringLiteral("convertKind"))->setCurrentIndex(1);
    dialog.findChild<QSpinBox*>(QStringLiteral("convertSteps"))->setValue(50);
    EXPECT_EQ(dialog.arguments(), (QStringList{"moefy", "01ABC", "--steps", "50", "--experts", "16", "--top-k", "4"}));
    EXPECT_TRUE(dialog.problem().isEmpty());
    dialog.findChild<QSpinBox*>(QStringLiteral("convertExperts"))->setValue(5);
    EXPECT_TRUE(dialog.problem().contains(QStringLiteral("128 neurons")));
}

TEST(ConvertDialog, SplitsAnyDenseRunByChanceWithTwoSharesOrMore) {
    ConvertDialog dialog(QStringLiteral("01ABC"), QStringLiteral("dense"), denseRun("gelu"));
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.findChild<QComboBox*>(QStringLiteral("convertKind"))->setCurrentIndex(1);
    dialog.findChild<QSpinBox*>(QStringLiteral("convertSteps"))->setValue(50);
    EXPECT_EQ(dialog.arguments(), (QStringList{"moefy", "01ABC", "--steps", "50", "--experts", "8", "--top-k", "2", "--split", "random"}));
    EXPECT_TRUE(dialog.problem().isEmpty());
    dialog.findChild<QSpinBox*>(QStringLiteral("convertTopK"))->setValue(1);
    EXPECT_FALSE(dialog.problem().isEmpty());
    dialog.findChild<QSpinBox*>(QStringLiteral("convertTopK"))->setValue(2);
    dialog.findChild<QSpinBox*>(QStringLiteral("convertExperts"))->setValue(5);
    EXPECT_TRUE(dialog.problem().contains(QStringLiteral("128 neurons")));
}

TEST(ConvertDialog, MakesMixturesDense) {
    ConvertDialog dialog(QStringLiteral("01ABC"), QStringLiteral("mixture"), fakeConfig());
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.findChild<QComboBox*>(QStringLiteral("convertKeep"))->setCurrentIndex(1);
    dialog.findChild<QSpinBox*>(QStringLiteral("convertSteps"))->setValue(10);
    EXPECT_EQ(dialog.arguments(), (QStringList{"to-dense", "01ABC", "--steps", "10", "--experts", "busiest"}));
}

TEST(ConvertDialog, DistilsMixturesIntoFewerLayersOrDenseStudents) {
    config::RunConfig teacher = fakeConfig();
    teacher.model.layers = 4;
    ConvertDialog dialog(QStringLiteral("01ABC"), QStringLiteral("mixture"), teacher);
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    auto* kind = dialog.findChild<QComboBox*>(QStringLiteral("convertKind"));
    ASSERT_EQ(kind->count(), 3);
    dialog.findChild<QSpinBox*>(QStringLiteral("convertSteps"))->setValue(10);
    kind->setCurrentIndex(1);
    EXPECT_EQ(dialog.arguments(), (QStringList{"distill", "01ABC", "--preset", "mos", "--steps", "10", "--layers", "3", "--set", "distillation.until=0.60"}));
    dialog.findChild<QSpinBox*>(QStringLiteral("convertUntil"))->setValue(100);
    EXPECT_TRUE(dialog.findChild<QLabel*>(QStringLiteral("convertNote"))->text().contains(QStringLiteral("to the end")));
    kind->setCurrentIndex(2);
    EXPECT_EQ(dialog.arguments(), (QStringList{"distill", "01ABC", "--preset", "moe_to_dense", "--steps", "10", "--set", "distillation.until=1.00"}));
    teacher.model.layers = 1;
    ConvertDialog single(QStringLiteral("01ABC"), QStringLiteral("mixture"), teacher);
    single.setAttribute(Qt::WA_DeleteOnClose, false);
    EXPECT_EQ(single.findChild<QComboBox*>(QStringLiteral("convertKind"))->findData(QStringLiteral("mos")), -1) << "no layer to spare";
}

}  // namespace
}  // namespace moescope::ui
