#include "http/static_files.h"

#include <filesystem>
#include <set>

#include <brotli/decode.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include "base/bytes.h"
#include "http/accept.h"
#include "support/temp_dir.h"

namespace cairn::http {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kScript = "assets/main-BkT3aB1_.js";

/// A small web application.
class Site {
public:
    Site() {
        folder.write("index.html", "<style nonce=\"{{nonce}}\"></style>{{nonce}}");
        folder.write(kScript, script);
        folder.write("assets/main.css", "a { color: red }");
        folder.write("assets/plain.bin", "bytes");
        folder.write("icons/a b.svg", "<svg/>");
        folder.write(".secret", "hidden");
        folder.write(".git/config", "hidden");
        outside.write("outside.txt", "outside");
        std::filesystem::create_symlink(outside / "outside.txt", folder / "link.txt");
        std::filesystem::create_directory_symlink(outside.path(), folder / "linked");
        auto loaded = StaticFiles::load(folder.path().string());
        if (!loaded) throw std::runtime_error(loaded.error().message);
        files = std::move(*loaded);
    }

    std::optional<Response> get(
        std::string_view path, const std::vector<std::pair<std::string, std::string>>& fields = {}
    ) const {
        Request request;
        request.path = path;
        for (const auto& [name, value] : fields) request.fields.add(name, value);
        return files->answer(request);
    }

    std::string script = std::string(10'000, ' ') + "main()";
    cairn::test::TempDir folder;
    cairn::test::TempDir outside;
    std::optional<StaticFiles> files;
};

std::string field(const std::optional<Response>& response, std::string_view name) {
    return response ? std::string(response->fields.find(name).value_or("none")) : "no answer";
}

TEST(StaticFiles, AreAnsweredWithTheirTypes) {
    const Site site;
    const auto style = site.get("/assets/main.css");
    ASSERT_TRUE(style);
    EXPECT_EQ(style->status, 200U);
    EXPECT_EQ(style->body, "a { color: red }");
    EXPECT_EQ(field(style, "Content-Type"), "text/css; charset=utf-8");
    EXPECT_EQ(field(style, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(field(style, "Cache-Control"), "no-cache");
    EXPECT_EQ(field(site.get("/assets/plain.bin"), "Content-Type"), "application/octet-stream");
    EXPECT_EQ(field(site.get("/icons/a%20b.svg"), "Content-Type"), "image/svg+xml");
    EXPECT_THAT(
        field(site.get("/icons/a%20b.svg"), "Content-Security-Policy"), HasSubstr("sandbox")
    );
    EXPECT_THAT(
        field(site.get("/" + std::string(kScript)), "Cache-Control"), HasSubstr("immutable")
    );
}

TEST(StaticFiles, AreCompressedWhereTheClientLikesIt) {
    const Site site;
    const std::string path = "/" + std::string(kScript);
    const auto packed = site.get(path, {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(field(packed, "Content-Encoding"), "gzip");
    EXPECT_EQ(field(packed, "Vary"), "Accept-Encoding");
    ASSERT_LT(packed->body.size(), 1'000U);
    std::string plain(20'000, '\0');
    z_stream stream{};
    ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    ByteVector input(packed->body.begin(), packed->body.end());
    ByteVector output(20'000);
    stream.next_in = input.data();
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = output.data();
    stream.avail_out = static_cast<uInt>(output.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    output.resize(stream.total_out);
    inflateEnd(&stream);
    EXPECT_TRUE(as_text(output) == site.script);

    const auto smaller = site.get(path, {{"accept-encoding", "gzip, deflate, br"}});
    EXPECT_EQ(field(smaller, "Content-Encoding"), "br");
    output.resize(20'000);
    std::size_t size = output.size();
    const Bytes packed_bytes = as_bytes(smaller->body);
    EXPECT_EQ(
        BrotliDecoderDecompress(packed_bytes.size(), packed_bytes.data(), &size, output.data()),
        BROTLI_DECODER_RESULT_SUCCESS
    );
    output.resize(size);
    EXPECT_TRUE(as_text(output) == site.script);

    EXPECT_EQ(field(site.get(path), "Content-Encoding"), "none");
    EXPECT_EQ(
        field(site.get(path, {{"Accept-Encoding", "br;q=0, gzip;q=0"}}), "Content-Encoding"), "none"
    );
    EXPECT_EQ(
        field(site.get(path, {{"Accept-Encoding", "br;q=0.1, gzip"}}), "Content-Encoding"), "gzip"
    );
    EXPECT_EQ(
        field(site.get("/assets/plain.bin", {{"Accept-Encoding", "br"}}), "Content-Encoding"),
        "none"
    );
}

TEST(StaticFiles, AreNotSentAgain) {
    const Site site;
    const auto first = site.get("/assets/main.css");
    const std::string tag = field(first, "ETag");
    EXPECT_THAT(tag, testing::MatchesRegex("\"[0-9a-f]{32}\""));
    for (const std::string& known : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
        const auto again = site.get("/assets/main.css", {{"If-None-Match", known}});
        ASSERT_TRUE(again);
        EXPECT_EQ(again->status, 304U) << known;
        EXPECT_EQ(again->body, "");
        EXPECT_EQ(field(again, "ETag"), tag);
    }
    EXPECT_EQ(site.get("/assets/main.css", {{"If-None-Match", "\"x\""}})->status, 200U);
    const std::string path = "/" + std::string(kScript);
    EXPECT_NE(
        field(site.get(path, {{"Accept-Encoding", "br"}}), "ETag"), field(site.get(path), "ETag")
    );
}

TEST(StaticFiles, GiveTheIndexAFreshNonce) {
    const Site site;
    std::set<std::string> bodies;
    for (const char* path : {"/", "/index.html", "/cases", "/cases/1234", "/cases/"}) {
        const auto index = site.get(path, {{"If-None-Match", "*"}});
        ASSERT_TRUE(index) << path;
        EXPECT_EQ(index->status, 200U);
        EXPECT_EQ(field(index, "Cache-Control"), "no-cache");
        const std::string nonce = index->body.substr(14, 24);
        EXPECT_EQ(index->body, "<style nonce=\"" + nonce + "\"></style>" + nonce);
        EXPECT_THAT(
            field(index, "Content-Security-Policy"),
            HasSubstr("style-src 'self' 'nonce-" + nonce + "';")
        );
        EXPECT_TRUE(bodies.insert(index->body).second);
    }
}

TEST(StaticFiles, HaveNothingUnderOtherPaths) {
    const Site site;
    for (const char* path :
         {"/none.js",
          "/cases/none.js",
          "/.secret",
          "/link.txt",
          "/linked/outside.txt",
          "/../outside.txt",
          "/%2e%2e/outside.txt",
          "/assets%2Fmain.css",
          "/assets/main.css/..",
          "/%00",
          "/%",
          "/assets/../index.html",
          "//etc/passwd.txt"}) {
        EXPECT_FALSE(site.get(path)) << path;
    }
    EXPECT_THAT(site.get("/.git/config")->body, HasSubstr("nonce"));
    Request post;
    post.method = Method::post;
    post.path = "/";
    EXPECT_FALSE(site.files->answer(post));
}

TEST(StaticFiles, NeedAnIndex) {
    const cairn::test::TempDir empty;
    const auto refused = StaticFiles::load(empty.path().string());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::not_found);
    const auto nowhere = StaticFiles::load(empty / "nowhere");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, Errc::io);
    EXPECT_THAT(nowhere.error().message, HasSubstr("nowhere"));
}

TEST(AcceptEncoding, IsWeighed) {
    EXPECT_EQ(quality_of("gzip", "gzip"), 1'000);
    EXPECT_EQ(quality_of("a, GZIP ; q=0.5 ,b", "gzip"), 500);
    EXPECT_EQ(quality_of("gzip;q=0.123", "gzip"), 123);
    EXPECT_EQ(quality_of("gzip;q=1.000", "gzip"), 1'000);
    EXPECT_EQ(quality_of("*;q=0.2, gzip;q=0", "gzip"), 0);
    EXPECT_EQ(quality_of("*;q=0.2", "gzip"), 200);
    for (const char* none :
         {"",
          "br",
          "gzip;q=",
          "gzip;q=2",
          "gzip;q=1.001",
          "gzip;q=0.1234",
          "gzip;q=-1",
          "gzip;q=x",
          "gzip;q",
          "gzip;level=9",
          "gzip;q=0.5;x=y",
          "xgzip",
          ",;,;"}) {
        EXPECT_EQ(quality_of(none, "gzip"), 0) << none;
    }
}

}  // namespace
}  // namespace cairn::http
