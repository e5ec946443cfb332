#include "audit/log_names.h"

#include <algorithm>

namespace cairn::audit {
namespace {

constexpr std::string_view kAgency = "/agency/";
constexpr std::size_t kAgencyBytesMax = 64;

bool is_agency_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '-';
}

}  // namespace

Status check_agency(std::string_view agency) {
    const bool sound = !agency.empty() && agency.size() <= kAgencyBytesMax &&
                       std::ranges::all_of(agency, is_agency_character);
    if (sound) return ok();
    return fail(
        Errc::invalid_argument,
        "an agency's id has 1 to {} letters, digits, '.', '_', ':' and '-'",
        kAgencyBytesMax
    );
}

std::string origin_of_log(std::string_view installation, std::string_view agency) {
    if (agency.empty()) return std::string(installation);
    return fmt::format("{}{}{}", installation, kAgency, agency);
}

std::vector<VerifierKey> keys_of_log(std::span<const VerifierKey> given, std::string_view origin) {
    std::vector<VerifierKey> keys;
    for (const VerifierKey& key : given) {
        if (key.name() == origin) {
            keys.push_back(key);
            continue;
        }
        const bool covers = key.type() == SignatureType::ed25519 &&
                            origin.starts_with(fmt::format("{}{}", key.name(), kAgency));
        if (!covers) continue;
        const auto bytes = key.public_key().first<crypto::PublicKey::kSize>();
        auto derived = VerifierKey::create(
            std::string(origin), SignatureType::ed25519, crypto::PublicKey::from_bytes(bytes)
        );
        if (derived) keys.push_back(*std::move(derived));
    }
    return keys;
}

}  // namespace cairn::audit
