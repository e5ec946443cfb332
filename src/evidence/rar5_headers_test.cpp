#include "evidence/rar5_headers.h"

#include <gtest/gtest.h>

#include "base/fd.h"

namespace cairn::evidence {
namespace {

ByteVector golden(const std::string& name) {
    auto bytes = read_file(CAIRN_SOURCE_DIR "/tests/golden/archives/" + name, 1U << 20U);
    EXPECT_TRUE(bytes) << name;
    return bytes ? *bytes : ByteVector();
}

/// What a walk over the whole file tells.
struct Scan {
    bool headers;
    bool first;
};

Scan scan(Bytes bytes) {
    const auto fd = make_memory_file("rar");
    EXPECT_TRUE(fd && write_all(fd->get(), bytes));
    Rar5Headers headers(fd->get(), bytes.size());
    const bool first = headers.is_encrypted_from(0);
    while (headers.is_encrypted_from(bytes.size())) {
    }
    return {headers.headers_encrypted(), first};
}

TEST(Rar5Headers, TellsWhatIsEncrypted) {
    EXPECT_FALSE(scan(golden("plain.rar5.rar")).first);
    EXPECT_TRUE(scan(golden("first_encrypted.rar5.rar")).first);
    EXPECT_FALSE(scan(golden("second_encrypted.rar5.rar")).first);
    EXPECT_TRUE(scan(golden("headers_encrypted.rar5.rar")).headers);
    EXPECT_FALSE(scan(golden("first_encrypted.rar5.rar")).headers);
}

TEST(Rar5Headers, FindsTheMemberAtOrAfterAnOffset) {
    const ByteVector bytes = golden("second_encrypted.rar5.rar");
    const auto fd = make_memory_file("rar");
    ASSERT_TRUE(fd && write_all(fd->get(), bytes));
    Rar5Headers headers(fd->get(), bytes.size());
    EXPECT_FALSE(headers.is_encrypted_from(8));
    EXPECT_TRUE(headers.is_encrypted_from(20));
    EXPECT_FALSE(headers.is_encrypted_from(bytes.size()));
}

TEST(Rar5Headers, SeesNothingInOtherFiles) {
    EXPECT_FALSE(scan(golden("headers_encrypted.rar4.rar")).headers);
    EXPECT_FALSE(scan(as_bytes("Rar!")).headers);
    EXPECT_FALSE(scan({}).first);
}

TEST(Rar5Headers, SurvivesEveryCutAndEveryFlippedByte) {
    for (const char* name : {"second_encrypted.rar5.rar", "service_blocks.rar5.rar"}) {
        const ByteVector whole = golden(name);
        for (std::size_t i = 0; i < whole.size(); ++i) {
            scan(Bytes(whole).first(i));
            ByteVector flipped = whole;
            flipped[i] ^= 0xFFU;
            scan(flipped);
        }
    }
}

}  // namespace
}  // namespace cairn::evidence
