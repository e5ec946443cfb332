#include "api/route.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::api {
namespace {

using http::Method;

TEST(Routes, HaveEachOperationAndEachPlaceOnce) {
    std::set<std::string_view> operations;
    std::set<std::pair<Method, std::string_view>> places;
    for (const Route& route : routes()) {
        EXPECT_TRUE(operations.insert(route.operation).second) << route.operation;
        EXPECT_TRUE(places.emplace(route.method, route.path).second) << route.path;
        EXPECT_NE(route.run == nullptr, route.at_once == nullptr) << route.operation;
        EXPECT_TRUE(route.path.starts_with("/api/v1/") || route.path.starts_with("/audit/"));
    }
}

TEST(Routes, TakeABodyOnlyWhereTheMethodHasOne) {
    for (const Route& route : routes()) {
        if (route.method == Method::get || route.method == Method::delete_) {
            EXPECT_EQ(route.body, BodyKind::none) << route.operation;
        }
    }
}

TEST(FindRoute, PrefersAWordToAName) {
    EXPECT_EQ(find_route(Method::get, "/api/v1/cases/count").route->operation, "case_count");
    const RouteMatch one = find_route(Method::get, "/api/v1/cases/abc");
    EXPECT_EQ(one.route->operation, "case_show");
    EXPECT_EQ(one.path.at("case"), "abc");
}

TEST(FindRoute, AnswersHeadByGet) {
    EXPECT_EQ(find_route(Method::head, "/api/v1/health").route->operation, "health");
}

TEST(FindRoute, TellsTheMethodsThatThereAre) {
    const RouteMatch match = find_route(Method::patch, "/api/v1/cases");
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(match.allowed, "GET, POST");
}

TEST(FindRoute, MatchesPathsAsTheyAreAndNothingNearThem) {
    for (const char* path :
         {"/api/v1/cases/",
          "/api/v1//cases",
          "/api/v1",
          "/",
          "",
          "/api/v1/cases//members",
          "/API/v1/cases",
          "/api/v1/cases/a/b/c/d"}) {
        const RouteMatch match = find_route(Method::get, path);
        EXPECT_EQ(match.route, nullptr) << path;
        EXPECT_EQ(match.allowed, "") << path;
    }
}

TEST(FindRoute, LeavesTheRestOfATilePathToItsReader) {
    EXPECT_EQ(find_route(Method::get, "/audit/tile/0/x001/067").route->operation, "log_tile");
    EXPECT_EQ(
        find_route(Method::get, "/api/v1/audit/tile/entries/000").route->operation, "audit_entries"
    );
    EXPECT_EQ(find_route(Method::get, "/audit/tile/").route, nullptr);
}

}  // namespace
}  // namespace cairn::api
