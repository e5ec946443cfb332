#include "config/text_form.h"

#include <gtest/gtest.h>

namespace cairn::config {
namespace {

std::string formed(TextForm form, std::string_view text) {
    const auto result = form_text(form, text, "/etc/cairn");
    const auto* value = std::get_if<std::string>(&result);
    return value == nullptr ? "refused: " + std::get<Fault>(result).reason : *value;
}

bool refuses(TextForm form, std::string_view text) {
    return formed(form, text).starts_with("refused: ");
}

TEST(Path, BeginsInTheFolderOfTheFile) {
    EXPECT_EQ(formed(TextForm::path, "data"), "/etc/cairn/data");
    EXPECT_EQ(formed(TextForm::path, "../data/./x/"), "/etc/data/x");
    EXPECT_EQ(formed(TextForm::path, "/var/lib/cairn"), "/var/lib/cairn");
    EXPECT_EQ(formed(TextForm::path, "/"), "/");
}

TEST(Path, RefusesWhatCannotBeShown) {
    EXPECT_TRUE(refuses(TextForm::path, ""));
    EXPECT_TRUE(refuses(TextForm::path, std::string_view("a\0b", 3)));
    EXPECT_TRUE(refuses(TextForm::path, "a\nb"));
    EXPECT_TRUE(refuses(TextForm::path, "a\\b"));
    EXPECT_TRUE(refuses(
        TextForm::path,
        "a\xE2\x80\xAE"
        "b"
    )) << "turns the text round";
    EXPECT_TRUE(refuses(TextForm::path, std::string(5000, 'a')));
}

TEST(DatabaseForm, IsAFileOrAnAddressOfPostgresql) {
    EXPECT_EQ(formed(TextForm::database, "records.db"), "/etc/cairn/records.db");
    for (const char* address :
         {"postgresql://cairn_server@/cairn?host=/run/postgresql",
          "postgres://db.example.org:5432/cairn?passfile=/etc/cairn/secrets/pgpass",
          "postgresql://cairn@192.0.2.7,192.0.2.8:5433/cairn?sslmode=verify-full"}) {
        EXPECT_EQ(formed(TextForm::database, address), address);
    }
    EXPECT_TRUE(refuses(TextForm::database, "mysql://db.example.org/cairn"));
    EXPECT_TRUE(refuses(TextForm::database, "postgresql://db.example.org/a b"));
}

TEST(DatabaseForm, RefusesPasswordsAndDoesNotRepeatThem) {
    for (const char* address :
         {"postgresql://cairn:hunter2@/cairn",
          "postgresql://cairn:hunter2@db.example.org:5432/cairn",
          "postgres://:hunter2@/",
          "postgresql://db.example.org/cairn?password=hunter2",
          "postgresql://db.example.org/cairn?sslmode=require&p%61ssword=hunter2",
          "postgresql://db.example.org/cairn?PASSWORD=hunter2",
          "postgresql://db.example.org/cairn?sslpassword=hunter2",
          "postgresql://?user=a:hunter2@b"}) {
        const auto result = form_text(TextForm::database, address, "/");
        ASSERT_TRUE(std::holds_alternative<Fault>(result)) << address;
        const Fault& fault = std::get<Fault>(result);
        EXPECT_NE(fault.reason.find("holds a password"), std::string::npos) << address;
        EXPECT_EQ((fault.reason + fault.cure).find("hunter2"), std::string::npos);
    }
}

TEST(HostLikeName, IsAHostAndPerhapsAPath) {
    for (const char* name :
         {"localhost", "cairn.example.org", "log.example.org/cairn", "a-1.example.org/x/v1.2"}) {
        EXPECT_EQ(formed(TextForm::host_like_name, name), name);
    }
    for (const char* name :
         {"",
          "Cairn.example.org",
          "a b",
          "a..b",
          ".a",
          "a.",
          "-a",
          "a-",
          "a/",
          "/a",
          "a//b",
          "a+b",
          "https://a",
          "a_b"}) {
        EXPECT_TRUE(refuses(TextForm::host_like_name, name)) << name;
    }
    EXPECT_TRUE(refuses(TextForm::host_like_name, std::string(64, 'a')));
}

TEST(FileName, IsPlain) {
    EXPECT_EQ(formed(TextForm::file_name, "openid.secret"), "openid.secret");
    for (const char* name : {"", ".", "..", ".hidden", "a/b", "/etc/shadow", "../x", "a b", "a*"}) {
        EXPECT_TRUE(refuses(TextForm::file_name, name)) << name;
    }
}

TEST(Identifier, IsVisibleAscii) {
    EXPECT_EQ(formed(TextForm::identifier, "cairn-1"), "cairn-1");
    EXPECT_TRUE(refuses(TextForm::identifier, "cairn 1"));
    EXPECT_TRUE(refuses(TextForm::identifier, "c\xC3\xA4irn"));
}

TEST(Label, MayHoldAnyScript) {
    EXPECT_EQ(formed(TextForm::label, "B\xC3\xBCro 7, \"Nord\""), "B\xC3\xBCro 7, \"Nord\"");
    EXPECT_TRUE(refuses(TextForm::label, std::string(101, 'a')));
}

// The vector of the safeguards, 2.3: seed 20...3f.
constexpr const char* kWitness =
    "witness.example.net/w1+669be294+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

TEST(WitnessKey, IsACosignatureKeyWithItsOwnId) {
    EXPECT_EQ(formed(TextForm::witness_key, kWitness), kWitness);
    const std::string text = kWitness;
    EXPECT_NE(formed(TextForm::witness_key, "x" + text).find("does not belong"), std::string::npos);
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string altered = text;
        altered[i] = altered[i] == 'x' ? 'y' : 'x';
        EXPECT_TRUE(refuses(TextForm::witness_key, altered)) << altered;
    }
}

TEST(WitnessKey, RefusesKeysOfLogsAndFragments) {
    // A log's key (type 1, Ed25519), the vector of C2SP signed-note.
    EXPECT_TRUE(refuses(
        TextForm::witness_key,
        "example.com/foo+530d903e+Aa/pUcUi8SS7H2n+NXwJ2t/3MV35uVvdlyzRW7sphWYn"
    ));
    for (const char* text : {"", "a", "a+b", "+669be294+BA==", "a+669be294+", "a+669be2+BA=="}) {
        EXPECT_TRUE(refuses(TextForm::witness_key, text)) << text;
    }
}

TEST(IssuerAddress, IsHttpsWithoutQuery) {
    for (const char* address :
         {"https://sign-in.example.org",
          "https://sign-in.example.org:8443/realms/cairn",
          "https://[2001:db8::1]/",
          "https://192.0.2.7"}) {
        EXPECT_EQ(formed(TextForm::https_address, address), address);
    }
    for (const char* address :
         {"",
          "sign-in.example.org",
          "http://sign-in.example.org",
          "http://localhost",
          "https://",
          "https:///path",
          "https://a b",
          "https://user@example.org",
          "https://example.org:0",
          "https://example.org:99999",
          "https://example.org:x",
          "https://example.org?x",
          "https://example.org/#x",
          "https://[]/",
          "ftp://example.org"}) {
        EXPECT_TRUE(refuses(TextForm::https_address, address)) << address;
    }
}

TEST(RedirectAddress, MayGoToThisMachineInTheClear) {
    for (const char* address :
         {"https://cairn.example.org/back?x=1",
          "http://localhost:8080/back",
          "http://127.0.0.1/back",
          "http://[::1]:8080/back"}) {
        EXPECT_EQ(formed(TextForm::redirect_address, address), address);
    }
    EXPECT_TRUE(refuses(TextForm::redirect_address, "http://cairn.example.org/back"));
    EXPECT_TRUE(refuses(TextForm::redirect_address, "http://localhost.example.org/"));
    EXPECT_TRUE(refuses(TextForm::redirect_address, "https://cairn.example.org/#back"));
}

}  // namespace
}  // namespace cairn::config
