// Upkeep: names, cleaning up at a start, retention, removal.
#include "tests/checkpoint/sample_checkpoints.hpp"

#include <gtest/gtest.h>

namespace {

using namespace moescope;
using namespace moescope::checkpoint;
using namespace moescope::checkpoint::testing;

TEST(Upkeep, FolderNamesAndStepsAreOneToOne) {
    EXPECT_EQ(folderName(1200), "step-000001200");
    EXPECT_EQ(folderName(12'345'678'901), "step-12345678901");
    for (const std::int64_t step : {std::int64_t{0}, std::int64_t{999'999'999}, std::int64_t{1'000'000'000}}) EXPECT_EQ(stepOf(folderName(step)), step);
    for (const char* name : {"", "step-", "step-12", "step-0000012000", "step--00000012", "step-00000001x", "tmp-000000012-X", "step-000000012/", "Step-000000012"}) EXPECT_EQ(stepOf(name), std::nullopt) << name;
    EXPECT_THROW(folderName(-1), std::invalid_argument);
}

TEST(Upkeep, AStartRemovesLeftoversAdoptsTheGoodAndReportsTheMissing) {
    SimulatedDisk disk = diskWith({10, 20, 30});
    disk.makeFolder(kFolder / "tmp-000000040-X");
    disk.close(disk.open(kFolder / "tmp-000000040-X" / "model.safetensors", base::OpenMode::createNew));
    disk.makeFolder(kFolder / "notes");
    disk.contentOf(kFolder / folderName(30) / "model.safetensors")[100] ^= 1;
    const Reconciled found = reconcile(disk, kFolder, {{10}, {15}, {16, false, false}});
    EXPECT_EQ(found.removed, std::vector<std::string>{"tmp-000000040-X"});
    ASSERT_EQ(found.adopt.size(), 1u);
    EXPECT_EQ(found.adopt[0], verify(kFolder / folderName(20), {}, disk));
    EXPECT_EQ(found.bad, std::vector<std::int64_t>{15});
    EXPECT_EQ(found.ignored, std::vector<std::string>{"step-000000030"});
    EXPECT_EQ(disk.list(kFolder), (std::vector<std::string>{"notes", "step-000000010", "step-000000020", "step-000000030"}));
    EXPECT_TRUE(listSteps("/nowhere", disk).empty());
}

TEST(Upkeep, RetentionTakesTheOldestButNeverTheLastTwoThePinnedOrTheBad) {
    using Steps = std::vector<std::int64_t>;
    const std::vector<KnownCheckpoint> five = {{50}, {10}, {30, true}, {20}, {40}};
    EXPECT_EQ(planRetention(five, 3), Steps{10});
    EXPECT_EQ(planRetention(five, 2), (Steps{10, 20}));
    EXPECT_EQ(planRetention(five, 0), (Steps{10, 20}));
    EXPECT_EQ(planRetention(five, -5), (Steps{10, 20}));
    EXPECT_EQ(planRetention(five, 100), Steps{});
    EXPECT_EQ(planRetention({{10}, {20}, {30, false, false}, {40, false, false}}, 2), Steps{});   // two good ones stay
    EXPECT_EQ(planRetention({{10, true}, {20, true}, {30}}, 2), Steps{});
    EXPECT_EQ(planRetention({}, 2), Steps{});
}

TEST(Upkeep, APowerCutWhileRemovingLeavesTheWholeCheckpointOrNone) {
    const SimulatedDisk before = diskWith({10, 20, 30});
    SimulatedDisk trial = before.copy();
    trial.start({});
    removeCheckpoint(trial, kFolder, 10);
    EXPECT_EQ(listSteps(kFolder, trial), (std::vector<std::int64_t>{20, 30}));
    for (int i = 0; i < 2'000; ++i) {
        SimulatedDisk disk = before.copy();
        disk.start({.trouble = SimulatedDisk::Trouble::powerCut, .at = 1 + i % (trial.operations() + 1)});
        try {
            removeCheckpoint(disk, kFolder, 10);
        } catch (const PowerCut&) {
        }
        disk.powerUp({static_cast<std::uint64_t>(i), base::Purpose::test, 0, 1});
        for (const std::int64_t step : listSteps(kFolder, disk)) ASSERT_TRUE(holdsModel(kFolder, step, disk)) << i;
        ASSERT_TRUE(reconcile(disk, kFolder, {}).ignored.empty());
        ASSERT_GE(listSteps(kFolder, disk).size(), 2u);
    }
}

TEST(Upkeep, ABadCheckpointSetAsideMakesRoomForItsStep) {
    SimulatedDisk disk = diskWith({10});
    const std::string name = setAside(disk, kFolder, 10);
    EXPECT_TRUE(name.starts_with("bad-000000010-")) << name;
    save(disk, kFolder, 10, Model(10).contents(), kTight);
    EXPECT_TRUE(holdsModel(kFolder, 10, disk));
    EXPECT_TRUE(disk.exists(kFolder / name / "manifest.json"));
    removeCheckpoint(disk, kFolder, 99);   // not there: fine
}

}  // namespace
