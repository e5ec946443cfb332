#include "api/recognise.h"

#include <algorithm>

#include "api/route.h"
#include "api/session_cookie.h"
#include "crypto/certificate.h"
#include "http/cookie.h"

namespace cairn::api {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kApiKeyPrefix = "cairn_key_";
constexpr std::size_t kOnceBytesMax = 200;

bool changes_something(http::Method method) {
    return method != http::Method::get && method != http::Method::head;
}

Status check_csrf(const Call& call) {
    const auto shown = call.request.fields.find("Cairn-Csrf");
    const std::string expected = csrf_token(call.token);
    if (shown && crypto::equal_in_constant_time(as_bytes(*shown), as_bytes(expected))) return ok();
    return fail(
               Errc::permission_denied,
               "the field Cairn-Csrf must be the value that came with the session"
    )
        .because("csrf_token_wrong");
}

Status nobody() {
    return fail(Errc::unauthenticated, "sign in, or show a key").because("sign_in_required");
}

/// How the request shows who sends it; the token where it is one.
Status take_credential(Call& call) {
    const http::Fields& fields = call.request.fields;
    if (fields.count("Authorization") > 0) {
        const auto value = fields.find("Authorization");
        if (!value || !value->starts_with(kBearer)) {
            return fail(Errc::unauthenticated, "the field Authorization must be \"Bearer TOKEN\"")
                .because("sign_in_required");
        }
        call.credential = Credential::bearer;
        call.token = value->substr(kBearer.size());
        return ok();
    }
    if (const auto cookie = http::find_cookie(fields, kSessionCookie)) {
        call.credential = Credential::cookie;
        call.token = *cookie;
        return ok();
    }
    if (call.request.certificate) {
        call.credential = Credential::certificate;
        return ok();
    }
    return nobody();
}

Status find_user(Call& call) {
    switch (call.credential) {
        case Credential::bearer:
            if (call.token.starts_with(kApiKeyPrefix)) {
                call.user = CAIRN_TRY(call.place.api_keys.actor(call.token, call.client()));
                return ok();
            }
            [[fallthrough]];
        case Credential::cookie:
            call.user = CAIRN_TRY(call.place.session_sign_in.actor(call.token, call.client()));
            call.by_session = true;
            return ok();
        case Credential::certificate: {
            const auto certificate =
                CAIRN_TRY(crypto::Certificate::parse(*call.request.certificate));
            call.user = CAIRN_TRY(call.place.service_sign_in.actor(certificate, call.client()));
            return ok();
        }
        case Credential::none:
            break;
    }
    return nobody();
}

template <typename IdType>
std::optional<IdType> id_field(Call& call, const char* name) {
    const http::Fields& fields = call.request.fields;
    if (fields.count(name) == 0) return std::nullopt;
    const auto text = fields.find(name);
    if (text) {
        if (const auto id = parse_id<IdType>(*text)) return *id;
    }
    call.add(FieldProblem::Place::header, name, "must be an id: 32 hexadecimal digits");
    return std::nullopt;
}

/// What a client calls an act, so that it is done once: digests of the name and of all it asks for.
void read_once(Call& call) {
    const http::Request& request = call.request;
    if (request.fields.count("Idempotency-Key") == 0) return;
    const auto name = request.fields.find("Idempotency-Key").value_or("");
    if (call.route.creates.empty()) {
        call.add(FieldProblem::Place::header, "Idempotency-Key", "is for creations alone");
    } else if (name.empty() || name.size() > kOnceBytesMax) {
        call.add(
            FieldProblem::Place::header,
            "Idempotency-Key",
            fmt::format("must have 1 to {} bytes", kOnceBytesMax)
        );
    } else {
        crypto::Sha256Stream asked;
        for (const std::string_view part :
             {std::string_view(call.route.operation),
              std::string_view(request.path),
              std::string_view(request.body)}) {
            asked.update(as_bytes(fmt::format("{}:", part.size())));
            asked.update(as_bytes(part));
        }
        call.ground.once =
            access::Once{.key = crypto::sha256(as_bytes(name)), .request = asked.finish()};
    }
}

/// The revision in the one entity tag, "r7".
void read_revision(Call& call) {
    const http::Fields& fields = call.request.fields;
    if (fields.count("If-Match") == 0) return;
    const std::string_view tag = fields.find("If-Match").value_or("");
    const bool shaped = tag.size() > 3 && tag.starts_with("\"r") && tag.ends_with('"');
    const auto revision =
        shaped ? whole_number<std::int64_t>(tag.substr(2, tag.size() - 3)) : std::nullopt;
    if (!call.route.edits) {
        call.add(FieldProblem::Place::header, "If-Match", "is for edits alone");
    } else if (!revision) {
        call.add(FieldProblem::Place::header, "If-Match", "must be the ETag of what is edited");
    } else {
        call.ground.revision = *revision;
    }
}

}  // namespace

Status check_site(const http::Request& request) {
    const auto refuse = [] {
        return fail(Errc::permission_denied, "the request comes from a page of another site")
            .because("other_site");
    };
    if (request.fields.count("Sec-Fetch-Site") > 0) {
        const auto site = request.fields.find("Sec-Fetch-Site");
        if (site != "same-origin" && site != "none") return refuse();
    }
    if (request.fields.count("Origin") > 0) {
        const auto origin = request.fields.find("Origin");
        const auto host = request.fields.find("Host");
        if (!origin || !host || *origin != "https://" + std::string(*host)) return refuse();
    }
    return ok();
}

Status recognise(Call& call) {
    if (changes_something(call.request.method)) CAIRN_TRY(check_site(call.request));
    if (call.route.door == Door::anybody) return ok();
    CAIRN_TRY(take_credential(call));
    if (call.credential == Credential::cookie && changes_something(call.request.method)) {
        CAIRN_TRY(check_csrf(call));
    }
    if (call.route.door == Door::begun) {
        return call.credential == Credential::certificate ? nobody() : ok();
    }
    CAIRN_TRY(find_user(call));
    if (call.route.door == Door::session && !call.by_session) {
        return fail(Errc::permission_denied, "this is for people who are signed in")
            .because("session_required");
    }
    return ok();
}

void read_ground(Call& call) {
    const http::Fields& fields = call.request.fields;
    if (fields.count("Cairn-Purpose") > 0) {
        const auto name = fields.find("Cairn-Purpose");
        const auto purpose = access::parse_purpose(name.value_or(""));
        if (purpose) {
            call.ground.purpose = *purpose;
        } else {
            call.add(FieldProblem::Place::header, "Cairn-Purpose", purpose.error().message);
        }
    }
    call.ground.authority = id_field<access::AuthorityId>(call, "Cairn-Authority");
    call.ground.approval = id_field<access::ApprovalId>(call, "Cairn-Approval");
    read_once(call);
    read_revision(call);
}

}  // namespace cairn::api
