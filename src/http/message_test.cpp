#include "http/message.h"

#include <gmock/gmock.h>

#include "http/response_head.h"

namespace cairn::http {
namespace {

using std::chrono::sys_seconds;

TEST(Fields, CompareNamesWithoutCase) {
    Fields fields;
    fields.add("Content-Type", "a");
    EXPECT_EQ(fields.find("content-TYPE"), "a");
    EXPECT_EQ(fields.find("Content-Typ"), std::nullopt);
    fields.add("content-type", "b");
    EXPECT_EQ(fields.find("Content-Type"), std::nullopt);
    EXPECT_EQ(fields.count("CONTENT-TYPE"), 2U);
    fields.set("Content-type", "c");
    EXPECT_EQ(fields.find("Content-Type"), "c");
    EXPECT_EQ(fields.count("Content-Type"), 1U);
}

TEST(Method, HasItsName) {
    EXPECT_EQ(name_of(Method::delete_), "DELETE");
    EXPECT_EQ(name_of(Method::patch), "PATCH");
}

TEST(HttpDate, IsInTheFixedForm) {
    EXPECT_EQ(
        http_date(sys_seconds(std::chrono::seconds(784'111'777))), "Sun, 06 Nov 1994 08:49:37 GMT"
    );
    EXPECT_EQ(http_date(sys_seconds()), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(
        http_date(sys_seconds(std::chrono::seconds(1'709'164'800))), "Thu, 29 Feb 2024 00:00:00 GMT"
    );
}

TEST(ResponseHead, SaysNoLengthWhereThereIsNoBody) {
    Response response{.status = 304};
    response.fields.add("ETag", "\"a\"");
    EXPECT_EQ(
        response_head(response, {.request_id = "id", .body_bytes = 5, .keep_alive = true}),
        "HTTP/1.1 304 Not Modified\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Request-Id: id\r\n"
        "ETag: \"a\"\r\n\r\n"
    );
    response.status = 299;
    EXPECT_THAT(
        response_head(response, {.request_id = "id", .body_bytes = 5}),
        testing::HasSubstr("\r\nContent-Length: 5\r\nConnection: close\r\n")
    );
}

}  // namespace
}  // namespace cairn::http
