// What comes out of real archives of every format, read through a confined child.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/archive_lab.h"

namespace cairn::evidence {
namespace {

using test::ArchiveLab;
using test::RecordingSink;
using testing::ElementsAre;
using testing::StartsWith;
using Kind = ArchiveMember::Kind;
using Outcome = MemberEnd::Outcome;
using Whole = ArchiveEnd::Outcome;

/// Text that compresses, longer than one message.
std::string numbers() {
    std::string text;
    for (int i = 0; i < 40'000; ++i) text += std::to_string(i) + "\n";
    return text;
}

/// One of every packer that takes files from a command line: how to pack, and the archive's name.
struct Packer {
    const char* name;
    const char* command;
    const char* archive;
    const char* format;  ///< how ArchiveEnd::format begins
};

class EveryFormat : public testing::TestWithParam<Packer> {};

INSTANTIATE_TEST_SUITE_P(
    ,
    EveryFormat,
    testing::Values(
        Packer{"zip", "cd t && zip -r ../a.zip .", "a.zip", "ZIP 2.0"},
        Packer{"zip_stored", "cd t && zip -0 -r ../a.zip .", "a.zip", "ZIP 1.0"},
        Packer{"zip_streamed", "cd t && zip -r - . | cat > ../a.zip", "a.zip", "ZIP 2.0"},
        Packer{"zip64", "cd t && zip -fz -r ../a.zip .", "a.zip", "ZIP"},
        Packer{"zip_bzip2", "cd t && zip -Z bzip2 -r ../a.zip .", "a.zip", "ZIP"},
        Packer{"zip_lzma", "cd t && 7z a -tzip -mm=LZMA ../a.zip *", "a.zip", "ZIP"},
        Packer{"seven_zip", "cd t && 7z a ../a.7z *", "a.7z", "7-Zip"},
        Packer{"seven_zip_bzip2", "cd t && 7z a -m0=bzip2 ../a.7z *", "a.7z", "7-Zip"},
        Packer{"seven_zip_copy", "cd t && 7z a -m0=copy ../a.7z *", "a.7z", "7-Zip"},
        Packer{"seven_zip_ppmd", "cd t && 7z a -m0=ppmd ../a.7z *", "a.7z", "7-Zip"},
        Packer{"tar", "tar -cf a.tar -C t .", "a.tar", "GNU tar"},
        Packer{"tar_pax", "tar --format=pax -cf a.tar -C t .", "a.tar", "POSIX pax"},
        Packer{"tar_ustar", "tar --format=ustar -cf a.tar -C t .", "a.tar", "POSIX ustar"},
        Packer{"tar_v7", "tar --format=v7 -cf a.tar -C t .", "a.tar", "tar"},
        Packer{"tar_gz", "tar -czf a.tgz -C t .", "a.tgz", "gzip, GNU tar"},
        Packer{"tar_bz2", "tar -cjf a.tbz -C t .", "a.tbz", "bzip2, GNU tar"},
        Packer{"tar_xz", "tar -cJf a.txz -C t .", "a.txz", "xz, GNU tar"},
        Packer{"tar_zst", "tar --zstd -cf a.tzst -C t .", "a.tzst", "zstd, GNU tar"},
        Packer{"cpio_newc", "cd t && find . | cpio -o -H newc > ../a.cpio", "a.cpio", "ASCII cpio"},
        Packer{"cpio_crc", "cd t && find . | cpio -o -H crc > ../a.cpio", "a.cpio", "ASCII cpio"},
        Packer{"cpio_odc", "cd t && find . | cpio -o -H odc > ../a.cpio", "a.cpio", "POSIX octet"},
        Packer{
            "cpio_gz", "cd t && find . | cpio -o -H newc | gzip > ../a.cpgz", "a.cpgz", "gzip, "},
        Packer{"iso_rock_ridge", "genisoimage -R -o a.iso t", "a.iso", "ISO9660 with Rock"},
        Packer{"iso_joliet", "genisoimage -J -o a.iso t", "a.iso", "ISO9660"},
        Packer{"iso_both", "genisoimage -R -J -o a.iso t", "a.iso", "ISO9660 with Rock"}
    ),
    [](const auto& packer) { return std::string(packer.param.name); }
);

TEST_P(EveryFormat, YieldsEveryFileWithItsContent) {
    const ArchiveLab lab;
    const std::map<std::string, std::string> files{
        {"hello.txt", "hello\n"}, {"sub/numbers.txt", numbers()}, {"sub/empty", ""}};
    for (const auto& [name, content] : files) lab.dir().write("t/" + name, content);
    lab.run(GetParam().command);
    RecordingSink sink;
    const ArchiveEnd end = lab.read(GetParam().archive, sink);
    EXPECT_EQ(end.outcome, Whole::complete) << end.reason;
    EXPECT_EQ(end.members, sink.entries.size());
    EXPECT_THAT(end.format, StartsWith(GetParam().format));
    std::map<std::string, std::string> found;
    std::uint64_t ordinal = 0;
    for (const auto& [member, content, member_end, ended] : sink.entries) {
        EXPECT_EQ(member.ordinal, ordinal++);
        EXPECT_TRUE(ended);
        EXPECT_EQ(member_end.outcome, Outcome::complete) << member.name << member_end.reason;
        EXPECT_FALSE(member.encrypted);
        EXPECT_TRUE(member.modified);
        if (member.kind != Kind::file) continue;
        EXPECT_EQ(member.size_bytes, content.size());
        found[member.name.starts_with("./") ? member.name.substr(2) : member.name] = content;
    }
    EXPECT_TRUE(found == files);
}

TEST(ArchiveReader, ReadsAr) {
    const ArchiveLab lab;
    lab.dir().write("one", "1");
    lab.dir().write("a_name_longer_than_fifteen_bytes", numbers());
    lab.run("ar rc a.a one a_name_longer_than_fifteen_bytes");
    RecordingSink sink;
    EXPECT_EQ(lab.read("a.a", sink).outcome, Whole::complete);
    // The table of long names is a member as well.
    EXPECT_THAT(sink.names(), ElementsAre("//", "one", "a_name_longer_than_fifteen_bytes"));
    EXPECT_TRUE(sink.entries[2].content == numbers());
}

TEST(ArchiveReader, ReadsRarAndCab) {
    const ArchiveLab lab;
    for (const char* name : {"plain.rar4.rar", "plain.rar5.rar", "stored.cab"}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read_golden(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << name << end.reason;
        EXPECT_THAT(sink.names(), ElementsAre("first.txt", "sub/second.txt")) << name;
        EXPECT_EQ(sink.entries[0].content, "first member\n") << name;
        EXPECT_EQ(sink.entries[1].content.size(), 126U) << name;
        EXPECT_FALSE(sink.entries[0].member.encrypted || sink.entries[1].member.encrypted);
    }
}

TEST(ArchiveReader, YieldsACompressedFileAsOneNamelessMember) {
    const ArchiveLab lab;
    lab.dir().write("n", numbers());
    lab.run("gzip -k n; bzip2 -k n; xz -k n; zstd -k n");
    for (const auto& [name, format] : std::map<std::string, std::string>{
             {"n.gz", "gzip"}, {"n.bz2", "bzip2"}, {"n.xz", "xz"}, {"n.zst", "zstd"}}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << name << end.reason;
        EXPECT_EQ(end.format, format);
        ASSERT_EQ(sink.entries.size(), 1U) << name;
        EXPECT_EQ(sink.entries[0].member.name, "");
        EXPECT_EQ(sink.entries[0].member.ordinal, 0U);
        EXPECT_FALSE(sink.entries[0].member.size_bytes);
        EXPECT_TRUE(sink.entries[0].content == numbers()) << name;
    }
}

TEST(ArchiveReader, DoesNotTakeContentForAnArchiveByMistake) {
    // libarchive's own guessing makes an empty tar of the first and an "mtree" of the second.
    const ArchiveLab lab;
    lab.run("head -c 1000000 /dev/zero | gzip > zeros.gz; seq 1 5000 | gzip > text.gz");
    for (const auto& [name, size] :
         std::map<std::string, std::size_t>{{"zeros.gz", 1'000'000}, {"text.gz", 23'893}}) {
        RecordingSink sink;
        EXPECT_EQ(lab.read(name, sink).outcome, Whole::complete);
        ASSERT_EQ(sink.entries.size(), 1U) << name;
        EXPECT_EQ(sink.entries[0].content.size(), size) << name;
    }
}

TEST(ArchiveReader, UnwrapsOneCompressionAtATime) {
    const ArchiveLab lab;
    lab.run("echo hello | gzip | xz > a.gz.xz");
    RecordingSink sink;
    EXPECT_EQ(lab.read("a.gz.xz", sink).outcome, Whole::complete);
    ASSERT_EQ(sink.entries.size(), 1U);
    EXPECT_EQ(fingerprint::sniff(as_bytes(sink.entries[0].content)), fingerprint::FileType::gzip);
}

TEST(ArchiveReader, YieldsAnEmptyContentToo) {
    const ArchiveLab lab;
    lab.run("gzip < /dev/null > a.gz; xz < /dev/null > a.xz; bzip2 </dev/null >a.bz2");
    for (const char* name : {"a.gz", "a.xz", "a.bz2"}) {
        RecordingSink sink;
        EXPECT_EQ(lab.read(name, sink).outcome, Whole::complete) << name;
        ASSERT_EQ(sink.entries.size(), 1U) << name;
        EXPECT_EQ(sink.entries[0].content, "");
        EXPECT_EQ(sink.entries[0].end.outcome, Outcome::complete);
    }
}

TEST(ArchiveReader, ReadsConcatenatedCompressedFiles) {
    const ArchiveLab lab;
    lab.run("(echo a | gzip; echo b | gzip) > a.gz; (echo a | xz; echo b | xz) > a.xz");
    for (const char* name : {"a.gz", "a.xz"}) {
        RecordingSink sink;
        EXPECT_EQ(lab.read(name, sink).outcome, Whole::complete) << name;
        EXPECT_EQ(sink.entries[0].content, "a\nb\n") << name;
    }
}

TEST(ArchiveReader, FindsNothingInEmptyArchives) {
    const ArchiveLab lab;
    lab.run(
        "printf 'PK\\005\\006' > e.zip; head -c 18 /dev/zero >> e.zip; printf '!<arch>\\n' > e.a"
    );
    for (const char* name : {"e.zip", "e.a"}) {
        RecordingSink sink;
        const ArchiveEnd end = lab.read(name, sink);
        EXPECT_EQ(end.outcome, Whole::complete) << name << end.reason;
        EXPECT_EQ(end.members, 0U);
    }
}

TEST(ArchiveReader, ReadsArchivesInsideOneAnother) {
    const ArchiveLab lab;
    lab.dir().write("hello", "hello");
    lab.run("zip in.zip hello; tar -czf mid.tgz in.zip; 7z a out.7z mid.tgz");
    RecordingSink out;
    EXPECT_EQ(lab.read("out.7z", out).outcome, Whole::complete);
    lab.dir().write("copy.tgz", out.at("mid.tgz").content);
    RecordingSink mid;
    EXPECT_EQ(lab.read("copy.tgz", mid).outcome, Whole::complete);
    lab.dir().write("copy.zip", mid.at("in.zip").content);
    RecordingSink in;
    EXPECT_EQ(lab.read("copy.zip", in).outcome, Whole::complete);
    EXPECT_EQ(in.at("hello").content, "hello");
}

TEST(ArchiveReader, GivesNamesAsFoundWhateverTheyAre) {
    const ArchiveLab lab;
    RecordingSink sink;
    EXPECT_EQ(lab.read_golden("names.zip", sink).outcome, Whole::complete);
    EXPECT_THAT(
        sink.names(),
        ElementsAre(
            "caf\x82.txt",
            "caf\xC3\xA9.txt",
            "",  // says it is UTF-8 and is not: libarchive gives no name at all
            "new\nline",
            "../../escape",
            "/absolute",
            "same",
            "same",
            "folder/",
            "",
            std::string(4096 - 11, 'n') + " [name cut]"
        )
    );
    EXPECT_EQ(sink.entries[6].content, "one");
    EXPECT_EQ(sink.entries[7].content, "two");
    EXPECT_EQ(sink.entries[8].end.outcome, Outcome::damaged);  // a folder that holds bytes
    EXPECT_EQ(sink.entries[10].content, "content of a member\n");
}

TEST(ArchiveReader, GivesTarNamesAsFound) {
    const ArchiveLab lab;
    for (const char* name : {"t/caf\xE9", "t/caf\xC3\xA9", "t/new\nline", "t/-rf"}) {
        lab.dir().write(name, "x");
    }
    lab.run("for f in gnu pax ustar; do tar --format=$f -cf $f.tar --sort=name -C t .; done");
    for (const char* archive : {"gnu.tar", "pax.tar", "ustar.tar"}) {
        RecordingSink sink;
        EXPECT_EQ(lab.read(archive, sink).outcome, Whole::complete) << archive;
        EXPECT_THAT(
            sink.names(),
            testing::UnorderedElementsAre(
                "./", "./-rf", "./caf\xC3\xA9", "./caf\xE9", "./new\nline"
            )
        ) << archive;
    }
}

TEST(ArchiveReader, MarksLinksAndSpecialFiles) {
    const ArchiveLab lab;
    lab.dir().write("t/file", "content");
    lab.run("cd t && ln -s /etc/passwd link && ln file hard && mkfifo pipe");
    lab.run("tar -cf a.tar -C t --sort=name . && cd t && zip -y ../a.zip file link");
    RecordingSink tar;
    EXPECT_EQ(lab.read("a.tar", tar).outcome, Whole::complete);
    EXPECT_EQ(tar.at("./").member.kind, Kind::folder);
    EXPECT_EQ(tar.at("./file").member.kind, Kind::file);
    EXPECT_EQ(tar.at("./hard").member.kind, Kind::link);
    EXPECT_EQ(tar.at("./link").member.kind, Kind::link);
    EXPECT_EQ(tar.at("./link").content, "");
    EXPECT_EQ(tar.at("./pipe").member.kind, Kind::special);
    RecordingSink zip;
    EXPECT_EQ(lab.read("a.zip", zip).outcome, Whole::complete);
    EXPECT_EQ(zip.at("link").member.kind, Kind::link);
    EXPECT_EQ(zip.at("link").content, "");
}

TEST(ArchiveReader, DeliversTheContentOfHardLinkedFilesInCpio) {
    const ArchiveLab lab;
    lab.dir().write("t/one", "content");
    lab.run("cd t && ln one two && ls | cpio -o -H newc > ../a.cpio");
    RecordingSink sink;
    EXPECT_EQ(lab.read("a.cpio", sink).outcome, Whole::complete);
    ASSERT_EQ(sink.entries.size(), 2U);
    EXPECT_EQ(sink.entries[0].content + sink.entries[1].content, "content");
}

TEST(ArchiveReader, FillsTheHolesOfSparseFiles) {
    const ArchiveLab lab;
    lab.run("truncate -s 3000000 hole; printf middle | dd of=hole bs=1 seek=1500000 conv=notrunc");
    lab.run("truncate -s 200000 nothing; tar --sparse -cf a.tar hole nothing");
    lab.run("tar --sparse --format=pax -cf p.tar hole nothing");
    std::string expected(3'000'000, '\0');
    expected.replace(1'500'000, 6, "middle");
    for (const char* name : {"a.tar", "p.tar"}) {
        RecordingSink sink;
        EXPECT_EQ(lab.read(name, sink).outcome, Whole::complete);
        EXPECT_EQ(sink.at("hole").end.outcome, Outcome::complete) << sink.at("hole").end.reason;
        EXPECT_TRUE(sink.at("hole").content == expected);
        EXPECT_TRUE(sink.at("nothing").content == std::string(200'000, '\0'));
    }
}

TEST(ArchiveReader, YieldsAZipThatContainsItselfLikeAnyOther) {
    const ArchiveLab lab;
    RecordingSink sink;
    EXPECT_EQ(lab.read_golden("quine.zip", sink).outcome, Whole::complete);
    ASSERT_EQ(sink.entries.size(), 1U);
    EXPECT_EQ(sink.entries[0].end.outcome, Outcome::complete) << sink.entries[0].end.reason;
    const auto self = read_file(CAIRN_SOURCE_DIR "/tests/golden/archives/quine.zip", 1U << 20U);
    ASSERT_TRUE(self);
    EXPECT_TRUE(sink.entries[0].content == as_text(*self));
}

TEST(ArchiveReader, TellsTimesInUtc) {
    const ArchiveLab lab;
    lab.dir().write("file", "x");
    lab.run(
        "touch -d '2020-02-03T04:05:06Z' file && TZ=Asia/Tokyo zip a.zip file && tar -cf a.tar file"
    );
    for (const char* name : {"a.zip", "a.tar"}) {
        RecordingSink sink;
        lab.read(name, sink);
        ASSERT_TRUE(sink.at("file").member.modified);
        EXPECT_EQ(format_utc(*sink.at("file").member.modified), "2020-02-03T04:05:06Z") << name;
    }
}

}  // namespace
}  // namespace cairn::evidence
