// The Data and Device pages: what the engine's JSON says, samples by loss, the kernel's files, and the pages in the window.
#include <QAbstractButton>
#include <QFileInfo>
#include <QSpinBox>

#include "plots/bars.hpp"
#include "plots/controls.hpp"
#include "plots/labelled_text.hpp"
#include "tests/ui/routing_support.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/data_facts.hpp"
#include "ui/data_page.hpp"
#include "ui/engine_link.hpp"
#include "ui/machine_load.hpp"
#include "ui/probe_samples.hpp"
#include "ui/routing_page.hpp"
#include "ui/routing_table.hpp"
#include "ui/routing_tokens.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

TEST(DataFacts, ABatchHasItsReadTokenFirstAndItsLabels) {
    const auto batch = parseBatch(R"({"step":0,"first":[{"id":1,"text":"a"}],"sequences":[[{"id":2,"text":"b","domain":"latin","kind":"letter","predictable":false},{"id":3,"text":"c","domain":"latin"}]]})");
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->size(), 1u);
    ASSERT_EQ(batch->front().size(), 3u);
    EXPECT_FALSE(batch->front()[0].trained);
    EXPECT_TRUE(batch->front()[1].trained);
    EXPECT_EQ(batch->front()[1].domain, QStringLiteral("latin"));
    EXPECT_EQ(batch->front()[1].predictable, false);
    EXPECT_FALSE(batch->front()[2].predictable.has_value());
}

TEST(DataFacts, WhatHasAnotherShapeIsNoAnswer) {
    for (const char* line : {"", "{}", "[1]", "{\"sequences\":[3]}", "{\"domains\":7}", "text"}) {
        EXPECT_FALSE(parseBatch(line)) << line;
        EXPECT_FALSE(parseCorpus(line)) << line;
    }
}

TEST(ProbeSamples, AreSortedByTheMeanLossOfTheirTokens) {
    telemetry::ProbeSnapshot probe;
    probe.tokens = 6;
    probe.sequenceLength = 3;
    probe.tokenIds.assign(6, 0);
    probe.domains = {0, 0, 0, 1, 1, 1};
    probe.tokenTexts = {"a", "b", "c", "x", "\n", "z"};
    const float nan = std::numeric_limits<float>::quiet_NaN();
    probe.losses = {1, 2, nan, 4, 2, nan};
    const auto samples = samplesByLoss(probe);
    ASSERT_EQ(samples.size(), 2u);
    EXPECT_EQ(samples[0].from, 3);
    EXPECT_DOUBLE_EQ(samples[0].loss, 3);
    EXPECT_EQ(samples[0].text, QStringLiteral("x z"));
    EXPECT_DOUBLE_EQ(samples[1].loss, 1.5) << "the last token of a sequence predicts nothing";
}

TEST(MachineLoad, ReadsTheKernelsFiles) {
    const auto cores = parseCoreTimes("cpu  10 0 10 80 0 0 0 0 0 0\ncpu0 30 5 15 40 10 0 0 0 7 0\ncpu1 1 0 0 99 0 0 0 0 0 0\nintr 5\n");
    ASSERT_EQ(cores.size(), 2u);
    EXPECT_EQ(cores[0].busy, 50);
    EXPECT_EQ(cores[0].all, 100) << "guest time is part of user time already";
    EXPECT_EQ(cores[1].busy, 1);
    const auto memory = parseMemory("MemTotal:       1000 kB\nMemFree: 10 kB\nMemAvailable:    250 kB\n");
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->total, 1024000);
    EXPECT_EQ(memory->available, 256000);
    EXPECT_FALSE(parseMemory("nothing here"));
    const auto process = parseProcess("42 (a) b (c) S 1 1 1 0 -1 4194304 100 0 0 0 77 23 0 0 20 0 1 0 100 9999 555 18446744073709551615");
    ASSERT_TRUE(process);
    EXPECT_EQ(process->ticks, 100);
    EXPECT_EQ(process->pages, 555);
    EXPECT_FALSE(parseProcess("42 (short) S 1"));
}

FakeRun small() {
    FakeRun run;
    run.name = "small";
    run.config = fakeConfig();
    return run;
}

bool hasEngine() {
    if (qEnvironmentVariableIsEmpty("MOESCOPE_ENGINE"))
        qputenv("MOESCOPE_ENGINE", QFileInfo(QCoreApplication::applicationDirPath() + QStringLiteral("/../moescope-engine")).absoluteFilePath().toUtf8());
    return !EngineLink::enginePath().isEmpty();
}

TEST(DataPage, ShowsTheDomainsAndTheFirstBatchOfTheOpenRun) {
    if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(small()));
    shell.window().showPage(PageId::data);
    auto* table = shell.find<RoutingTable>("corpusDomains");
    ASSERT_TRUE(QTest::qWaitFor([&] { return table->rowCount() > 0; }, 60'000)) << shell.text("emptyLine").toStdString();
    EXPECT_EQ(table->rowCount(), 8);
    double share = 0;
    for (int row = 0; row < 8; ++row) share += table->item(row, 1)->data(Qt::UserRole).toDouble();
    EXPECT_NEAR(share, 100, 1e-6);
    shell.window().dataPage().setView(QStringLiteral("batch"));
    ASSERT_TRUE(QTest::qWaitFor([&] { return shell.find<plots::LabelledText>("batchRow0") != nullptr; }, 60'000));
    const auto& tokens = shell.find<plots::LabelledText>("batchRow0")->tokens();
    EXPECT_EQ(static_cast<std::int64_t>(tokens.size()), shell.window().run().data()->config().model.context + 1);
    EXPECT_FALSE(tokens.front().trained);
    EXPECT_TRUE(tokens[1].trained);
    EXPECT_GE(tokens[1].label, 0);
}

TEST(DataPage, WithoutAnEngineItSaysWhoWouldAnswer) {
    FakeStore store;
    qputenv("MOESCOPE_ENGINE", "/no/such/engine");
    Shell shell(store);
    shell.open(store.add(small()));
    shell.window().showPage(PageId::data);
    EXPECT_TRUE(waitFor([&] { return shell.find<DataPage>("dataPage")->findChild<QLabel*>(QStringLiteral("emptySentence"))->text() == QStringLiteral("No engine to ask"); }));
    qunsetenv("MOESCOPE_ENGINE");
}

TEST(DataPage, AClickOnASampleOpensItInRoutingTokens) {
    FakeStore store;
    FakeRun run = small();
    Shell shell(store);
    FakeProbe probe;
    shell.open(addProbedRun(store, run, probe, {100, 400}));
    shell.window().showPage(PageId::data);
    shell.window().dataPage().setView(QStringLiteral("samples"));
    auto* table = shell.find<RoutingTable>("samplesTable");
    ASSERT_TRUE(waitFor([&] { return table->rowCount() > 1; }));
    EXPECT_GE(table->item(0, 0)->data(Qt::UserRole).toDouble(), table->item(1, 0)->data(Qt::UserRole).toDouble()) << "worst first";
    EXPECT_TRUE(shell.text("samplesNote").contains(QStringLiteral("step 400")));
    auto* order = shell.find<plots::SegmentedControl>("samplesOrder");
    const double worst = table->item(0, 0)->data(Qt::UserRole).toDouble();
    order->setCurrent(1);
    emit order->currentChanged(1);
    EXPECT_LE(table->item(0, 0)->data(Qt::UserRole).toDouble(), worst);
    emit table->cellClicked(0, 0);
    EXPECT_EQ(shell.window().page(), PageId::routing);
    EXPECT_EQ(shell.window().routingPage().view(), QStringLiteral("tokens"));
    auto* tokens = shell.find<RoutingTokens>("routingTokens");
    EXPECT_TRUE(waitFor([&] { return tokens->selected() >= 0 && tokens->selected() % probe.length == 0; })) << "the first token of a sequence";
}

TEST(DevicePage, ListsDevicesAndTheLoadOfEachCore) {
    if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(small()));
    shell.window().showPage(PageId::device);
    auto* devices = shell.find<RoutingTable>("devices");
    ASSERT_TRUE(QTest::qWaitFor([&] { return devices->rowCount() > 0; }, 60'000));
    EXPECT_EQ(devices->item(0, 0)->text(), QStringLiteral("cpu"));
    ASSERT_TRUE(waitFor([&] { return shell.find<plots::DomainBars>("coreBars")->summary().contains(QStringLiteral("core 0")); }));
    EXPECT_TRUE(shell.text("oursCores").contains(QStringLiteral("cores")));
    EXPECT_TRUE(shell.text("deviceRun").contains(QStringLiteral("small")));
}

}  // namespace
}  // namespace moescope::ui
