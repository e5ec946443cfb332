#include "audit/log_verifier.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "audit/sample_log_test.h"

namespace cairn::audit {
namespace {

using test::sample_entry;
using test::sample_entry_bytes;
using test::sample_options;
using test::SampleLog;

/// 700 entries, two full tiles and a partial one, checkpoints at 100, 300, 512 and 700.
SampleLog sample_log() {
    SampleLog log(0);
    for (std::size_t i = 0; i < 700; ++i) {
        log.append(sample_entry_bytes(i));
        if (i + 1 == 100 || i + 1 == 512) log.sign();
        if (i + 1 == 300 || i + 1 == 700) log.sign_and_witness();
    }
    return log;
}

ByteVector forged_entry(std::uint64_t index) {
    Entry entry = sample_entry(index);
    entry.actor = "user:somebody else";
    return *encode_entry(entry);
}

std::string text_of(const LogReport& report) {
    std::string text;
    for (const Finding& finding : report.findings) {
        text += fmt::format("{}: {}\n", name_of(finding.kind), finding.text);
    }
    return text;
}

std::vector<Finding> of_kind(const LogReport& report, FindingKind kind) {
    std::vector<Finding> found;
    for (const Finding& finding : report.findings) {
        if (finding.kind == kind) found.push_back(finding);
    }
    return found;
}

/// Exactly one finding, of that kind and about those entries.
void expect_one(
    const LogReport& report, FindingKind kind, std::uint64_t first, std::uint64_t last
) {
    ASSERT_EQ(report.findings.size(), 1U) << text_of(report);
    EXPECT_EQ(report.findings[0].kind, kind) << text_of(report);
    EXPECT_EQ(report.findings[0].first, first) << text_of(report);
    EXPECT_EQ(report.findings[0].last, last) << text_of(report);
    EXPECT_EQ(report.verdict, verdict_of(kind));
}

/// Among others, one finding of that kind about those entries.
void expect_among(
    const LogReport& report, FindingKind kind, std::uint64_t first, std::uint64_t last
) {
    const auto found = of_kind(report, kind);
    ASSERT_EQ(found.size(), 1U) << text_of(report);
    EXPECT_EQ(found[0].first, first) << text_of(report);
    EXPECT_EQ(found[0].last, last) << text_of(report);
    EXPECT_EQ(report.verdict, Verdict::tampered);
}

LogReport verify(SampleLog& log) {
    log.rewind();
    return verify_log(log, sample_options());
}

TEST(LogVerifier, FindsNothingInASoundLog) {
    SampleLog log = sample_log();
    const LogReport report = verify(log);
    EXPECT_EQ(report.verdict, Verdict::good);
    EXPECT_TRUE(report.findings.empty()) << text_of(report);
    EXPECT_EQ(report.rows, 700U);
    EXPECT_EQ(report.checkpoints, 4U);
    EXPECT_EQ(report.head.size, 700U);
    ASSERT_TRUE(report.latest);
    EXPECT_EQ(report.latest->head, report.head);
    EXPECT_EQ(report.latest_witnessed, report.latest);
}

TEST(LogVerifier, FindsNothingInSoundLogsOfAnySize) {
    for (const std::size_t size : {0U, 1U, 2U, 255U, 256U, 257U, 511U, 512U, 513U, 1024U}) {
        SampleLog log(size);
        log.sign();
        const LogReport report = verify(log);
        EXPECT_TRUE(report.findings.empty()) << size << '\n' << text_of(report);
        EXPECT_EQ(report.head.size, size);
    }
}

TEST(LogVerifier, NamesAnAlteredEntry) {
    for (const std::size_t place : {0U, 1U, 255U, 256U, 300U, 511U, 512U, 650U, 699U}) {
        SampleLog log = sample_log();
        log.rows[place].entry = forged_entry(place);
        expect_one(verify(log), FindingKind::entry_altered, place, place);
        log.rewrite(place, forged_entry(place));
        expect_one(verify(log), FindingKind::entry_altered, place, place);
    }
}

TEST(LogVerifier, NamesTheEntryOfAnyFlippedByte) {
    SampleLog log(20);
    log.sign();
    const ByteVector sound = log.rows[13].entry;
    for (std::size_t byte = 0; byte < sound.size(); ++byte) {
        log.rows[13].entry[byte] ^= 0x04U;
        const LogReport report = verify(log);
        expect_among(report, FindingKind::entry_altered, 13, 13);
        log.rows[13].entry = sound;
    }
}

TEST(LogVerifier, NamesAnAlteredStoredHash) {
    for (const std::size_t place : {0U, 300U, 699U}) {
        SampleLog log = sample_log();
        log.rows[place].leaf[7] ^= 0x80U;
        expect_one(verify(log), FindingKind::leaf_hash_altered, place, place);
    }
}

TEST(LogVerifier, TellsAnAlteredTileFromAnAlteredEntry) {
    SampleLog log = sample_log();
    const auto sound = log.tiles;
    for (const auto& [name, bytes] : sound) {
        for (std::size_t byte = 0; byte < bytes.size(); byte += 389) {
            log.tiles[name][byte] ^= 0x01U;
            const LogReport report = verify(log);
            ASSERT_EQ(report.findings.size(), 1U) << text_of(report);
            EXPECT_EQ(report.findings[0].kind, FindingKind::tile_altered) << text_of(report);
            if (name.first == 0) {
                EXPECT_EQ(report.findings[0].first, name.second * 256 + byte / 32);
            }
            log.tiles = sound;
        }
    }
}

TEST(LogVerifier, NamesMissingTiles) {
    const SampleLog sound = sample_log();
    for (const auto& [name, bytes] : sound.tiles) {
        SampleLog log = sample_log();
        log.tiles.erase(name);
        const LogReport report = verify(log);
        ASSERT_EQ(report.findings.size(), 1U) << text_of(report);
        EXPECT_EQ(report.findings[0].kind, FindingKind::tile_missing);
        log.tiles[name] = ByteVector(33);
        EXPECT_EQ(verify(log).verdict, Verdict::tampered);
    }
}

TEST(LogVerifier, NamesAMissingEntry) {
    for (const std::size_t place : {0U, 1U, 255U, 256U, 400U, 698U}) {
        SampleLog log = sample_log();
        log.rows.erase(log.rows.begin() + static_cast<std::ptrdiff_t>(place));
        expect_among(verify(log), FindingKind::entry_missing, place, place);
        log.renumber();
        expect_among(verify(log), FindingKind::entry_missing, place, place);
    }
}

TEST(LogVerifier, NamesMissingEntriesAsOneFinding) {
    for (const bool renumber : {false, true}) {
        SampleLog log = sample_log();
        log.rows.erase(log.rows.begin() + 200, log.rows.begin() + 500);
        if (renumber) log.renumber();
        const LogReport report = verify(log);
        expect_among(report, FindingKind::entry_missing, 200, 499);
        EXPECT_EQ(of_kind(report, FindingKind::writer_gap).size(), 2U);
        EXPECT_EQ(report.findings.size(), 3U) << text_of(report);
    }
}

TEST(LogVerifier, CallsMissingLastRowsATruncatedLog) {
    for (const std::size_t left : {699U, 600U, 512U, 0U}) {
        SampleLog log = sample_log();
        log.rows.resize(left);
        expect_one(verify(log), FindingKind::log_truncated, left, 699);
    }
}

TEST(LogVerifier, NamesAnInsertedRow) {
    for (const std::size_t place : {0U, 1U, 255U, 256U, 400U, 699U, 700U}) {
        SampleLog log = sample_log();
        const ByteVector entry = forged_entry(place + 1000);
        const SampleLog::Row row{place, entry, leaf_hash(entry)};
        log.rows.insert(log.rows.begin() + static_cast<std::ptrdiff_t>(place), row);
        expect_among(verify(log), FindingKind::entry_inserted, place, place);
        log.renumber();
        expect_among(verify(log), FindingKind::entry_inserted, place, place);
    }
}

TEST(LogVerifier, NamesBothOfTwoSwappedEntries) {
    const std::vector<std::pair<std::size_t, std::size_t>> pairs = {
        {0, 1}, {0, 699}, {255, 256}, {300, 302}, {10, 600}, {698, 699}};
    for (const auto& [first, second] : pairs) {
        SampleLog log = sample_log();
        std::swap(log.rows[first].entry, log.rows[second].entry);
        std::swap(log.rows[first].leaf, log.rows[second].leaf);
        const auto swapped = of_kind(verify(log), FindingKind::entries_swapped);
        ASSERT_EQ(swapped.size(), 1U) << text_of(verify(log));
        EXPECT_EQ(swapped[0].first, first);
        EXPECT_EQ(swapped[0].other, second);
        EXPECT_TRUE(of_kind(verify(log), FindingKind::entry_altered).empty());
    }
}

TEST(LogVerifier, NamesWhereAMovedEntryWasLogged) {
    SampleLog log = sample_log();
    const auto first = log.rows[20];
    log.rewrite(20, log.rows[31].entry);
    log.rewrite(31, log.rows[45].entry);
    log.rewrite(45, first.entry);
    const auto moved = of_kind(verify(log), FindingKind::entry_moved);
    ASSERT_EQ(moved.size(), 3U);
    EXPECT_EQ(moved[0].first, 20U);
    EXPECT_EQ(moved[0].other, 31U);
}

TEST(LogVerifier, NarrowsEntriesRewrittenWithTheirTileDownToTheTile) {
    SampleLog log = sample_log();
    log.rewrite(300, forged_entry(300));
    const ByteVector hash(log.rows[300].leaf.begin(), log.rows[300].leaf.end());
    std::ranges::copy(hash, log.tiles[{0, 1}].begin() + (300 - 256) * 32);
    const LogReport report = verify(log);
    expect_among(report, FindingKind::entries_rewritten, 256, 511);
    EXPECT_EQ(of_kind(report, FindingKind::root_differs).size(), 2U);
}

TEST(LogVerifier, ARewrittenTreeContradictsTheSignedRoots) {
    SampleLog log(0);
    const SampleLog sound = sample_log();
    for (std::size_t i = 0; i < 700; ++i) {
        log.append(i == 350 ? forged_entry(i) : sample_entry_bytes(i));
    }
    log.checkpoints = sound.checkpoints;
    const LogReport report = verify(log);
    const auto differs = of_kind(report, FindingKind::root_differs);
    ASSERT_EQ(differs.size(), 2U) << text_of(report);
    EXPECT_EQ(differs[0].first, 300U);  // the checkpoint of 300 agreed
    EXPECT_EQ(differs[0].last, 511U);
    EXPECT_EQ(report.latest->head.size, 300U);
    EXPECT_EQ(report.verdict, Verdict::tampered);
}

TEST(LogVerifier, FindsYesterdaysBackup) {
    SampleLog yesterday(0);
    const SampleLog today = sample_log();
    for (std::size_t i = 0; i < 400; ++i) yesterday.append(sample_entry_bytes(i));
    yesterday.checkpoints = {today.checkpoints[0], today.checkpoints[1], today.checkpoints[3]};
    const LogReport report = verify(yesterday);
    expect_one(report, FindingKind::log_truncated, 400, 699);
    EXPECT_NE(report.findings[0].text.find("a witness"), std::string::npos);
}

TEST(LogVerifier, FindsAForkBehindABackup) {
    SampleLog fork(0);
    const SampleLog today = sample_log();
    for (std::size_t i = 0; i < 800; ++i) {
        fork.append(i < 400 ? sample_entry_bytes(i) : forged_entry(i));
    }
    fork.checkpoints = today.checkpoints;
    fork.sign();
    const LogReport report = verify(fork);
    EXPECT_EQ(of_kind(report, FindingKind::root_differs).size(), 2U) << text_of(report);
}

TEST(LogVerifier, FindsAnyFlippedByteOfANote) {
    SampleLog log(20);
    log.sign_and_witness();
    const std::string sound = log.checkpoints[0].note;
    for (std::size_t byte = 0; byte < sound.size(); ++byte) {
        log.checkpoints[0].note[byte] = static_cast<char>(sound[byte] ^ 0x02);
        const LogReport report = verify(log);
        EXPECT_EQ(report.verdict, Verdict::tampered) << byte;
        log.checkpoints[0].note = sound;
    }
}

TEST(LogVerifier, RefusesCheckpointsOfOthers) {
    SampleLog log = sample_log();
    const Checkpoint checkpoint = *parse_checkpoint(parse_note(log.signed_note())->text);
    const auto stranger = test::counting_key(0x40);
    log.checkpoints.push_back({format_note(sign_checkpoint(checkpoint, stranger)), false});
    LogReport report = verify(log);
    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_EQ(report.findings[0].kind, FindingKind::signature_wrong);
    const Checkpoint other{"other.example.org", checkpoint.head};
    log.checkpoints.back().note = format_note(sign_checkpoint(other, test::log_key()));
    EXPECT_EQ(verify(log).findings.at(0).kind, FindingKind::checkpoint_malformed);
    log.checkpoints.back() = {log.signed_note(), true};
    EXPECT_EQ(verify(log).findings.at(0).kind, FindingKind::cosignature_missing);
}

TEST(LogVerifier, FindsTwoHistoriesOfOneSize) {
    SampleLog log = sample_log();
    const Checkpoint other{test::kLogName, {700, Hash{1}}};
    log.checkpoints.push_back({format_note(sign_checkpoint(other, test::log_key())), false});
    const LogReport report = verify(log);
    EXPECT_EQ(of_kind(report, FindingKind::checkpoint_conflict).size(), 1U) << text_of(report);
    EXPECT_EQ(of_kind(report, FindingKind::root_differs).size(), 1U);
}

TEST(LogVerifier, NamesGapsInAWritersNumbers) {
    SampleLog log(0);
    for (std::size_t i = 0; i < 50; ++i) {
        if (i != 20 && i != 22) log.append(sample_entry_bytes(i));
    }
    log.sign();
    const LogReport report = verify(log);
    expect_one(report, FindingKind::writer_gap, 22, 22);
    EXPECT_NE(
        report.findings[0].text.find("numbers 10 to 11 of writer writer-a"), std::string::npos
    );
}

TEST(LogVerifier, AcceptsNumbersALittleOutOfOrderButNotTwice) {
    SampleLog log(0);
    for (const std::size_t i : {0U, 4U, 2U, 8U, 6U, 1U}) log.append(sample_entry_bytes(i));
    log.sign();
    EXPECT_TRUE(verify(log).findings.empty());
    log.append(sample_entry_bytes(4));
    log.sign();
    expect_one(verify(log), FindingKind::writer_repeated, 6, 6);
}

TEST(LogVerifier, WarnsWhenTheClockGoesBack) {
    SampleLog log(3);
    Entry entry = sample_entry(3);
    entry.time -= std::chrono::seconds(4);
    log.append(*encode_entry(entry));
    log.sign();
    EXPECT_TRUE(verify(log).findings.empty());
    entry = sample_entry(4);
    entry.time -= std::chrono::hours(1);
    log.append(*encode_entry(entry));
    log.sign();
    const LogReport report = verify(log);
    expect_one(report, FindingKind::time_backwards, 4, 4);
    EXPECT_EQ(report.verdict, Verdict::good);
}

TEST(LogVerifier, WarnsOfEntriesItCannotRead) {
    SampleLog log(3);
    log.append(ByteVector{'{', '}'});
    log.sign();
    const LogReport report = verify(log);
    expect_one(report, FindingKind::entry_unreadable, 3, 3);
    EXPECT_EQ(report.verdict, Verdict::good);
}

TEST(LogVerifier, IsIncompleteWhereTheSourceFails) {
    SampleLog log = sample_log();
    log.fail_at_row = 300;
    const LogReport report = verify(log);
    EXPECT_EQ(report.verdict, Verdict::incomplete);
    ASSERT_EQ(report.findings.size(), 1U) << text_of(report);
    EXPECT_EQ(report.findings[0].kind, FindingKind::not_verified);
    SampleLog unsigned_log(5);
    EXPECT_EQ(verify(unsigned_log).verdict, Verdict::incomplete);
}

TEST(LogVerifier, GoesOnFromAKnownRoot) {
    for (const std::uint64_t first : {1U, 255U, 256U, 300U, 512U, 699U, 700U}) {
        SampleLog log = sample_log();
        TileHashReader reader(log, log.size);
        LogVerifierOptions options = sample_options();
        options.first_index = first;
        options.first_root = *root_at(reader, first);
        log.rows.erase(log.rows.begin(), log.rows.begin() + static_cast<std::ptrdiff_t>(first));
        std::erase_if(log.checkpoints, [&](const LogCheckpoint& stored) {
            return parse_checkpoint(parse_note(stored.note)->text)->head.size < first;
        });
        LogReport report = verify_log(log, options);
        EXPECT_TRUE(report.findings.empty()) << first << '\n' << text_of(report);
        options.first_root = Hash{1};
        log.rewind();
        report = verify_log(log, options);
        EXPECT_EQ(of_kind(report, FindingKind::root_differs).size(), 1U);
        options.first_index = 701;
        log.rewind();
        expect_one(verify_log(log, options), FindingKind::log_truncated, 700, 700);
    }
}

TEST(LogVerifier, KeepsItsFindingsWithinTheLimit) {
    SampleLog log = sample_log();
    for (SampleLog::Row& row : log.rows) row.entry[12] ^= 1U;
    LogVerifierOptions options = sample_options();
    options.findings_max = 10;
    const LogReport report = verify_log(log, options);
    EXPECT_EQ(report.findings.size(), 10U);
    EXPECT_GE(report.findings_left_out, 690U);
    EXPECT_EQ(report.verdict, Verdict::tampered);
}

TEST(LogVerifier, ChecksTilesOfHigherLevels) {
    SampleLog log(66'000);
    log.sign_and_witness();
    log.tiles[{1, 0}][3 * 32] ^= 1U;
    log.tiles[{2, 0}][31] ^= 1U;
    const auto altered = of_kind(verify(log), FindingKind::tile_altered);
    ASSERT_EQ(altered.size(), 2U);
    EXPECT_EQ(altered[0].last, 65'535U);
    EXPECT_EQ(altered[1].first, 3U * 256);
    EXPECT_EQ(altered[1].last, 4U * 256 - 1);
    log.tiles[{2, 0}][31] ^= 1U;
    // An entry rewritten with its tile and the one above: the third level still tells.
    log.rewrite(1000, forged_entry(1000));
    std::ranges::copy(log.rows[1000].leaf, log.tiles[{0, 3}].begin() + (1000 - 768) * 32);
    const Hash above = root_over(*parse_hash_tile(log.tiles[{0, 3}], 256));
    std::ranges::copy(above, log.tiles[{1, 0}].begin() + 3 * 32);
    expect_among(verify(log), FindingKind::entries_rewritten, 0, 65'535);
}

/// One act of tampering with rows: remove, swap, repeat, flip, renumber or forge.
void tamper(SampleLog& log) {
    auto& rows = log.rows;
    if (rows.size() < 2) return;
    const auto first = *rc::gen::inRange<std::size_t>(0, rows.size());
    const auto second = *rc::gen::inRange<std::size_t>(0, rows.size());
    const auto at = [&](std::size_t row) {
        return rows.begin() + static_cast<std::ptrdiff_t>(row);
    };
    switch (*rc::gen::inRange(0, 6)) {
        case 0:
            rows.erase(at(first));
            break;
        case 1:
            std::swap(rows[first].entry, rows[second].entry);
            std::swap(rows[first].leaf, rows[second].leaf);
            break;
        case 2: {
            const SampleLog::Row copy = rows[first];
            rows.insert(at(second), copy);
            break;
        }
        case 3:
            rows[first].entry[*rc::gen::inRange<std::size_t>(0, rows[first].entry.size())] ^= 1U;
            break;
        case 4:
            log.renumber();
            break;
        default:
            log.rewrite(first, forged_entry(second));
    }
}

bool same_rows(const SampleLog& a, const SampleLog& b) {
    return std::ranges::equal(a.rows, b.rows, [](const auto& x, const auto& y) {
        return x.index == y.index && x.entry == y.entry && x.leaf == y.leaf;
    });
}

RC_GTEST_PROP(LogVerifier, FindsAnyTamperingAndNothingElse, ()) {
    static const SampleLog kSound = sample_log();
    SampleLog log = kSound;
    const auto acts = *rc::gen::inRange(0, 5);
    for (int i = 0; i < acts; ++i) tamper(log);
    const Verdict wanted = same_rows(log, kSound) ? Verdict::good : Verdict::tampered;
    RC_ASSERT(verify(log).verdict == wanted);
}

RC_GTEST_PROP(LogVerifier, FindsAnySingleAlteration, ()) {
    static const SampleLog kSound = sample_log();
    SampleLog log = kSound;
    const auto place = *rc::gen::inRange<std::size_t>(0, log.rows.size());
    switch (*rc::gen::inRange(0, 3)) {
        case 0: {
            ByteVector& entry = log.rows[place].entry;
            const auto byte = *rc::gen::inRange<std::size_t>(0, entry.size());
            entry[byte] = static_cast<std::uint8_t>(entry[byte] ^ *rc::gen::inRange(1, 256));
            break;
        }
        case 1:
            log.rows[place].index += *rc::gen::inRange<std::uint64_t>(1, 1000);
            break;
        default: {
            auto tile = log.tiles.begin();
            std::advance(tile, *rc::gen::inRange<std::size_t>(0, log.tiles.size()));
            const auto byte = *rc::gen::inRange<std::size_t>(0, tile->second.size());
            tile->second[byte] ^= 1U;
        }
    }
    RC_ASSERT(verify(log).verdict == Verdict::tampered);
}

}  // namespace
}  // namespace cairn::audit
