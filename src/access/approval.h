#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "access/gate.h"
#include "crypto/digest.h"

namespace cairn::access {

// Four-eyes: what hurts is requested by one person, approved by another, and done once, exactly as
// it was approved (safeguards, section 4).

struct FourEyesLimits {
    std::chrono::seconds request = std::chrono::hours(72);
    std::chrono::seconds fresh_second_factor = std::chrono::minutes(10);
};

enum class ApprovalState : std::uint8_t { requested, approved, refused, executed };

inline constexpr std::array kApprovalStates = {
    ApprovalState::requested,
    ApprovalState::approved,
    ApprovalState::refused,
    ApprovalState::executed};

std::string_view name_of(ApprovalState state);
Result<ApprovalState> parse_approval_state(std::string_view name);

struct Approval {
    ApprovalId id;
    OperationId operation{};
    std::optional<CaseId> case_id{};
    std::string parameters{};  ///< canonical JSON of what is to be done
    crypto::Sha256 digest{};
    std::string reason{};
    ApprovalState state = ApprovalState::requested;
    UserId requested_by;
    std::string requester_session{};
    UtcTime requested{};
    UtcTime expires{};  ///< first instant at which it can be neither approved nor executed
    std::optional<UserId> decided_by{};
    std::optional<UtcTime> decided{};
    std::string refusal{};  ///< why
};

/// Of all that decides what will be done.
crypto::Sha256 approval_digest(
    OperationId operation, const std::optional<CaseId>& case_id, std::string_view parameters
);

/// Why `approver` may not approve: the code for the record. nullopt when they may.
std::optional<std::string_view> approval_obstacle(
    const Approval& approval, const Actor& approver, const FourEyesLimits& limits, UtcTime now
);

/// Why an approval does not allow this act now: the code for the record. nullopt when it does.
std::optional<std::string_view> execution_obstacle(
    const Approval& approval, const Actor& actor, const Act& act, UtcTime now
);

class Approvals {
public:
    Approvals(Gate& gate, const FourEyesLimits& limits) : gate_(gate), limits_(limits) {}

    struct Request {
        OperationId operation{};
        std::optional<CaseId> case_id{};
        std::string parameters{};
        std::string reason{};
    };
    /// Errc::invalid_argument when the operation needs no approval or no reason is given.
    Result<ApprovalId> request(const Actor& actor, const Ground& ground, const Request& request);
    Status approve(const Actor& actor, const Ground& ground, const ApprovalId& id);
    Status refuse(
        const Actor& actor, const Ground& ground, const ApprovalId& id, const std::string& why
    );
    /// Of the agency, in this state or any, as they were requested.
    Result<std::vector<Approval>> list(
        const Actor& actor,
        const Ground& ground,
        std::optional<ApprovalState> state,
        const std::optional<Cursor<ApprovalId>>& after,
        std::int64_t limit
    );
    /// For who requested it and for those who may list all. Errc::not_found.
    Result<Approval> show(const Actor& actor, const Ground& ground, const ApprovalId& id);

private:
    Result<Approval> open_request(const Actor& actor, const ApprovalId& id);

    Gate& gate_;
    FourEyesLimits limits_;
};

// In the records; no permission is asked here.
Result<std::optional<Approval>> stored_approval(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency, const ApprovalId& id
);
Status store_executed(db::Database& records, const ApprovalId& id);

}  // namespace cairn::access
