// Saved comparisons and filters outlive programs, the catalog and damage.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "core/base/error.hpp"
#include "storage/catalog.hpp"
#include "storage/meta_file.hpp"
#include "storage/saved_views.hpp"
#include "tests/storage/support.hpp"

namespace moescope::storage {
namespace {

using namespace testing;

void write(const std::filesystem::path& store, const std::string& text) { std::ofstream(store / "views.json") << text; }

SavedComparison sweep() { return {"G sweep, week 42", {"01M81RB83VMDF6WA3J6Y5ZP9GV", "01M81RB5K0XT018F8KH5F7RTNM"}, "01M81RB5K0XT018F8KH5F7RTNM", R"({"colour":"moe.granularity"})", 7}; }

TEST(SavedViews, WhatWasKeptIsThereAgainAndTheLastOfANameHolds) {
    const TemporaryFolder folder;
    EXPECT_EQ(readSavedViews(folder.path()), SavedViews());
    editSavedViews(folder.path(), [](SavedViews& views) {
        views.keep(SavedComparison{"G sweep, week 42", {}, {}, "{}", 1});
        views.keep(SavedFilter{"good", "val_loss<1.5"});
    });
    editSavedViews(folder.path(), [](SavedViews& views) { views.keep(sweep()); });
    const SavedViews views = readSavedViews(folder.path());
    ASSERT_EQ(views.comparisons.size(), 1U);
    EXPECT_EQ(views.comparisons[0], sweep());
    ASSERT_EQ(views.filters.size(), 1U);
    EXPECT_EQ(views.filters[0].query, "val_loss<1.5");
    editSavedViews(folder.path(), [](SavedViews& views) {
        views.forgetComparison("G sweep, week 42");
        views.forgetFilter("good");
    });
    EXPECT_EQ(readSavedViews(folder.path()), SavedViews());
}

TEST(SavedViews, ANameThatIsNoNameIsRefusedAndNothingChanges) {
    const TemporaryFolder folder;
    editSavedViews(folder.path(), [](SavedViews& views) { views.keep(sweep()); });
    for (const std::string& name : {std::string(), std::string("a\nb"), std::string(201, 'x')})
        EXPECT_THROW(editSavedViews(folder.path(), [&](SavedViews& views) { views.keep(SavedFilter{name, "k=1"}); }), base::Error);
    EXPECT_TRUE(readSavedViews(folder.path()).filters.empty());
    EXPECT_EQ(readSavedViews(folder.path()).comparisons.size(), 1U);
}

TEST(SavedViews, ADamagedFileIsSetAsideByTheNextEdit) {
    const TemporaryFolder folder;
    write(folder.path(), "{\"comparisons\": [");
    EXPECT_THROW(readSavedViews(folder.path()), base::Error);
    editSavedViews(folder.path(), [](SavedViews& views) { views.keep(sweep()); });
    EXPECT_EQ(readSavedViews(folder.path()).comparisons.size(), 1U);
    int aside = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) aside += entry.path().filename().string().starts_with("views.json.bad-");
    EXPECT_EQ(aside, 1);
}

TEST(SavedViews, WrongTypesAndForeignUlidsAreLeftOut) {
    const TemporaryFolder folder;
    write(folder.path(), R"({"comparisons":[1,{"name":"a","runs":["../../etc",3]},{"runs":[]}],"filters":{"name":"b"}})");
    const SavedViews views = readSavedViews(folder.path());
    ASSERT_EQ(views.comparisons.size(), 1U);
    EXPECT_TRUE(views.comparisons[0].runs.empty());
    EXPECT_TRUE(views.filters.empty());
}

TEST(RunColours, ANewRunGetsTheColourThatFewestHave) {
    const TemporaryFolder folder;
    const Store store(folder.path());
    NewRun run;
    run.configJson = "{}";
    std::vector<std::string> ulids;
    for (int i = 0; i < kPalette; ++i) ulids.push_back(store.newRun(run));
    std::set<std::string> colours;
    for (const std::string& ulid : ulids) colours.insert(readMetaFile(store.runFolder(ulid)).colour);
    EXPECT_EQ(colours.size(), static_cast<std::size_t>(kPalette)) << "eight runs, eight colours";
    Catalog catalog(store);
    catalog.sync();
    catalog.colour(ulids[5], "#102030");
    EXPECT_EQ(readMetaFile(store.runFolder(store.newRun(run))).colour, "5");
    EXPECT_EQ(paletteSlot("#102030"), std::nullopt);
    EXPECT_EQ(paletteSlot("8"), std::nullopt);
}

}  // namespace
}  // namespace moescope::storage
