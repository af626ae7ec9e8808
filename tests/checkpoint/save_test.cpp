// The save protocol on a simulated disk that loses power, fails or fills up at every operation.
#include "tests/checkpoint/sample_checkpoints.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace {

using namespace moescope;
using namespace moescope::checkpoint;
using namespace moescope::checkpoint::testing;

int operationsOfASave() {
    SimulatedDisk disk = diskWith({10});
    disk.start({});
    save(disk, kFolder, 20, Model(20).contents(), kTight);
    return disk.operations();
}

TEST(Save, WhatIsSavedIsLoaded) {
    SimulatedDisk disk = diskWith({0, 1200});
    EXPECT_TRUE(holdsModel(kFolder, 0, disk));
    EXPECT_TRUE(holdsModel(kFolder, 1200, disk));
    EXPECT_EQ(disk.list(kFolder), (std::vector<std::string>{"step-000000000", "step-000001200"}));
    EXPECT_EQ(disk.list(kFolder / "step-000001200"), (std::vector<std::string>{"manifest.json", "model.safetensors", "optimizer.safetensors", "state.json", "state.safetensors"}));
}

TEST(Save, TellsWhatTheStoreNeedsToKnow) {
    SimulatedDisk disk = diskWith({});
    const SavedCheckpoint saved = save(disk, kFolder, 7, Model(7).contents(), kTight);
    EXPECT_EQ(saved.step, 7);
    EXPECT_EQ(saved.folder, "step-000000007");
    std::uint64_t bytes = 0;
    for (const std::string& name : disk.list(kFolder / saved.folder)) bytes += disk.contentOf(kFolder / saved.folder / name).size();
    EXPECT_EQ(saved.bytes, bytes);
    EXPECT_EQ(saved.manifestHash, base::hash128(disk.contentOf(kFolder / saved.folder / "manifest.json")));
    EXPECT_EQ(verify(kFolder / saved.folder, saved.manifestHash, disk), saved);
    EXPECT_EQ(verify((kFolder / saved.folder).native() + "/", {}, disk), saved);
    EXPECT_EQ(sizeOf(Model(7).contents()) + disk.contentOf(kFolder / saved.folder / "manifest.json").size(), bytes);
}

TEST(Save, SyncsEveryFileAndFolderBeforeAndAfterTheRename) {
    SimulatedDisk disk = diskWith({});
    disk.start({});
    save(disk, kFolder, 1, Model(1).contents(), kTight);
    const auto& log = disk.log();
    const auto renamed = std::find_if(log.begin(), log.end(), [](const std::string& line) { return line.starts_with("rename"); });
    ASSERT_NE(renamed, log.end());
    const auto syncs = [](auto first, auto last, std::string_view what) { return std::count_if(first, last, [&](const std::string& line) { return line.starts_with(what); }); };
    EXPECT_EQ(syncs(log.begin(), renamed, "sync "), 5);
    EXPECT_EQ(syncs(log.begin(), renamed, "syncFolder /checkpoints/tmp-"), 1);
    EXPECT_EQ(std::vector<std::string>(renamed + 1, log.end()), std::vector<std::string>{"syncFolder /checkpoints"});
}

struct Losses {
    int torn = 0;
    int acknowledged = 0;
};

// Cuts the power at operation `at` (beyond the last: after the save returned) and looks at what came back.
void cutPower(const SimulatedDisk& before, SimulatedDisk::Plan plan, std::uint64_t seed, Losses& losses) {
    SimulatedDisk disk = before.copy();
    plan.trouble = SimulatedDisk::Trouble::powerCut;
    disk.start(plan);
    std::set<std::int64_t> acknowledged = {10};
    try {
        save(disk, kFolder, 20, Model(20).contents(), kTight);
        acknowledged.insert(20);
    } catch (const PowerCut&) {
    }
    disk.powerUp({seed, base::Purpose::test, 0, static_cast<std::uint64_t>(plan.at)});
    for (const std::int64_t step : listSteps(kFolder, disk)) {
        const bool good = codeOf([&] { EXPECT_TRUE(holdsModel(kFolder, step, disk)); }).empty();
        losses.torn += !good;
        if (good) acknowledged.erase(step);
    }
    losses.acknowledged += static_cast<int>(acknowledged.size());
    const Reconciled after = reconcile(disk, kFolder, {{10}});
    losses.torn += static_cast<int>(after.ignored.size());
    EXPECT_LE(after.adopt.size(), 1u);
    for (const std::string& name : disk.list(kFolder)) EXPECT_TRUE(stepOf(name).has_value()) << name;
}

Losses cutPowerEverywhere(const SimulatedDisk::Plan& plan, int schedules) {
    const SimulatedDisk before = diskWith({10});
    const int operations = operationsOfASave();
    Losses losses;
    for (int i = 0; i < schedules; ++i) {
        SimulatedDisk::Plan each = plan;
        each.at = 1 + i % (operations + 1);
        cutPower(before, each, static_cast<std::uint64_t>(i), losses);
    }
    return losses;
}

TEST(Save, APowerCutAtAnyOperationLosesNothingAcknowledgedAndShowsNothingTorn) {
    const Losses losses = cutPowerEverywhere({}, 20'000);
    EXPECT_EQ(losses.torn, 0);
    EXPECT_EQ(losses.acknowledged, 0);
}

// The simulation can tell: without the syncs the same schedules do show losses.
TEST(Save, WithoutFileSyncsTheSameSchedulesShowTornCheckpoints) {
    SimulatedDisk::Plan plan;
    plan.honestSyncData = false;
    EXPECT_GT(cutPowerEverywhere(plan, 2'000).torn, 0);
}

TEST(Save, WithoutFolderSyncsTheSameSchedulesLoseAcknowledgedCheckpoints) {
    SimulatedDisk::Plan plan;
    plan.honestSyncFolder = false;
    EXPECT_GT(cutPowerEverywhere(plan, 2'000).acknowledged, 0);
}

TEST(Save, AnIoErrorAtAnyOperationLeavesThePreviousCheckpointAndNoRubbish) {
    const SimulatedDisk before = diskWith({10});
    const int operations = operationsOfASave();
    ASSERT_GT(operations, 15);
    for (int at = 1; at <= operations; ++at) {
        SimulatedDisk disk = before.copy();
        disk.start({.trouble = SimulatedDisk::Trouble::ioError, .at = at});
        const std::string code = codeOf([&] { save(disk, kFolder, 20, Model(20).contents(), kTight); });
        const std::string failed = disk.log()[static_cast<std::size_t>(at - 1)];
        EXPECT_EQ(code, failed.starts_with("sync") ? "io.fsync_failed" : "io.failed") << failed;
        EXPECT_EQ(disk.list(kFolder), std::vector<std::string>{"step-000000010"}) << failed;
        EXPECT_TRUE(holdsModel(kFolder, 10, disk));
        if (failed.starts_with("sync")) {
            EXPECT_EQ(std::count(disk.log().begin(), disk.log().end(), failed), 1) << "tried again: " << failed;
        }
        save(disk, kFolder, 20, Model(20).contents(), kTight);   // the next attempt is a new one, and works
        EXPECT_TRUE(holdsModel(kFolder, 20, disk));
    }
}

TEST(Save, ADiskThatFillsUpAnywhereSaysHowManyBytesAreNeeded) {
    const SimulatedDisk before = diskWith({10});
    const std::uint64_t one = sizeOf(Model(20).contents()) + 700;   // with the manifest
    int failures = 0;
    for (std::uint64_t room = 0; room < one; room += 23) {
        SimulatedDisk disk = before.copy();
        disk.start({.capacity = one + room, .admitsBeingFull = false});   // full while writing, not before
        try {
            save(disk, kFolder, 20, Model(20).contents(), kTight);
            break;
        } catch (const base::Error& error) {
            ++failures;
            EXPECT_EQ(error.code(), "disk.full");
            EXPECT_EQ(error.exit(), base::ExitCode::io);
            EXPECT_NE(error.line().find(std::to_string(neededBytes(sizeOf(Model(20).contents()), kTight))), std::string::npos) << error.line();
        }
        EXPECT_EQ(disk.list(kFolder), std::vector<std::string>{"step-000000010"});
        disk.start({});
        save(disk, kFolder, 20, Model(20).contents(), kTight);
        EXPECT_TRUE(holdsModel(kFolder, 20, disk) && holdsModel(kFolder, 10, disk));
    }
    EXPECT_GT(failures, 100);
}

TEST(Save, TooLittleRoomIsRefusedBeforeAnythingIsWritten) {
    SimulatedDisk disk = diskWith({10});
    disk.start({.capacity = 10'000});
    EXPECT_EQ(codeOf([&] { save(disk, kFolder, 20, Model(20).contents(), {}); }), "disk.full");
    EXPECT_EQ(disk.operations(), 0);
    EXPECT_EQ(neededBytes(1'000'000), 1'100'000u + (64u << 20));
}

TEST(Save, ADiskThatStoresWrongBitsIsFoundOutBeforeTheCheckpointIsVisible) {
    const SimulatedDisk before = diskWith({10});
    for (std::uint64_t every = 1; every <= 8; ++every) {
        SimulatedDisk disk = before.copy();
        disk.start({.changeEvery = every});
        EXPECT_EQ(codeOf([&] { save(disk, kFolder, 20, Model(20).contents(), kTight); }), "ckpt.readback") << every;
        EXPECT_EQ(disk.list(kFolder), std::vector<std::string>{"step-000000010"});
    }
}

TEST(Save, NonFiniteWeightsAreRefusedByName) {
    SimulatedDisk disk = diskWith({10});
    Model model(20);
    model.weights[250] = std::nanf("");
    try {
        save(disk, kFolder, 20, model.contents(), kTight);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "ckpt.nonfinite");
        EXPECT_EQ(error.exit(), base::ExitCode::diverged);
        EXPECT_NE(error.line().find("head.weight (1)"), std::string::npos) << error.line();
    }
    EXPECT_EQ(disk.list(kFolder), std::vector<std::string>{"step-000000010"});
    save(disk, kFolder, 20, model.contents(), {.spareBytes = 0, .refuseNonFinite = false});
    EXPECT_EQ(listSteps(kFolder, disk), (std::vector<std::int64_t>{10, 20}));
}

TEST(Save, AStepIsNeverSavedOverAnother) {
    SimulatedDisk disk = diskWith({10});
    EXPECT_EQ(codeOf([&] { save(disk, kFolder, 10, Model(11).contents(), kTight); }), "ckpt.exists");
    EXPECT_TRUE(holdsModel(kFolder, 10, disk));
}

}  // namespace
