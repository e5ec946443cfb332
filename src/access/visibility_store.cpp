#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "access/names.h"
#include "access/visibility.h"

namespace cairn::access {
namespace {

constexpr std::size_t kRememberedMax = 256;

constexpr std::array kLevels = {
    Level::none, Level::exists, Level::summary, Level::read, Level::work};

/// Cases of the user's agency (?1), and those shared with it: what decides the level of user ?2.
/// `condition` bounds them further.
std::string standing_sql(std::string_view condition) {
    constexpr std::string_view kColumns =
        "SELECT c.number, c.id, c.agency, c.key_id, c.restricted, "
        "coalesce(s.level, 0), coalesce(m.level, 0) ";
    constexpr std::string_view kMember =
        "LEFT JOIN case_member m ON m.case_number = c.number AND m.user_id = ?2 ";
    return fmt::format(
        "{0} FROM case_file c "
        "LEFT JOIN case_share s ON s.case_number = c.number AND s.agency = ?1 {1} "
        "WHERE c.agency = ?1 {2} "
        "UNION ALL {0} FROM case_share s JOIN case_file c ON c.number = s.case_number {1} "
        "WHERE s.agency = ?1 AND c.agency <> ?1 {2}",
        kColumns,
        kMember,
        condition
    );
}

Level level_from(std::int64_t value) {
    const auto level = static_cast<std::size_t>(std::clamp<std::int64_t>(value, 0, 4));
    return kLevels[level];
}

Result<CaseKey> key_from(const db::Statement& row, const Actor& actor) {
    const auto owner = CAIRN_TRY(stored_id<AgencyId>(row.bytes(2)));
    const auto id = CAIRN_TRY(stored_id<CaseId>(row.bytes(1)));
    const auto key = CAIRN_TRY(stored_id<keyring::KeyId>(row.bytes(3)));
    const CaseStanding standing = {
        .own_agency = owner == actor.agency,
        .shared = level_from(row.integer(5)),
        .restricted = row.integer(4) != 0,
        .member = level_from(row.integer(6)),
        .roles = actor.roles,
    };
    return CaseKey{
        .id = id,
        .number = row.integer(0),
        .agency = owner,
        .key = key,
        .level = level_of(standing),
    };
}

}  // namespace

std::string_view name_of(Level level) {
    switch (level) {
        case Level::none:
            return "none";
        case Level::exists:
            return "exists";
        case Level::summary:
            return "summary";
        case Level::read:
            return "read";
        case Level::work:
            return "work";
    }
    return "";
}

Result<Level> parse_level(std::string_view name) {
    return parse_name("level", kLevels, name);
}

Level level_of(const CaseStanding& standing) {
    constexpr Roles kCaseworkers = {Role::investigator, Role::analyst, Role::reviewer};
    constexpr Roles kCanBeMembers = {
        Role::supervisor, Role::investigator, Role::analyst, Role::reviewer, Role::service};
    Level level = Level::none;
    const bool is_colleague = standing.roles.intersects(kCaseworkers) && !standing.restricted;
    if (is_colleague || standing.roles.contains(Role::auditor)) level = Level::exists;
    if (standing.roles.contains(Role::supervisor)) level = Level::read;
    if (standing.roles.intersects(kCanBeMembers)) level = std::max(level, standing.member);
    return std::min(level, standing.own_agency ? Level::work : standing.shared);
}

VisibleCases::VisibleCases(std::int64_t epoch, const std::vector<CaseKey>& cases)
    : epoch_(epoch), numbers_([&] {
          std::vector<std::int64_t> numbers;
          numbers.reserve(cases.size());
          for (const CaseKey& one : cases) numbers.push_back(one.number);
          return db::IntegerSet(numbers);
      }()) {
    for (const CaseKey& one : cases) cases_.emplace(one.number, one);
}

std::string VisibleCases::predicate(std::string_view column, int position) {
    return fmt::format("in_set({}, ?{}) AND {} = ?{}", column, position, kIsCurrent, position + 1);
}

void VisibleCases::bind(db::Statement& statement, int position) const {
    statement.bind(position, numbers_).bind(position + 1, epoch_);
}

Result<std::optional<CaseKey>> Visibility::find(const Actor& actor, const CaseId& id) {
    auto query = CAIRN_TRY(records_.prepare(standing_sql("AND c.id = ?3")));
    query.bind(1, actor.agency.bytes()).bind(2, actor.user.bytes()).bind(3, id.bytes());
    const bool found = CAIRN_TRY(query.step());
    if (!found) return std::optional<CaseKey>();
    const auto key = CAIRN_TRY(key_from(query, actor));
    if (key.level == Level::none) return std::optional<CaseKey>();
    return std::optional(key);
}

Result<std::shared_ptr<const VisibleCases>> Visibility::visible(const Actor& actor, Level level) {
    const auto found = remembered_.find(Key(actor.user, actor.roles, level));
    if (found != remembered_.end()) return found->second;
    const auto now = CAIRN_TRY(epoch());
    return load(actor, level, now);
}

// The epoch was read before the cases: should it have grown between, the set is found stale by the
// statement that uses it.
Result<std::shared_ptr<const VisibleCases>> Visibility::load(
    const Actor& actor, Level level, std::int64_t epoch
) {
    auto query = CAIRN_TRY(records_.prepare(standing_sql("")));
    query.bind(1, actor.agency.bytes()).bind(2, actor.user.bytes());
    std::vector<CaseKey> found;
    while (CAIRN_TRY(query.step())) {
        const auto key = CAIRN_TRY(key_from(query, actor));
        if (key.level >= level && key.level != Level::none) found.push_back(key);
    }
    if (remembered_.size() >= kRememberedMax) remembered_.clear();
    auto cases = std::make_shared<const VisibleCases>(epoch, found);
    remembered_.insert_or_assign(Key(actor.user, actor.roles, level), cases);
    return cases;
}

Result<bool> Visibility::is_current(const VisibleCases& cases) {
    const std::int64_t now = CAIRN_TRY(epoch());
    if (now == cases.epoch()) return true;
    remembered_.clear();
    return false;
}

Result<std::int64_t> Visibility::epoch() {
    auto query = CAIRN_TRY(records_.prepare("SELECT epoch FROM access_epoch"));
    return query.run_for_integer();
}

Status Visibility::changed(db::Database& records) {
    // Random, so that one that was rolled back never comes again with other cases.
    std::array<std::uint8_t, 8> bytes{};
    crypto::random_bytes(bytes);
    bytes[7] &= 0x7FU;
    auto update = CAIRN_TRY(records.prepare("UPDATE access_epoch SET epoch = ?"));
    const std::uint64_t epoch = CAIRN_TRY(ByteReader(bytes).u64_le());
    return update.bind(1, static_cast<std::int64_t>(epoch)).run();
}

}  // namespace cairn::access
