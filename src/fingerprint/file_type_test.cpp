#include "fingerprint/file_type.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace cairn::fingerprint {
namespace {

using namespace std::string_literals;

FileType sniff_text(const std::string& text) {
    return sniff(as_bytes(text));
}

/// `mark` at `offset`, zeros around.
std::string at(std::size_t offset, const std::string& mark, std::size_t size) {
    std::string out(size, '\0');
    out.replace(offset, mark.size(), mark);
    return out;
}

std::string bmp(char header_size, char planes, char pixels) {
    std::string out = "BM"s + std::string(52, '\0');
    out[10] = pixels;
    out[14] = header_size;
    out[header_size == 12 ? 22 : 26] = planes;
    return out;
}

/// A tar header without the ustar mark; `sum` as its writer stated it.
std::string old_tar(const std::string& name, const std::string& sum) {
    std::string out(512, '\0');
    out.replace(0, name.size(), name);
    out.replace(100, 8, "0000644\0"s);
    out.replace(148, sum.size(), sum);
    return out;
}

std::string ftyp(const std::string& major, const std::string& compatible) {
    std::string out(3, '\0');
    out += static_cast<char>(16 + compatible.size());
    return out + "ftyp" + major + std::string(4, '\0') + compatible + "mdat";
}

TEST(Sniff, KnowsPictures) {
    EXPECT_EQ(sniff_text("\xFF\xD8\xFF\xE0"), FileType::jpeg);
    EXPECT_EQ(sniff_text("\x89PNG\r\n\x1A\n"), FileType::png);
    EXPECT_EQ(sniff_text("GIF87a"), FileType::gif);
    EXPECT_EQ(sniff_text("GIF89a...."), FileType::gif);
    EXPECT_EQ(sniff_text("RIFF\x10\0\0\0WEBPVP8 "s), FileType::webp);
    EXPECT_EQ(sniff_text("RIFF\x10\0\0\0WEBPVP8L"s), FileType::webp);
    EXPECT_EQ(sniff_text("RIFF\x10\0\0\0WEBPVP8X"s), FileType::webp);
    EXPECT_EQ(sniff_text("II*\0\x08"s), FileType::tiff);
    EXPECT_EQ(sniff_text("MM\0*\0"s), FileType::tiff);
    EXPECT_EQ(sniff_text("II+\0\x08\0\0\0"s), FileType::tiff);
    EXPECT_EQ(sniff_text("MM\0+\0\x08\0\0"s), FileType::tiff);
    EXPECT_EQ(sniff_text("\xFF\x0A\x00"s), FileType::jpeg_xl);
    EXPECT_EQ(sniff_text("\0\0\0\x0CJXL \r\n\x87\n"s), FileType::jpeg_xl);
}

TEST(Sniff, RefusesNearMissesOfPictures) {
    EXPECT_EQ(sniff_text("\xFF\xD8"), FileType::unknown);
    EXPECT_EQ(sniff_text("\x89PNG\n\x1A\n"), FileType::unknown);  // line ends were changed
    EXPECT_EQ(sniff_text("GIF88a"), FileType::unknown);
    EXPECT_EQ(sniff_text("RIFF\x10\0\0\0WAVEfmt "s), FileType::unknown);
    EXPECT_EQ(sniff_text("RIFF\x10\0\0\0WEBPVP8Z"s), FileType::unknown);
    EXPECT_EQ(sniff_text("II+\0\x04\0\0\0"s), FileType::unknown);
    EXPECT_EQ(sniff_text("II*"), FileType::unknown);
}

TEST(Sniff, TellsIsoMediaBrandsApart) {
    EXPECT_EQ(sniff_text(ftyp("heic", "mif1heic")), FileType::heif);
    EXPECT_EQ(sniff_text(ftyp("mif1", "mif1heix")), FileType::heif);
    EXPECT_EQ(sniff_text(ftyp("mif1", "mif1avifmiaf")), FileType::avif);
    EXPECT_EQ(sniff_text(ftyp("avis", "")), FileType::avif);
    EXPECT_EQ(sniff_text(ftyp("mif1", "")), FileType::heif);
    EXPECT_EQ(sniff_text(ftyp("isom", "isommp42")), FileType::unknown);
    EXPECT_EQ(sniff_text(ftyp("qt  ", "")), FileType::unknown);
    // The brand lies behind the box's end.
    EXPECT_EQ(
        sniff_text("\0\0\0\x10"
                   "ftypisom\0\0\0\0heic"s),
        FileType::unknown
    );
}

TEST(Sniff, ChecksTheBmpHeader) {
    EXPECT_EQ(sniff_text(bmp(40, 1, 54)), FileType::bmp);
    EXPECT_EQ(sniff_text(bmp(12, 1, 26)), FileType::bmp);
    EXPECT_EQ(sniff_text(bmp(41, 1, 55)), FileType::unknown);
    EXPECT_EQ(sniff_text(bmp(40, 2, 54)), FileType::unknown);
    EXPECT_EQ(sniff_text(bmp(40, 1, 20)), FileType::unknown);
    EXPECT_EQ(sniff_text("BMW is a car, not a picture...."), FileType::unknown);
}

TEST(Sniff, KnowsArchives) {
    EXPECT_EQ(sniff_text("PK\x03\x04"), FileType::zip);
    EXPECT_EQ(sniff_text("PK\x05\x06"), FileType::zip);
    EXPECT_EQ(sniff_text("PK\x07\x08PK\x03\x04"), FileType::zip);
    EXPECT_EQ(sniff_text("PK00PK\x03\x04"), FileType::zip);
    EXPECT_EQ(sniff_text("7z\xBC\xAF\x27\x1C"), FileType::seven_zip);
    EXPECT_EQ(sniff_text("Rar!\x1A\x07\0"s), FileType::rar);
    EXPECT_EQ(sniff_text("Rar!\x1A\x07\x01\0"s), FileType::rar);
    EXPECT_EQ(
        sniff_text(
            at(257,
               "ustar\0"
               "00"s,
               512)
        ),
        FileType::tar
    );
    EXPECT_EQ(sniff_text(at(257, "ustar  \0"s, 512)), FileType::tar);
    EXPECT_EQ(sniff_text(at(32769, "CD001", 34816)), FileType::iso9660);
    EXPECT_EQ(sniff_text(at(34817, "CD001", 36864)), FileType::iso9660);
    EXPECT_EQ(sniff_text("MSCF\0\0\0\0"s), FileType::cab);
    EXPECT_EQ(sniff_text("!<arch>\n"), FileType::ar);
    EXPECT_EQ(sniff_text("070707000"), FileType::cpio);
    EXPECT_EQ(sniff_text("070701000"), FileType::cpio);
    EXPECT_EQ(sniff_text("\xC7\x71"s + at(18, "\x05"s, 24)), FileType::cpio);
    EXPECT_EQ(sniff_text("\x71\xC7"s + at(18, "\0\x05"s, 24)), FileType::cpio);
}

TEST(Sniff, RefusesNearMissesOfArchives) {
    EXPECT_EQ(sniff_text("PK\x01\x02"), FileType::unknown);
    EXPECT_EQ(sniff_text("PK\x07\x08...."), FileType::unknown);
    EXPECT_EQ(sniff_text("Rar!\x1A\x07\x02\0"s), FileType::unknown);
    EXPECT_EQ(sniff_text(at(257, "ustad\0"s, 512)), FileType::unknown);
    EXPECT_EQ(sniff_text(at(32768, "CD001", 34816)), FileType::unknown);
    EXPECT_EQ(
        sniff_text(at(32769, "CD001", 34816).substr(0, 32773)), FileType::unknown
    );  // cut short
    EXPECT_EQ(sniff_text("!<arch>"), FileType::unknown);
    EXPECT_EQ(sniff_text("070708"), FileType::unknown);
    EXPECT_EQ(sniff_text("\xC7\x71"s + std::string(24, '\0')), FileType::unknown);
}

TEST(Sniff, AcceptsAnOldTarOnlyWithItsChecksum) {
    // 8 spaces for the sum, the name and the mode: 97 + 8 * 32 + 6 + 4 + 4 + 4 * 48.
    const std::string name = "a";
    const int sum = 97 + 8 * 32 + '6' + '4' + '4' + 4 * '0';
    char octal[9] = {};
    std::snprintf(octal, sizeof octal, "%06o", static_cast<unsigned>(sum));
    EXPECT_EQ(sniff_text(old_tar(name, octal + "\0 "s)), FileType::tar);
    EXPECT_EQ(sniff_text(old_tar("b", octal + "\0 "s)), FileType::unknown);
    EXPECT_EQ(sniff_text(std::string(512, '\0')), FileType::unknown);
}

TEST(Sniff, KnowsCompressedFiles) {
    EXPECT_EQ(sniff_text("\x1F\x8B\x08\0"s), FileType::gzip);
    EXPECT_EQ(sniff_text("BZh91AY&SY...."), FileType::bzip2);
    EXPECT_EQ(sniff_text("BZh1\x17\x72\x45\x38\x50\x90...."), FileType::bzip2);
    EXPECT_EQ(
        sniff_text("\xFD"
                   "7zXZ\0"s),
        FileType::xz
    );
    EXPECT_EQ(sniff_text("\x28\xB5\x2F\xFD"), FileType::zstd);
    EXPECT_EQ(sniff_text("\x50\x2A\x4D\x18\x02\0\0\0xx\x28\xB5\x2F\xFD"s), FileType::zstd);
}

TEST(Sniff, RefusesNearMissesOfCompressedFiles) {
    EXPECT_EQ(sniff_text("\x1F\x8B\x07\0"s), FileType::unknown);
    EXPECT_EQ(sniff_text("BZh01AY&SY...."), FileType::unknown);
    EXPECT_EQ(sniff_text("BZh9 is not enough"), FileType::unknown);
    EXPECT_EQ(
        sniff_text("\xFD"
                   "7zXY\0"s),
        FileType::unknown
    );
    EXPECT_EQ(sniff_text("\x50\x2A\x4D\x18\xFF\xFF\xFF\xFF"), FileType::unknown);
}

TEST(Sniff, KnowsEncryptedContainers) {
    EXPECT_EQ(sniff_text("LUKS\xBA\xBE\0\x02"s), FileType::luks);
    EXPECT_EQ(sniff_text("\xEB\x58\x90-FVE-FS-"), FileType::encrypted_other);
    EXPECT_EQ(sniff_text("Salted__12345678"), FileType::encrypted_other);
    EXPECT_EQ(family_of(FileType::luks), FileFamily::encrypted);
}

TEST(Sniff, SaysUnknownForNothingAndText) {
    EXPECT_EQ(sniff({}), FileType::unknown);
    EXPECT_EQ(sniff_text("Dear all, the pictures are attached.\n"), FileType::unknown);
    EXPECT_EQ(name_of(FileType::unknown), "");
    EXPECT_EQ(media_type_of(FileType::unknown), "application/octet-stream");
}

TEST(FileTypeNames, AreDistinctAndEveryTypeHasAFamily) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(FileType::encrypted_other); ++i) {
        const auto type = static_cast<FileType>(i);
        EXPECT_TRUE(names.insert(name_of(type)).second) << i;
        EXPECT_NE(media_type_of(type).find('/'), std::string_view::npos);
    }
    EXPECT_EQ(family_of(FileType::avif), FileFamily::picture);
    EXPECT_EQ(family_of(FileType::zstd), FileFamily::archive);
    EXPECT_EQ(family_of(FileType::unknown), FileFamily::other);
}

}  // namespace
}  // namespace cairn::fingerprint
