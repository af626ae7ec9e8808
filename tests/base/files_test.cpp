// File operations: exact reads and writes, atomic replacement under faults, the fault hooks themselves.
#include "core/base/fault.hpp"
#include "core/base/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>

namespace {

using namespace moescope::base;

class Files : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "moescope-files-XXXXXX").native();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        m_folder = pattern;
    }
    void TearDown() override {
        fault::configure("");
        std::filesystem::remove_all(m_folder);
    }
    std::string content(const Path& path) { return readWhole(path, 1 << 20); }
    Path m_folder;
};

// Runs `action` in a child process; the signal that ended it, or 0.
int signalOf(const std::function<void()>& action) {
    const pid_t child = fork();
    if (child == 0) {
        action();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

std::string codeOf(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return "";
}

TEST_F(Files, WhatIsWrittenIsReadBack) {
    const Path path = m_folder / "a b%#\n.txt";
    replaceAtomically(path, "first");
    replaceAtomically(path, std::string("sec\0nd", 6));
    EXPECT_EQ(content(path), std::string("sec\0nd", 6));
    EXPECT_EQ(realFiles().list(m_folder).size(), 1u);
}

TEST_F(Files, ReadingMoreThanAFileHasNamesTheByteWhereItEnds) {
    replaceAtomically(m_folder / "f", "12345");
    const FileHandle file(realFiles(), m_folder / "f", OpenMode::read);
    std::array<std::byte, 4> bytes{};
    file.read(bytes, 1);
    EXPECT_EQ(bytes[0], std::byte{'2'});
    try {
        file.read(bytes, 3);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.exit(), ExitCode::badInput);
        EXPECT_NE(error.line().find("byte 5"), std::string::npos) << error.line();
    }
}

TEST_F(Files, FoldersPipesAndDevicesAreRefusedAtOnce) {
    ASSERT_EQ(mkfifo((m_folder / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(codeOf([&] { readWhole(m_folder / "pipe", 100); }), "file.not_regular");
    EXPECT_EQ(codeOf([&] { readWhole(m_folder, 100); }), "file.not_regular");
    EXPECT_EQ(codeOf([&] { readWhole("/dev/zero", 100); }), "file.not_regular");
    EXPECT_EQ(codeOf([&] { readWhole(m_folder / "none", 100); }), "io.failed");
}

TEST_F(Files, AFileAboveTheLimitIsRefusedBeforeItIsRead) {
    replaceAtomically(m_folder / "f", "12345");
    EXPECT_EQ(readWhole(m_folder / "f", 5), "12345");
    EXPECT_EQ(codeOf([&] { readWhole(m_folder / "f", 4); }), "file.too_large");
}

TEST_F(Files, RenameNewNeverReplaces) {
    FileOps& files = realFiles();
    for (const char* name : {"a", "b"}) files.makeFolder(m_folder / name);
    try {
        files.renameNew(m_folder / "a", m_folder / "b");
        FAIL();
    } catch (const FileError& error) {
        EXPECT_EQ(error.systemError(), EEXIST);
    }
    EXPECT_TRUE(files.isFolder(m_folder / "a"));
    files.renameNew(m_folder / "a", m_folder / "c");
    EXPECT_FALSE(files.exists(m_folder / "a"));
}

TEST_F(Files, RemovingATreeFollowsNoLink) {
    FileOps& files = realFiles();
    files.makeFolder(m_folder / "outside");
    replaceAtomically(m_folder / "outside/precious", "x");
    files.makeFolder(m_folder / "tree");
    files.makeFolder(m_folder / "tree/sub");
    replaceAtomically(m_folder / "tree/sub/f", "y");
    std::filesystem::create_directory_symlink(m_folder / "outside", m_folder / "tree/link");
    EXPECT_FALSE(files.isFolder(m_folder / "tree/link"));
    removeTree(m_folder / "tree");
    EXPECT_FALSE(files.exists(m_folder / "tree"));
    EXPECT_EQ(content(m_folder / "outside/precious"), "x");
    removeTree(m_folder / "tree");
}

TEST_F(Files, AFullDiskHasACodeOfItsOwn) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    FileHandle file(realFiles(), "/dev/full", OpenMode::replace);
    EXPECT_EQ(codeOf([&] { file.write(asBytes("x")); }), "disk.full");
    EXPECT_GT(freeBytes(m_folder), 0u);
}

TEST_F(Files, AnAtomicReplacementThatFailsLeavesTheOldBytesAndNoRubbish) {
    const auto hooked = hookedFiles(realFiles(), "ckpt");
    const Path path = m_folder / "f";
    replaceAtomically(path, "old");
    for (const char* spec : {"ckpt.write:1:enospc", "ckpt.write:1:eio", "ckpt.fsync:1:eio", "ckpt.rename:1:eio", "ckpt.write:1:throw"}) {
        ASSERT_TRUE(fault::configure(spec).empty());
        EXPECT_THROW(replaceAtomically(path, "new", *hooked), Error) << spec;
        EXPECT_EQ(content(path), "old") << spec;
        EXPECT_EQ(realFiles().list(m_folder).size(), 1u) << spec;
    }
    ASSERT_TRUE(fault::configure("ckpt.write:1:short").empty());
    replaceAtomically(path, "new bytes", *hooked);
    EXPECT_EQ(content(path), "new bytes");
}

TEST_F(Files, AKillDuringAnAtomicReplacementLeavesOldOrNew) {
    const auto hooked = hookedFiles(realFiles(), "ckpt");
    const Path path = m_folder / "f";
    const std::map<std::string, std::string> after = {{"ckpt.write:1:kill", "old"}, {"ckpt.write:1:torn", "old"}, {"ckpt.fsync:1:kill", "old"}, {"ckpt.rename:1:kill", "old"}, {"ckpt.dirsync:1:kill", "new"}};
    for (const auto& [spec, expected] : after) {
        replaceAtomically(path, "old");
        EXPECT_EQ(signalOf([&] {
                      fault::configure(spec);
                      replaceAtomically(path, "new", *hooked);
                  }),
                  SIGKILL)
            << spec;
        EXPECT_EQ(content(path), expected) << spec;
    }
}

TEST_F(Files, AFailedSyncHasACodeOfItsOwnAndNamesTheFile) {
    const auto hooked = hookedFiles(realFiles(), "ckpt");
    FileHandle file(*hooked, m_folder / "named", OpenMode::createNew);
    fault::configure("ckpt.fsync:*:eio");
    try {
        file.syncData();
        FAIL();
    } catch (const FileError& error) {
        EXPECT_EQ(error.code(), "io.fsync_failed");
        EXPECT_NE(error.where().find("named"), std::string::npos);
    }
}

TEST(Fault, FiresAtTheNamedVisitOnly) {
    ASSERT_TRUE(fault::configure("step.bwd:3:nan,db.commit:*:eio").empty());
    for (int visit = 1; visit <= 5; ++visit) {
        EXPECT_EQ(fault::at("step.bwd"), visit == 3 ? fault::Action::nan : fault::Action::none);
        EXPECT_EQ(fault::at("db.commit"), fault::Action::eio);
        EXPECT_EQ(fault::at("step.fwd"), fault::Action::none);
    }
    fault::configure("");
    EXPECT_EQ(fault::at("db.commit"), fault::Action::none);
}

TEST(Fault, LastMeansTheFirstVisitAfterClosingBegan) {
    ASSERT_TRUE(fault::configure("ckpt.write:-1:eio").empty());
    EXPECT_EQ(fault::at("ckpt.write"), fault::Action::none);
    fault::closing();
    EXPECT_EQ(fault::at("ckpt.write"), fault::Action::eio);
    EXPECT_EQ(fault::at("ckpt.write"), fault::Action::none);
    fault::configure("");
}

TEST(Fault, EveryListedSiteAndActionIsUnderstood) {
    for (const auto site : fault::sites())
        for (const auto action : fault::actions())
            EXPECT_TRUE(fault::configure((site == "mig.N" ? "mig.3" : std::string(site)) + ":1:" + std::string(action)).empty()) << site << action;
    EXPECT_TRUE(fault::configure("db.begin:2:sleep_ms=5").empty());
    fault::configure("");
}

TEST(Fault, NonsenseIsReportedAndArmsNothing) {
    for (const char* text : {"x", "ckpt.write:1", "nowhere:1:kill", "ckpt.write:0:kill", "ckpt.write:-2:kill", "ckpt.write:1:explode", "ckpt.write:1:kill=3", "mig.x:1:kill", "mig.N:1:kill",
                             "ckpt.write:1:eio,ckpt.fsync:q:eio"}) {
        EXPECT_EQ(fault::configure(text).size(), 1u) << text;
        EXPECT_EQ(fault::at("ckpt.write"), fault::Action::none) << text;
    }
    fault::configure("");
}

TEST(Fault, ThrowAndKillAreCarriedOutByPass) {
    fault::configure("step.opt:1:throw");
    EXPECT_THROW(fault::pass("step.opt"), Error);
    EXPECT_EQ(fault::pass("step.opt"), fault::Action::none);
    EXPECT_EQ(signalOf([] {
                  fault::configure("step.opt:2:kill");
                  fault::pass("step.opt");
                  fault::pass("step.opt");
              }),
              SIGKILL);
    fault::configure("");
}

}  // namespace
