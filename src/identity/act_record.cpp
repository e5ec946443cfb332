#include "identity/act_record.h"

namespace cairn::identity {

Status record(audit::AuditLog& log, UtcTime now, const Client& client, const ActRecord& act) {
    audit::Entry entry;
    entry.time = now;
    entry.actor = act.account ? act.account->user.text() : "unknown";
    if (act.account) {
        entry.agency = act.account->agency.text();
        entry.objects = std::vector<std::string>{"user:" + act.account->user.text()};
    }
    entry.session = act.session;
    entry.client = client.address;
    entry.request = client.id;
    entry.operation = act.operation;
    entry.outcome = act.refusal.empty() ? audit::Outcome::ok : audit::Outcome::refused;
    entry.reason = act.refusal;
    return log.append(entry);
}

}  // namespace cairn::identity
