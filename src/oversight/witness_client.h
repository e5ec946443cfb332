#pragma once

#include <span>
#include <string>
#include <vector>

#include "audit/signed_note.h"
#include "base/utc_time.h"
#include "db/database.h"
#include "fetch/web_client.h"

namespace cairn::oversight {

/// Another organisation that watches the installation's log (C2SP tlog-witness).
struct Witness {
    audit::VerifierKey key;
    std::string address;  ///< requests go to ADDRESS/add-checkpoint
};

/// What came of asking one of them.
struct WitnessReport {
    std::string name;
    Status outcome;          ///< ok: its cosignature is stored
    std::uint64_t size = 0;  ///< of the checkpoint it cosigned
};

/// Brings the newest checkpoint of the log `origin` to each witness, verifies its cosignature and
/// stores it; one that already cosigned it is asked to say so again. To be called about once a
/// minute; lasts as long as the witnesses take, one after the other, outside of transactions. One
/// that fails hinders no other. Errc::not_found when nothing is signed yet.
Result<std::vector<WitnessReport>> refresh_witnesses(
    db::Database& records,
    const std::string& origin,
    std::span<const Witness> witnesses,
    fetch::WebClient& web,
    const Clock& clock
);

}  // namespace cairn::oversight
