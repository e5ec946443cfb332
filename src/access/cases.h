#pragma once

#include <string>
#include <vector>

#include "access/gate.h"

namespace cairn::access {

enum class CaseState : std::uint8_t { open, closed };

std::string_view name_of(CaseState state);
/// Of the case with this number in the records. Errc::not_found.
Result<CaseState> stored_case_state(db::Database& records, std::int64_t number);

/// What somebody sees of a case. Title from Level::summary.
struct Case {
    CaseId id;
    AgencyId agency;
    std::int64_t agency_number = 0;  ///< counted in its agency
    std::string title{};             ///< empty below Level::summary
    CaseState state = CaseState::open;
    bool restricted = false;
    UtcTime opened{};
    Level level = Level::none;  ///< of the asking user
    /// Counted up when state, members or shares change; shown to those who work in it, 0 otherwise.
    std::int64_t revision = 0;
};

struct CaseMember {
    UserId user;
    Level level = Level::none;
};

/// What another agency may see of a case.
struct CaseShare {
    AgencyId agency;
    Level level = Level::none;
};

/// Cases and who sees them. What is in a case is the business of the modules above.
class Cases {
public:
    explicit Cases(Gate& gate) : gate_(gate) {}

    struct NewCase {
        std::string title{};
        bool restricted = false;  ///< hidden from colleagues who are not members
    };
    /// The actor becomes its first member, at Level::work.
    Result<CaseId> open(const Actor& actor, const Ground& ground, const NewCase& opened);

    /// Those of which the actor sees that they exist, the newest first.
    Result<std::vector<Case>> list(
        const Actor& actor,
        const Ground& ground,
        const std::optional<Cursor<CaseId>>& after,
        std::int64_t limit
    );
    Result<std::int64_t> count(const Actor& actor, const Ground& ground);
    /// Of the agency's own that the actor may read, those whose title has this word; by when they
    /// were opened.
    Result<std::vector<Case>> find(
        const Actor& actor, const Ground& ground, const std::string& word, std::int64_t limit
    );
    /// Errc::not_found for what the actor may not know of.
    Result<Case> show(const Actor& actor, const Ground& ground, const CaseId& id);
    // Edits of the case's revision.
    Status close(const Actor& actor, const Ground& ground, const CaseId& id);

    /// In the order of their ids: after this one.
    Result<std::vector<CaseMember>> members(
        const Actor& actor,
        const Ground& ground,
        const CaseId& id,
        const std::optional<UserId>& after,
        std::int64_t limit
    );
    /// A colleague's level; Level::none takes it away.
    Status set_member(
        const Actor& actor, const Ground& ground, const CaseId& id, const CaseMember& member
    );
    /// In the order of the agencies' ids: after this one. The owner sees all, another agency its
    /// own share.
    Result<std::vector<CaseShare>> shares(
        const Actor& actor,
        const Ground& ground,
        const CaseId& id,
        const std::optional<AgencyId>& after,
        std::int64_t limit
    );
    /// Another agency's level; Level::none ends the sharing at once. Only the owner shares.
    Status set_share(
        const Actor& actor,
        const Ground& ground,
        const CaseId& id,
        const AgencyId& with,
        Level level
    );
    /// Destroys the case's key and rows for good; purge_deleted() follows. Four-eyes. The audit
    /// entry keeps the key's id and how many keys went.
    Status shred(const Actor& actor, const Ground& ground, const CaseId& id);

private:
    Result<Case> case_from(const db::Statement& row, const CaseKey& key);
    Result<CaseId> insert(const Actor& actor, const NewCase& opened, UtcTime now);

    Gate& gate_;
};

}  // namespace cairn::access
