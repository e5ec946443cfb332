#include "api/workplace.h"

#include "config/secrets.h"

namespace cairn::api {
namespace {

Result<std::vector<identity::OpenidClientSettings>> provider_settings(
    const config::Configuration& configuration
) {
    std::vector<identity::OpenidClientSettings> providers;
    for (const config::OpenIdConnect& provider : configuration.sign_in.openid_connect) {
        auto secret =
            CAIRN_TRY(config::read_secret_text(configuration.secrets, provider.client_secret_file));
        providers.push_back(
            {provider.issuer, provider.client_id, std::move(secret), provider.redirect_url}
        );
    }
    return providers;
}

identity::SignIn::Parts sign_in_parts(const Resources& resources, const Foundation& foundation) {
    return {
        .records = *foundation.records,
        .keys = *foundation.keys,
        .log = *foundation.log,
        .clock = resources.clock,
        .hasher = resources.hasher,
        .lock_out = resources.limits.lock_out};
}

}  // namespace

fetch::HttpsOptions web_options(const config::Fetch& settings) {
    fetch::HttpsOptions options;
    options.trust_file = settings.trust_file;
    for (const config::OwnHost& host : settings.own_hosts) options.own_hosts.push_back(host.name);
    return options;
}

Result<Foundation> Foundation::open(const Resources& resources) {
    const config::Configuration& configuration = resources.configuration;
    Foundation made;
    made.records = CAIRN_TRY(db::Database::open(configuration.database, {}));
    made.keys = CAIRN_TRY(keyring::KeyRing::open(*made.records, resources.master));
    made.log = CAIRN_TRY(audit::AuditLog::open(*made.records, configuration.installation.name));
    access::Gate::Parts gate{
        .records = *made.records,
        .keys = *made.keys,
        .log = *made.log,
        .clock = resources.clock,
        .record = [&resources](const audit::Entry& entry
                  ) { return resources.audit_queue.append(entry); },
        .witnessed = resources.witnessed};
    made.gate = CAIRN_TRY(access::Gate::open(std::move(gate)));
    return made;
}

Result<std::unique_ptr<Workplace>> Workplace::open(const Resources& resources) {
    Parts made;
    made.foundation = CAIRN_TRY(Foundation::open(resources));
    made.sign_in = CAIRN_TRY(
        identity::SignIn::open(sign_in_parts(resources, made.foundation), resources.limits.session)
    );
    made.providers = CAIRN_TRY(provider_settings(resources.configuration));
    return std::unique_ptr<Workplace>(new Workplace(resources, std::move(made)));
}

Workplace::Workplace(const Resources& resources, Parts parts)
    : parts_(std::move(parts)),
      web_(web_options(resources.configuration.fetch)),
      configuration(resources.configuration),
      bus(resources.bus),
      audit_queue(resources.audit_queue),
      records(*parts_.foundation.records),
      gate(*parts_.foundation.gate),
      sign_in(*parts_.sign_in),
      sessions(records, resources.clock, resources.limits.session),
      session_sign_in(
          {records, *parts_.foundation.keys, *parts_.foundation.log, resources.clock},
          resources.limits.session
      ),
      own_account(sign_in_parts(resources, parts_.foundation), resources.limits.session),
      acceptance(sign_in_parts(resources, parts_.foundation)),
      service_sign_in({records, *parts_.foundation.keys, *parts_.foundation.log, resources.clock}),
      api_keys({records, *parts_.foundation.keys, *parts_.foundation.log, resources.clock}),
      openid_sign_in(
          sign_in_parts(resources, parts_.foundation), web_, std::move(parts_.providers)
      ),
      accounts(gate, resources.limits.session),
      agency_addition(gate, resources.limits.session),
      api_key_administration(gate, resources.limits.session),
      people(gate),
      cases(gate),
      authorities(gate, resources.limits.authority),
      approvals(gate, resources.limits.four_eyes),
      break_glasses(gate, resources.limits.break_glass),
      agency_log(gate, configuration.installation.name),
      public_log(records, configuration.installation.name),
      lists(gate, resources.lists),
      scans(
          {.gate = gate,
           .lists = resources.lists,
           .roots = resources.scan_roots,
           .spool_folder = configuration.data_folder}
      ) {}

Status Workplace::check() {
    CAIRN_TRY(access::stored_installation(records));
    return ok();
}

bool Workplace::session_stands(std::string_view token_text) {
    const auto token = identity::Token::parse(identity::TokenKind::session, token_text);
    if (!token) return false;
    const auto session = sessions.find(*token);
    return session && session->stage == identity::Stage::complete;
}

Workplaces::Lease::~Lease() {
    if (place_ == nullptr) return;  // moved from
    if (in_doubt_ && !place_->check()) place_.reset();
    home_.give_back(std::move(place_));
}

Result<Workplaces::Lease> Workplaces::take() {
    std::unique_ptr<Workplace> place;
    {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [this] { return !free_.empty(); });
        place = std::move(free_.back());
        free_.pop_back();
    }
    if (place == nullptr) {
        auto opened = Workplace::open(resources_);
        if (!opened) {
            give_back(nullptr);
            return fail(Errc::unavailable, "records: {}", opened.error().message);
        }
        place = *std::move(opened);
    }
    return Lease(*this, std::move(place));
}

void Workplaces::give_back(std::unique_ptr<Workplace> place) {
    {
        const std::lock_guard lock(mutex_);
        free_.push_back(std::move(place));
    }
    freed_.notify_one();
}

}  // namespace cairn::api
