#include "json/strict.h"

#include <gtest/gtest.h>

namespace cairn::json {
namespace {

TEST(ParseObject, GivesWhatStandsThere) {
    const auto object = parse_object("the body", R"({"a": [1, {"b": "c"}], "d": null})");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ((*object)["a"][1]["b"], "c");
    EXPECT_TRUE((*object)["d"].is_null());
}

TEST(ParseObject, RefusesWhatIsNoObjectOrNoJson) {
    for (const char* text :
         {"",
          "[]",
          "1",
          "null",
          "\"x\"",
          "{",
          "{\"a\":}",
          "{\"a\":1,}",
          "{'a':1}",
          "{\"a\":1} x",
          "{\"a\":NaN}",
          "{\"a\":\"\xff\"}"}) {
        const auto object = parse_object("the body", text);
        ASSERT_FALSE(object) << text;
        EXPECT_EQ(object.error().code, Errc::invalid_argument);
        EXPECT_EQ(object.error().message, "the body: not a JSON object") << text;
    }
}

TEST(ParseObject, RefusesMembersThatComeTwice) {
    for (const char* text :
         {R"({"a":1,"a":2})", R"({"x":{"a":1,"b":2,"a":3}})", R"({"x":[{"a":1,"\u0061":2}]})"}) {
        const auto object = parse_object("the body", text);
        ASSERT_FALSE(object) << text;
        EXPECT_NE(object.error().message.find("twice"), std::string::npos);
    }
    EXPECT_TRUE(parse_object("the body", R"({"x":{"a":1},"y":{"a":1}})"));
}

TEST(ParseObject, RefusesDeepNestingWithoutBuildingIt) {
    const auto nested = [](int depth) {
        std::string text = "{\"a\":";
        for (int i = 1; i < depth; ++i) text += "[";
        for (int i = 1; i < depth; ++i) text += "]";
        return text + "}";
    };
    EXPECT_TRUE(parse_object("the body", nested(kDepthMax)));
    const auto deep = parse_object("the body", nested(100'000));
    ASSERT_FALSE(deep);
    EXPECT_NE(deep.error().message.find("nested"), std::string::npos);
}

}  // namespace
}  // namespace cairn::json
