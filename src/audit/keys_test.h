#pragma once

#include <numeric>
#include <string_view>

#include "audit/signed_note.h"

// Synthetic keys and the note that other implementations agree on.

namespace cairn::audit::test {

inline constexpr const char* kLogName = "log.example.org/cairn";
inline constexpr const char* kWitnessName = "witness.example.net/w1";
inline constexpr std::string_view kLogVerifierText =
    "log.example.org/cairn+f2acd528+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
inline constexpr std::string_view kWitnessVerifierText =
    "witness.example.net/w1+669be294+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

inline constexpr std::string_view kSpecNote =
    "log.example.org/cairn\n"
    "8\n"
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    "\n"
    "\xE2\x80\x94 log.example.org/cairn "
    "8qzVKBJNUNH0kjSzeLQdkagnTUx+uQ43n6Ee/suyzzOr4a41pzmhl2U83o4/QouIAYJnVdyJKLD1opj9uOO2nbRz6Ac="
    "\n"
    "\xE2\x80\x94 witness.example.net/w1 "
    "ZpvilAAAAABqsTuAK3/SBJmVbDI8ZdPzX83bzhEIimfi/JutFhtfj4a5kf+OO7fSP4PKvc0xbNcfxZqc7DpyFCxglG3wcC"
    "iGcvTaDw==\n";

/// The key whose seed is `first`, `first` + 1, ...
inline crypto::SigningKey counting_key(std::uint8_t first) {
    std::array<std::uint8_t, crypto::SigningKey::kSeedSize> seed{};
    std::iota(seed.begin(), seed.end(), first);
    return crypto::SigningKey::from_seed(seed);
}
inline crypto::SigningKey log_key() {
    return counting_key(0x00);
}
inline crypto::SigningKey witness_key() {
    return counting_key(0x20);
}
inline VerifierKey log_verifier() {
    return *VerifierKey::create(kLogName, SignatureType::ed25519, log_key().public_key());
}
inline VerifierKey witness_verifier() {
    return *VerifierKey::create(
        kWitnessName, SignatureType::cosignature_v1, witness_key().public_key()
    );
}

}  // namespace cairn::audit::test
