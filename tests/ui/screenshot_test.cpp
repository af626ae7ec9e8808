// Pictures for scripts: the asked size, when the data is there; or a sentence.
#include <QImage>

#include "tests/ui/shell_support.hpp"
#include "ui/screenshot.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

QString take(MainWindow& window, const QString& file, QSize size) {
    Screenshot camera(window, {file, size});
    QString problem = QStringLiteral("nothing came");
    bool done = false;
    QObject::connect(&camera, &Screenshot::done, [&](const QString& sentence) {
        problem = sentence;
        done = true;
    });
    camera.start();
    EXPECT_TRUE(waitFor([&] { return done; }));
    return problem;
}

TEST(Screenshot, HasTheAskedSizeAndShowsTheRun) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig();
    const std::string ulid = store.add(run);
    Shell shell(store);
    shell.window().openRun(QString::fromStdString(ulid));
    const QString file = QString::fromStdString((store.folder() / "picture.png").string());
    EXPECT_EQ(take(shell.window(), file, {1366, 768}), QString());
    const QImage picture(file);
    EXPECT_EQ(picture.size(), QSize(1366, 768));
    QSet<QRgb> colours;
    for (int x = 240; x < 1100; x += 3)
        for (int y = 150; y < 600; y += 3) colours.insert(picture.pixel(x, y));
    EXPECT_GT(colours.size(), 50) << "the plots are empty";
}

TEST(Screenshot, SaysWhenTheFileCannotBeWritten) {
    FakeStore store;
    Shell shell(store);
    EXPECT_TRUE(take(shell.window(), QStringLiteral("/nowhere/at/all.png"), {1366, 768}).contains(QStringLiteral("cannot be written")));
}

TEST(Screenshot, SaysWhenTheWindowCannotBeThatSmall) {
    FakeStore store;
    Shell shell(store);
    EXPECT_TRUE(take(shell.window(), QString::fromStdString((store.folder() / "small.png").string()), {320, 320}).contains(QStringLiteral("cannot be 320x320")));
}

}  // namespace
}  // namespace moescope::ui
