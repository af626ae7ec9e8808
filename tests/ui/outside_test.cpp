// What comes from outside: recipes by paste, drop and file; files, folders, sockets and circles; runs of another store; the start page.
#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QTemporaryDir>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/dropped.hpp"
#include "ui/new_run_page.hpp"
#include "ui/recipe_reader.hpp"
#include "ui/start_page_gallery.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

using namespace testing;
namespace fs = std::filesystem;

std::string sentence(const QString& text) {
    const ReadRecipe read = readRecipe(text);
    return read.problems.empty() ? std::string() : read.problems.front().text;
}

config::RunConfig sample() {
    config::RunConfig config = fakeConfig(8, 2, 2);
    config.training.steps = 777;
    return config;
}

TEST(Recipe, AStringAndItsJsonGiveTheSameSettings) {
    const config::RunConfig config = sample();
    const ReadRecipe packed = readRecipe(QString::fromStdString(config::toRecipeString(config))), plain = readRecipe(QString::fromStdString(config::toJson(config, 2)));
    EXPECT_TRUE(packed.problems.empty());
    EXPECT_TRUE(plain.problems.empty());
    EXPECT_EQ(config::toJson(packed.config, -1), config::toJson(config, -1));
    EXPECT_EQ(config::toJson(plain.config, -1), config::toJson(config, -1));
}

TEST(Recipe, EachKindOfMistakeHasItsOwnSentence) {
    QString cut = QString::fromStdString(config::toRecipeString(sample()));
    cut.chop(20);
    EXPECT_NE(sentence({}).find("There is no text here"), std::string::npos);
    EXPECT_NE(sentence(QStringLiteral("Dear Sir or Madam")).find("is not a recipe"), std::string::npos);
    EXPECT_NE(sentence(QStringLiteral("{\"training\": {\"steps\": 5")).find("damaged or cut off"), std::string::npos);
    EXPECT_NE(sentence(cut).find("damaged or cut off"), std::string::npos);
    EXPECT_NE(sentence(QStringLiteral("moe:!!!")).find("characters that do not belong"), std::string::npos);
    EXPECT_NE(sentence(QStringLiteral("{\"training\": {\"steps\": 5}, \"warp\": {\"factor\": 9}}")).find("newer version"), std::string::npos);
    EXPECT_NE(sentence(QString(3 << 20, QLatin1Char('{'))).find("far too long"), std::string::npos);
    EXPECT_FALSE(sentence(QStringLiteral("{\"training\": {\"steps\": \"many\"}}")).empty());
}

struct Outside : ::testing::Test {
    QString path(const char* name) const { return folder.filePath(QString::fromLatin1(name)); }
    void write(const char* name, const std::string& text) { std::ofstream(path(name).toStdString()) << text; }
    void drop(MainWindow& window, QMimeData& data) {
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(&window, &enter);
        QDropEvent event(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(&window, &event);
    }
    QTemporaryDir folder;
    FakeStore store;
    QString storeFolder = QString::fromStdString(store.folder().string());
};

TEST_F(Outside, ALookTellsTextsRecipesAndRunsApart) {
    write("one.txt", "hello");
    write("two.txt", "world");
    write("recipe.json", "{}");
    const std::string run = store.add({});
    EXPECT_EQ(lookAt({path("one.txt")}, storeFolder).kind, Dropped::text);
    EXPECT_EQ(lookAt({path("one.txt"), path("two.txt")}, storeFolder).paths.size(), 2);
    EXPECT_EQ(lookAt({path("recipe.json")}, storeFolder).kind, Dropped::recipe);
    EXPECT_EQ(lookAt({QString::fromStdString((store.folder() / "runs" / run).string())}, storeFolder).kind, Dropped::runHere);
    EXPECT_EQ(lookAt({QString::fromStdString((store.folder() / "runs" / run).string())}, path("elsewhere")).kind, Dropped::runElsewhere);
}

TEST_F(Outside, SocketsPipesCirclesAndEmptyFilesAreRefusedInWords) {
    write("empty.txt", "");
    fs::create_symlink("round", path("round").toStdString());
    ASSERT_EQ(::mkfifo(path("pipe").toLocal8Bit().constData(), 0600), 0);
    const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path("sock").toLocal8Bit().left(100).toStdString().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const Dropped found = lookAt({path("empty.txt"), path("round"), path("pipe"), path("sock"), path("nothing")}, storeFolder);
    ::close(listening);
    EXPECT_EQ(found.kind, Dropped::nothing);
    for (const char* word : {"empty.txt is empty", "round is a link that leads nowhere or in a circle", "pipe is a pipe", "sock is a socket", "1 more"})
        EXPECT_TRUE(found.sentence.contains(QLatin1String(word))) << word << " in " << found.sentence.toStdString();
}

TEST_F(Outside, TenGigabytesAreLookedAtAtOnce) {
    write("huge.txt", "x");
    fs::resize_file(path("huge.txt").toStdString(), 10ULL << 30);
    QElapsedTimer clock;
    clock.start();
    EXPECT_EQ(lookAt({path("huge.txt")}, storeFolder).kind, Dropped::text);
    EXPECT_LT(clock.elapsed(), 500) << "nothing of it is read here";
}

TEST_F(Outside, SeveralFilesBecomeAFolderOfLinksWithNamesOfTheirOwn) {
    write("one.txt", "hello");
    fs::create_directory(path("sub").toStdString());
    write("sub/one.txt", "world");
    QString problem;
    const QString made = gatherTexts({path("one.txt"), path("sub/one.txt")}, storeFolder, &problem);
    ASSERT_FALSE(made.isEmpty()) << problem.toStdString();
    EXPECT_TRUE(made.startsWith(storeFolder));
    EXPECT_EQ(QDir(made).entryList(QDir::Files), (QStringList{QStringLiteral("one-2.txt"), QStringLiteral("one.txt")}));
}

TEST_F(Outside, TwoDroppedTextsFillTheForm) {
    write("one.txt", "hello");
    write("two.txt", "world");
    Shell shell(store);
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path("one.txt")), QUrl::fromLocalFile(path("two.txt"))});
    drop(shell.window(), data);
    EXPECT_EQ(shell.window().page(), PageId::newRun);
    const QString source = QString::fromStdString(shell.window().newRunPage().config().data.source);
    EXPECT_EQ(QDir(source).entryList(QDir::Files).size(), 2) << source.toStdString();
}

TEST_F(Outside, ADroppedRecipeFileAndAPastedStringFillTheForm) {
    write("mine.json", config::toJson(sample(), 2));
    Shell shell(store);
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path("mine.json"))});
    drop(shell.window(), data);
    EXPECT_EQ(shell.window().page(), PageId::newRun);
    EXPECT_EQ(shell.window().newRunPage().config().training.steps, 777);
    config::RunConfig other = sample();
    other.training.steps = 555;
    QApplication::clipboard()->setText(QString::fromStdString(config::toRecipeString(other)));
    shell.window().showPage(PageId::start);
    shell.find<QAction>("pasteRecipeAction")->trigger();
    EXPECT_EQ(shell.window().page(), PageId::newRun);
    EXPECT_EQ(shell.window().newRunPage().config().training.steps, 555);
}

TEST_F(Outside, WhatIsNoRecipeIsSaidAndNothingChanges) {
    Shell shell(store);
    QApplication::clipboard()->setText(QStringLiteral("moe:AAAA"));
    shell.find<QAction>("pasteRecipeAction")->trigger();
    EXPECT_EQ(shell.window().page(), PageId::start);
    EXPECT_TRUE(shell.shows("windowWord"));
    EXPECT_TRUE(shell.find<UndoToast>("windowWord")->sentence().contains(QStringLiteral("recipe")));
}

TEST_F(Outside, ARunsRecipeCopiedAndPastedIsTheSameRun) {
    FakeRun run;
    run.config = sample();
    Shell shell(store);
    shell.open(store.add(run));
    shell.find<QAction>("copyRecipe")->trigger();
    const ReadRecipe read = readRecipe(QApplication::clipboard()->text());
    EXPECT_TRUE(read.problems.empty());
    EXPECT_EQ(config::toJson(read.config, -1), config::toJson(shell.window().run().data()->config(), -1));
}

TEST_F(Outside, ARunOfAnotherStoreIsCopiedOnlyWhenAskedFor) {
    FakeStore other;
    FakeRun run;
    run.name = "visitor";
    run.config = fakeConfig();
    const std::string ulid = other.add(run);
    Shell shell(store);
    shell.window().openPaths({QString::fromStdString((other.folder() / "runs" / ulid).string())});
    ASSERT_TRUE(shell.shows("windowWord"));
    EXPECT_FALSE(fs::exists(store.folder() / "runs" / ulid));
    ASSERT_TRUE(shell.find<UndoToast>("windowWord")->act());
    EXPECT_TRUE(waitFor([&] { return shell.window().run().data() != nullptr; }));
    EXPECT_EQ(shell.window().run().ulid().toStdString(), ulid);
    EXPECT_TRUE(fs::exists(store.folder() / "runs" / ulid / "run.db"));
}

TEST_F(Outside, TheGalleryHasGoodAndBadPresetsWithCommentAndOpensTheForm) {
    Shell shell(store);
    auto* gallery = shell.find<QListView>("presetGallery");
    ASSERT_TRUE(gallery);
    int wrong = 0, works = 0;
    for (int row = 0; row < gallery->model()->rowCount(); ++row) {
        const QString said = gallery->model()->index(row, 0).data(Qt::AccessibleTextRole).toString();
        EXPECT_TRUE(gallery->model()->index(row, 0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("Look for:")));
        wrong += said.contains(QStringLiteral("goes wrong"));
        works += said.contains(QStringLiteral("works"));
    }
    EXPECT_GE(wrong, 3);
    EXPECT_GE(works, 2);
    gallery->setFocus();
    QTest::keyClick(gallery, Qt::Key_Return);
    EXPECT_EQ(shell.window().page(), PageId::newRun);
    EXPECT_EQ(shell.window().newRunPage().config().preset, "collapse");
}

TEST_F(Outside, OpenARunOffersTheRunsOfTheStore) {
    FakeRun run;
    run.name = "granite";
    run.config = fakeConfig();
    const std::string ulid = store.add(run);
    Shell shell(store);
    shell.find<QPushButton>("openRunButton")->click();
    ASSERT_TRUE(shell.shows("commandPalette"));
    QTest::keyClicks(shell.find<QLineEdit>("paletteField"), QStringLiteral("gran"));
    QTest::keyClick(shell.find<QLineEdit>("paletteField"), Qt::Key_Return);
    EXPECT_EQ(shell.window().run().ulid().toStdString(), ulid);
}

}  // namespace
}  // namespace moescope::ui
