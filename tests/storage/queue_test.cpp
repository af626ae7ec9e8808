// The queue's file: kept as it is, set aside when it is damaged, worked on by one program at a time.
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "storage/queue_file.hpp"
#include "tests/storage/support.hpp"

namespace moescope::storage {
namespace {

QueueFile sample() {
    QueueFile file;
    file.paused = true;
    file.atOnce = 3;
    file.entries = {{2, 1, "order weigh=raw-s0", "order weigh=raw", R"({"moe":{"experts":8}})", {"a", "b"}, QueueState::waiting, "", "", 0},
                    {3, 1, "née \"x\"", "", R"({"moe":{"experts":4}})", {}, QueueState::failed, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "Out of memory.", 17},
                    {4, 0, "done", "", "", {}, QueueState::done, "01ARZ3NDEKTSV4RRFFQ69G5FAW", "", 18}};
    file.studies = {{1, "order", "flops", "router.weigh", {"01ARZ3NDEKTSV4RRFFQ69G5FAV"}, true}};
    file.next = 5;
    return file;
}

class QueueFileTest : public ::testing::Test {
protected:
    std::filesystem::path file() const { return store.folder() / "queue.json"; }
    void put(const std::string& text) {
        std::filesystem::create_directories(store.folder());
        std::ofstream(file()) << text;
    }
    std::size_t setAside() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(store.folder())) count += entry.path().filename().string().starts_with("queue.json.bad-");
        return count;
    }
    testing::TemporaryFolder folder;
    Store store{folder.path() / "store"};
};

TEST_F(QueueFileTest, NoFileIsAnEmptyQueue) {
    const QueueRead read = readQueue(store);
    EXPECT_EQ(read.file, QueueFile());
    EXPECT_EQ(read.complaint, "");
}

TEST_F(QueueFileTest, WhatIsWrittenIsReadBack) {
    writeQueue(store, sample());
    EXPECT_EQ(readQueue(store).file, sample());
    writeQueue(store, {});
    EXPECT_EQ(readQueue(store).file, QueueFile());
}

TEST_F(QueueFileTest, ADamagedFileIsSetAsideAndTold) {
    writeQueue(store, sample());
    const std::string good = base::readWhole(file(), 1 << 20);
    for (const std::string& bad : {std::string("no json"), good.substr(0, good.size() / 2), std::string(R"({"version":1,"entries":[{"id":1,"state":"dancing"}],"studies":[]})"),
                                   std::string(R"({"version":1,"entries":[{"id":1,"state":"waiting"}],"studies":[]})"),
                                   std::string(R"({"version":1,"entries":[{"id":1,"state":"done"},{"id":1,"state":"done"}],"studies":[]})"), std::string("[]")}) {
        const std::size_t before = setAside();
        put(bad);
        const QueueRead read = readQueue(store);
        EXPECT_EQ(read.file, QueueFile()) << bad;
        EXPECT_NE(read.complaint.find("set aside as queue.json.bad-"), std::string::npos) << read.complaint;
        EXPECT_EQ(setAside(), before + 1);
        EXPECT_FALSE(std::filesystem::exists(file()));
    }
}

TEST_F(QueueFileTest, ANewerQueueIsLeftAlone) {
    put(R"({"version":9,"entries":[],"studies":[]})");
    try {
        readQueue(store);
        ADD_FAILURE() << "it was read";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.exit(), base::ExitCode::newerSchema);
    }
    EXPECT_TRUE(std::filesystem::exists(file()));
}

TEST_F(QueueFileTest, OneProgramAtATimeWorksOnIt) {
    auto first = QueueLock::tryAcquire(store);
    ASSERT_TRUE(first);
    EXPECT_FALSE(QueueLock::tryAcquire(store));
    first.reset();
    EXPECT_TRUE(QueueLock::tryAcquire(store));
}

}  // namespace
}  // namespace moescope::storage
