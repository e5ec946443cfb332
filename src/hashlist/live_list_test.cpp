#include "hashlist/live_list.h"

#include <atomic>
#include <filesystem>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hex.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

using std::chrono::steady_clock;

crypto::SecretKey key() {
    std::array<std::uint8_t, crypto::SecretKey::kSize> bytes{};
    bytes.fill(5);
    return crypto::SecretKey::from_bytes(bytes);
}

crypto::Digests digests_of(std::uint64_t number) {
    return crypto::digest(as_bytes(fmt::format("file {}", number)));
}

std::string rows_of(std::uint64_t first, std::uint64_t count) {
    std::string text = "md5,pdq,quality\n";
    for (std::uint64_t i = first; i < first + count; ++i) {
        std::mt19937_64 random(i);
        const fingerprint::PdqCode code{{random(), random(), random(), random()}};
        text += fmt::format("{},{},90\n", hex_encode(digests_of(i).md5), to_hex(code));
    }
    return text;
}

bool import_rows(ListStore& store, const std::string& file) {
    ImportOptions options;
    options.files = {file};
    options.name = "set";
    options.scheme = "us-2.0";
    options.category = "1";
    return store.import(options).has_value();
}

bool update_rows(ListStore& store, const std::string& add, const std::string& withdraw) {
    UpdateOptions options;
    options.name = "set";
    if (!add.empty()) options.add = {add};
    if (!withdraw.empty()) options.withdraw = {withdraw};
    options.category = "1";
    return store.update(options).has_value();
}

/// Waits, at most ten seconds, until `holds`; true when it came to hold.
template <typename Condition>
bool comes_true(const Condition& holds) {
    const auto end = steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
        if (steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

TEST(LiveList, FollowsChangesImportsAndMerges) {
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(0, 10))));
    LiveList::Options options;
    options.interval = std::chrono::milliseconds(5);
    const auto live = LiveList::open(dir / "lists", key(), "set", options);
    ASSERT_TRUE(live) << live.error().message;
    const auto knows = [&](std::uint64_t file) {
        return !(*live)->current().index->find(digests_of(file)).empty();
    };
    EXPECT_TRUE(knows(9));
    EXPECT_FALSE(knows(10));
    ASSERT_TRUE(update_rows(*store, dir.write("b.csv", rows_of(10, 5)), ""));
    EXPECT_TRUE(comes_true([&] { return knows(10); }));
    EXPECT_EQ((*live)->current().info.version_id, store->info("set")->version_id);
    ASSERT_TRUE(update_rows(*store, "", dir.write("w.csv", rows_of(9, 1))));
    EXPECT_TRUE(comes_true([&] { return !knows(9); }));
    ASSERT_TRUE(*store->merge("set"));
    EXPECT_TRUE(comes_true([&] { return (*live)->current().info.segments == 1; }));
    EXPECT_TRUE(knows(10) && !knows(9));
    ASSERT_TRUE(import_rows(*store, dir.write("c.csv", rows_of(0, 12))));
    EXPECT_TRUE(comes_true([&] { return knows(9) && !knows(12); }));
    EXPECT_FALSE((*live)->last_error());
}

TEST(LiveList, KeepsTheOldVersionWhenTheNewOneCannotBeLoaded) {
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    EXPECT_EQ(LiveList::open(dir / "lists", key(), "set", {}).error().code, Errc::not_found);
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(0, 10))));
    std::atomic<int> errors = 0;
    LiveList::Options options;
    options.interval = std::chrono::milliseconds(5);
    options.on_error = [&](const Error& error) {
        EXPECT_EQ(error.code, Errc::not_found);
        ++errors;
    };
    const auto live = LiveList::open(dir / "lists", key(), "set", options);
    ASSERT_TRUE(live) << live.error().message;
    ASSERT_TRUE(store->remove("set"));
    EXPECT_TRUE(comes_true([&] { return (*live)->last_error().has_value(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(errors, 1);
    EXPECT_EQ((*live)->current().index->find(digests_of(3)).size(), 1U);
    ASSERT_TRUE(import_rows(*store, dir.write("b.csv", rows_of(0, 20))));
    EXPECT_TRUE(comes_true([&] { return !(*live)->last_error(); }));
    EXPECT_EQ((*live)->current().index->entry_count(), 20U);
}

TEST(LiveList, ShowsAnUpdateToAnotherProcessWithinASecond) {
    constexpr std::uint64_t kRows = 10'000;
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(0, 1'000))));
    const std::string more = dir.write("b.csv", rows_of(1'000, kRows));
    int pipe_ends[2] = {};
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        // Asks all the time; tells when it was ready and when it saw the last of the new rows.
        const auto live = LiveList::open(dir / "lists", key(), "set", {});
        std::uint8_t word = live ? 1 : 0;
        if (::write(pipe_ends[1], &word, 1) != 1 || !live) ::_exit(1);
        const crypto::Digests wanted = digests_of(1'000 + kRows - 1);
        const bool seen =
            comes_true([&] { return !(*live)->current().index->find(wanted).empty(); });
        const bool whole = (*live)->current().index->entry_count() == 1'000 + kRows;
        word = seen && whole ? 1 : 0;
        ::_exit(::write(pipe_ends[1], &word, 1) == 1 ? 0 : 1);
    }
    std::uint8_t word = 0;
    ASSERT_EQ(::read(pipe_ends[0], &word, 1), 1);
    ASSERT_EQ(word, 1);
    ASSERT_TRUE(update_rows(*store, more, ""));
    const auto done = steady_clock::now();
    ASSERT_EQ(::read(pipe_ends[0], &word, 1), 1);
    EXPECT_EQ(word, 1);
    EXPECT_LT(steady_clock::now() - done, std::chrono::seconds(1));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}

// A snapshot is one version from its first answer to its last, whatever happens meanwhile.
TEST(LiveList, GivesReadersOneVersionDuringUpdatesAndMerges) {
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    ASSERT_TRUE(import_rows(*store, dir.write("a.csv", rows_of(0, 200))));
    LiveList::Options options;
    options.interval = std::chrono::milliseconds(1);
    const auto live = LiveList::open(dir / "lists", key(), "set", options);
    ASSERT_TRUE(live) << live.error().message;
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> asked = 0;
    const auto read = [&](std::uint64_t seed) {
        std::mt19937_64 random(seed);
        while (!stop) {
            // Each step withdraws one file of a pair and adds the other.
            const LoadedList list = (*live)->current();
            const std::uint64_t step = random() % 20;
            const bool first = !list.index->find(digests_of(step)).empty();
            const bool second = !list.index->find(digests_of(1'000 + step)).empty();
            EXPECT_NE(first, second) << step;
            const auto hits = list.index->find(digests_of(100 + step));
            ASSERT_EQ(hits.size(), 1U);
            EXPECT_TRUE(list.index->entry(hits[0].entry));
            EXPECT_EQ(list.index->entry_count(), 200U);
            ++asked;
        }
    };
    std::vector<std::thread> readers;
    for (std::uint64_t seed = 0; seed < 3; ++seed) readers.emplace_back(read, seed);
    for (std::uint64_t step = 0; step < 20; ++step) {
        ASSERT_TRUE(update_rows(
            *store,
            dir.write("b.csv", rows_of(1'000 + step, 1)),
            dir.write("w.csv", rows_of(step, 1))
        ));
        if (step % 4 == 3) {
            ASSERT_TRUE(store->merge("set"));
        }
    }
    EXPECT_TRUE(comes_true([&] {
        return (*live)->current().info.version_id == store->info("set")->version_id;
    }));
    stop = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_GT(asked, 0U);
    EXPECT_FALSE((*live)->last_error());
}

}  // namespace
}  // namespace cairn::hashlist
