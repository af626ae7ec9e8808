// The report of a comparison from the window's menu.
#include <gtest/gtest.h>

#include <QAction>
#include <QFile>
#include <QSignalSpy>

#include "tests/ui/shell_support.hpp"
#include "ui/compare_page.hpp"

namespace moescope::ui {
namespace {

TEST(CompareReport, TheMenuWritesWhatTheCompareTabShowsAndSaysSoWhenThereIsNothing) {
    testing::FakeStore store;
    testing::FakeRun first, second;
    first.config = testing::fakeConfig(8);
    second.config = testing::fakeConfig(16);
    first.steps = second.steps = 200;
    const QStringList runs{QString::fromStdString(store.add(first)), QString::fromStdString(store.add(second))};
    testing::Shell shell(store);
    ComparePage& page = shell.window().comparePage();
    const QString path = QString::fromStdString((store.folder().parent_path() / "menu.md").string());
    int asked = 0;
    page.askFileName = [&](const QString&, const QString&) {
        ++asked;
        return path;
    };
    auto* report = shell.window().findChild<QAction*>(QStringLiteral("saveReport"));
    ASSERT_NE(report, nullptr);
    QSignalSpy messages(&page, &ComparePage::message);
    report->trigger();
    EXPECT_EQ(asked, 0);
    ASSERT_EQ(messages.size(), 1);
    EXPECT_TRUE(messages[0][0].toString().startsWith(QStringLiteral("There is no comparison")));
    shell.window().compareRuns(runs);
    ASSERT_TRUE(testing::waitFor([&] { return page.complete(); }));
    report->trigger();
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    EXPECT_TRUE(text.contains("One shared seed"));
    EXPECT_TRUE(text.contains("| moe.experts | 8 | 16 |"));
}

}  // namespace
}  // namespace moescope::ui
