#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "hashlist/list_store.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

using fingerprint::PdqCode;

crypto::SecretKey key_of(std::uint8_t fill) {
    std::array<std::uint8_t, crypto::SecretKey::kSize> bytes{};
    bytes.fill(fill);
    return crypto::SecretKey::from_bytes(bytes);
}

const crypto::SecretKey kKey = key_of(3);

crypto::Digests digests_of(std::uint64_t number) {
    return crypto::digest(as_bytes(fmt::format("file {}", number)));
}

PdqCode code_of(std::uint64_t number) {
    std::mt19937_64 random(number);
    return {{random(), random(), random(), random()}};
}

/// What a row says of a file: 0 nothing, 1 its MD5, 2 also SHA-1, 3 also SHA-256, 4 also PDQ.
using Knowledge = std::map<std::uint64_t, int>;

std::string rows_of(const Knowledge& files) {
    std::string text = "md5,sha1,sha256,pdq,quality,series,category\n";
    for (const auto& [file, level] : files) {
        const crypto::Digests digests = digests_of(file);
        text += fmt::format(
            "{},{},{},{},{},series {},{}\n",
            hex_encode(digests.md5),
            level >= 2 ? hex_encode(digests.sha1) : "",
            level >= 3 ? hex_encode(digests.sha256) : "",
            level >= 4 ? to_hex(code_of(file)) : "",
            level >= 4 ? "80" : "",
            file % 3,
            file % 2 + 1
        );
    }
    return text;
}

Knowledge files(std::uint64_t first, std::uint64_t count, int level) {
    Knowledge known;
    for (std::uint64_t i = first; i < first + count; ++i) known[i] = level;
    return known;
}

std::unique_ptr<ListStore> open_store(const std::string& folder) {
    auto store = ListStore::open(folder, kKey);
    if (!store) {
        ADD_FAILURE() << store.error().message;
        return nullptr;
    }
    return *std::move(store);
}

Result<ImportReport> import_rows(ListStore& store, const std::string& file) {
    ImportOptions options;
    options.files = {file};
    options.name = "set";
    options.scheme = "us-2.0";
    return store.import(options);
}

UpdateOptions adding(const std::string& file) {
    UpdateOptions options;
    options.name = "set";
    options.add = {file};
    options.merge = false;
    return options;
}

UpdateOptions withdrawing(const std::string& file) {
    UpdateOptions options;
    options.name = "set";
    options.withdraw = {file};
    options.merge = false;
    return options;
}

std::vector<std::string> index_files(const std::string& folder) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".cairnlist") found.push_back(entry.path());
    }
    return found;
}

/// Every file in the folder that is not one of the store's own.
std::size_t list_files(const std::string& folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename();
        count += name.find(".cairnlist") != name.npos || name.find(".withdrawn") != name.npos ||
                         name.starts_with(".spill")
                     ? 1U
                     : 0U;
    }
    return count;
}

/// The index answers for `known` and for nothing else of the first `count` files.
void expect_answers(const ListIndex& index, const Knowledge& known, std::uint64_t count) {
    EXPECT_EQ(index.entry_count(), known.size());
    for (std::uint64_t file = 0; file < count; ++file) {
        const auto found = known.find(file);
        const int level = found == known.end() ? 0 : found->second;
        const auto hits = index.find(digests_of(file));
        ASSERT_EQ(hits.size(), level > 0 ? 1U : 0U) << "file " << file;
        const auto near = index.find(code_of(file), 31);
        ASSERT_EQ(near.size(), level >= 4 ? 1U : 0U) << "file " << file;
        if (level == 0) continue;
        EXPECT_EQ(hits[0].sha1, level >= 2);
        EXPECT_EQ(hits[0].sha256, level >= 3);
        const auto entry = index.entry(hits[0].entry);
        ASSERT_TRUE(entry) << entry.error().message;
        EXPECT_EQ(entry->id, hits[0].entry);
        EXPECT_EQ(entry->series, fmt::format("series {}", file % 3));
        EXPECT_EQ(entry->category, static_cast<std::int64_t>(file % 2 + 1));
        if (level >= 4) {
            EXPECT_EQ(near[0].entry, hits[0].entry);
        }
    }
}

TEST(ListUpdate, AddsWithoutBuildingAnew) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 100, 4)))));
    const std::string before = store->info("set")->version_id;
    const auto report = store->update(adding(dir.write("b.csv", rows_of(files(90, 30, 4)))));
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->entries_added, 20U);
    EXPECT_EQ(report->entries_present, 10U);
    EXPECT_EQ(report->entries_replaced, 0U);
    EXPECT_FALSE(report->added.unchanged);
    EXPECT_EQ(report->added.rows_read, 30U);
    EXPECT_EQ(report->added.list.entries, 120U);
    EXPECT_EQ(report->added.list.segments, 2U);
    EXPECT_NE(report->added.list.version_id, before);
    EXPECT_EQ(store->info("set")->version_id, report->added.list.version_id);
    EXPECT_EQ(store->info("set")->digests, (std::array<std::uint64_t, 3>{120, 120, 120}));
    const auto index = *store->load("set");
    expect_answers(*index, files(0, 120, 4), 200);
    std::vector<PdqCode> codes;
    for (std::uint64_t file = 80; file < 130; ++file) codes.push_back(code_of(file));
    const auto answers = index->find_batch(codes, 31);
    for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(answers[i], index->find(codes[i], 31));
    EXPECT_TRUE(store->verify("set"));
}

TEST(ListUpdate, WithdrawsAtOnce) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    Knowledge known = files(0, 50, 4);
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(known))));
    // By bare digests, by rows, and by PDQ code alone.
    const auto by_digest = store->update(withdrawing(dir.write(
        "w.txt", hex_encode(digests_of(3).md5) + "\n" + hex_encode(digests_of(999).sha1) + "\n"
    )));
    ASSERT_TRUE(by_digest) << by_digest.error().message;
    EXPECT_EQ(by_digest->entries_withdrawn, 1U);
    EXPECT_EQ(by_digest->values_unknown, 1U);
    EXPECT_EQ(by_digest->withdraw_rows, 2U);
    const auto by_row = store->update(withdrawing(dir.write("w.csv", rows_of({{4, 2}}))));
    ASSERT_TRUE(by_row) << by_row.error().message;
    EXPECT_EQ(by_row->entries_withdrawn, 1U);
    const auto by_code =
        store->update(withdrawing(dir.write("w.pdq.txt", to_hex(code_of(5)) + "\n")));
    ASSERT_TRUE(by_code) << by_code.error().message;
    EXPECT_EQ(by_code->entries_withdrawn, 1U);
    for (const std::uint64_t file : {3U, 4U, 5U}) known.erase(file);
    expect_answers(**store->load("set"), known, 60);
    EXPECT_EQ(store->info("set")->entries, 47U);
    EXPECT_EQ(store->info("set")->withdrawn, 3U);
    EXPECT_EQ(store->info("set")->digests, (std::array<std::uint64_t, 3>{47, 47, 47}));
    EXPECT_TRUE(store->verify("set"));
    // What is withdrawn may come back.
    ASSERT_TRUE(store->update(adding(dir.write("b.csv", rows_of({{4, 4}})))));
    known[4] = 4;
    expect_answers(**store->load("set"), known, 60);
}

TEST(ListUpdate, CorrectsACategoryInOneStep) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 10, 1)))));
    const std::string md5 = hex_encode(digests_of(2).md5);
    UpdateOptions options = adding(dir.write("b.csv", "md5,category\n" + md5 + ",3\n"));
    options.withdraw = {dir.write("w.txt", md5 + "\n")};
    const auto report = store->update(options);
    ASSERT_TRUE(report) << report.error().message;
    const auto index = *store->load("set");
    const auto hits = index->find(digests_of(2));
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_EQ(index->entry(hits[0].entry)->category, 3);
    EXPECT_EQ(index->entry_count(), 10U);
}

TEST(ListUpdate, LetsTheRowThatKnowsMoreStand) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of({{1, 1}, {2, 3}}))));
    const auto report = store->update(adding(dir.write("b.csv", rows_of({{1, 4}, {2, 1}}))));
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->entries_replaced, 1U);
    EXPECT_EQ(report->entries_present, 1U);
    EXPECT_EQ(report->entries_added, 0U);
    expect_answers(**store->load("set"), {{1, 4}, {2, 3}}, 5);
}

TEST(ListUpdate, ChangesNothingWhenThereIsNothingToDo) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const std::string file = dir.write("a.csv", rows_of(files(0, 10, 3)));
    ASSERT_TRUE(import_rows(*store, file));
    const std::string before = store->info("set")->version_id;
    const std::string stranger = dir.write("w.txt", hex_encode(digests_of(99).md5) + "\n");
    for (const UpdateOptions& options : {adding(file), withdrawing(stranger)}) {
        const auto report = store->update(options);
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_TRUE(report->added.unchanged);
        EXPECT_EQ(report->added.list.version_id, before);
    }
    EXPECT_EQ(list_files(dir / "lists"), 1U);
}

TEST(ListUpdate, NamesVersionsAlikeInEveryInstallation) {
    const test::TempDir dir;
    const std::string first = dir.write("a.csv", rows_of(files(0, 10, 3)));
    const std::string more = dir.write("b.csv", rows_of(files(10, 5, 4)));
    const std::string less = dir.write(
        "w.txt", hex_encode(digests_of(2).md5) + "\n" + hex_encode(digests_of(1).md5) + "\n"
    );
    const std::string less_otherwise = dir.write(
        "v.txt", hex_encode(digests_of(1).md5) + "\n" + hex_encode(digests_of(2).md5) + "\n"
    );
    std::vector<std::string> ids;
    for (const auto& [key, folder, withdraw] :
         {std::tuple{key_of(1), "one", less}, {key_of(2), "two", less_otherwise}}) {
        const auto store = *ListStore::open(dir / folder, key);
        ASSERT_TRUE(import_rows(*store, first));
        ASSERT_TRUE(store->update(adding(more)));
        ASSERT_TRUE(store->update(withdrawing(withdraw)));
        ids.push_back(store->info("set")->version_id);
    }
    EXPECT_EQ(ids[0], ids[1]);
}

TEST(ListUpdate, RefusesWhatDoesNotBelongToTheList) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    const std::string rows = dir.write("a.csv", rows_of(files(0, 10, 3)));
    EXPECT_EQ(store->update(adding(rows)).error().code, Errc::not_found);
    ASSERT_TRUE(import_rows(*store, rows));
    UpdateOptions nothing;
    nothing.name = "set";
    EXPECT_EQ(store->update(nothing).error().code, Errc::invalid_argument);
    // A list that says how it is categorised, and says otherwise.
    const std::string vics = dir.write(
        "uk.json",
        fmt::format(
            R"({{"@odata.context":"http://x/DataModels/2.0.xml/UK/$metadata#Media","value":[{{"MD5":"{}","Category":1}}]}})",
            hex_encode(digests_of(77).md5)
        )
    );
    const auto other = store->update(adding(vics));
    EXPECT_EQ(other.error().code, Errc::invalid_argument);
    EXPECT_NE(other.error().message.find("us-2.0"), std::string::npos);
    // Rows without category, and none given.
    const std::string bare = dir.write("b.txt", hex_encode(digests_of(78).md5) + "\n");
    EXPECT_EQ(store->update(adding(bare)).error().code, Errc::invalid_argument);
    UpdateOptions with_category = adding(bare);
    with_category.category = "1";
    EXPECT_TRUE(store->update(with_category));
    // A file that is mostly nonsense.
    const std::string nonsense =
        dir.write("c.txt", hex_encode(digests_of(3).md5) + "\nnonsense\nmore\n");
    EXPECT_EQ(store->update(withdrawing(nonsense)).error().code, Errc::conflict);
    EXPECT_EQ((*store->load("set"))->find(digests_of(3)).size(), 1U);
}

TEST(ListUpdate, NeverShowsADigestInAMessage) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 10, 3)))));
    const std::string md5 = hex_encode(digests_of(1).md5);
    const std::string file = dir.write("w", md5 + "x\n" + md5 + "\n" + md5 + "z\n");
    for (const UpdateOptions& options : {adding(file), withdrawing(file)}) {
        const auto report = store->update(options);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().message.find(md5.substr(0, 12)), std::string::npos);
    }
}

TEST(ListMerge, EqualsABuildFromScratch) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 3000, 4)))));
    ASSERT_TRUE(store->update(adding(dir.write("b.csv", rows_of(files(3000, 100, 4))))));
    ASSERT_TRUE(store->update(withdrawing(dir.write("w.csv", rows_of(files(50, 20, 1))))));
    ASSERT_TRUE(store->update(adding(dir.write("c.csv", rows_of(files(60, 5, 2))))));
    const std::string id = store->info("set")->version_id;
    const auto merged = store->merge("set");
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_TRUE(*merged);
    EXPECT_EQ(store->info("set")->version_id, id);
    EXPECT_EQ(store->info("set")->segments, 1U);
    EXPECT_EQ(store->info("set")->withdrawn, 0U);
    EXPECT_TRUE(store->verify("set"));
    EXPECT_FALSE(*store->merge("set"));

    Knowledge known = files(0, 3100, 4);
    for (std::uint64_t file = 50; file < 70; ++file) known.erase(file);
    for (std::uint64_t file = 60; file < 65; ++file) known[file] = 2;
    expect_answers(**store->load("set"), known, 3200);
    const auto scratch = open_store(dir / "scratch");
    ASSERT_TRUE(import_rows(*scratch, dir.write("d.csv", rows_of(known))));
    std::vector<ByteVector> merged_files;
    for (const std::string& file : index_files(dir / "lists")) {
        merged_files.push_back(*read_file(file, 1U << 26U));
    }
    const ByteVector built = *read_file(index_files(dir / "scratch").front(), 1U << 26U);
    EXPECT_EQ(std::count(merged_files.begin(), merged_files.end(), built), 1);
}

TEST(ListMerge, KeepsTheUpdatesMadeMeanwhile) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 3000, 4)))));
    ASSERT_TRUE(store->update(adding(dir.write("b.csv", rows_of(files(3000, 10, 4))))));
    std::atomic<bool> merging = true;
    std::thread merger([&] {
        const auto other = open_store(dir / "lists");
        for (int round = 0; round < 5; ++round) {
            const auto merged = other->merge("set");
            EXPECT_TRUE(merged) << merged.error().message;
        }
        merging = false;
    });
    Knowledge known = files(0, 3010, 4);
    // No more than stay within what is asked below, however long the merges take.
    for (std::uint64_t i = 0; i < 3 || (merging && i < 60); ++i) {
        const Knowledge row = files(3010 + i, 1, 4);
        EXPECT_TRUE(store->update(adding(dir.write("c.csv", rows_of(row)))));
        known.insert(row.begin(), row.end());
        EXPECT_TRUE(store->update(withdrawing(dir.write("w.csv", rows_of(files(7 * i, 1, 1))))));
        known.erase(7 * i);
    }
    merger.join();
    expect_answers(**store->load("set"), known, 3100);
    ASSERT_TRUE(store->merge("set"));
    expect_answers(**store->load("set"), known, 3100);
    EXPECT_TRUE(store->verify("set"));
}

TEST(ListMerge, HappensByItselfWhenUpdatesAreMany) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 10, 4)))));
    bool merged = false;
    for (std::uint64_t i = 0; i < 7; ++i) {
        EXPECT_FALSE(merged);
        UpdateOptions options = adding(dir.write("b.csv", rows_of(files(10 + i, 1, 4))));
        options.merge = true;
        const auto report = store->update(options);
        ASSERT_TRUE(report) << report.error().message;
        merged = report->merged;
    }
    EXPECT_TRUE(merged);
    EXPECT_EQ(store->info("set")->segments, 1U);
    expect_answers(**store->load("set"), files(0, 17, 4), 30);
}

TEST(ListMerge, KeepsReferencesAndReaders) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 100, 4)))));
    ASSERT_TRUE(store->update(adding(dir.write("b.csv", rows_of(files(100, 50, 4))))));
    const auto before = *store->load("set");
    ASSERT_TRUE(*store->merge("set"));
    const auto after = *store->load("set");
    for (const std::uint64_t file : {5U, 120U}) {
        const std::uint32_t was = before->find(digests_of(file)).front().entry;
        const std::uint32_t is = after->find(digests_of(file)).front().entry;
        EXPECT_EQ(before->entry(was)->reference, after->entry(is)->reference);
    }
    // Maps outlive their files.
    ASSERT_TRUE(store->remove("set"));
    EXPECT_EQ(list_files(dir / "lists"), 0U);
    expect_answers(*before, files(0, 150, 4), 160);
}

TEST(ListStore, LoadsAVersionAsLongAsItIsKept) {
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 10, 4)))));
    const std::string first = store->info("set")->version_id;
    ASSERT_TRUE(store->update(adding(dir.write("b.csv", rows_of(files(10, 5, 4))))));
    ASSERT_TRUE(store->update(withdrawing(dir.write("w.csv", rows_of(files(0, 3, 1))))));
    const auto old = store->load_version("set", first);
    ASSERT_TRUE(old) << old.error().message;
    EXPECT_EQ(old->info.version_id, first);
    const auto kept = store->versions("set");
    ASSERT_TRUE(kept) << kept.error().message;
    ASSERT_EQ(kept->size(), 3U);
    EXPECT_EQ(kept->front().version_id, store->info("set")->version_id);
    EXPECT_EQ(kept->back().version_id, first);
    EXPECT_EQ(store->versions("none").error().code, Errc::not_found);
    expect_answers(*old->index, files(0, 10, 4), 20);
    expect_answers(*store->load_version("set", std::nullopt)->index, files(3, 12, 4), 20);
    ASSERT_TRUE(store->update(adding(dir.write("c.csv", rows_of(files(20, 1, 4))))));
    const auto gone = store->load_version("set", first);
    EXPECT_EQ(gone.error().code, Errc::not_found);
    EXPECT_NE(gone.error().message.find("no longer kept"), std::string::npos);
}

TEST(ListUpdate, RefusesDamagedSegments) {
    const test::TempDir dir;
    const std::string folder = dir / "lists";
    const auto store = open_store(folder);
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 100, 4)))));
    ASSERT_TRUE(store->update(adding(dir.write("b.csv", rows_of(files(100, 50, 4))))));
    ASSERT_TRUE(store->update(withdrawing(dir.write("w.csv", rows_of(files(0, 3, 1))))));
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename();
        if (name.find(".cairnlist") == name.npos && name.find(".withdrawn") == name.npos) continue;
        const ByteVector sound = *read_file(entry.path(), 1U << 26U);
        ByteVector damaged = sound;
        damaged[damaged.size() - 9] ^= 1U;
        std::ofstream(entry.path()) << as_text(damaged);
        EXPECT_FALSE(store->verify("set")) << name;
        EXPECT_FALSE(store->merge("set")) << name;
        std::filesystem::resize_file(entry.path(), damaged.size() / 2);
        EXPECT_EQ(store->load("set").error().code, Errc::corrupt_data) << name;
        std::filesystem::remove(entry.path());
        EXPECT_EQ(store->load("set").error().code, Errc::not_found) << name;
        std::ofstream(entry.path()) << as_text(sound);
    }
    EXPECT_TRUE(store->verify("set"));
}

/// Any history of changes answers like the model, and its merge is the build from scratch.
RC_GTEST_PROP(ListUpdate, EqualsABuildFromScratch, ()) {
    constexpr std::uint64_t kFiles = 60;
    const test::TempDir dir;
    const auto store = open_store(dir / "lists");
    Knowledge known = files(0, 20, 2);
    RC_ASSERT(import_rows(*store, dir.write("a.csv", rows_of(known))).has_value());
    const int steps = *rc::gen::inRange(1, 6);
    for (int step = 0; step < steps; ++step) {
        const auto chosen = *rc::gen::container<std::vector<std::uint64_t>>(
            8, rc::gen::inRange<std::uint64_t>(0, kFiles)
        );
        const int level = *rc::gen::inRange(1, 5);
        Knowledge rows;
        for (const std::uint64_t file : chosen) rows[file] = level;
        const std::string file = dir.write("b.csv", rows_of(rows));
        const bool add = *rc::gen::inRange(0, 3) > 0;
        const auto report = store->update(add ? adding(file) : withdrawing(file));
        RC_ASSERT(report.has_value());
        for (const auto& [number, row_level] : rows) {
            if (add) {
                known[number] = std::max(known[number], row_level);
            } else {
                known.erase(number);
            }
        }
        if (*rc::gen::inRange(0, 4) == 0) RC_ASSERT(store->merge("set").has_value());
        expect_answers(**store->load("set"), known, kFiles);
    }
    RC_ASSERT(store->merge("set").has_value());
    RC_ASSERT(store->verify("set").has_value());
    if (known.empty()) return;
    const auto scratch = open_store(dir / "scratch");
    RC_ASSERT(import_rows(*scratch, dir.write("d.csv", rows_of(known))).has_value());
    const ByteVector built = *read_file(index_files(dir / "scratch").front(), 1U << 26U);
    bool equal = false;
    for (const std::string& file : index_files(dir / "lists")) {
        equal |= *read_file(file, 1U << 26U) == built;
    }
    RC_ASSERT(equal);
}

/// Does one thing with the store in a child process, killed after `life` if that is not zero.
/// True when it came to an end by itself.
bool in_child(
    const std::string& folder,
    const std::function<bool(ListStore&)>& work,
    std::chrono::microseconds life,
    rlim_t file_bytes_max = RLIM_INFINITY
) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{file_bytes_max, file_bytes_max};
        if (file_bytes_max != RLIM_INFINITY) ::setrlimit(RLIMIT_FSIZE, &limit);
        auto store = ListStore::open(folder, kKey);
        ::_exit(store && work(**store) ? 0 : 1);
    }
    if (life.count() > 0) {
        std::this_thread::sleep_for(life);
        ::kill(child, SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(ListMerge, SurvivesBeingKilledAtAnyMoment) {
    const test::TempDir dir;
    const std::string folder = dir / "lists";
    const auto store = open_store(folder);
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 2000, 4)))));
    const std::string more = dir.write("b.csv", rows_of(files(2000, 500, 4)));
    const std::string less = dir.write("w.csv", rows_of(files(0, 100, 1)));
    const auto change = [&](ListStore& changed) {
        UpdateOptions options = adding(more);
        options.withdraw = {less};
        return changed.update(options).has_value() && changed.merge("set").has_value();
    };
    const auto started = std::chrono::steady_clock::now();
    {
        std::filesystem::copy(folder, dir / "timing", std::filesystem::copy_options::recursive);
        ASSERT_TRUE(in_child(dir / "timing", change, std::chrono::microseconds(0)));
    }
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - started
    );
    std::mt19937 random(9);
    int killed = 0;
    // On a busy machine the first measure may be far too long: then earlier.
    for (int round = 0; round < 12 || (killed == 0 && round < 60); ++round) {
        const auto life = whole * (random() % 1000 + 1) / 1000 / (1 + round / 12);
        killed += in_child(folder, change, life) ? 0 : 1;
        const auto info = store->info("set");
        ASSERT_TRUE(info) << info.error().message;
        const bool old = info->entries == 2000;
        ASSERT_TRUE(old || info->entries == 2400) << info->entries;
        const Status sound = store->verify("set");
        ASSERT_TRUE(sound) << sound.error().message;
        expect_answers(**store->load("set"), old ? files(0, 2000, 4) : files(100, 2400, 4), 200);
    }
    EXPECT_GT(killed, 0);
    ASSERT_TRUE(change(*store));  // nothing is left locked
    EXPECT_EQ(store->info("set")->segments, 1U);
    ASSERT_TRUE(import_rows(*store, dir.write("c.csv", rows_of(files(0, 10, 4)))));
    ASSERT_TRUE(import_rows(*store, dir.write("d.csv", rows_of(files(0, 11, 4)))));
    EXPECT_EQ(list_files(folder), 3U);  // nor lying about
}

TEST(ListUpdate, LeavesTheOldVersionWhenTheDiskIsFull) {
    const test::TempDir dir;
    const std::string folder = dir / "lists";
    const auto store = open_store(folder);
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(files(0, 2000, 4)))));
    const std::string more = dir.write("b.csv", rows_of(files(2000, 2000, 4)));
    const auto add = [&](ListStore& changed) { return changed.update(adding(more)).has_value(); };
    const auto merge = [&](ListStore& changed) { return changed.merge("set").has_value(); };
    EXPECT_FALSE(in_child(folder, add, std::chrono::microseconds(0), 200'000));
    EXPECT_EQ(store->info("set")->entries, 2000U);
    ASSERT_TRUE(store->update(adding(more)));
    EXPECT_FALSE(in_child(folder, merge, std::chrono::microseconds(0), 400'000));
    EXPECT_EQ(store->info("set")->segments, 2U);
    EXPECT_TRUE(store->verify("set"));
    expect_answers(**store->load("set"), files(0, 4000, 4), 10);
    EXPECT_TRUE(store->merge("set"));
}

}  // namespace
}  // namespace cairn::hashlist
