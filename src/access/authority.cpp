#include "access/authority.h"

#include <algorithm>

#include "access/names.h"

namespace cairn::access {
namespace {

constexpr std::size_t kScopeMax = 10'000;
constexpr std::size_t kTextMax = 10'000;
constexpr std::uint8_t kFormat = 1;

bool covers(const ScopeItem& granted, const ScopeItem& touched) {
    if (granted.kind != touched.kind) return false;
    if (granted.value == kAll || granted.value == touched.value) return true;
    return granted.kind == ScopeKind::area && touched.value.starts_with(granted.value + "-");
}

Status check_text(std::string_view field, std::string_view text) {
    if (text.empty()) return fail(Errc::invalid_argument, "{} is missing", field);
    if (text.size() > kTextMax) {
        return fail(Errc::limit_exceeded, "{} has over {} bytes", field, kTextMax);
    }
    return ok();
}

Status check_duration(const AuthorityTerms& terms, const AuthorityLimits& limits) {
    if (terms.ends <= terms.starts) {
        return fail(Errc::invalid_argument, "it ends before it starts");
    }
    for (const AuthorityAct act : kAuthorityActs) {
        if (!terms.acts.contains(act)) continue;
        const auto own = limits.longest.find(act);
        const auto longest = own == limits.longest.end() ? limits.others : own->second;
        if (terms.ends - terms.starts > longest) {
            return fail(
                Errc::limit_exceeded,
                "an authority to {} may hold {} days at most; end it sooner and renew it",
                name_of(act),
                std::chrono::duration_cast<std::chrono::days>(longest).count()
            );
        }
    }
    return ok();
}

Status check_scope(const std::vector<ScopeItem>& scope) {
    if (scope.empty()) {
        return fail(
            Errc::invalid_argument,
            "the scope is empty: nothing would be covered; name cases, areas ... or write 'all'"
        );
    }
    if (scope.size() > kScopeMax) {
        return fail(Errc::limit_exceeded, "the scope has over {} items", kScopeMax);
    }
    for (const ScopeItem& item : scope) CAIRN_TRY(check_text(name_of(item.kind), item.value));
    return ok();
}

void put_time(ByteWriter& out, UtcTime time) {
    out.u64_le(static_cast<std::uint64_t>(microseconds_of(time)));
}

Result<UtcTime> take_time(ByteReader& in) {
    const std::uint64_t count = CAIRN_TRY(in.u64_le());
    return utc_from_microseconds(static_cast<std::int64_t>(count));
}

Result<std::string> take_text(ByteReader& in) {
    const std::uint64_t size = CAIRN_TRY(in.leb128());
    const Bytes bytes = CAIRN_TRY(in.take(static_cast<std::size_t>(size)));
    return std::string(as_text(bytes));
}

template <typename Enum, std::size_t N>
Result<Enum> take_enum(ByteReader& in, const std::array<Enum, N>& all) {
    const std::uint8_t index = CAIRN_TRY(in.u8());
    if (index >= N) return fail(Errc::corrupt_data, "authority: no value {}", index);
    return all[index];
}

Result<std::vector<ScopeItem>> take_scope(ByteReader& in) {
    const std::uint64_t count = CAIRN_TRY(in.leb128());
    if (count > kScopeMax) return fail(Errc::corrupt_data, "authority: scope too long");
    std::vector<ScopeItem> scope;
    for (std::uint64_t i = 0; i < count; ++i) {
        ScopeItem item;
        item.kind = CAIRN_TRY(take_enum(in, kScopeKinds));
        item.value = CAIRN_TRY(take_text(in));
        scope.push_back(std::move(item));
    }
    return scope;
}

}  // namespace

std::string_view name_of(ScopeKind kind) {
    switch (kind) {
        case ScopeKind::agency:
            return "agency";
        case ScopeKind::case_id:
            return "case";
        case ScopeKind::entity:
            return "entity";
        case ScopeKind::network:
            return "network";
        case ScopeKind::list:
            return "list";
        case ScopeKind::area:
            return "area";
        case ScopeKind::exhibit:
            return "exhibit";
    }
    return "";
}

Result<ScopeKind> parse_scope_kind(std::string_view name) {
    return parse_name("kind of scope", kScopeKinds, name);
}

std::string_view name_of(Issuer issuer) {
    switch (issuer) {
        case Issuer::court:
            return "court";
        case Issuer::magistrate:
            return "magistrate";
        case Issuer::supervisor:
            return "supervisor";
        case Issuer::statute:
            return "statute";
    }
    return "";
}

Result<Issuer> parse_issuer(std::string_view name) {
    return parse_name("issuer", kIssuers, name);
}

std::string_view name_of(AuthorityState state) {
    switch (state) {
        case AuthorityState::draft:
            return "draft";
        case AuthorityState::active:
            return "active";
        case AuthorityState::suspended:
            return "suspended";
        case AuthorityState::revoked:
            return "revoked";
        case AuthorityState::replaced:
            return "replaced";
    }
    return "";
}

std::string_view name_of(AuthorityGap gap) {
    switch (gap) {
        case AuthorityGap::not_active:
            return "authority_not_active";
        case AuthorityGap::other_act:
            return "authority_for_other_acts";
        case AuthorityGap::not_yet:
            return "authority_not_yet_in_force";
        case AuthorityGap::ended:
            return "authority_ended";
        case AuthorityGap::out_of_scope:
            return "authority_out_of_scope";
    }
    return "";
}

Status check_terms(const AuthorityTerms& terms, const AuthorityLimits& limits) {
    CAIRN_TRY(check_text("issuer", terms.issuer_name));
    CAIRN_TRY(check_text("reference", terms.reference));
    CAIRN_TRY(check_text("legal basis", terms.legal_basis));
    if (terms.basis_text.size() > kTextMax) {
        return fail(Errc::limit_exceeded, "text of the basis has over {} bytes", kTextMax);
    }
    if (terms.acts.empty()) return fail(Errc::invalid_argument, "it allows no act");
    CAIRN_TRY(check_scope(terms.scope));
    CAIRN_TRY(check_duration(terms, limits));
    if (terms.issuer != Issuer::statute && !terms.document) {
        return fail(
            Errc::invalid_argument, "the order's document is missing; only a statute needs none"
        );
    }
    return ok();
}

std::optional<AuthorityGap> gap_of(
    const Authority& authority, AuthorityAct act, std::span<const ScopeItem> touches, UtcTime now
) {
    if (authority.state != AuthorityState::active) return AuthorityGap::not_active;
    if (!authority.terms.acts.contains(act)) return AuthorityGap::other_act;
    if (now < authority.terms.starts) return AuthorityGap::not_yet;
    if (now >= authority.terms.ends) return AuthorityGap::ended;
    const auto is_granted = [&](const ScopeItem& touched) {
        return std::any_of(
            authority.terms.scope.begin(),
            authority.terms.scope.end(),
            [&](const ScopeItem& granted) { return covers(granted, touched); }
        );
    };
    const bool all_granted = std::all_of(touches.begin(), touches.end(), is_granted);
    return all_granted ? std::nullopt : std::optional(AuthorityGap::out_of_scope);
}

ByteVector encode_terms(const AuthorityTerms& terms) {
    ByteWriter out;
    out.u8(kFormat);
    out.u8(static_cast<std::uint8_t>(terms.issuer));
    for (const std::string* text :
         {&terms.issuer_name, &terms.reference, &terms.legal_basis, &terms.basis_text}) {
        out.sized(as_bytes(*text));
    }
    std::uint64_t acts = 0;
    for (const AuthorityAct act : kAuthorityActs) {
        if (terms.acts.contains(act)) acts |= std::uint64_t{1} << static_cast<unsigned>(act);
    }
    out.leb128(acts);
    out.leb128(terms.scope.size());
    for (const ScopeItem& item : terms.scope) {
        out.u8(static_cast<std::uint8_t>(item.kind));
        out.sized(as_bytes(item.value));
    }
    put_time(out, terms.starts);
    put_time(out, terms.ends);
    out.sized(terms.document ? Bytes(*terms.document) : Bytes());
    return out.take();
}

Result<AuthorityTerms> decode_terms(Bytes bytes) {
    ByteReader in(bytes);
    AuthorityTerms terms;
    const std::uint8_t format = CAIRN_TRY(in.u8());
    if (format != kFormat) {
        return fail(Errc::unsupported, "authority of another format");
    }
    terms.issuer = CAIRN_TRY(take_enum(in, kIssuers));
    for (std::string* text :
         {&terms.issuer_name, &terms.reference, &terms.legal_basis, &terms.basis_text}) {
        *text = CAIRN_TRY(take_text(in));
    }
    const std::uint64_t acts = CAIRN_TRY(in.leb128());
    for (const AuthorityAct act : kAuthorityActs) {
        if ((acts >> static_cast<unsigned>(act) & 1U) != 0) terms.acts.insert(act);
    }
    terms.scope = CAIRN_TRY(take_scope(in));
    terms.starts = CAIRN_TRY(take_time(in));
    terms.ends = CAIRN_TRY(take_time(in));
    const std::string document = CAIRN_TRY(take_text(in));
    if (!document.empty()) {
        crypto::Sha256 digest{};
        if (document.size() != digest.size() || !in.at_end()) {
            return fail(Errc::corrupt_data, "authority: damaged end");
        }
        std::copy(document.begin(), document.end(), digest.begin());
        terms.document = digest;
    }
    return terms;
}

}  // namespace cairn::access
