// Routing page: what it shows equals what the run's folder holds, at the shown step and layer.
#include <QAction>
#include <QComboBox>
#include <QScrollArea>
#include <QScrollBar>
#include <QSet>

#include <cmath>
#include <ctime>
#include <map>

#include "plots/controls.hpp"
#include "plots/expert_legend.hpp"
#include "plots/number_grid.hpp"
#include "plots/ridges.hpp"
#include "plots/sankey.hpp"
#include "plots/token_text.hpp"
#include "tests/ui/routing_support.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/action_book.hpp"
#include "ui/help_card.hpp"
#include "ui/help_text.hpp"
#include "ui/routing_logits.hpp"
#include "ui/routing_page.hpp"
#include "ui/routing_solo.hpp"
#include "ui/routing_table.hpp"
#include "ui/routing_token_card.hpp"
#include "ui/routing_tokens.hpp"
#include "ui/routing_weights.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_curves.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

class RoutingPageTest : public ::testing::Test {
protected:
    void open(FakeProbe probe = {}, const std::vector<std::int64_t>& steps = {100, 200}, QSize size = {1440, 900}) {
        run.config = fakeConfig(probe.experts, probe.perToken, probe.layers);
        of = probe;
        ulid = addProbedRun(store, run, probe, steps);
        show(size);
    }
    void show(QSize size = {1440, 900}) {
        shell = std::make_unique<Shell>(store, size);
        shell->open(ulid);
        shell->window().showPage(PageId::routing);
        settle();
    }
    void settle() {
        EXPECT_TRUE(waitFor([this] { return page().complete(); }));
        shell->settle();
    }
    void choose(const QString& view) {
        page().setView(view);
        settle();
    }
    RoutingPage& page() { return shell->window().routingPage(); }
    telemetry::ProbeSnapshot stored(std::int64_t step) {
        FakeProbe at = of;
        at.step = step;
        at.shift = static_cast<int>(step / 100);
        return fakeProbe(at);
    }
    const RoutingShown& shown() { return page().shown(); }
    RoutingTokens& tokens() { return *shell->find<RoutingTokens>("routingTokens"); }
    const TokenDetail& card(const char* name = "tokenCard") { return shell->find<TokenCard>(name)->detail(); }

    FakeStore store;
    FakeRun run;
    FakeProbe of;
    std::string ulid;
    std::unique_ptr<Shell> shell;
};

TEST_F(RoutingPageTest, TheTextHasEveryTokenOfTheProbeInTheColourOfItsFirstExpert) {
    open();
    const telemetry::ProbeSnapshot probe = stored(200);
    std::size_t shown = 0;
    for (const auto* text : tokens().findChildren<plots::TokenText*>()) shown += text->tokens().size();
    EXPECT_EQ(shown, static_cast<std::size_t>(probe.tokens));
    const auto texts = tokens().findChildren<plots::TokenText*>();
    EXPECT_EQ(texts[1]->tokens()[3].text, QString::fromStdString(probe.tokenTexts[16 + 3]));
    EXPECT_EQ(texts[1]->tokens()[3].expert, probe.expertIds[2 * (16 + 3)]);
    EXPECT_EQ(texts[1]->tokens()[3].second, probe.expertIds[2 * (16 + 3) + 1]);
    EXPECT_FLOAT_EQ(texts[1]->tokens()[3].weight, 0.7F);
    EXPECT_TRUE(texts[0]->tokens()[5].dropped);
}

TEST_F(RoutingPageTest, ATokensCardHasItsLogitsWeightsAndPath) {
    open();
    tokens().select(37);
    const telemetry::ProbeSnapshot probe = stored(200);
    EXPECT_EQ(card().domain, probe.domains[37]);
    EXPECT_NEAR(card().loss, probe.losses[37], 1e-6);
    ASSERT_EQ(card().logits.size(), 8U);
    for (std::size_t e = 0; e < 8; ++e) EXPECT_NEAR(card().logits[e], probe.logits[37 * 8 + e], 1e-6);
    ASSERT_EQ(card().path.size(), 2U);
    EXPECT_EQ(card().path[1][0].expert, probe.expertIds[2 * (static_cast<std::size_t>(probe.tokens) + 37)]);
    EXPECT_TRUE(shell->find<TokenCard>("tokenCard")->summary().contains(QStringLiteral("E%1 weight 0.70").arg(card().choices[0].expert)));
}

TEST_F(RoutingPageTest, TheOtherLayerShowsItsOwnChoices) {
    open();
    tokens().select(37);
    auto* layer = shell->find<QComboBox>("routingLayer");
    layer->setCurrentIndex(1);
    emit layer->activated(1);
    settle();
    const telemetry::ProbeSnapshot probe = stored(200);
    EXPECT_EQ(card().choices[0].expert, probe.expertIds[2 * (static_cast<std::size_t>(probe.tokens) + 37)]);
    EXPECT_NEAR(card().logits[3], probe.logits[(static_cast<std::size_t>(probe.tokens) + 37) * 8 + 3], 1e-6);
}

TEST_F(RoutingPageTest, ArrowsWalkTheTextAndPPinsAToken) {
    open();
    tokens().select(15);
    QTest::keyClick(&tokens(), Qt::Key_Right);
    EXPECT_EQ(tokens().selected(), 16) << "the next sequence follows the last token of this one";
    QTest::keyClick(&tokens(), Qt::Key_P);
    QTest::keyClick(&tokens(), Qt::Key_Left);
    EXPECT_EQ(card().token, 15);
    EXPECT_EQ(card("pinnedCard").token, 16);
    EXPECT_TRUE(shell->shows("pinnedCard"));
    QTest::keyClick(&tokens(), Qt::Key_Escape);
    EXPECT_FALSE(shell->shows("pinnedCard"));
}

TEST_F(RoutingPageTest, AClickOnTheLegendShowsOneExpertAlone) {
    open();
    auto* legend = shell->find<plots::ExpertLegend>("expertLegend");
    QTest::mouseClick(legend, Qt::LeftButton, {}, legend->chipRect(3).center());
    EXPECT_EQ(legend->solo(), 3);
    EXPECT_EQ(shell->find<QComboBox>("soloChoice")->currentText(), QStringLiteral("E3"));
    QTest::mouseClick(legend, Qt::LeftButton, {}, legend->chipRect(3).center());
    EXPECT_EQ(legend->solo(), -1);
}

TEST_F(RoutingPageTest, ANumberKeyShowsThatExpertAloneOnTrainToo) {
    open();
    QTest::keyClick(&tokens(), Qt::Key_3);
    const auto* legend = shell->find<plots::ExpertLegend>("expertLegend");
    EXPECT_EQ(legend->solo(), 2) << "the keys begin with E0";
    EXPECT_EQ(shell->find<plots::HeatPanel>("loadPanel")->solo(), 2);
    shell->window().showPage(PageId::train);
    QTest::keyClick(&shell->window(), Qt::Key_1);
    EXPECT_EQ(shell->find<plots::HeatPanel>("loadPanel")->solo(), 0);
    EXPECT_EQ(shell->window().trainPage().view().expert, 0);
    EXPECT_EQ(legend->solo(), 0);
    QTest::keyClick(&shell->window(), Qt::Key_1);
    EXPECT_EQ(legend->solo(), -1) << "the same key again: all";
    QTest::keyClick(&shell->window(), Qt::Key_9);
    EXPECT_EQ(legend->solo(), -1) << "there is no E8";
    QTest::keyClick(&shell->window(), Qt::Key_4);
    shell->window().cursor().pin(100);
    QTest::keyClick(&shell->window(), Qt::Key_Escape);
    EXPECT_EQ(legend->solo(), -1);
    EXPECT_TRUE(shell->window().cursor().pinned()) << "the first Escape leaves solo alone";
    QTest::keyClick(&shell->window(), Qt::Key_Escape);
    EXPECT_FALSE(shell->window().cursor().pinned());
}

TEST_F(RoutingPageTest, AKeyForSoloCanBeAnother) {
    open();
    auto* action = shell->find<QAction>("soloE2");
    EXPECT_FALSE(shell->window().actionBook().remap(action, QKeySequence(QStringLiteral("Y")), nullptr));
    QTest::keyClick(&tokens(), Qt::Key_3);
    EXPECT_EQ(shell->find<plots::ExpertLegend>("expertLegend")->solo(), -1);
    QTest::keyClick(&tokens(), Qt::Key_Y);
    EXPECT_EQ(shell->find<plots::ExpertLegend>("expertLegend")->solo(), 2);
}

TEST_F(RoutingPageTest, ATokenOfTheProbeIsShownInTheProbesTextWhateverWasChosenBefore) {
    open();
    tokens().setOwn(true);
    settle();
    page().showToken(40);
    settle();
    EXPECT_TRUE(tokens().showsProbe());
    EXPECT_EQ(tokens().selected(), 40);
    auto* domain = shell->find<QComboBox>("domainChoice");
    domain->setCurrentIndex(2);
    emit domain->activated(2);
    page().showToken(0);
    settle();
    EXPECT_EQ(tokens().selected(), 0);
    EXPECT_EQ(domain->currentIndex(), 0) << "token 0 lies in another domain's text";
}

TEST_F(RoutingPageTest, FollowsTheScrubberToTheSnapshotAtOrBeforeItsStep) {
    open();
    tokens().select(100);
    const int late = card().choices[0].expert;
    shell->window().cursor().pin(150);
    settle();
    EXPECT_EQ(page().shown().snapshot->probe.step, 100);
    EXPECT_EQ(card().choices[0].expert, stored(100).expertIds[200]);
    EXPECT_NE(card().choices[0].expert, late);
    EXPECT_TRUE(shell->text("routingStep").contains(QStringLiteral("step 100")));
}

TEST_F(RoutingPageTest, ALiveRunBringsItsNewSnapshot) {
    open();
    FakeProbe next = of;
    next.step = 400;
    store.writer(ulid).append(fakeProbe(next));
    store.writer(ulid).commit();
    EXPECT_TRUE(waitFor([this] { return page().shown().snapshot && page().shown().snapshot->probe.step == 400; }));
}

TEST_F(RoutingPageTest, SaysSoWhenThereIsNoProbeYetOrNoExperts) {
    open({}, {});
    auto sentences = [this] {
        QStringList all;
        for (auto* label : page().findChildren<QLabel*>()) if (label->isVisible()) all << label->text();
        return all.join(QLatin1Char('|'));
    };
    EXPECT_TRUE(sentences().contains(QStringLiteral("No probe snapshot yet"))) << sentences().toStdString();
    FakeRun dense;
    dense.config = fakeConfig(0, 1);
    shell->open(store.add(dense));
    shell->window().showPage(PageId::routing);
    settle();
    EXPECT_TRUE(sentences().contains(QStringLiteral("This run has no experts"))) << sentences().toStdString();
}

TEST_F(RoutingPageTest, TheTokensTableCopiesFullNumbers) {
    open();
    page().setTable(true);
    settle();
    auto* table = shell->find<RoutingTable>("tokensTable");
    ASSERT_TRUE(table->isVisible());
    EXPECT_EQ(table->rowCount(), 256);
    const QStringList lines = table->copyText().split(QLatin1Char('\n'));
    EXPECT_TRUE(lines[0].startsWith(QStringLiteral("token\ttext\tdomain\tloss\texpert 1\tweight 1")));
    EXPECT_TRUE(lines[1].contains(QStringLiteral("\tE0\t0.69999998"))) << lines[1].toStdString();
}

TEST_F(RoutingPageTest, TheShareMapHasTheNumbersOfTheSpecialisationOfItsSnapshot) {
    open();
    choose(QStringLiteral("specialisation"));
    const telemetry::Specialisation expected = telemetry::specialise(stored(200), 0, 8);
    const plots::GridData& grid = shell->find<RoutingGrid>("shareGrid")->picture().data();
    ASSERT_EQ(grid.values.size(), 64U);
    for (int d = 0; d < 8; ++d)
        for (int e = 0; e < 8; ++e) EXPECT_DOUBLE_EQ(grid.at(d, e), expected.share[static_cast<std::size_t>(d)][static_cast<std::size_t>(e)]);
    EXPECT_EQ(grid.rows[0], QStringLiteral("arithmetic"));
    auto* table = shell->find<RoutingTable>("informationTable");
    ASSERT_EQ(table->rowCount(), 2);
    const double values[] = {expected.domainInformation, expected.domainNull95, expected.tokenInformation, expected.tokenNull95, expected.purity};
    for (int c = 0; c < 5; ++c) EXPECT_DOUBLE_EQ(table->item(0, c + 1)->data(Qt::UserRole).toDouble(), values[c]) << c;
}

TEST_F(RoutingPageTest, TheOtherStepAndLayerHaveTheirOwnInformation) {
    open();
    choose(QStringLiteral("specialisation"));
    shell->window().cursor().pin(120);
    page().setLayer(1);
    settle();
    const telemetry::Specialisation expected = telemetry::specialise(stored(100), 1, 8);
    EXPECT_DOUBLE_EQ(shell->find<RoutingTable>("informationTable")->item(1, 1)->data(Qt::UserRole).toDouble(), expected.domainInformation);
    EXPECT_DOUBLE_EQ(shell->find<RoutingGrid>("shareGrid")->picture().data().at(5, 6), expected.share[5][6]);
}

TEST_F(RoutingPageTest, VocabularyLiftIsTheExpertsShareOfATokenOverTheProbes) {
    open();
    choose(QStringLiteral("specialisation"));
    const telemetry::ProbeSnapshot probe = stored(200);
    auto* table = shell->find<RoutingTable>("vocabularyTable");
    ASSERT_GT(table->rowCount(), 0);
    for (int row = 0; row < table->rowCount(); ++row) {
        const int expert = table->item(row, 0)->text().mid(1).toInt(), letter = table->item(row, 2)->text()[0].unicode() - 'a';
        double taken = 0, own = 0, all = 0;
        for (std::size_t t = 0; t < probe.tokenIds.size(); ++t) {
            own += probe.expertIds[2 * t] == expert;
            all += probe.tokenIds[t] == letter;
            taken += probe.expertIds[2 * t] == expert && probe.tokenIds[t] == letter;
        }
        EXPECT_EQ(table->item(row, 3)->data(Qt::UserRole).toInt(), static_cast<int>(taken));
        EXPECT_NEAR(table->item(row, 5)->data(Qt::UserRole).toDouble(), (taken / own) / (all / 256), 1e-12);
    }
}

TEST_F(RoutingPageTest, CoactivationIsConditionalAndItsLiftThatOfTheSpecialisation) {
    open();
    choose(QStringLiteral("coactivation"));
    const telemetry::ProbeSnapshot probe = stored(200);
    const telemetry::Specialisation expected = telemetry::specialise(probe, 0, 8);
    const plots::GridData &conditional = shell->find<RoutingGrid>("conditionalGrid")->picture().data(), &lift = shell->find<RoutingGrid>("liftGrid")->picture().data();
    double both = 0, first = 0;
    for (std::size_t t = 0; t < probe.tokenIds.size(); ++t) {
        const bool two = probe.expertIds[2 * t] == 2 || probe.expertIds[2 * t + 1] == 2, three = probe.expertIds[2 * t] == 3 || probe.expertIds[2 * t + 1] == 3;
        first += two;
        both += two && three;
    }
    ASSERT_GT(both, 0);
    EXPECT_DOUBLE_EQ(conditional.at(2, 3), both / first);
    EXPECT_DOUBLE_EQ(lift.at(2, 3), expected.coactivationLift[2][3]);
    EXPECT_TRUE(std::isnan(lift.at(4, 4)));
}

TEST_F(RoutingPageTest, OneExpertForEachTokenHasNoCoactivationAndSaysSo) {
    FakeProbe one;
    one.perToken = 1;
    open(one);
    choose(QStringLiteral("coactivation"));
    EXPECT_FALSE(shell->shows("routingCoactivation"));
    bool said = false;
    for (auto* label : page().findChildren<QLabel*>()) said = said || (label->isVisible() && label->text() == QStringLiteral("One expert for each token"));
    EXPECT_TRUE(said);
}

TEST_F(RoutingPageTest, PathsCountTheTokensBetweenTwoLayers) {
    open();
    choose(QStringLiteral("paths"));
    const telemetry::ProbeSnapshot probe = stored(200);
    std::map<std::pair<int, int>, int> flows;
    for (std::size_t t = 0; t < 256; ++t) ++flows[{probe.expertIds[2 * t], probe.expertIds[2 * (256 + t)]}];
    auto* table = shell->find<RoutingTable>("pathsTable");
    ASSERT_EQ(table->rowCount(), static_cast<int>(flows.size()));
    int sum = 0;
    for (int row = 0; row < table->rowCount(); ++row) {
        const int count = table->item(row, 4)->data(Qt::UserRole).toInt();
        EXPECT_EQ(count, (flows[{table->item(row, 1)->text().mid(1).toInt(), table->item(row, 3)->text().mid(1).toInt()}]));
        sum += count;
    }
    EXPECT_EQ(sum, 256);
    EXPECT_LE(shell->find<plots::Sankey>("sankey")->data().flows.size(), 20U);
}

TEST_F(RoutingPageTest, SaturationIsTheShareOfTokensThatKeepTheirFirstExpert) {
    open({}, {100, 200, 300});
    choose(QStringLiteral("saturation"));
    const telemetry::ProbeSnapshot before = stored(100), after = stored(200);
    double same = 0;
    for (std::size_t t = 0; t < 256; ++t) same += before.expertIds[2 * t] == after.expertIds[2 * t];
    ASSERT_LT(same, 256);
    EXPECT_DOUBLE_EQ(shell->shown("staysPanel", QStringLiteral("layer_0"), 200), same / 256);
    EXPECT_DOUBLE_EQ(shell->shown("newestPanel", QStringLiteral("layer_0"), 300), 1);
    EXPECT_EQ(shell->find<RoutingTable>("saturationTable")->rowCount(), 3);
}

TEST_F(RoutingPageTest, LoadAndLogitsShowEveryLayer) {
    open();
    choose(QStringLiteral("load"));
    EXPECT_FLOAT_EQ(static_cast<float>(shell->shown("loadOfLayer1", QStringLiteral("E3"), 57)), static_cast<float>(8 * fakeLoad(run, 57, 1, 3)));
    page().setTable(true);
    settle();
    EXPECT_NEAR(shell->find<RoutingTable>("loadTable")->item(1, 4)->data(Qt::UserRole).toDouble(), 8 * fakeLoad(run, run.steps, 1, 3), 1e-5);
    choose(QStringLiteral("logits"));
    EXPECT_EQ(shell->find<RoutingTable>("logitsTable")->rowCount(), 2);
    page().setTable(false);
    settle();
    EXPECT_TRUE(shell->shows("logitsOfLayer1"));
}

TEST_F(RoutingPageTest, SpecialisationShowsTwoLayersAndEightDomainsWithoutScrollingOnASmallScreen) {
    open({}, {100, 200}, {1366, 768});
    choose(QStringLiteral("specialisation"));
    for (const char* name : {"informationScroll", "vocabularyScroll"})
        EXPECT_EQ(shell->find<QScrollArea>(name)->verticalScrollBar()->maximum(), 0) << name;
    const plots::NumberGrid& map = shell->find<RoutingGrid>("shareGrid")->picture();
    EXPECT_GE(map.height(), map.sizeHint().height());
    EXPECT_TRUE(map.showsNumbers());
    const QLabel* verdict = shell->find<QLabel>("informationVerdict");
    EXPECT_GE(verdict->height(), verdict->heightForWidth(verdict->width())) << "no line of the sentence is cut";
    if (const QString folder = qEnvironmentVariable("MOESCOPE_GALLERY"); !folder.isEmpty()) {
        EXPECT_TRUE(shell->window().grab().save(folder + QStringLiteral("/specialisation_8.png")));
    }
}

TEST_F(RoutingPageTest, ManyDomainsTakeTheRoomThatFewExpertsLeave) {
    of.experts = 4;
    of.domains = of.sequences = 30;
    run.config = fakeConfig(of.experts, of.perToken, of.layers);
    run.config.data.domains.resize(30, run.config.data.domains.front());
    ulid = addProbedRun(store, run, of, {100});
    show({1366, 768});
    choose(QStringLiteral("specialisation"));
    const int map = shell->find<RoutingGrid>("shareGrid")->height();
    EXPECT_GT(map, 2 * shell->find<QScrollArea>("vocabularyScroll")->height());
    EXPECT_GT(map, page().height() / 2);
}

TEST_F(RoutingPageTest, TheTokensKeyNamesTheMarksOfTheProbeAndNoOther) {
    open();
    EXPECT_TRUE(shell->text("tokensKey").contains(QStringLiteral("thin lane")));
    EXPECT_TRUE(shell->text("tokensKey").contains(QStringLiteral("dropped")));
    telemetry::ProbeSnapshot one = fakeProbe({.perToken = 1});
    one.kept.assign(one.kept.size(), 1);
    EXPECT_EQ(tokenMarks(one), TokenMarks());
    one.weights[7] = 0.4F;
    EXPECT_EQ(tokenMarks(one), TokenMarks{.tint = true});
    one.kept[9] = 0;
    one.expertIds[20] = -1;
    EXPECT_EQ(tokenMarks(one), (TokenMarks{.tint = true, .dropped = true, .unrouted = true}));
    telemetry::ProbeSnapshot two = fakeProbe({.perToken = 2});
    for (std::size_t slot = 0; slot < two.kept.size(); slot += 2) two.kept[slot] = 1;
    EXPECT_EQ(tokenMarks(two), TokenMarks{.second = true}) << "a token that keeps one choice of two is not struck through";
}

TEST_F(RoutingPageTest, WithOneExpertForEachTokenTheKeySpeaksOfOneLane) {
    FakeProbe one;
    one.perToken = 1;
    open(one);
    EXPECT_FALSE(shell->text("tokensKey").contains(QStringLiteral("second")));
    EXPECT_TRUE(shell->text("tokensKey").contains(QStringLiteral("lane: its expert")));
}

TEST_F(RoutingPageTest, ASoloedExpertListsItsTokensAndDomainsWithLiftAndChance) {
    open();
    tokens().setSolo(3);
    const telemetry::ProbeSnapshot probe = stored(200);
    std::vector<std::int32_t> first;
    for (std::size_t t = 0; t < 256; ++t) first.push_back(probe.expertIds[2 * t]);
    const SoloFacts& facts = shell->find<SoloCard>("soloCard")->facts();
    EXPECT_EQ(facts.tokens, std::ranges::count(first, 3));
    ASSERT_FALSE(facts.domains.empty());
    double own = 0, all = 0;
    const auto domain = static_cast<std::int32_t>(shown().domains.indexOf(facts.domains[0].name));
    for (std::size_t t = 0; t < 256; ++t) {
        own += first[t] == 3 && probe.domains[t] == domain;
        all += probe.domains[t] == domain;
    }
    EXPECT_EQ(facts.domains[0].count, own);
    EXPECT_NEAR(facts.domains[0].lift, own / facts.tokens / (all / 256), 1e-12);
    EXPECT_GT(facts.domains[0].lift, facts.domains[0].null95) << "the fake probe's domains prefer an expert";
    for (const SoloFacts::Row& row : facts.words) EXPECT_GT(row.lift, 1);
    EXPECT_TRUE(shell->shows("soloCard"));
    if (const QString folder = qEnvironmentVariable("MOESCOPE_GALLERY"); !folder.isEmpty()) {
        EXPECT_TRUE(shell->window().grab().save(folder + QStringLiteral("/tokens_solo.png")));
    }
    tokens().setSolo(-1);
    EXPECT_FALSE(shell->shows("soloCard"));
}

TEST_F(RoutingPageTest, TheTintCanStandForSecondExpertWeightLossAndDomain) {
    open();
    const telemetry::ProbeSnapshot probe = stored(200);
    const auto token = [this] { return tokens().findChildren<plots::TokenText*>()[1]->tokens()[3]; };
    tokens().setColour(RoutingTokens::byDomain);
    EXPECT_EQ(token().group, probe.domains[16 + 3]);
    if (const QString folder = qEnvironmentVariable("MOESCOPE_GALLERY"); !folder.isEmpty()) {
        EXPECT_TRUE(shell->window().grab().save(folder + QStringLiteral("/tokens_domain.png")));
    }
    tokens().setColour(RoutingTokens::byWeight);
    EXPECT_FLOAT_EQ(token().shade, 0.7F);
    tokens().setColour(RoutingTokens::byLoss);
    EXPECT_NEAR(token().shade, probe.losses[16 + 3] / 1.0, 1e-6) << "the scale ends at 1 nat: 95 % of the fake losses lie below 0.9";
    EXPECT_TRUE(shell->text("tokensKey").contains(QStringLiteral("0 to 1.0 nats"))) << shell->text("tokensKey").toStdString();
    tokens().setColour(RoutingTokens::byFirst);
    EXPECT_LT(token().shade, 0);
    EXPECT_EQ(token().expert, probe.expertIds[2 * (16 + 3)]);
}

TEST_F(RoutingPageTest, DropsAreCountedByDomainAndExpert) {
    open();
    choose(QStringLiteral("specialisation"));
    auto* kind = shell->find<plots::SegmentedControl>("shareKind");
    ASSERT_TRUE(kind->isVisible());
    kind->setCurrent(1);
    emit kind->currentChanged(1);
    const telemetry::ProbeSnapshot probe = stored(200);
    double chosen = 0, dropped = 0;
    for (std::size_t t = 0; t < 256; ++t)
        for (std::size_t slot = 2 * t; slot < 2 * t + 2; ++slot)
            if (probe.domains[t] == 2 && probe.expertIds[slot] == 3) {
                ++chosen;
                dropped += probe.kept[slot] == 0;
            }
    ASSERT_GT(chosen, 0);
    EXPECT_DOUBLE_EQ(shell->find<RoutingGrid>("shareGrid")->picture().data().at(2, 3), dropped / chosen);
    telemetry::ProbeSnapshot kept = probe;
    kept.kept.assign(kept.kept.size(), 1);
    EXPECT_TRUE(dropGrid(kept, 0, {QStringLiteral("a")}).rows.isEmpty());
}

TEST(SimilarityGrid, JoinsTheRowsAsTheyAreDrawnMostAlikeFirst) {
    const std::vector<std::vector<double>> alike{{1, 0.1, 0.9, 0.1}, {0.1, 1, 0.1, 0.8}, {0.9, 0.1, 1, 0.1}, {0.1, 0.8, 0.1, 1}};
    const plots::GridData grid = similarityGrid(alike, QStringLiteral("cosine"));
    EXPECT_EQ(grid.rows, (QStringList{QStringLiteral("E0"), QStringLiteral("E2"), QStringLiteral("E1"), QStringLiteral("E3")}));
    ASSERT_EQ(grid.tree.size(), 3u);
    EXPECT_EQ(grid.tree[0], (plots::GridBranch{0, 1, 0.9})) << "E0 and E2 lie in the first two rows";
    EXPECT_EQ(grid.tree[1], (plots::GridBranch{2, 3, 0.8}));
    EXPECT_EQ(grid.tree[2].left, 4);
    EXPECT_EQ(grid.tree[2].right, 5);
    EXPECT_NEAR(grid.tree[2].at, 0.1, 1e-12);
    plots::NumberGrid wide;
    wide.setData(grid);
    wide.resize(900, 700);
    const QSize usual = wide.sizeHint();
    plots::GridData bare = grid;
    bare.tree.clear();
    wide.setData(bare);
    EXPECT_GT(usual.height(), wide.sizeHint().height()) << "few rows beside a tree are larger";
}

TEST(GuessedName, IsTheKindOfCharacterThatMostOfAnExpertsTokensAre) {
    const auto row = [](int expert, const char* text, int count) { return VocabularyRow{expert, QString::fromUtf8(text), count, 0.1, 2}; };
    const std::vector<VocabularyRow> rows{row(0, "1", 5), row(0, "7", 4), row(0, "a", 3), row(1, "\u03b1", 2), row(1, "\u03b2", 1), row(2, "(", 3), row(2, "x", 3), row(3, "ab", 9)};
    EXPECT_EQ(guessedName(rows, 0), QStringLiteral("digits"));
    EXPECT_EQ(guessedName(rows, 1), QStringLiteral("Greek letters"));
    EXPECT_EQ(guessedName(rows, 2), QString()) << "half brackets, half letters";
    EXPECT_EQ(guessedName(rows, 3), QString()) << "a longer token has no kind";
    EXPECT_EQ(guessedName(rows, 9), QString());
}

TEST_F(RoutingPageTest, RidgesHoldTheCleanLogitsOfTheProbe) {
    open();
    choose(QStringLiteral("logits"));
    auto* modes = shell->find<plots::SegmentedControl>("logitModes");
    modes->setCurrent(1);
    emit modes->currentChanged(1);
    settle();
    const telemetry::ProbeSnapshot probe = stored(200);
    const plots::RidgeData& data = shell->find<plots::Ridges>("logitRidges")->data();
    ASSERT_EQ(data.rows.size(), 8U);
    EXPECT_EQ(data.rows[5].samples[37], probe.logits[37 * 8 + 5]);
    EXPECT_TRUE(shell->text("logitNote").contains(QStringLiteral("256 tokens")));
    if (const QString folder = qEnvironmentVariable("MOESCOPE_GALLERY"); !folder.isEmpty()) {
        EXPECT_TRUE(shell->window().grab().save(folder + QStringLiteral("/ridges.png")));
    }
    page().setTable(true);
    settle();
    const auto* table = shell->find<RoutingTable>("ridgeTable");
    ASSERT_EQ(table->rowCount(), 8);
    std::vector<float> samples = data.rows[5].samples;
    std::ranges::nth_element(samples, samples.begin() + 127);
    EXPECT_NEAR(table->item(5, 4)->data(Qt::UserRole).toDouble(), samples[127], 0.02) << "the median of 256 values";
    emit modes->currentChanged(2);
    settle();
    EXPECT_TRUE(shell->text("logitNote").contains(QStringLiteral("no selection bias")));
}

TEST(LogitRidges, ShowTheQuantilesWithNoiseOfTheLayersThatHaveNoise) {
    telemetry::ProbeSnapshot probe = fakeProbe({.layers = 2, .experts = 3, .sequences = 1, .length = 5});
    EXPECT_TRUE(logitRidges(probe, 1).rows[2].after.empty()) << "an older snapshot";
    probe.noisyLogits.assign(2 * 3 * 7, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < 7; ++i) probe.noisyLogits[(3 + 2) * 7 + i] = static_cast<float>(i);
    EXPECT_TRUE(logitRidges(probe, 0).rows[2].after.empty());
    EXPECT_EQ(logitRidges(probe, 1).rows[2].after, (std::vector<double>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(BiasRidges, AreTheScoresOfTheFormulaAndTheSamePlusTheBias) {
    telemetry::ProbeSnapshot probe = fakeProbe({.layers = 1, .experts = 3, .sequences = 1, .length = 5});
    const std::vector<double> bias{0.1, 0, -0.2};
    for (const bool sigmoid : {false, true}) {
        const plots::RidgeData data = biasRidges(probe, 0, sigmoid, bias);
        ASSERT_EQ(data.rows.size(), 3U);
        std::vector<double> scores;
        for (std::size_t t = 0; t < 5; ++t) {
            const float* z = &probe.logits[3 * t];
            scores.push_back(sigmoid ? 1 / (1 + std::exp(-static_cast<double>(z[2]))) : std::exp(static_cast<double>(z[2])) / (std::exp(static_cast<double>(z[0])) + std::exp(static_cast<double>(z[1])) + std::exp(static_cast<double>(z[2]))));
        }
        std::ranges::sort(scores);
        EXPECT_NEAR(data.rows[2].before[3], scores[2], 1e-6) << "the median of five";
        for (std::size_t level = 0; level < 7; ++level) EXPECT_NEAR(data.rows[2].after[level], data.rows[2].before[level] - 0.2, 1e-12);
    }
}

TEST_F(RoutingPageTest, EveryViewHasAHelpCardWithItsFormulasButNoToolTip) {
    open();
    const std::map<QString, QString> says{{QStringLiteral("load"), QStringLiteral("fair is 1/E")},       {QStringLiteral("logits"), QStringLiteral("logit_quantiles")},
                                          {QStringLiteral("tokens"), QStringLiteral("combine_weight")},  {QStringLiteral("coactivation"), QStringLiteral("N_ij T / (N_i N_j)")},
                                          {QStringLiteral("paths"), QStringLiteral("path_lift")},        {QStringLiteral("specialisation"), QStringLiteral("domain_information")},
                                          {QStringLiteral("saturation"), QStringLiteral("agrees_with_newest")},
                                          {QStringLiteral("weights"), QStringLiteral("weight_cka")},     {QStringLiteral("hand"), QStringLiteral("hand_gradient")}};
    for (const QString& view : RoutingPage::viewIds()) {
        if (!page().offers(view)) continue;
        choose(view);
        EXPECT_TRUE(helpOf(shell->find<plots::SegmentedControl>("routingViews")).contains(says.at(view))) << view.toStdString();
        EXPECT_TRUE(page().toolTip().isEmpty());
    }
    choose(QStringLiteral("specialisation"));
    shell->find<plots::SegmentedControl>("routingViews")->setFocus();
    shell->find<QAction>("whatIsThis")->trigger();
    EXPECT_TRUE(shell->text("helpCardText").contains(QStringLiteral("vocabulary_lift")));
    if (const QString folder = qEnvironmentVariable("MOESCOPE_GALLERY"); !folder.isEmpty()) {
        EXPECT_TRUE(shell->find<HelpCard>("helpCard")->grab().save(folder + QStringLiteral("/help_specialisation.png")));
    }
}

TEST_F(RoutingPageTest, EveryViewIsDrawnForOneExpertAndForManyAsPictureAndTable) {
    for (const int experts : {1, 64}) {
        FakeProbe probe;
        probe.experts = experts;
        probe.perToken = std::min(experts, 2);
        shell.reset();
        run.steps = 40;
        open(probe, {10, 20}, {1366, 768});
        for (const QString& view : RoutingPage::viewIds())
            for (const bool table : {false, true}) {
                page().setTable(table);
                choose(view);
                const bool together = view == QStringLiteral("coactivation");
                const bool nothing = (together && experts == 1) || view == QStringLiteral("weights");  // the fake run has no checkpoint
                EXPECT_EQ(page().findChild<plots::EmptyState*>()->isVisible(), nothing) << view.toStdString();
                const std::clock_t before = std::clock();
                const QImage image = page().grab().toImage();
                EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.5) << view.toStdString() << " takes long to draw";
                QSet<QRgb> colours;
                for (int x = 0; x < image.width(); x += 3)
                    for (int y = 60; y < image.height(); y += 3) colours.insert(image.pixel(x, y));
                EXPECT_GT(colours.size(), 3) << view.toStdString() << " is empty";
                if (const QString folder = qEnvironmentVariable("MOESCOPE_GALLERY"); !folder.isEmpty()) {
                    EXPECT_TRUE(image.save(QStringLiteral("%1/routing_%2_%3%4.png").arg(folder, view).arg(experts).arg(table ? QStringLiteral("_table") : QString())));
                }
            }
    }
}

}  // namespace
}  // namespace moescope::ui
