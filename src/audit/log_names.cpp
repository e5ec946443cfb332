#include "audit/log_names.h"

namespace cairn::audit {
namespace {

constexpr std::string_view kAgency = "/agency/";

}  // namespace

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
