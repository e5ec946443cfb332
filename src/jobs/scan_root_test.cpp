#include "jobs/scan_root.h"

#include <gtest/gtest.h>

namespace cairn::jobs {
namespace {

access::Agency agency(const std::string& name) {
    const std::array<std::uint8_t, 16> bytes{};
    return {
        .id = access::AgencyId::from_bytes(bytes),
        .name = name,
        .profile = access::Profile::police,
        .key = keyring::KeyId::from_bytes(bytes)};
}

TEST(FindRoot, GivesAnAgencyWhatIsItsOwnOrEverybodys) {
    const std::vector<ScanRoot> roots = {
        {.name = "uploads", .path = "/srv/a", .agencies = {"Agency A", "Added later"}},
        {.name = "uploads", .path = "/srv/b", .agencies = {"Agency B"}},
        {.name = "shared", .path = "/srv/c", .all_agencies = true}};
    EXPECT_EQ((*find_root(roots, agency("Agency A"), "uploads"))->path, "/srv/a");
    EXPECT_EQ((*find_root(roots, agency("Added later"), "uploads"))->path, "/srv/a");
    EXPECT_EQ((*find_root(roots, agency("Agency B"), "uploads"))->path, "/srv/b");
    EXPECT_EQ((*find_root(roots, agency("Agency C"), "shared"))->path, "/srv/c");
}

TEST(FindRoot, AnswersOneOfOthersLikeOneThatIsNotThere) {
    const std::vector<ScanRoot> roots = {
        {.name = "uploads", .path = "/srv/a", .agencies = {"Agency A"}}};
    const auto of_others = find_root(roots, agency("agency a"), "uploads");
    const auto none = find_root({}, agency("agency a"), "uploads");
    EXPECT_EQ(of_others.error().code, Errc::not_found);
    EXPECT_EQ(of_others.error().message, none.error().message);
}

}  // namespace
}  // namespace cairn::jobs
