#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "keyring/key_ring.h"

namespace cairn::scan {

/// How the store writes personal content of scans: paths, names, reasons. Plain in a case folder,
/// whose owner guards it as a whole; in records that many share sealed under the key of the case,
/// so that destroying that key destroys it. A box opens in its own row only. One thread at a time.
class ContentSeal {
public:
    /// Plain.
    ContentSeal() = default;
    /// `keys` must outlive it.
    ContentSeal(keyring::KeyRing& keys, const keyring::KeyId& key) : keys_(&keys), key_(key) {}

    bool is_plain() const { return keys_ == nullptr; }

    /// `row` is the number of the row; `scan` that of the scan it belongs to.
    Result<ByteVector> close(
        std::string_view column, std::int64_t scan, std::int64_t row, Bytes plain
    ) const;
    /// Errc::not_found when the key was destroyed.
    Result<ByteVector> open(
        std::string_view column, std::int64_t scan, std::int64_t row, Bytes stored
    ) const;

private:
    keyring::KeyRing* keys_ = nullptr;
    std::optional<keyring::KeyId> key_;
};

/// Several texts as one value, to be sealed together.
ByteVector pack_texts(std::span<const std::string> texts);
/// The inverse; Errc::corrupt_data unless there are `count`.
Result<std::vector<std::string>> unpack_texts(Bytes packed, std::size_t count);

}  // namespace cairn::scan
