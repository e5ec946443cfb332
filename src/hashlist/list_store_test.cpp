#include "hashlist/list_store.h"

#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

crypto::SecretKey key_of(std::uint8_t fill) {
    std::array<std::uint8_t, crypto::SecretKey::kSize> bytes{};
    bytes.fill(fill);
    return crypto::SecretKey::from_bytes(bytes);
}

const crypto::SecretKey kKey = key_of(3);

crypto::Digests digests_of(std::uint64_t number) {
    return crypto::digest(as_bytes(fmt::format("file {}", number)));
}

/// A VICS hash set of files first..first+count-1, all of category 1.
std::string vics(std::uint64_t first, std::uint64_t count) {
    std::string text =
        R"({"@odata.context":"http://x/DataModels/2.0.xml/US/$metadata#Media","value":[)";
    for (std::uint64_t i = first; i < first + count; ++i) {
        text += fmt::format(
            R"({}{{"MediaID":{},"Category":1,"MD5":"{}","SHA1":"{}","MediaSize":{}}})",
            i == first ? "" : ",\n",
            i,
            hex_encode(digests_of(i).md5),
            hex_encode(digests_of(i).sha1),
            i + 100
        );
    }
    return text + "]}";
}

std::unique_ptr<ListStore> open_store(const std::string& folder) {
    auto store = ListStore::open(folder, kKey);
    if (!store) {
        ADD_FAILURE() << store.error().message;
        return nullptr;
    }
    return *std::move(store);
}

ImportOptions options_for(const std::string& file) {
    ImportOptions options;
    options.files = {file};
    options.name = "set";
    return options;
}

/// Options under which a list without scheme of its own loads as illegal.
ImportOptions illegal(const std::string& file) {
    ImportOptions options = options_for(file);
    options.scheme = "us-2.0";
    options.category = "1";
    return options;
}

std::size_t index_files(const std::string& folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        count += entry.path().filename().string().find(".cairnlist") != std::string::npos ? 1U : 0U;
    }
    return count;
}

TEST(ListStore, ImportsAndAnswers) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const auto report = store->import(options_for(dir.write("a.json", vics(0, 100))));
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_FALSE(report->unchanged);
    EXPECT_EQ(report->rows_read, 100U);
    EXPECT_EQ(report->rows_accepted, 100U);
    EXPECT_EQ(report->categories, (std::map<std::string, std::uint64_t>{{"1", 100}}));
    EXPECT_EQ(report->list.format, "vics-2.0");
    EXPECT_EQ(report->list.scheme, "us-2.0");
    EXPECT_EQ(report->list.kind, ListKind::illegal);
    EXPECT_EQ(report->list.entries, 100U);
    EXPECT_EQ(report->list.version, format_utc(SystemClock().now()).substr(0, 10));
    EXPECT_EQ(report->file_sha256, hex_encode(crypto::sha256(as_bytes(vics(0, 100)))));

    const auto infos = store->lists();
    ASSERT_EQ(infos->size(), 1U);
    EXPECT_EQ((*infos)[0].version_id, report->list.version_id);
    EXPECT_EQ((*infos)[0].digests, (std::array<std::uint64_t, 3>{100, 100, 0}));
    const auto index = store->load("set");
    ASSERT_TRUE(index) << index.error().message;
    const auto hits = (*index)->find(digests_of(42));
    ASSERT_EQ(hits.size(), 1U);
    const auto entry = (*index)->entry(hits[0].entry);
    EXPECT_EQ(entry->verdict, Verdict::illegal);
    EXPECT_EQ(entry->category_name, "Child Abuse Material (CAM)");
    EXPECT_EQ(entry->size_bytes, 142U);
    EXPECT_TRUE((*index)->find(digests_of(100)).empty());
    EXPECT_TRUE(store->verify("set"));
}

TEST(ListStore, KeepsItsFilesPrivate) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(store->import(options_for(dir.write("a.json", vics(0, 10)))));
    struct stat info {};
    ASSERT_EQ(::stat((dir / "lists").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0700U);
    for (const auto& entry : std::filesystem::directory_iterator(dir / "lists")) {
        ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0077U, 0U) << entry.path();
    }
}

TEST(ListStore, ChangesNothingForTheSameContent) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const std::string file = dir.write("a.json", vics(0, 10));
    const auto first = store->import(options_for(file));
    const auto second = store->import(options_for(file));
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_TRUE(second->unchanged);
    EXPECT_EQ(second->list.version_id, first->list.version_id);
    EXPECT_EQ(index_files(dir / "lists"), 1U);
    // The same rows meant otherwise are another version.
    ImportOptions as_ignore = options_for(file);
    as_ignore.kind = ListKind::ignore;
    EXPECT_FALSE(store->import(as_ignore)->unchanged);
}

TEST(ListStore, RepairsAMissingFileOnImport) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const std::string file = dir.write("a.json", vics(0, 10));
    ASSERT_TRUE(store->import(options_for(file)));
    for (const auto& entry : std::filesystem::directory_iterator(dir / "lists")) {
        if (entry.path().extension() == ".cairnlist") std::filesystem::remove(entry.path());
    }
    EXPECT_EQ(store->load("set").error().code, Errc::not_found);
    const auto again = store->import(options_for(file));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->unchanged);
    EXPECT_TRUE(store->verify("set"));
}

TEST(ListStore, KeepsTheLastThreeVersions) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    for (std::uint64_t i = 0; i < 5; ++i) {
        ASSERT_TRUE(store->import(options_for(dir.write("a.json", vics(i, 10)))));
    }
    EXPECT_EQ(index_files(dir / "lists"), 3U);
    EXPECT_EQ((*store->load("set"))->find(digests_of(13)).size(), 1U);
    EXPECT_TRUE((*store->load("set"))->find(digests_of(0)).empty());
}

TEST(ListStore, RemovesAListWithItsFiles) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(store->import(options_for(dir.write("a.json", vics(0, 10)))));
    ASSERT_TRUE(store->remove("set"));
    EXPECT_EQ(index_files(dir / "lists"), 0U);
    EXPECT_EQ(store->load("set").error().code, Errc::not_found);
    EXPECT_EQ(store->remove("set").error().code, Errc::not_found);
}

TEST(ListStore, NamesTheListsThereAre) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    EXPECT_NE(store->info("x").error().message.find("none yet"), std::string::npos);
    ASSERT_TRUE(store->import(options_for(dir.write("a.json", vics(0, 10)))));
    EXPECT_NE(store->info("x").error().message.find("are: set"), std::string::npos);
}

TEST(ListStore, RefusesAnotherKey) {
    const test::TempDir dir;
    ASSERT_TRUE(open_store(dir / "lists"));
    const auto other = ListStore::open(dir / "lists", key_of(4));
    EXPECT_EQ(other.error().code, Errc::permission_denied);
}

TEST(ListStore, RefusesBadNames) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    for (const std::string& name :
         {std::string(),
          std::string("../x"),
          std::string("a b"),
          std::string(".x"),
          std::string(65, 'a')}) {
        ImportOptions options = options_for(dir.write("a.json", vics(0, 1)));
        options.name = name;
        EXPECT_EQ(store->import(options).error().code, Errc::invalid_argument) << name;
    }
}

TEST(ListStore, ShowsDamageToVerify) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(store->import(options_for(dir.write("a.json", vics(0, 1000)))));
    for (const auto& entry : std::filesystem::directory_iterator(dir / "lists")) {
        if (entry.path().extension() != ".cairnlist") continue;
        const Fd fd(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC));
        std::uint8_t byte = 0;
        ASSERT_EQ(::pread(fd.get(), &byte, 1, 9000), 1);
        byte ^= 1U;
        ASSERT_EQ(::pwrite(fd.get(), &byte, 1, 9000), 1);
    }
    EXPECT_EQ(store->verify("set").error().code, Errc::corrupt_data);
}

TEST(Import, ImportsPartsTogether) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ImportOptions options = options_for(dir.write("a.json", vics(0, 10)));
    options.files.push_back(dir.write("b.json", vics(5, 10)));
    std::uint64_t last = 0;
    std::uint64_t total = 0;
    options.progress = [&](std::uint64_t done, std::uint64_t all) {
        EXPECT_GE(done, last);
        last = done;
        total = all;
    };
    const auto report = store->import(options);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->list.entries, 15U);
    EXPECT_EQ(report->rows_merged, 5U);
    EXPECT_EQ(report->rows_read, 20U);
    EXPECT_EQ(last, total);
    options.progress = {};
    options.files.push_back(dir.write("c.txt", hex_encode(digests_of(1).md5)));
    EXPECT_EQ(store->import(options).error().code, Errc::invalid_argument);
}

TEST(Import, NeedsSchemeAndCategoryWhereTheFormatCarriesNone) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const std::string file = dir.write("list.txt", hex_encode(digests_of(1).md5) + "\n");
    const auto bare = store->import(options_for(file));
    ASSERT_FALSE(bare);
    EXPECT_EQ(bare.error().code, Errc::invalid_argument);
    EXPECT_NE(bare.error().message.find("--scheme"), std::string::npos);
    EXPECT_NE(bare.error().message.find("--kind ignore"), std::string::npos);
    ImportOptions options = illegal(file);
    options.scheme = "other";
    EXPECT_EQ(store->import(options).error().code, Errc::invalid_argument);
    options = illegal(file);
    options.category = "9";
    EXPECT_EQ(store->import(options).error().code, Errc::invalid_argument);
    options.category.reset();
    EXPECT_EQ(store->import(options).error().code, Errc::invalid_argument);
    options = options_for(file);
    options.kind = ListKind::indicative;
    EXPECT_EQ(store->import(options).error().code, Errc::invalid_argument);

    options.kind = ListKind::ignore;
    ASSERT_TRUE(store->import(options));
    EXPECT_EQ(store->info("set")->kind, ListKind::ignore);
    EXPECT_EQ((*store->load("set"))->entry(0)->verdict, Verdict::ignorable);
    for (const char* category : {"1", "child abuse material (cam)"}) {
        options = illegal(file);
        options.category = category;
        ASSERT_TRUE(store->import(options));
        EXPECT_EQ((*store->load("set"))->entry(0)->verdict, Verdict::illegal);
    }
}

TEST(Import, AsksForTheTableOfCustomAndOldVics) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    for (const char* model : {"2.0.xml/CUSTOM/$metadata", "1.3.xml"}) {
        std::string text = vics(0, 1);
        const std::string known = "2.0.xml/US/$metadata";
        text.replace(text.find(known), known.size(), model);
        ImportOptions options = options_for(dir.write("a.json", text));
        EXPECT_EQ(store->import(options).error().code, Errc::invalid_argument) << model;
        options.scheme = "dhs-cat";
        EXPECT_TRUE(store->import(options)) << model;
    }
}

Verdict verdict_of_category(
    const test::TempDir& dir,
    std::string_view country,
    const std::optional<std::string>& scheme,
    std::string_view category
) {
    const auto store = open_store(dir / "lists");
    ImportOptions options = options_for(dir.write(
        "a.json",
        fmt::format(
            R"({{"@odata.context":"http://x/DataModels/2.0.xml/{}/$metadata#Media","value":[{{"MD5":"{}","Category":{}}}]}})",
            country,
            hex_encode(digests_of(1).md5),
            category
        )
    ));
    options.scheme = scheme;
    const auto report = store->import(options);
    EXPECT_TRUE(report) << report.error().message;
    return (*store->load("set"))->entry(0)->verdict;
}

// Codes 0 and 5 change places between the tables.
TEST(Import, MapsCategoriesByTheirOwnTable) {
    const test::TempDir dir;
    EXPECT_EQ(verdict_of_category(dir, "US", {}, "0"), Verdict::non_pertinent);
    EXPECT_EQ(verdict_of_category(dir, "US", {}, "5"), Verdict::uncategorized);
    EXPECT_EQ(verdict_of_category(dir, "US", "dhs-cat", "0"), Verdict::uncategorized);
    EXPECT_EQ(verdict_of_category(dir, "Default", "dhs-cat", "5"), Verdict::non_pertinent);
    EXPECT_EQ(verdict_of_category(dir, "US", {}, "2"), Verdict::exploitive);
    EXPECT_EQ(verdict_of_category(dir, "US", {}, "3"), Verdict::animated);
    EXPECT_EQ(verdict_of_category(dir, "US", {}, "99"), Verdict::unmapped);
    EXPECT_EQ(verdict_of_category(dir, "US", {}, "null"), Verdict::uncategorized);
    EXPECT_EQ(verdict_of_category(dir, "UK", {}, "1"), Verdict::unmapped);
}

TEST(Import, LoadsKnownSoftwareAsIgnoreOnly) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ImportOptions options = options_for(dir.write(
        "nist.json",
        R"({"odata.metadata":"http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media","value":[{"odata.id":"x","MediaFiles":[],"MediaID":1,"MD5":"0123456789abcdef0123456789abcdef","Category":8,"MediaSize":"12"}]})"
    ));
    const auto report = store->import(options);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->list.kind, ListKind::ignore);
    EXPECT_EQ(report->list.scheme, "");
    options.kind = ListKind::illegal;
    options.scheme = "us-2.0";
    EXPECT_EQ(store->import(options).error().code, Errc::invalid_argument);
}

TEST(Import, RefusesWhatNoListMayName) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const std::string code = std::string(32, 'a') + std::string(32, '5');
    ImportOptions options = illegal(dir.write(
        "list.csv",
        fmt::format(
            "md5,sha1,sha256,sha512,pdq,quality\n"
            "{},,,,,\n"                                // sound
            "d41d8cd98f00b204e9800998ecf8427e,,,,,\n"  // empty file
            ",da39a3ee5e6b4b0d3255bfef95601890afd80709,,,,\n"
            "00000000000000000000000000000000,,,,,\n"  // none
            "ffffffffffffffffffffffffffffffff,,,,,\n"
            ",,,,{},\n"    // degenerate
            ",,,,{},\n"    // suspicious
            ",,,,{},49\n"  // low quality
            ",,,{},,\n"    // unmatchable
            ",,,,,\n"
            "{},,,,{},\n",  // kept without its PDQ
            hex_encode(digests_of(1).md5),
            std::string(64, '0'),
            code,
            code,
            std::string(128, 'b'),
            hex_encode(digests_of(2).md5),
            std::string(64, 'f')
        )
    ));
    options.confirm_refused = true;
    const auto report = store->import(options);
    ASSERT_TRUE(report) << report.error().message;
    const std::map<std::string, std::uint64_t> refused = {
        {"empty_file", 2},
        {"null_hash", 2},
        {"degenerate_pdq", 1},
        {"suspicious_pdq", 1},
        {"low_pdq_quality", 1},
        {"unmatchable", 1},
        {"no_hash", 1},
    };
    EXPECT_EQ(report->refused, refused);
    EXPECT_EQ(report->warnings.at("degenerate_pdq"), 1U);
    EXPECT_EQ(report->list.entries, 2U);
    EXPECT_EQ(report->list.pdq_codes, 0U);
    ASSERT_EQ(report->refused_rows.size(), 9U);
    EXPECT_EQ(report->refused_rows[0].line, 3U);
}

TEST(Import, StopsWhenTooManyRowsAreRefused) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(store->import(options_for(dir.write("a.json", vics(0, 10)))));
    std::string lines;
    for (std::uint64_t i = 0; i < 98; ++i) lines += hex_encode(digests_of(i).md5) + "\n";
    const std::string file = dir.write("list.txt", lines + "nonsense\nmore\n");
    const auto stopped = store->import(illegal(file));
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Errc::conflict);
    EXPECT_NE(stopped.error().message.find("2 of 100 rows refused (no_hash 2"), std::string::npos);
    EXPECT_NE(stopped.error().message.find("line 99"), std::string::npos);
    EXPECT_EQ(store->info("set")->format, "vics-2.0");
    ImportOptions confirmed = illegal(file);
    confirmed.confirm_refused = true;
    EXPECT_TRUE(store->import(confirmed));
    ImportOptions tolerant = illegal(file);
    tolerant.refused_share_max = 0.02;
    EXPECT_TRUE(store->import(tolerant));
}

TEST(Import, KeepsTheOldVersionWhenTheFileIsDamaged) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(store->import(options_for(dir.write("a.json", vics(0, 10)))));
    const std::string whole = vics(0, 5000);
    const auto report =
        store->import(options_for(dir.write("b.json", whole.substr(0, whole.size() / 2))));
    EXPECT_EQ(report.error().code, Errc::corrupt_data);
    EXPECT_EQ(store->info("set")->entries, 10U);
    EXPECT_TRUE(store->verify("set"));
}

TEST(Import, NeverShowsADigestInAMessage) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const std::string md5 = hex_encode(digests_of(1).md5);
    for (const std::string& text :
         {md5 + "x\n" + md5 + "  \n" + md5 + "z\n",
          "{\"value\":[{\"MD5\":\"" + md5 + "\"},{]}",
          "md5,a\n" + md5 + "\n"}) {
        const auto report = store->import(illegal(dir.write("list", text)));
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().message.find(md5.substr(0, 12)), std::string::npos);
    }
}

TEST(Import, ReadsTheSamplesOfTheExchanges) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const std::string code = "5716bc8e788eb51eac74c8e644ab0f6126f1dd28fc99f98da45e8476806e6689";
    struct Sample {
        const char* name;
        std::string text;
        std::uint64_t pdq_codes;
        std::uint64_t md5;
    };
    const std::vector<Sample> samples = {
        {"pdq_descriptor.csv", code + ",1,2026-05-01T18:47:52+0000,tag media_type_photo\n", 1, 0},
        {"lines.txt", "pdq " + code + "\nvideo_md5 " + std::string(32, 'c') + "\n", 1, 1},
        {"header.csv",
         "collab,signal_type,signal_str,category,tags\nSynthetic,pdq," + code +
             ",WORTH_INVESTIGATING,\nSynthetic,video_md5," + std::string(32, 'c') +
             ",WORTH_INVESTIGATING,tag\n",
         1,
         1},
        {"list.pdq.txt", code + "\n", 1, 0},
    };
    for (const Sample& sample : samples) {
        const auto report = store->import(illegal(dir.write(sample.name, sample.text)));
        ASSERT_TRUE(report) << sample.name << report.error().message;
        EXPECT_EQ(report->list.pdq_codes, sample.pdq_codes) << sample.name;
        EXPECT_EQ(report->list.digests[0], sample.md5) << sample.name;
    }
}

enum class Ending : std::uint8_t { completed, failed, killed };

/// Imports in a child process, killed after `life` unless it ends before.
Ending import_in_child(
    const std::string& folder,
    const std::string& file,
    std::chrono::microseconds life,
    rlim_t file_bytes_max = RLIM_INFINITY
) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{file_bytes_max, file_bytes_max};
        if (file_bytes_max != RLIM_INFINITY) ::setrlimit(RLIMIT_FSIZE, &limit);
        auto store = ListStore::open(folder, kKey);
        const bool done = store && (*store)->import(options_for(file));
        ::_exit(done ? 0 : 1);
    }
    if (life.count() > 0) {
        std::this_thread::sleep_for(life);
        ::kill(child, SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return Ending::killed;
    return WEXITSTATUS(status) == 0 ? Ending::completed : Ending::failed;
}

TEST(Import, SurvivesBeingKilledAtAnyMoment) {
    const test::TempDir dir;
    const std::string folder = dir / "lists";
    const std::string small = dir.write("a.json", vics(0, 10));
    const std::string large = dir.write("b.json", vics(0, 3000));
    std::mt19937 random(9);
    std::map<Ending, int> endings;
    const auto started = std::chrono::steady_clock::now();
    import_in_child(folder, large, std::chrono::microseconds(0));
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - started
    );
    for (int round = 0; round < 12; ++round) {
        std::filesystem::remove_all(folder);
        ASSERT_EQ(import_in_child(folder, small, std::chrono::microseconds(0)), Ending::completed);
        const auto life = whole * (random() % 1000 + 1) / 1000;
        ++endings[import_in_child(
            folder, large, std::chrono::duration_cast<std::chrono::microseconds>(life)
        )];
        const auto store = open_store(folder);
        ASSERT_TRUE(store);
        const auto info = store->info("set");
        ASSERT_TRUE(info) << info.error().message;
        EXPECT_TRUE(info->entries == 10 || info->entries == 3000) << info->entries;
        EXPECT_TRUE(store->verify("set"));
        ASSERT_TRUE(store->import(options_for(large)));  // nothing is left locked
        EXPECT_LE(index_files(folder), 2U);              // nor lying about
    }
    EXPECT_GT(endings[Ending::killed], 0);
}

TEST(Import, LeavesTheOldVersionWhenTheDiskIsFull) {
    const test::TempDir dir;
    const std::string folder = dir / "lists";
    const auto store = open_store(folder);
    ASSERT_TRUE(store->import(options_for(dir.write("a.json", vics(0, 10)))));
    const std::string large = dir.write("b.json", vics(0, 5000));
    EXPECT_EQ(
        import_in_child(folder, large, std::chrono::microseconds(0), 200'000), Ending::failed
    );
    EXPECT_EQ(store->info("set")->entries, 10U);
    EXPECT_TRUE(store->verify("set"));
    EXPECT_TRUE(store->import(options_for(large)));
}

TEST(Import, TakesTurnsWithAnotherProcess) {
    const test::TempDir dir;
    const std::string folder = dir / "lists";
    std::vector<pid_t> children;
    for (std::uint64_t i = 0; i < 4; ++i) {
        const std::string file = dir.write(fmt::format("{}.json", i), vics(i * 1000, 500));
        const pid_t child = ::fork();
        if (child == 0) {
            auto store = ListStore::open(folder, kKey);
            ImportOptions options = options_for(file);
            options.name = fmt::format("set-{}", i % 2);
            ::_exit(store && (*store)->import(options) ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    const auto store = open_store(folder);
    EXPECT_EQ(store->lists()->size(), 2U);
    EXPECT_TRUE(store->verify("set-0"));
    EXPECT_TRUE(store->verify("set-1"));
    EXPECT_EQ(index_files(folder), 4U);
}

TEST(OpenListKey, PrefersTheCredential) {
    const test::TempDir dir;
    const auto made = open_list_key({}, dir / "key");
    ASSERT_TRUE(made) << made.error().message;
    const auto again = open_list_key({}, dir / "key");
    EXPECT_TRUE(std::equal(made->bytes().begin(), made->bytes().end(), again->bytes().begin()));
    dir.write("list.key", std::string(64, '7') + "\n");
    const auto given = open_list_key(dir.path().string(), dir / "key");
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(hex_encode(given->bytes()), std::string(64, '7'));
    dir.write("list.key", "short\n");
    EXPECT_EQ(open_list_key(dir.path().string(), dir / "key").error().code, Errc::corrupt_data);
}

}  // namespace
}  // namespace cairn::hashlist
