#pragma once

#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "access/actor.h"
#include "db/database.h"
#include "keyring/key_ring.h"

namespace cairn::access {

/// How much of a case somebody sees; each level includes those before it.
enum class Level : std::uint8_t { none, exists, summary, read, work };

std::string_view name_of(Level level);
Result<Level> parse_level(std::string_view name);

/// What decides a level: of one case and one user.
struct CaseStanding {
    bool own_agency = false;
    Level shared = Level::none;  ///< with the user's agency, when the case is another's
    bool restricted = false;     ///< hidden from colleagues who are not members
    Level member = Level::none;
    Roles roles{};
};

/// The rule of visibility, and the only place of it (safeguards, section 5).
Level level_of(const CaseStanding& standing);

/// A case as rows refer to it. `number` is local to the records and is never shown.
struct CaseKey {
    CaseId id;
    std::int64_t number = 0;
    AgencyId agency;  ///< the owner
    keyring::KeyId key;
    Level level = Level::none;  ///< of the asking user
};

/// The cases of which a user sees at least some level, as of one state of the records. Statements
/// that give rows of cases are built with it:
///   WHERE in_set(f.case_number, ?1) AND (SELECT epoch FROM access_epoch) = ?2
class VisibleCases {
public:
    static constexpr std::string_view kIsCurrent = "(SELECT epoch FROM access_epoch)";

    VisibleCases(std::int64_t epoch, const std::vector<CaseKey>& cases);

    std::int64_t epoch() const { return epoch_; }
    /// Of a case that is among them.
    const CaseKey& operator[](std::int64_t number) const { return cases_.at(number); }

    /// "in_set(<column>, ?<position>) AND <the set is current> = ?<position + 1>"
    static std::string predicate(std::string_view column, int position);
    /// What predicate() asks for.
    void bind(db::Statement& statement, int position) const;

private:
    std::int64_t epoch_;
    std::unordered_map<std::int64_t, CaseKey> cases_;
    db::IntegerSet numbers_;
};

/// Answers who sees what; remembers it until something changes that. One thread at a time.
class Visibility {
public:
    explicit Visibility(db::Database& records) : records_(records) {}

    /// nullopt when the case is not there or the user must not know of it: one query, the same.
    Result<std::optional<CaseKey>> find(const Actor& actor, const CaseId& id);

    /// Runs `query` with the cases that the actor sees at `level` or above. Should that have
    /// changed meanwhile, the answer is empty and is asked for again: rows of a case whose sharing
    /// ended a moment ago never come out. So nothing must give no row: a count of none as well
    /// (HAVING count(*) > 0).
    template <typename Row>
    Result<std::vector<Row>> rows(
        const Actor& actor,
        Level level,
        const std::function<Result<std::vector<Row>>(const VisibleCases&)>& query
    ) {
        for (;;) {
            const auto cases = CAIRN_TRY(visible(actor, level));
            auto found = CAIRN_TRY(query(*cases));
            if (!found.empty() || CAIRN_TRY(is_current(*cases))) return found;
        }
    }

    /// To be called, within the transaction, by all that changes a level: members, shares, cases.
    static Status changed(db::Database& records);

private:
    using Key = std::tuple<UserId, Roles, Level>;

    Result<std::shared_ptr<const VisibleCases>> visible(const Actor& actor, Level level);
    Result<std::shared_ptr<const VisibleCases>> load(
        const Actor& actor, Level level, std::int64_t epoch
    );
    Result<bool> is_current(const VisibleCases& cases);
    Result<std::int64_t> epoch();

    db::Database& records_;
    std::map<Key, std::shared_ptr<const VisibleCases>> remembered_;
};

}  // namespace cairn::access
