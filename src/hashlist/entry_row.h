#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "fingerprint/pdq.h"
#include "hashlist/list_entry.h"

namespace cairn::hashlist {

/// Names a text in a TextTable; 0 is the empty text.
using TextId = std::uint64_t;
/// Follows from the text alone, so it is the same in every installation.
TextId id_of_text(std::string_view text);

/// A row ready for the index: refused values gone, verdict mapped. A digest or code that is not
/// known is all zero, which no list may name.
struct EntryRow {
    static constexpr std::size_t kEncodedBytes = 135;
    using Encoded = std::array<std::uint8_t, kEncodedBytes>;

    crypto::Md5 md5{};
    crypto::Sha1 sha1{};
    crypto::Sha256 sha256{};
    fingerprint::PdqCode pdq;
    std::uint64_t size_bytes = 0;  ///< 0: not known
    std::optional<std::int64_t> category;
    Verdict verdict = Verdict::unmapped;
    std::optional<std::uint8_t> pdq_quality;
    TextId category_name = 0;
    TextId series = 0;
    auto operator<=>(const EntryRow&) const = default;

    /// Fixed size, injective; byte order of the encoding is the canonical order of rows: MD5,
    /// SHA-1, SHA-256, PDQ, then the rest.
    Encoded encode() const;
    static EntryRow decode(Bytes encoded);
};

/// Where each fingerprint lies in an encoded row.
struct RowSlice {
    std::size_t offset;
    std::size_t bytes;
};
inline constexpr std::array<RowSlice, 3> kDigestSlices = {{{0, 16}, {16, 20}, {36, 32}}};
inline constexpr RowSlice kPdqSlice = {68, 32};

/// Gathers texts once each.
class TextTable {
public:
    /// Nothing when the table would grow over `kBytesMax`.
    std::optional<TextId> add(std::string_view text);
    std::string_view text(TextId id) const;
    const std::map<TextId, std::string>& texts() const { return texts_; }

    static constexpr std::size_t kBytesMax = std::size_t{64} << 20U;

private:
    std::map<TextId, std::string> texts_;
    std::size_t bytes_ = 0;
    std::string last_text_;
    TextId last_id_ = 0;
};

}  // namespace cairn::hashlist
