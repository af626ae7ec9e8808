// What happens around an open window: runs damaged, stores gone, engines that hang, texts nobody should write.
#include <QAbstractItemView>

#include <fstream>

#include "plots/panel.hpp"
#include "storage/meta_file.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui::testing {
namespace {

namespace fs = std::filesystem;

FakeRun eightExperts(const char* name = "healthy") {
    FakeRun run;
    run.name = name;
    run.config = fakeConfig();
    run.steps = 60;
    return run;
}

/// Takes the bytes of the run's database away under the window, as a dying disk would.
void overwriteDatabase(const fs::path& runFolder) {
    for (const auto& entry : fs::directory_iterator(runFolder)) {
        if (!entry.path().filename().string().starts_with("run.db")) continue;
        const auto size = fs::file_size(entry.path());
        std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        for (std::uintmax_t at = 0; at < size; ++at) file.put(static_cast<char>(at * 37 + 11));
    }
}

/// Every visible label of the window, for what must not stand in any of them.
QStringList visibleTexts(MainWindow& window) {
    QStringList texts{window.windowTitle()};
    for (const QLabel* label : window.findChildren<QLabel*>())
        if (label->isVisible() && label->textFormat() != Qt::RichText) texts << label->text();
    return texts;
}

TEST(Hostile, ARunDamagedWhileItIsOpenIsSaidAndTheOthersStillOpen) {
    FakeStore store;
    FakeRun live = eightExperts("live");
    live.state = storage::RunState::running;
    const std::string bad = store.add(live), good = store.add(eightExperts());
    Shell shell(store);
    shell.open(bad);
    ASSERT_TRUE(shell.shows("lossPanel"));
    overwriteDatabase(store.store().runFolder(bad));
    store.kill(bad);
    ASSERT_TRUE(waitFor([&] { return !shell.window().run().problem().isEmpty(); }));
    EXPECT_EQ(shell.window().trainPage().findChild<QLabel*>("emptySentence")->text(), QStringLiteral("This run cannot be shown"));
    shell.open(good);
    EXPECT_TRUE(shell.shows("lossPanel"));
}

TEST(Hostile, ARunFolderThatVanishesLeavesTheWindowAndTheList) {
    FakeStore store;
    const std::string gone = store.add(eightExperts("gone")), stays = store.add(eightExperts("stays"));
    Shell shell(store);
    shell.open(gone);
    fs::remove_all(store.store().runFolder(gone));
    ASSERT_TRUE(waitFor([&] { return !shell.window().library().find(QString::fromStdString(gone)); }));
    shell.settle();
    shell.open(stays);
    EXPECT_TRUE(shell.shows("lossPanel"));
}

TEST(Hostile, AStoreThatVanishesIsSaidAndComesBackByItself) {
    FakeStore store;
    const std::string ulid = store.add(eightExperts());
    Shell shell(store);
    shell.open(ulid);
    const fs::path away = store.folder().parent_path() / "away";
    fs::rename(store.folder(), away);
    ASSERT_TRUE(waitFor([&] { return shell.window().library().storeMissing(); }));
    EXPECT_TRUE(waitFor([&] { return shell.text("bannerSentence").contains(QStringLiteral("cannot be found")); })) << shell.text("bannerSentence").toStdString();
    EXPECT_FALSE(fs::exists(store.folder())) << "a store that is gone is not made anew in its place";
    shell.settle();
    fs::rename(away, store.folder());
    ASSERT_TRUE(waitFor([&] { return !shell.window().library().storeMissing() && shell.window().library().find(QString::fromStdString(ulid)); }));
    shell.open(ulid);
    EXPECT_TRUE(shell.shows("lossPanel"));
    EXPECT_FALSE(shell.text("bannerSentence").contains(QStringLiteral("cannot be found")) && shell.shows("bannerSentence"));
}

TEST(Hostile, NamesWithLinesBidiAndZalgoStayPlainEverywhere) {
    FakeStore store;
    const std::string ulid = store.add(eightExperts());
    storage::editMetaFile(store.store().runFolder(ulid), [](storage::MetaFile& file) {
        file.name = "evil\n\xE2\x80\xAEname\t<b>bold</b>";
        for (int i = 0; i < 40; ++i) file.name += "\xCC\x81";
        file.tags = {"<img src='file:///etc/passwd'>", "\xE2\x80\xAEgat"};
    });
    Shell shell(store);
    shell.open(ulid);
    for (const PageId page : {PageId::start, PageId::train, PageId::routing, PageId::compare}) {
        shell.window().showPage(page);
        shell.settle();
        for (const QString& text : visibleTexts(shell.window())) {
            EXPECT_FALSE(text.contains(QChar(0x202E))) << text.toStdString();
            EXPECT_FALSE(text.contains(QStringLiteral("evil\n"))) << text.toStdString();
            EXPECT_LE(text.count(QChar(0x0301)), 2) << text.toStdString();
        }
    }
}

TEST(Hostile, ANoteOfTenThousandLinesDoesNotFillTheScreen) {
    FakeStore store;
    const std::string ulid = store.add(eightExperts());
    std::string note;
    for (int line = 0; line < 10'000; ++line) note += std::to_string(line) + "\n";
    storage::editMetaFile(store.store().runFolder(ulid), [&](storage::MetaFile& file) { file.note = note; });
    Shell shell(store);
    shell.open(ulid);
    auto* view = shell.find<QAbstractItemView>("runsList");
    ASSERT_NE(view, nullptr);
    const QAbstractItemModel* model = view->model();
    int seen = 0;
    for (int group = 0; group < model->rowCount(); ++group)
        for (int row = 0; row < model->rowCount(model->index(group, 0)); ++row) {
            const QString tip = model->index(row, 0, model->index(group, 0)).data(Qt::ToolTipRole).toString();
            EXPECT_LE(tip.size(), 2000);
            EXPECT_LE(tip.count(QLatin1Char('\n')), 30);
            ++seen;
        }
    EXPECT_EQ(seen, 1);
}

TEST(Hostile, AnEngineThatHoldsItsLockAndDoesNotAnswerIsSaid) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    engine.hang();
    FakeRun run = eightExperts("stuck");
    run.state = storage::RunState::running;
    run.socketPath = engine.path();
    const std::string ulid = store.add(run);
    Shell shell(store);
    shell.window().run().setPatience(50);
    shell.open(ulid);
    shell.window().run().send({"pause", {}});
    ASSERT_TRUE(waitFor([&] { return shell.text("bannerSentence").contains(QStringLiteral("holds its lock but does not answer")); }));
    EXPECT_EQ(shell.find<QPushButton>("bannerAction")->text(), QStringLiteral("Stop with checkpoint"));
}

TEST(Hostile, AnEngineThatAnswersNonsenseIsSaidAndTheWindowLives) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    FakeRun run = eightExperts("mad");
    run.state = storage::RunState::running;
    run.socketPath = engine.path();
    const std::string ulid = store.add(run);
    Shell shell(store);
    shell.open(ulid);
    for (const char* answer : {"\n", "[]\n", "{\"ok\":\"yes\"}\n", "{\"ok\":false,\"problems\":7}\n", "{\"ok\":false,\"problems\":[{\"text\":3}]}\n",
                               "{\"ok\":true,\"applied_at_step\":\"soon\"}\n", "\xff\xfe\n"}) {
        engine.answer(answer);
        QSignalSpy refused(&shell.window().run(), &WatchedRun::refused);
        shell.window().run().send({"pause", {}});
        ASSERT_TRUE(waitFor([&] { return refused.count() == 1; })) << answer;
        EXPECT_FALSE(refused[0][1].toString().isEmpty());
    }
}

TEST(Hostile, ACatalogThatBreaksUnderTheWindowIsMadeAnew) {
    FakeStore store;
    const std::string ulid = store.add(eightExperts());
    Shell shell(store);
    ASSERT_TRUE(waitFor([&] { return shell.window().library().find(QString::fromStdString(ulid)); }));
    std::ofstream(store.folder() / "catalog.db", std::ios::trunc) << "not a database";
    shell.window().library().refresh();
    const std::string next = store.add(eightExperts("next"));
    EXPECT_TRUE(waitFor([&] { return shell.window().library().find(QString::fromStdString(next)); }));
}

}  // namespace
}  // namespace moescope::ui::testing
