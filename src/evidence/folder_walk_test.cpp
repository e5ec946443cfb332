#include "evidence/folder_walk.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <map>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evidence/open_beneath.h"
#include "support/temp_dir.h"

namespace cairn::evidence {
namespace {

namespace fs = std::filesystem;
using Kind = FolderEntry::Kind;

std::vector<FolderEntry> walk(const std::string& source, FolderWalk::Options options = {}) {
    auto opened = FolderWalk::open(source, std::move(options));
    EXPECT_TRUE(opened) << source;
    std::vector<FolderEntry> entries;
    if (!opened) return entries;
    while (auto entry = (*opened)->next()) entries.push_back(std::move(*entry));
    return entries;
}

std::vector<std::string> names_of(const std::vector<FolderEntry>& entries) {
    std::vector<std::string> names;
    for (const FolderEntry& entry : entries) names.push_back(entry.relative);
    return names;
}

std::string content_of(const FolderWalk& folder_walk, const std::string& relative) {
    const auto fd = folder_walk.open_file(relative);
    if (!fd) return "error: " + fd.error().message;
    ByteVector bytes(4096);
    const auto size = read_at(fd->get(), 0, bytes);
    if (!size) return "error: " + size.error().message;
    return std::string(as_text(Bytes(bytes).first(*size)));
}

/// Makes `depth` folders inside one another, far beyond PATH_MAX if need be; a file in the last.
void make_deep(const std::string& root, const std::string& name, int depth) {
    Fd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; i < depth; ++i) {
        ASSERT_EQ(::mkdirat(folder.get(), name.c_str(), 0755), 0);
        folder = Fd(::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    const Fd file(::openat(folder.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    ASSERT_TRUE(file);
    ASSERT_TRUE(write_all(file.get(), as_bytes("deep")));
}

/// Runs `check` as a user whom permissions bind (root is not bound); false when it failed.
bool as_nobody(const std::function<bool()>& check) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        const bool bound = ::geteuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0);
        ::_exit(bound && check() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    return status == 0;
}

TEST(FolderWalk, YieldsNamesInByteOrderDepthFirst) {
    const test::TempDir dir;
    for (const char* name : {"b/2", "b/10", "B", "a.txt", "a/z", "a/y/x", "\xFF", "a\nb"}) {
        dir.write(name, name);
    }
    EXPECT_EQ(
        names_of(walk(dir.path())),
        (std::vector<std::string>{"B", "a/y/x", "a/z", "a\nb", "a.txt", "b/10", "b/2", "\xFF"})
    );
}

TEST(FolderWalk, TellsWhatAFileIs) {
    const test::TempDir dir;
    const std::string path = dir.write("one", "12345");
    fs::create_hard_link(path, dir / "two");
    const std::array<timespec, 2> times{timespec{1, 0}, timespec{1'600'000'000, 123'456'789}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
    const auto entries = walk(dir.path());
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].kind, Kind::file);
    EXPECT_EQ(entries[0].size_bytes, 5U);
    EXPECT_EQ(entries[0].modified.time_since_epoch().count(), 1'600'000'000'123'456);
    EXPECT_EQ(entries[0].link_count, 2U);
    EXPECT_EQ(entries[0].inode, entries[1].inode);
    EXPECT_EQ(entries[0].device_id, entries[1].device_id);
    EXPECT_EQ(entries[0].problem, "");
}

TEST(FolderWalk, RecordsSpecialFilesAndFollowsNoLink) {
    const test::TempDir dir;
    const test::TempDir outside;
    outside.write("secret", "x");
    fs::create_directory_symlink(outside.path(), dir / "folder_link");
    fs::create_symlink(outside / "secret", dir / "link");
    fs::create_symlink("nowhere", dir / "dangling");
    ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0644), 0);
    ASSERT_EQ(::mknod((dir / "sock").c_str(), S_IFSOCK | 0644, 0), 0);
    std::map<std::string, Kind> kinds;
    for (const FolderEntry& entry : walk(dir.path())) kinds[entry.relative] = entry.kind;
    const std::map<std::string, Kind> expected{
        {"folder_link", Kind::symlink},
        {"link", Kind::symlink},
        {"dangling", Kind::symlink},
        {"pipe", Kind::fifo},
        {"sock", Kind::socket}};
    EXPECT_EQ(kinds, expected);
}

TEST(FolderWalk, RecordsADevice) {
    const auto entries = walk("/dev/null");
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].kind, Kind::device);
    EXPECT_EQ(entries[0].relative, "");
}

TEST(FolderWalk, TakesASingleFileAsSource) {
    const test::TempDir dir;
    const std::string path = dir.write("only", "abc");
    const auto opened = FolderWalk::open(path, {});
    ASSERT_TRUE(opened);
    const auto entry = (*opened)->next();
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->relative, "");
    EXPECT_EQ(entry->size_bytes, 3U);
    EXPECT_FALSE((*opened)->next());
    EXPECT_EQ(content_of(**opened, ""), "abc");
    EXPECT_EQ((*opened)->open_file("only").error().code, Errc::not_found);
}

TEST(FolderWalk, ResolvesASourceThatIsALink) {
    const test::TempDir dir;
    dir.write("real/file", "abc");
    fs::create_directory_symlink("real", dir / "folder_link");
    fs::create_symlink("real/file", dir / "file_link");
    EXPECT_EQ(names_of(walk(dir / "folder_link")), std::vector<std::string>{"file"});
    const auto single = FolderWalk::open(dir / "file_link", {});
    ASSERT_TRUE(single);
    EXPECT_EQ((*single)->next()->kind, Kind::file);
    EXPECT_EQ(content_of(**single, ""), "abc");
}

TEST(FolderWalk, SaysWhyASourceCannotBeOpened) {
    const test::TempDir dir;
    EXPECT_EQ(FolderWalk::open(dir / "absent", {}).error().code, Errc::not_found);
    EXPECT_EQ(FolderWalk::open("", {}).error().code, Errc::not_found);
    fs::create_symlink("loop", dir / "loop");
    EXPECT_FALSE(FolderWalk::open(dir / "loop", {}));
    fs::create_directory(dir / "closed");
    fs::permissions(dir / "closed", fs::perms::none);
    fs::permissions(dir.path(), fs::perms::owner_all | fs::perms::others_exec);
    EXPECT_TRUE(as_nobody([&] {
        const auto opened = FolderWalk::open(dir / "closed", {});
        return !opened && opened.error().code == Errc::permission_denied;
    }));
}

TEST(FolderWalk, YieldsNothingForAnEmptyFolder) {
    EXPECT_TRUE(walk(test::TempDir().path()).empty());
}

TEST(FolderWalk, RecordsUnreadableFoldersAndGoesOn) {
    const test::TempDir dir;
    dir.write("a/hidden", "x");
    dir.write("b", "x");
    dir.write("listed/untouchable", "x");
    fs::permissions(dir.path(), fs::perms(0755));
    fs::permissions(dir / "a", fs::perms::none);
    fs::permissions(dir / "listed", fs::perms(0744));
    EXPECT_TRUE(as_nobody([&] {
        const auto opened = FolderWalk::open(dir.path(), {});
        if (!opened) return false;
        const auto a = (*opened)->next();
        const auto b = (*opened)->next();
        const auto c = (*opened)->next();
        return a && a->kind == Kind::unreadable_folder && a->relative == "a" &&
               a->problem == "Permission denied" && b && b->relative == "b" && c &&
               c->relative == "listed/untouchable" && c->problem == "Permission denied" &&
               !(*opened)->next() && !(*opened)->open_file("listed/untouchable");
    }));
}

TEST(FolderWalk, RecordsWhatVanishedMeanwhile) {
    const test::TempDir dir;
    dir.write("a", "x");
    dir.write("b", "x");
    dir.write("c/d", "x");
    dir.write("e", "x");
    const auto opened = FolderWalk::open(dir.path(), {});
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->next()->relative, "a");
    fs::remove(dir / "b");
    fs::remove_all(dir / "c");
    const auto b = (*opened)->next();
    EXPECT_EQ(b->kind, Kind::vanished);
    EXPECT_EQ(b->relative, "b");
    EXPECT_EQ((*opened)->next()->kind, Kind::vanished);
    EXPECT_EQ((*opened)->next()->kind, Kind::file);
    EXPECT_FALSE((*opened)->next());
}

TEST(FolderWalk, DoesNotEnterAFolderReplacedByALink) {
    const test::TempDir dir;
    dir.write("a", "x");
    dir.write("b/c", "x");
    dir.write("elsewhere/secret", "x");
    const auto opened = FolderWalk::open(dir.path(), {.exclude = {"elsewhere"}, .depth_max = 9});
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->next()->relative, "a");
    fs::remove_all(dir / "b");
    fs::create_directory_symlink("elsewhere", dir / "b");
    const auto b = (*opened)->next();
    EXPECT_EQ(b->relative, "b");
    EXPECT_EQ(b->kind, Kind::vanished);
}

TEST(FolderWalk, FollowsNoLinkToASourceBelowAFolder) {
    const test::TempDir dir;
    fs::create_directories(dir / "root/in/deep");
    fs::create_directory(dir / "outside");
    dir.write("root/in/deep/a", "one");
    dir.write("outside/b", "two");
    fs::create_symlink(dir / "outside", dir / "root/in/link");
    const Fd root(::open((dir / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto names_below = [&](const std::string& relative) {
        const auto opened = FolderWalk::open_below(root.get(), relative, {});
        EXPECT_TRUE(opened) << relative;
        std::vector<FolderEntry> entries;
        while (auto entry = (*opened)->next()) entries.push_back(std::move(*entry));
        return names_of(entries);
    };
    EXPECT_EQ(names_below(""), (std::vector<std::string>{"in/deep/a", "in/link"}));
    EXPECT_EQ(names_below("in"), (std::vector<std::string>{"deep/a", "link"}));
    EXPECT_EQ(names_below("in/deep/a"), (std::vector<std::string>{""}));
    const auto file = FolderWalk::open_below(root.get(), "in/deep/a", {});
    EXPECT_EQ(content_of(**file, ""), "one");
    for (const char* relative :
         {"in/link", "in/link/b", "../outside", "in/../../outside", "/etc"}) {
        EXPECT_FALSE(FolderWalk::open_below(root.get(), relative, {})) << relative;
    }
}

TEST(FolderWalk, ExcludesByNameAndByPath) {
    const test::TempDir dir;
    for (const char* name : {"a/x.tmp", "a/y", "cache/z", "b/cache/w", "b/v"}) dir.write(name, "");
    const auto entries = walk(dir.path(), {.exclude = {"*.tmp", "b/cache", "ca?he"}});
    std::map<std::string, Kind> kinds;
    for (const FolderEntry& entry : entries) kinds[entry.relative] = entry.kind;
    const std::map<std::string, Kind> expected{
        {"a/x.tmp", Kind::excluded},
        {"a/y", Kind::file},
        {"b/cache", Kind::excluded},
        {"b/v", Kind::file},
        {"cache", Kind::excluded}};
    EXPECT_EQ(kinds, expected);
}

TEST(FolderWalk, StopsAtTheDepthLimitAndSaysSo) {
    const test::TempDir dir;
    make_deep(dir.path(), "d", 600);
    const auto entries = walk(dir.path());
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].kind, Kind::too_deep);
    EXPECT_EQ(std::ranges::count(entries[0].relative, '/'), 512);
}

TEST(FolderWalk, DepthLimitCountsFolders) {
    const test::TempDir dir;
    dir.write("1/2/file", "");
    EXPECT_EQ(walk(dir.path(), {.exclude = {}, .depth_max = 2})[0].kind, Kind::file);
    EXPECT_EQ(walk(dir.path(), {.exclude = {}, .depth_max = 1})[0].relative, "1/2");
}

TEST(FolderWalk, ReadsPathsLongerThanTheSystemsLimit) {
    const test::TempDir dir;
    make_deep(dir.path(), std::string(200, 'n'), 100);
    dir.write(std::string(200, 'n') + "/z", "beside");
    const auto opened = FolderWalk::open(dir.path(), {});
    ASSERT_TRUE(opened);
    const auto deep = (*opened)->next();
    ASSERT_TRUE(deep);
    EXPECT_GT(deep->relative.size(), 20'000U);
    EXPECT_EQ(deep->kind, Kind::file);
    EXPECT_EQ(content_of(**opened, deep->relative), "deep");
    const auto beside = (*opened)->next();  // needs a folder whose descriptor was given up
    ASSERT_TRUE(beside);
    EXPECT_EQ(content_of(**opened, beside->relative), "beside");
    EXPECT_FALSE((*opened)->next());
}

TEST(FolderWalk, KeepsFewDescriptors) {
    const test::TempDir dir;
    make_deep(dir.path(), "d", 500);
    const auto opened = FolderWalk::open(dir.path(), {});
    ASSERT_TRUE(opened);
    ASSERT_EQ((*opened)->next()->kind, Kind::file);
    EXPECT_LT(Fd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)).get(), 100);
}

TEST(FolderWalk, WalksAFolderOfManyFiles) {
    const test::TempDir dir;
    for (int i = 0; i < 5000; ++i) dir.write(std::to_string(i), "");
    const auto names = names_of(walk(dir.path()));
    EXPECT_EQ(names.size(), 5000U);
    EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST(FolderWalk, YieldsTheSameSequenceEveryTime) {
    const test::TempDir dir;
    for (int i = 0; i < 300; ++i) {
        dir.write(std::to_string(i % 7) + "/" + std::to_string(i * 31 % 300), "");
    }
    EXPECT_EQ(names_of(walk(dir.path())), names_of(walk(dir.path())));
}

/// Both ways of opening must keep the same promises.
class OpenBeneath : public testing::TestWithParam<decltype(&open_beneath)> {};
INSTANTIATE_TEST_SUITE_P(, OpenBeneath, testing::Values(&open_beneath, &open_by_components));

TEST_P(OpenBeneath, FollowsNoLinkInAnyComponent) {
    const test::TempDir dir;
    dir.write("real/sub/file", "x");
    fs::create_directory_symlink("real", dir / "link");
    fs::create_symlink("real/sub/file", dir / "file_link");
    const Fd root(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto open = GetParam();
    EXPECT_TRUE(open(root.get(), "real/sub/file", O_RDONLY));
    EXPECT_TRUE(open(root.get(), "", O_RDONLY | O_DIRECTORY));
    EXPECT_FALSE(open(root.get(), "link/sub/file", O_RDONLY));
    EXPECT_FALSE(open(root.get(), "file_link", O_RDONLY));
    EXPECT_FALSE(open(root.get(), "link", O_RDONLY | O_DIRECTORY));
    EXPECT_EQ(open(root.get(), "real/absent", O_RDONLY).error().code, Errc::not_found);
}

TEST_P(OpenBeneath, RefusesPathsThatCouldLeaveTheFolder) {
    const test::TempDir dir;
    dir.write("a/b", "x");
    const Fd root(::open((dir / "a").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const std::string& relative :
         {std::string("../a/b"),
          std::string("/etc/passwd"),
          std::string("b/"),
          std::string("."),
          std::string("./b"),
          std::string("x//b"),
          std::string("b\0c", 3)}) {
        const auto opened = GetParam()(root.get(), relative, O_RDONLY);
        ASSERT_FALSE(opened) << relative;
        EXPECT_EQ(opened.error().code, Errc::invalid_argument) << relative;
    }
}

TEST(FolderWalk, OpensNothingButRegularFilesAndNeverBlocks) {
    const test::TempDir dir;
    dir.write("file", "abc");
    dir.write("folder/x", "");
    ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0644), 0);
    fs::create_symlink("file", dir / "link");
    const auto opened = FolderWalk::open(dir.path(), {});
    ASSERT_TRUE(opened);
    EXPECT_EQ(content_of(**opened, "file"), "abc");
    EXPECT_EQ((*opened)->open_file("pipe").error().code, Errc::unsupported);
    EXPECT_EQ((*opened)->open_file("folder").error().code, Errc::unsupported);
    EXPECT_EQ((*opened)->open_file("link").error().code, Errc::unsupported);
    EXPECT_EQ((*opened)->open_file("gone\n").error().message, "gone\\n: No such file or directory");
}

TEST(FolderWalk, LeavesAccessTimesAlone) {
    const test::TempDir dir;
    const std::string path = dir.write("file", "abc");
    const std::array<timespec, 2> times{timespec{1000, 0}, timespec{2000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
    const auto opened = FolderWalk::open(dir.path(), {});
    ASSERT_TRUE(opened);
    EXPECT_EQ(content_of(**opened, "file"), "abc");
    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_atim.tv_sec, 1000);
}

}  // namespace
}  // namespace cairn::evidence
