#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "access/approval.h"
#include "access/authorities.h"
#include "access/break_glass.h"
#include "access/cases.h"
#include "access/gate.h"
#include "access/people.h"
#include "audit/audit_queue.h"
#include "bus/bus.h"
#include "config/configuration.h"
#include "fetch/https_client.h"
#include "identity/acceptance.h"
#include "identity/account_administration.h"
#include "identity/agency_addition.h"
#include "identity/api_key_administration.h"
#include "identity/configured_limits.h"
#include "identity/openid_sign_in.h"
#include "identity/own_account.h"
#include "identity/service_sign_in.h"
#include "identity/session_sign_in.h"
#include "identity/sign_in.h"
#include "jobs/scan_jobs.h"
#include "oversight/agency_log.h"
#include "oversight/public_log.h"

namespace cairn::api {

/// What all workers of a server share. All must outlive them.
struct Resources {
    const config::Configuration& configuration;
    identity::ConfiguredLimits limits;
    const crypto::SecretKey& master;
    audit::AuditQueue& audit_queue;
    bus::Bus& bus;
    jobs::ListFolders& lists;
    std::vector<jobs::ScanRoot> scan_roots;
    const Clock& clock;
    identity::PasswordHasher& hasher;
    std::function<bool()> witnessed;
};

/// A connection to the records with all that acts on it need. One thread at a time.
struct Foundation {
    /// `resources` must outlive it.
    static Result<Foundation> open(const Resources& resources);

    std::unique_ptr<db::Database> records;
    std::unique_ptr<keyring::KeyRing> keys;
    std::unique_ptr<audit::AuditLog> log;
    std::unique_ptr<access::Gate> gate;
};

/// What this installation asks other servers with.
fetch::HttpsOptions web_options(const config::Fetch& settings);

/// What one worker needs to answer requests: a connection to the records and the modules upon it.
/// One thread at a time.
class Workplace {
public:
    static Result<std::unique_ptr<Workplace>> open(const Resources& resources);

    /// Whether the records still answer.
    Status check();
    /// Whether this is the token of a complete session that is not over. Does not count as its use.
    bool session_stands(std::string_view token_text);

private:
    /// The parts that can fail to come about.
    struct Parts {
        Foundation foundation;
        std::unique_ptr<identity::SignIn> sign_in;
        std::vector<identity::OpenidClientSettings> providers;
    };

    Workplace(const Resources& resources, Parts parts);

    Parts parts_;
    fetch::HttpsClient web_;

public:
    const config::Configuration& configuration;
    bus::Bus& bus;
    audit::AuditQueue& audit_queue;
    db::Database& records;
    access::Gate& gate;
    identity::SignIn& sign_in;
    identity::Sessions sessions;
    identity::SessionSignIn session_sign_in;
    identity::OwnAccount own_account;
    identity::Acceptance acceptance;
    identity::ServiceSignIn service_sign_in;
    identity::ApiKeys api_keys;
    identity::OpenidSignIn openid_sign_in;
    identity::AccountAdministration accounts;
    identity::AgencyAddition agency_addition;
    identity::ApiKeyAdministration api_key_administration;
    access::People people;
    access::Cases cases;
    access::Authorities authorities;
    access::Approvals approvals;
    access::BreakGlasses break_glasses;
    oversight::AgencyLog agency_log;
    oversight::PublicLog public_log;
    jobs::AgencyLists lists;
    jobs::ScanJobs scans;
};

/// The workplaces of a server: as many as it has workers, each opened when it is first needed and
/// again when its connection to the records was lost. Thread-safe.
class Workplaces {
public:
    /// `resources` must outlive it.
    Workplaces(const Resources& resources, std::size_t count)
        : resources_(resources), free_(count) {}

    /// A workplace for as long as one request is answered.
    class Lease {
    public:
        Lease(Workplaces& home, std::unique_ptr<Workplace> place)
            : home_(home), place_(std::move(place)) {}
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease();

        Workplace& operator*() const { return *place_; }
        Workplace* operator->() const { return place_.get(); }
        /// What was asked of it failed in a way that the connection may be the cause of.
        void doubt() { in_doubt_ = true; }

    private:
        Workplaces& home_;
        std::unique_ptr<Workplace> place_;
        bool in_doubt_ = false;
    };

    /// Waits while all are taken. Errc::unavailable while the records cannot be reached.
    Result<Lease> take();

private:
    void give_back(std::unique_ptr<Workplace> place);

    const Resources& resources_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Workplace>> free_;  ///< null: to be opened
};

}  // namespace cairn::api
