// The save protocol on the real disk, killed and failed through the fault hooks.
#include "core/base/fault.hpp"
#include "tests/checkpoint/sample_checkpoints.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace {

using namespace moescope;
using namespace moescope::checkpoint;
using namespace moescope::checkpoint::testing;

class RealDisk : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "moescope-checkpoint-XXXXXX").native();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        m_folder = pattern;
        save(base::realFiles(), m_folder, 10, Model(10).contents(), kTight);
    }
    void TearDown() override {
        base::fault::configure("");
        std::filesystem::remove_all(m_folder);
    }
    int signalDuringASave(const std::string& spec) {
        const pid_t child = fork();
        if (child == 0) {
            base::fault::configure(spec);
            save(*checkpointFiles(), m_folder, 20, Model(20).contents(), kTight);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    Path m_folder;
};

TEST_F(RealDisk, WhatIsSavedIsLoaded) {
    save(*checkpointFiles(), m_folder, 20, Model(20).contents(), kTight);
    EXPECT_TRUE(holdsModel(m_folder, 10, base::realFiles()));
    EXPECT_TRUE(holdsModel(m_folder, 20, base::realFiles()));
}

TEST_F(RealDisk, AKillAtEverySiteLeavesAWholeCheckpointAndTheNextStartCleansUp) {
    int kills = 0;
    for (const std::string site : {"ckpt.write", "ckpt.fsync", "ckpt.rename", "ckpt.dirsync"})
        for (int visit = 1; visit <= 12; ++visit)
            for (const std::string action : {"kill", "torn"}) {
                if (action == "torn" && site != "ckpt.write") continue;
                const int signal = signalDuringASave(site + ":" + std::to_string(visit) + ":" + action);
                const Reconciled found = reconcile(base::realFiles(), m_folder, {{10}});
                EXPECT_TRUE(found.ignored.empty());
                const auto steps = listSteps(m_folder);
                EXPECT_EQ(base::realFiles().list(m_folder).size(), steps.size());
                for (const std::int64_t step : steps) EXPECT_TRUE(holdsModel(m_folder, step, base::realFiles()));
                EXPECT_EQ(steps.front(), 10);
                kills += signal == SIGKILL;
                if (signal == 0) { EXPECT_EQ(steps.back(), 20); }
                removeCheckpoint(base::realFiles(), m_folder, 20);
            }
    EXPECT_GE(kills, 2 * 8 + 5 + 1 + 2);   // 8 or more writes (killed and torn), 5 files synced, 1 rename, 2 folders synced
}

TEST_F(RealDisk, InjectedFaultsAreReportedAndCleanedUp) {
    const std::vector<std::pair<std::string, std::string>> cases = {{"ckpt.write:3:enospc", "disk.full"},        {"ckpt.write:2:eio", "io.failed"},      {"ckpt.fsync:1:eio", "io.fsync_failed"}, {"ckpt.fsync:5:eio", "io.fsync_failed"},
                                                                    {"ckpt.dirsync:1:eio", "io.fsync_failed"}, {"ckpt.dirsync:2:eio", "io.fsync_failed"}, {"ckpt.rename:1:eio", "io.failed"},      {"ckpt.write:4:throw", "fault.injected"},
                                                                    {"ckpt.write:2:bitflip", "ckpt.readback"}};
    const auto files = checkpointFiles();
    for (const auto& [spec, code] : cases) {
        ASSERT_TRUE(base::fault::configure(spec).empty());
        EXPECT_EQ(codeOf([&] { save(*files, m_folder, 20, Model(20).contents(), kTight); }), code) << spec;
        EXPECT_EQ(base::realFiles().list(m_folder), std::vector<std::string>{"step-000000010"}) << spec;
    }
    base::fault::configure("ckpt.write:*:short");
    save(*files, m_folder, 20, Model(20).contents(), kTight);
    EXPECT_TRUE(holdsModel(m_folder, 20, base::realFiles()));
}

}  // namespace
