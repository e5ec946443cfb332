#include <algorithm>
#include <utility>

#include "identity/service_key.h"

namespace cairn::identity {
namespace {

keyring::Place certificate_place(const crypto::Sha256& fingerprint) {
    return {.column = "agency_certificate.certificate", .row = fingerprint};
}

}  // namespace

Status ServiceKeys::add_authority(
    const access::AgencyId& agency, const crypto::Certificate& certificate
) {
    auto count =
        CAIRN_TRY(records_.prepare("SELECT count(*) FROM agency_certificate WHERE agency = ?"));
    const auto enrolled = CAIRN_TRY(count.bind(1, agency.bytes()).run_for_integer());
    if (enrolled >= kAuthoritiesMax) {
        return fail(
                   Errc::limit_exceeded,
                   "the agency has {} authorities, the most there may be: remove one first",
                   kAuthoritiesMax
        )
            .because("too_many_certificates");
    }
    const auto owner = CAIRN_TRY(access::stored_agency(records_, agency));
    const crypto::Sha256 fingerprint = certificate.fingerprint();
    const ByteVector box =
        CAIRN_TRY(keys_.seal(owner.key, certificate.der(), certificate_place(fingerprint)));
    auto put = CAIRN_TRY(records_.prepare(
        "INSERT INTO agency_certificate (agency, fingerprint, certificate) VALUES (?, ?, ?) "
        "ON CONFLICT DO NOTHING"
    ));
    CAIRN_TRY(put.bind(1, agency.bytes()).bind(2, Bytes(fingerprint)).bind(3, Bytes(box)).run());
    if (records_.changed_rows() == 0) {
        return fail(Errc::conflict, "this authority is enrolled already")
            .because("enrolled_already");
    }
    return ok();
}

Status ServiceKeys::remove_authority(
    const access::AgencyId& agency, const crypto::Sha256& fingerprint
) {
    auto remove = CAIRN_TRY(
        records_.prepare("DELETE FROM agency_certificate WHERE agency = ? AND fingerprint = ?")
    );
    CAIRN_TRY(remove.bind(1, agency.bytes()).bind(2, Bytes(fingerprint)).run());
    if (records_.changed_rows() == 0) return fail(Errc::not_found, "no such authority");
    return ok();
}

Result<std::vector<crypto::Certificate>> ServiceKeys::authorities(const access::AgencyId& agency) {
    const auto owner = CAIRN_TRY(access::stored_agency(records_, agency));
    auto find = CAIRN_TRY(
        records_.prepare("SELECT fingerprint, certificate FROM agency_certificate WHERE agency = ?")
    );
    find.bind(1, agency.bytes());
    std::vector<std::pair<crypto::Sha256, ByteVector>> boxes;
    while (CAIRN_TRY(find.step())) {
        crypto::Sha256 fingerprint{};
        const Bytes stored = find.bytes(0);
        if (stored.size() != fingerprint.size()) {
            return fail(Errc::corrupt_data, "agency_certificate: not a fingerprint");
        }
        std::copy(stored.begin(), stored.end(), fingerprint.begin());
        const Bytes box = find.bytes(1);
        boxes.emplace_back(fingerprint, ByteVector(box.begin(), box.end()));
    }
    std::vector<crypto::Certificate> all;
    for (const auto& [fingerprint, box] : boxes) {
        const auto der = CAIRN_TRY(keys_.unseal(owner.key, box, certificate_place(fingerprint)));
        auto certificate = CAIRN_TRY(crypto::Certificate::parse(as_bytes(der)));
        all.push_back(std::move(certificate));
    }
    return all;
}

Status ServiceKeys::bind(const access::UserId& user, const crypto::Sha256& key_digest) {
    auto put = CAIRN_TRY(records_.prepare(
        "INSERT INTO service_key (key_digest, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
    ));
    CAIRN_TRY(put.bind(1, Bytes(key_digest)).bind(2, user.bytes()).run());
    if (records_.changed_rows() == 0) {
        return fail(Errc::conflict, "this key is bound already: every account has its own")
            .because("key_bound_already");
    }
    return ok();
}

Status ServiceKeys::unbind(const access::UserId& user, const crypto::Sha256& key_digest) {
    auto remove =
        CAIRN_TRY(records_.prepare("DELETE FROM service_key WHERE key_digest = ? AND user_id = ?"));
    CAIRN_TRY(remove.bind(1, Bytes(key_digest)).bind(2, user.bytes()).run());
    if (records_.changed_rows() == 0) return fail(Errc::not_found, "this account has no such key");
    return ok();
}

Result<std::optional<Account>> ServiceKeys::find(const crypto::Sha256& key_digest) {
    auto find = CAIRN_TRY(records_.prepare("SELECT user_id FROM service_key WHERE key_digest = ?"));
    const bool found = CAIRN_TRY(find.bind(1, Bytes(key_digest)).step());
    if (!found) return std::optional<Account>();
    const auto user = CAIRN_TRY(stored_id<access::UserId>(find.bytes(0)));
    find.reset();
    return find_account(records_, user);
}

}  // namespace cairn::identity
