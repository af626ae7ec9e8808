// Folders: what is read, in which order, and what is left out with a word about it.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "core/data/text/identity.hpp"
#include "core/data/text/sources.hpp"
#include "tests/data/support.hpp"

namespace moescope::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::vector<std::string> namesOf(const SourceList &list, const std::filesystem::path &root) {
    std::vector<std::string> names;
    for (const SourceFile &file : list.files)
        names.push_back(list.domains[file.domain] + ":" + file.path.lexically_relative(root).native());
    return names;
}

template <class Call>
void expectError(Call call, const std::string &code, const std::string &where) {
    try {
        call();
        ADD_FAILURE() << "no " << code;
    } catch (const base::Error &error) {
        EXPECT_EQ(error.exitStatus(), 3);
        EXPECT_EQ(error.code(), code);
        EXPECT_THAT(error.where(), HasSubstr(where));
    }
}

TEST(Sources, FilesOfAFlatFolderAreDomainsInTheOrderOfTheirNames) {
    TemporaryFolder folder;
    for (const char *name : {"b.txt", "a.txt", "C.txt"})
        folder.write(name, "x");
    const SourceList list = listSources(folder.path());
    EXPECT_THAT(list.domains, ElementsAre("C.txt", "a.txt", "b.txt"));
    EXPECT_TRUE(list.warnings.empty());
}

TEST(Sources, SubfoldersAreDomainsWithAllBelowThem) {
    TemporaryFolder folder;
    folder.write("de/1.txt", "x");
    folder.write("de/deep/er/2.txt", "x");
    folder.write("en/1.txt", "x");
    folder.write("top.txt", "x");
    const SourceList list = listSources(folder.path());
    const std::string top = folder.path().filename().native() + "/";
    EXPECT_THAT(list.domains, ElementsAre("de", "en", top));
    EXPECT_THAT(namesOf(list, folder.path()),
                ElementsAre("de:de/1.txt", "de:de/deep/er/2.txt", "en:en/1.txt", top + ":top.txt"));
}

TEST(Sources, LeavesOutHiddenEmptyAndSpecialFilesAndLinksInACircle) {
    TemporaryFolder folder;
    folder.write("good.txt", "x");
    folder.write(".hidden", "x");
    folder.write(".git/config", "x");
    folder.write("empty.txt", "");
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    std::filesystem::create_directory_symlink(folder.path(), folder / "circle");
    std::filesystem::create_symlink("self", folder / "self");
    std::filesystem::create_symlink("nowhere", folder / "broken");
    std::filesystem::create_symlink("/dev/zero", folder / "zero");
    std::filesystem::create_symlink("good.txt", folder / "again");
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder / "socket").native().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
    ::close(fd);
    const SourceList list = listSources(folder.path());
    EXPECT_THAT(namesOf(list, folder.path()), ElementsAre("good.txt:good.txt"));
    EXPECT_THAT(list.warnings,
                ::testing::UnorderedElementsAre(
                    HasSubstr("empty.txt: it is empty"), HasSubstr("pipe: not a regular file"),
                    HasSubstr("socket: not a regular file"), HasSubstr("self: a link that leads to itself"),
                    HasSubstr("broken: a link that leads nowhere"), HasSubstr("zero: not a regular file"),
                    HasSubstr("again: it was met before"), HasSubstr("circle: it was met before")));
}

TEST(Sources, CircleOfFoldersEnds) {
    TemporaryFolder folder;
    folder.write("a/text", "x");
    std::filesystem::create_directory_symlink("..", folder / "a/up");
    const SourceList list = listSources(folder.path());
    EXPECT_EQ(list.files.size(), 1U);
}

TEST(Sources, JoinsTheSmallestOfTooManyDomains) {
    TemporaryFolder folder;
    for (int i = 0; i < 70; ++i)
        folder.write(std::to_string(100 + i), std::string(static_cast<std::size_t>(i + 1), 'x'));
    const SourceList list = listSources(folder.path());
    EXPECT_EQ(list.domains.size(), 64U);
    EXPECT_EQ(list.domains.front(), "107");
    EXPECT_EQ(list.domains.back(), "other");
    EXPECT_EQ(list.files.size(), 70U);
    EXPECT_EQ(list.files.back().domain, 63U);
    EXPECT_TRUE(std::is_sorted(list.files.begin(), list.files.end(),
                               [](const SourceFile &a, const SourceFile &b) { return a.domain < b.domain; }));
}

TEST(Sources, NamesWithNewlinesAndBrokenUtf8AreMadePrintable) {
    TemporaryFolder folder;
    folder.write("a\nb", "x");
    folder.write("\xff", "x");
    EXPECT_THAT(listSources(folder.path()).domains, ElementsAre("a?b", "?"));
}

TEST(Sources, RefusesWhatCannotBeRead) {
    TemporaryFolder folder;
    expectError([&] { listSources(folder.path()); }, "data.empty", folder.path());
    expectError([&] { listSources(folder / "none"); }, "data.missing", "none");
    expectError([&] { listSources(folder.write("empty", "")); }, "data.empty", "empty");
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    expectError([&] { listSources(folder / "pipe"); }, "data.not_regular", "pipe");
    expectError([&] { listSources("/dev/zero"); }, "data.not_regular", "/dev/zero");
    if (::geteuid() == 0) return;
    const auto locked = folder.write("locked", "x");
    std::filesystem::permissions(locked, std::filesystem::perms::none);
    expectError([&] { listSources(locked); }, "data.unreadable", "locked");
}

SourceIdentity identityOf(const std::filesystem::path &path) { return identify(listSources(path).files.front()); }

TEST(Identity, NoticesATextThatIsCutGrownChangedOrGone) {
    TemporaryFolder folder;
    const std::string text(100'000, 'a');
    const auto path = folder.write("text", text);
    const SourceIdentity identity = identityOf(path);
    EXPECT_NO_THROW(checkUnchanged(identity));
    std::filesystem::resize_file(path, 60'000);
    expectError([&] { checkUnchanged(identity); }, "data.changed", "text at byte 60000");
    folder.write("text", text + "more");
    expectError([&] { checkUnchanged(identity); }, "data.changed", "text at byte 100000");
    folder.write("text", "b" + text.substr(1));
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    expectError([&] { checkUnchanged(identity); }, "data.changed", "text at byte 0");
    std::filesystem::remove(path);
    expectError([&] { checkUnchanged(identity); }, "data.changed", "text at byte 0");
}

TEST(Identity, ATouchedTextIsStillTheSame) {
    TemporaryFolder folder;
    const auto path = folder.write("text", std::string(100'000, 'a'));
    const SourceIdentity identity = identityOf(path);
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    EXPECT_NO_THROW(checkUnchanged(identity));
}

TEST(Identity, ReadsOnlyAFewBlocksOfAHugeFile) {
    TemporaryFolder folder;
    const auto path = folder.write("huge", "x");
    std::filesystem::resize_file(path, std::uintmax_t{1} << 40);
    EXPECT_LE(identityOf(path).blocks.size(), 16U);
}

}  // namespace
}  // namespace moescope::data
