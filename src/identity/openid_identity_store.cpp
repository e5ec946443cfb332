#include "identity/openid_identity.h"

namespace cairn::identity {

/// An issuer has no newline, so that no two pairs give one tag.
crypto::Tag256 OpenidIdentities::tag(std::string_view issuer, std::string_view subject) const {
    return keys_.installation_tag("identity.openid", fmt::format("{}\n{}", issuer, subject));
}

Result<std::optional<access::UserId>> OpenidIdentities::find(
    std::string_view issuer, std::string_view subject
) {
    auto find = CAIRN_TRY(
        records_.prepare("SELECT user_id FROM openid_identity WHERE issuer = ? AND subject = ?")
    );
    const crypto::Tag256 subject_tag = tag(issuer, subject);
    const bool found = CAIRN_TRY(find.bind(1, issuer).bind(2, Bytes(subject_tag)).step());
    if (!found) return std::optional<access::UserId>();
    const auto user = CAIRN_TRY(stored_id<access::UserId>(find.bytes(0)));
    return std::optional(user);
}

Status OpenidIdentities::bind(
    std::string_view issuer, std::string_view subject, const access::UserId& user
) {
    auto put = CAIRN_TRY(
        records_.prepare("INSERT INTO openid_identity (issuer, subject, user_id) VALUES (?, ?, ?)")
    );
    const crypto::Tag256 subject_tag = tag(issuer, subject);
    return put.bind(1, issuer).bind(2, Bytes(subject_tag)).bind(3, user.bytes()).run();
}

Result<bool> OpenidIdentities::has_identity(const access::UserId& user) {
    auto find = CAIRN_TRY(records_.prepare("SELECT 1 FROM openid_identity WHERE user_id = ?"));
    return find.bind(1, user.bytes()).step();
}

}  // namespace cairn::identity
