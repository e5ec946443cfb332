#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/gate.h"
#include "audit/proof_file.h"
#include "oversight/act_index.h"
#include "oversight/public_log.h"

namespace cairn::oversight {

inline constexpr std::int64_t kActPageMax = 1000;

struct ActQuery {
    ActFilter filter{};
    Order order = Order::newest_first;
    std::optional<std::uint64_t> after{};  ///< the last act of the page before
    std::int64_t limit = 100;              ///< kActPageMax at most
};

struct ActPage {
    std::vector<FoundAct> acts{};
    bool more = false;          ///< there are further ones behind the last
    std::uint64_t entered = 0;  ///< so many entries of the log were looked through
};

/// What people see of the log of their own agency; each look is put on record in it. What other
/// agencies do shows in no answer. One thread at a time.
class AgencyLog {
public:
    /// `installation` as the AuditLog has it.
    AgencyLog(access::Gate& gate, std::string installation)
        : gate_(gate), installation_(std::move(installation)) {}

    /// Acts of everybody in the agency. For auditors.
    Result<ActPage> search(
        const access::Actor& actor, const access::Ground& ground, const ActQuery& query
    );
    /// Acts of the agency's people in one case; `query.filter.case_id` is not looked at. For
    /// supervisors who may read it.
    Result<ActPage> search_case(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ActQuery& query
    );
    /// The actor's own acts; `query.filter.actor` is not looked at.
    Result<ActPage> search_own(
        const access::Actor& actor, const access::Ground& ground, const ActQuery& query
    );

    // Of any act for auditors, else of one's own. Errc::not_found for another's, as for none.
    Result<FoundAct> show(
        const access::Actor& actor, const access::Ground& ground, std::uint64_t index
    );
    /// With the entry; see audit::prove_entry().
    Result<audit::ProofFile> prove(
        const access::Actor& actor, const access::Ground& ground, std::uint64_t index
    );

    // For all who oversee.
    /// The last signed checkpoint with its cosignatures. Errc::not_found before the first.
    Result<std::string> checkpoint(const access::Actor& actor, const access::Ground& ground);
    /// That the tree of the first `from` entries is a prefix of that of the first `to`.
    Result<std::vector<audit::Hash>> consistency(
        const access::Actor& actor,
        const access::Ground& ground,
        std::uint64_t from,
        std::uint64_t to
    );
    /// "tile/0/x001/067"; not of entries.
    Result<ByteVector> hash_tile(
        const access::Actor& actor, const access::Ground& ground, std::string_view path
    );

    /// "tile/entries/000": what everybody did. For auditors.
    Result<ByteVector> entry_bundle(
        const access::Actor& actor, const access::Ground& ground, std::string_view path
    );

private:
    Result<ActPage> page(const access::Actor& actor, const ActQuery& query);
    Result<FoundAct> visible_act(access::Permit& permit, std::uint64_t index);
    PublicLog log_of(const access::Actor& actor) const;
    std::string origin(const access::Actor& actor) const;

    access::Gate& gate_;
    std::string installation_;
};

}  // namespace cairn::oversight
