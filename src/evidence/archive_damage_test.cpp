// Encryption, damage, lies and limits, with real archives in a real confined child.
#include <chrono>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "support/archive_lab.h"

namespace cairn::evidence {
namespace {

using test::ArchiveLab;
using test::RecordingSink;
using testing::ElementsAre;
using testing::HasSubstr;
using Outcome = MemberEnd::Outcome;
using Want = MemberSink::Want;
using Whole = ArchiveEnd::Outcome;

ArchiveReader::Options with_passwords(std::vector<std::string> passwords) {
    ArchiveReader::Options options;
    options.passwords = std::move(passwords);
    return options;
}

/// Compressible text that differs from place to place.
std::string numbers(int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) text += std::to_string(i) + "\n";
    return text;
}

TEST(EncryptedArchive, ListsEncryptedZipMembersWithoutAPassword) {
    const ArchiveLab lab;
    lab.dir().write("file", "content of the file\n");
    lab.run("zip -P secret a.zip file && 7z a -tzip -psecret -mem=AES256 b.zip file");
    for (const char* name : {"a.zip", "b.zip"}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << end.reason;
        EXPECT_TRUE(sink.at("file").member.encrypted);
        EXPECT_EQ(sink.at("file").end.outcome, Outcome::encrypted);
        EXPECT_EQ(sink.at("file").end.reason, "password needed");
        EXPECT_EQ(sink.at("file").content, "");
    }
}

TEST(EncryptedArchive, OpensZipMembersWithTheRightPassword) {
    const ArchiveLab lab(with_passwords({"wrong", "secret", "other"}));
    lab.dir().write("file", numbers(0, 50'000));
    lab.run("zip -P secret a.zip file && zip -0 -P other c.zip file");
    lab.run("7z a -tzip -psecret -mem=AES256 b.zip file");
    for (const char* name : {"a.zip", "b.zip", "c.zip"}) {
        RecordingSink sink;
        EXPECT_EQ(lab.read(name, sink).outcome, Whole::complete);
        EXPECT_TRUE(sink.at("file").member.encrypted);
        EXPECT_EQ(sink.at("file").end.outcome, Outcome::complete) << sink.at("file").end.reason;
        EXPECT_TRUE(sink.at("file").content == numbers(0, 50'000));
    }
}

TEST(EncryptedArchive, AWrongPasswordLeavesMembersEncrypted) {
    const ArchiveLab lab(with_passwords({"wrong"}));
    // A wrong password passes the one-byte check of old zip files once in 256 times.
    for (int i = 0; i < 400; ++i) lab.dir().write("t/" + std::to_string(i), numbers(i, i + 9));
    lab.run("zip -r -P secret a.zip t && 7z a -tzip -psecret -mem=AES256 b.zip t");
    for (const char* name : {"a.zip", "b.zip"}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << end.reason;
        EXPECT_GE(sink.entries.size(), 400U);
        for (const auto& entry : sink.entries) {
            if (entry.member.kind != ArchiveMember::Kind::file) continue;
            EXPECT_EQ(entry.end.outcome, Outcome::encrypted) << entry.end.reason;
            EXPECT_EQ(entry.end.reason, "no given password opens it");
        }
    }
}

TEST(EncryptedArchive, ReadsThePlainMembersBesideEncryptedOnes) {
    const ArchiveLab lab;
    lab.dir().write("a_plain", "one");
    lab.dir().write("b_secret", "two");
    lab.dir().write("c_plain", "three");
    lab.dir().write("d_secret", "four");
    lab.run("zip a.zip a_plain && zip -P x a.zip b_secret d_secret && zip a.zip c_plain");
    lab.run("7z a a.7z a_plain && 7z a -px a.7z b_secret d_secret && 7z a a.7z c_plain");
    for (const char* name : {"a.zip", "a.7z"}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << name << end.reason;
        EXPECT_EQ(sink.at("a_plain").content, "one") << name;
        EXPECT_EQ(sink.at("b_secret").end.outcome, Outcome::encrypted) << name;
        EXPECT_EQ(sink.at("c_plain").content, "three") << name;
        EXPECT_EQ(sink.at("d_secret").end.outcome, Outcome::encrypted) << name;
        EXPECT_FALSE(sink.at("a_plain").member.encrypted || sink.at("c_plain").member.encrypted);
    }
}

TEST(EncryptedArchive, ListsTheNamesOfA7zWithEncryptedContent) {
    const ArchiveLab lab(with_passwords({"secret"}));  // no help: only zip is decrypted
    lab.dir().write("one", "1");
    lab.dir().write("two", numbers(0, 9999));
    lab.run("7z a -psecret a.7z one two && 7z a -psecret -ms=off b.7z one two");
    for (const char* name : {"a.7z", "b.7z"}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << end.reason;
        EXPECT_THAT(sink.names(), testing::UnorderedElementsAre("one", "two"));
        for (const auto& entry : sink.entries) {
            EXPECT_TRUE(entry.member.encrypted);
            EXPECT_EQ(entry.end.outcome, Outcome::encrypted);
            EXPECT_EQ(entry.content, "");
        }
    }
}

TEST(EncryptedArchive, SaysWhenEvenTheNamesAreEncrypted) {
    const ArchiveLab lab;
    lab.dir().write("file", "x");
    lab.run("7z a -psecret -mhe=on a.7z file");
    RecordingSink sink;
    std::vector<ArchiveEnd> ends{lab.read("a.7z", sink)};
    ends.push_back(lab.read_golden("headers_encrypted.rar4.rar", sink));
    ends.push_back(lab.read_golden("headers_encrypted.rar5.rar", sink));
    for (const ArchiveEnd& end : ends) {
        EXPECT_EQ(end.outcome, Whole::encrypted) << end.reason;
        EXPECT_EQ(end.reason, "the list of members is encrypted");
    }
    EXPECT_TRUE(sink.entries.empty());
}

TEST(EncryptedArchive, MarksEncryptedRarMembersAndNeverDeliversCipherText) {
    const ArchiveLab lab;
    const std::map<std::string, std::pair<bool, bool>> archives{
        {"second_encrypted.rar4.rar", {false, true}},
        {"second_encrypted.rar5.rar", {false, true}},
        {"first_encrypted.rar5.rar", {true, false}},
        {"service_blocks.rar5.rar", {false, true}}};
    for (const auto& [name, expected] : archives) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read_golden(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << name << end.reason;
        ASSERT_EQ(sink.entries.size(), 2U) << name;
        EXPECT_EQ(sink.entries[0].member.encrypted, expected.first) << name;
        EXPECT_EQ(sink.entries[1].member.encrypted, expected.second) << name;
        for (const auto& entry : sink.entries) {
            EXPECT_EQ(entry.content.empty(), entry.member.encrypted) << name;
            EXPECT_EQ(entry.end.outcome == Outcome::encrypted, entry.member.encrypted) << name;
        }
    }
}

TEST(DamagedArchive, GoesOnAfterADamagedZipMember) {
    const ArchiveLab lab;
    for (const char* name :
         {"bad_crc.zip", "bad_deflate.zip", "lying_size.zip", "unknown_method.zip"}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read_golden(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << name << end.reason;
        EXPECT_THAT(sink.names(), ElementsAre("a", "b")) << name;
        EXPECT_EQ(sink.at("a").end.outcome, Outcome::damaged) << name;
        EXPECT_NE(sink.at("a").end.reason, "") << name;
        EXPECT_EQ(sink.at("b").end.outcome, Outcome::complete) << name;
        EXPECT_EQ(sink.at("b").content, "content of a member\n") << name;
    }
}

TEST(DamagedArchive, ListsEveryMemberOf7zAndDamagedBlocksLeaveOthersReadable) {
    const ArchiveLab lab;
    for (int i = 10; i < 40; ++i) lab.dir().write("t/" + std::to_string(i), numbers(i, i + 900));
    lab.run("cd t && 7z a -ms=off ../a.7z *");
    ByteVector bytes;
    {
        auto whole = read_file(lab.dir() / "a.7z", 1U << 20U);
        ASSERT_TRUE(whole);
        bytes = *whole;
    }
    for (std::size_t at = 200; at < 700; ++at) bytes[at] = 0x55;  // in the first block
    lab.dir().write("b.7z", as_text(bytes));
    RecordingSink sink;
    const ArchiveEnd end = lab.read("b.7z", sink);
    EXPECT_EQ(end.outcome, Whole::complete) << end.reason;
    ASSERT_EQ(sink.entries.size(), 30U);
    EXPECT_EQ(sink.entries[0].end.outcome, Outcome::damaged);
    for (std::size_t i = 2; i < 30; ++i) {
        EXPECT_EQ(sink.entries[i].end.outcome, Outcome::complete) << sink.entries[i].end.reason;
    }
}

TEST(DamagedArchive, DeliversWhatCameBeforeTheDamage) {
    const ArchiveLab lab;
    lab.dir().write("first", numbers(0, 100'000));
    lab.dir().write("second", numbers(100'000, 200'000));
    lab.run("tar -cf a.tar first second && gzip -k a.tar && xz -k a.tar");
    lab.run(
        "for f in a.tar a.tar.gz a.tar.xz; do truncate -s -1000 $f; done; truncate -s 900000 a.tar"
    );
    for (const char* name : {"a.tar", "a.tar.gz", "a.tar.xz"}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::damaged) << name;
        EXPECT_NE(end.reason, "") << name;
        EXPECT_EQ(sink.at("first").end.outcome, Outcome::complete) << name;
        EXPECT_TRUE(sink.at("first").content == numbers(0, 100'000)) << name;
        EXPECT_EQ(sink.at("second").end.outcome, Outcome::damaged) << name;
        EXPECT_GT(sink.at("second").content.size(), 100'000U) << name;
    }
}

TEST(DamagedArchive, SaysThatACompressedFileIsCut) {
    const ArchiveLab lab;
    lab.dir().write("n", numbers(0, 100'000));
    lab.run("gzip -k n; bzip2 -k n; xz -k n; zstd -k n; for f in n.*; do truncate -s -3000 $f; done"
    );
    for (const char* name : {"n.gz", "n.bz2", "n.xz", "n.zst"}) {
        RecordingSink sink;
        EXPECT_EQ(lab.read(name, sink).outcome, Whole::damaged) << name;
        ASSERT_EQ(sink.entries.size(), 1U) << name;
        EXPECT_EQ(sink.entries[0].end.outcome, Outcome::damaged) << name;
        const std::string& content = sink.entries[0].content;
        EXPECT_TRUE(numbers(0, 100'000).starts_with(content)) << name;
    }
}

/// One small archive of each format for the two sweeps below.
std::vector<std::string> make_small_archives(const ArchiveLab& lab) {
    lab.dir().write("t/one", numbers(0, 300));
    lab.dir().write("t/two", numbers(500, 900));
    lab.run(
        "cd t && zip ../a.zip one two && zip -0 ../b.zip one two && 7z a ../a.7z one two && "
        "tar -cf ../a.tar one two && tar -czf ../a.tgz one two && tar -cJf ../a.txz one two && "
        "tar -cjf ../a.tbz one two && tar --zstd -cf ../a.tzst one two && "
        "ls | cpio -o -H crc > ../a.cpio && ar rc ../a.a one two && "
        "genisoimage -R -o ../a.iso ."
    );
    return {
        "a.zip",
        "b.zip",
        "a.7z",
        "a.tar",
        "a.tgz",
        "a.txz",
        "a.tbz",
        "a.tzst",
        "a.cpio",
        "a.a",
        "a.iso"};
}

ByteVector bytes_of(const std::string& path) {
    auto bytes = read_file(path, 64U << 20U);
    if (!bytes) throw std::runtime_error(bytes.error().message);
    return *bytes;
}

/// Reads bytes from memory as the type the whole archive had.
ArchiveEnd read_bytes(
    const ArchiveLab& lab, Bytes bytes, fingerprint::FileType type, MemberSink& sink
) {
    const auto fd = make_memory_file("archive");
    if (!fd || !write_all(fd->get(), bytes)) throw std::runtime_error("memory file");
    return lab.read_as(fd->get(), type, sink);
}

TEST(DamagedArchive, CutAnywhereItIsNeverPassedOffAsWhole) {
    const ArchiveLab lab;
    for (const std::string& name : make_small_archives(lab)) {
        const ByteVector whole = bytes_of(lab.dir() / name);
        const auto type = fingerprint::sniff(whole);
        for (std::size_t step = 0; step < 60; ++step) {
            const std::size_t size = whole.size() * step / 60;
            RecordingSink sink;
            const ArchiveEnd end = read_bytes(lab, Bytes(whole).first(size), type, sink);
            ASSERT_NE(end.outcome, Whole::crashed) << name << " " << size << end.reason;
            for (const auto& entry : sink.entries) {
                if (entry.end.outcome != Outcome::complete || entry.content.empty()) continue;
                const bool intact = entry.content == numbers(0, 300) ||
                                    entry.content == numbers(500, 900) || entry.member.name == "";
                EXPECT_TRUE(intact) << name << " cut at " << size << " " << entry.member.name;
            }
        }
    }
}

// libarchive 3.6.2 crashes on these; confined, that is one archive's end and nobody else's.
TEST(DamagedArchive, ACutCabinetCostsThatArchiveOnly) {
    const ArchiveLab lab;
    const ByteVector whole = bytes_of(CAIRN_SOURCE_DIR "/tests/golden/archives/stored.cab");
    RecordingSink members;
    ASSERT_EQ(lab.read_golden("stored.cab", members).outcome, Whole::complete);
    ASSERT_EQ(members.entries.size(), 2U);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        RecordingSink sink;
        const ArchiveEnd end =
            read_bytes(lab, Bytes(whole).first(size), fingerprint::FileType::cab, sink);
        bool told = end.outcome != Whole::complete;
        for (std::size_t i = 0; i < sink.entries.size(); ++i) {
            const bool complete = sink.entries[i].end.outcome == Outcome::complete;
            told |= !complete;
            // A member that lies before the cut may come whole, and then it is right.
            if (!complete) continue;
            EXPECT_EQ(sink.entries[i].content, members.entries[i].content) << size;
        }
        EXPECT_TRUE(told) << size;
    }
    RecordingSink again;
    EXPECT_EQ(lab.read_golden("stored.cab", again).outcome, Whole::complete);
}

TEST(DamagedArchive, FlippedBytesNeverCrashAndChecksumsTell) {
    const ArchiveLab lab;
    const std::set<std::string> with_checksums{"a.zip", "b.zip", "a.7z", "a.txz", "a.tbz"};
    for (const std::string& name : make_small_archives(lab)) {
        const ByteVector whole = bytes_of(lab.dir() / name);
        const auto type = fingerprint::sniff(whole);
        for (std::size_t step = 0; step < 60; ++step) {
            ByteVector bytes = whole;
            bytes[whole.size() * step / 60] ^= 0x41U;
            RecordingSink sink;
            const ArchiveEnd end = read_bytes(lab, bytes, type, sink);
            ASSERT_NE(end.outcome, Whole::crashed) << name << " " << step << end.reason;
            if (!with_checksums.contains(name)) continue;
            for (const auto& entry : sink.entries) {
                if (entry.end.outcome != Outcome::complete || entry.content.empty()) continue;
                const bool intact =
                    entry.content == numbers(0, 300) || entry.content == numbers(500, 900);
                EXPECT_TRUE(intact) << name << " flipped at " << whole.size() * step / 60;
            }
        }
    }
}

TEST(DamagedArchive, EveryTypeSurvivesBytesThatAreNothingOfTheKind) {
    const ArchiveLab lab;
    const std::string noise = numbers(0, 20'000);
    for (int i = 0; i <= static_cast<int>(fingerprint::FileType::encrypted_other); ++i) {
        const auto type = static_cast<fingerprint::FileType>(i);
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, noise.size()}) {
            const auto fd = make_memory_file("noise");
            ASSERT_TRUE(fd && write_all(fd->get(), as_bytes(noise).first(size)));
            RecordingSink sink;
            const auto end = lab.reader().read(fd->get(), type, sink);
            const auto family = fingerprint::family_of(type);
            if (!end) {
                EXPECT_NE(family, fingerprint::FileFamily::archive);
                EXPECT_EQ(end.error().code, Errc::unsupported);
                continue;
            }
            EXPECT_NE(end->outcome, Whole::crashed) << end->reason;
        }
    }
}

TEST(ArchiveLimits, TheSinkStopsABombAndGetsTheNextMember) {
    const ArchiveLab lab;
    lab.run("truncate -s 64M bomb; echo after > later");
    lab.run(
        "zip a.zip bomb later; tar --zstd -cf a.tzst bomb later; tar -czf a.tgz bomb later; 7z a "
        "-mx=1 a.7z bomb later"
    );
    for (const char* name : {"a.zip", "a.tzst", "a.tgz", "a.7z"}) {
        RecordingSink sink;
        sink.content_bytes_max = 1 << 20U;
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << name << end.reason;
        EXPECT_EQ(sink.at("bomb").end.outcome, Outcome::limit) << name;
        EXPECT_NE(sink.at("bomb").end.reason, "") << name;
        EXPECT_EQ(sink.at("bomb").content.size(), 1U << 20U) << name;
        EXPECT_EQ(sink.at("later").content, "after\n") << name;
    }
}

TEST(ArchiveLimits, DoesNotDecompressEndlesslyToGetPastABomb) {
    const ArchiveLab lab;
    lab.run("truncate -s 1200M bomb; echo after > later; tar --zstd -cf a.tzst bomb later");
    RecordingSink sink;
    sink.content_bytes_max = 1 << 20U;
    const ArchiveEnd end = lab.read("a.tzst", sink);
    EXPECT_EQ(end.outcome, Whole::limit);
    EXPECT_THAT(end.reason, HasSubstr("too many bytes"));
    EXPECT_THAT(sink.names(), ElementsAre("bomb"));
}

TEST(ArchiveLimits, StopsAtTheMemberLimit) {
    ArchiveReader::Options options;
    options.members_max = 3;
    const ArchiveLab lab(options);
    lab.run("touch 1 2 3 4; zip three.zip 1 2 3; zip four.zip 1 2 3 4");
    RecordingSink three;
    EXPECT_EQ(lab.read("three.zip", three).outcome, Whole::complete);
    RecordingSink four;
    const ArchiveEnd end = lab.read("four.zip", four);
    EXPECT_EQ(end.outcome, Whole::limit);
    EXPECT_EQ(end.reason, "more than 3 members");
    EXPECT_EQ(four.entries.size(), 3U);
}

TEST(ArchiveLimits, TheSinkSkipsAndStopsAsItLikes) {
    const ArchiveLab lab;
    for (const char* name : {"1", "2", "3", "4"}) lab.dir().write(name, numbers(0, 30'000) + name);
    lab.run("zip a.zip 1 2 3 4; tar -czf a.tgz 1 2 3 4; 7z a a.7z 1 2 3 4");
    for (const char* name : {"a.zip", "a.tgz", "a.7z"}) {
        RecordingSink sink;
        sink.decide = [](const ArchiveMember& member) {
            if (member.ordinal == 3) return Want::stop;
            return member.ordinal == 1 ? Want::content : Want::skip;
        };
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::stopped) << name << end.reason;
        EXPECT_EQ(end.members, 4U);
        EXPECT_EQ(sink.entries[0].end.outcome, Outcome::skipped);
        EXPECT_EQ(sink.entries[0].content, "");
        EXPECT_TRUE(sink.entries[1].content == numbers(0, 30'000) + "2");
        EXPECT_FALSE(sink.entries[3].ended);
    }
}

TEST(ArchiveLimits, AHoleOfMoreBytesThanThereAreIsBoundedByTheSink) {
    const ArchiveLab lab;
    lab.run("truncate -s 4T hole && tar --sparse -cf a.tar hole");
    RecordingSink sink;
    sink.content_bytes_max = 3 << 20U;
    const ArchiveEnd end = lab.read("a.tar", sink);
    EXPECT_EQ(end.outcome, Whole::complete) << end.reason;
    EXPECT_EQ(sink.at("hole").end.outcome, Outcome::limit);
    EXPECT_EQ(sink.at("hole").member.size_bytes, 4ULL << 40U);
}

}  // namespace
}  // namespace cairn::evidence
