#pragma once

#include <array>

#include "crypto/secret.h"
#include "fingerprint/pdq.h"

namespace cairn::hashlist {

/// The form in which PDQ codes lie in a list file: bits permuted and masked under a key. Keeps
/// every distance. That hides codes from a casual reader only; the volume must be encrypted too.
class PdqDisguise {
public:
    explicit PdqDisguise(const crypto::SecretKey& key);
    fingerprint::PdqCode operator()(const fingerprint::PdqCode& code) const;

private:
    static constexpr std::size_t kBits = 256;

    std::array<std::uint8_t, kBits> target_{};  ///< where bit i goes
    fingerprint::PdqCode mask_;
};

}  // namespace cairn::hashlist
