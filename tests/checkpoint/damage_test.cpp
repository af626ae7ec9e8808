// Damage: whatever changes in a checkpoint is found before a byte of it is used.
#include "core/checkpoint/manifest.hpp"
#include "tests/checkpoint/sample_checkpoints.hpp"

#include <gtest/gtest.h>

namespace {

using namespace moescope;
using namespace moescope::checkpoint;
using namespace moescope::checkpoint::testing;

const std::vector<std::string> kNames = {"manifest.json", "model.safetensors", "optimizer.safetensors", "state.json", "state.safetensors"};

TEST(Load, EveryFlippedBitOfEveryFileIsFound) {
    SimulatedDisk disk = diskWith({10});
    const Path folder = kFolder / folderName(10);
    int flips = 0;
    for (const std::string& name : kNames) {
        std::string& bytes = disk.contentOf(folder / name);
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
            const std::string code = codeOf([&] { load(folder, {}, disk); });
            ASSERT_TRUE(code == "ckpt.bad" || (name == "manifest.json" && code == "ckpt.newer")) << name << " bit " << bit << " " << code;
            bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
            ++flips;
        }
    }
    EXPECT_GT(flips, 20'000);
    EXPECT_TRUE(holdsModel(kFolder, 10, disk));
}

TEST(Load, EveryTruncationAndEveryAppendedByteIsFound) {
    SimulatedDisk disk = diskWith({10});
    const Path folder = kFolder / folderName(10);
    for (const std::string& name : kNames) {
        const std::string whole = disk.contentOf(folder / name);
        for (std::size_t size = 0; size <= whole.size() + 2; ++size) {
            if (size == whole.size()) continue;
            disk.contentOf(folder / name) = whole.substr(0, size) + std::string(size > whole.size() ? size - whole.size() : 0, ' ');
            ASSERT_EQ(codeOf([&] { load(folder, {}, disk); }), "ckpt.bad") << name << " with " << size;
        }
        disk.contentOf(folder / name) = whole;
    }
    EXPECT_TRUE(holdsModel(kFolder, 10, disk));
}

TEST(Load, MissingFilesAndOtherCheckpointsFilesAreFound) {
    for (const std::string& name : kNames) {
        SimulatedDisk disk = diskWith({10, 20});
        disk.contentOf(kFolder / folderName(20) / name).swap(disk.contentOf(kFolder / folderName(10) / name));
        EXPECT_EQ(codeOf([&] { load(kFolder / folderName(20), {}, disk); }), "ckpt.bad") << name;
        disk.removeFile(kFolder / folderName(10) / name);
        EXPECT_EQ(codeOf([&] { verify(kFolder / folderName(10), {}, disk); }), "ckpt.bad") << name;
    }
}

TEST(Load, AWholeCheckpointUnderAnotherNameOrWithAnotherHashIsRefused) {
    SimulatedDisk disk = diskWith({10});
    EXPECT_EQ(codeOf([&] { verify(kFolder / folderName(10), base::Hash128{1, 2}, disk); }), "ckpt.bad");
    disk.renameNew(kFolder / folderName(10), kFolder / folderName(11));
    EXPECT_EQ(codeOf([&] { verify(kFolder / folderName(11), {}, disk); }), "ckpt.bad");
    EXPECT_EQ(codeOf([&] { verify(kFolder / folderName(12), {}, disk); }), "ckpt.bad");
}

TEST(Manifest, IsReadBackInOneSpellingOnly) {
    Manifest manifest{42, {}};
    for (std::size_t i = 0; i < manifest.files.size(); ++i) manifest.files[i] = {i * 1000, {i, ~std::uint64_t{0} - i}};
    const std::string text = toJson(manifest);
    EXPECT_EQ(parseManifest(text, "m"), manifest);
    EXPECT_EQ(codeOf([&] { parseManifest(text + " ", "m"); }), "ckpt.bad");
    EXPECT_EQ(codeOf([&] { parseManifest("", "m"); }), "ckpt.bad");
    EXPECT_EQ(codeOf([&] { parseManifest("{}", "m"); }), "ckpt.bad");
    EXPECT_EQ(codeOf([&] { parseManifest(std::string(60'000, '['), "m"); }), "ckpt.bad");
    std::string elsewhere = text;
    elsewhere.replace(elsewhere.find("state.json"), 10, "../../evil");
    EXPECT_EQ(codeOf([&] { parseManifest(elsewhere, "m"); }), "ckpt.bad");
    try {
        parseManifest("{\"format\":2,\"new\":true}", "m");
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.exit(), base::ExitCode::newerSchema);
    }
}

}  // namespace
