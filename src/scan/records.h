#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utc_time.h"
#include "crypto/digest.h"
#include "evidence/evidence_path.h"
#include "evidence/how_arrived.h"
#include "fingerprint/fingerprint.h"
#include "hashlist/list_entry.h"

namespace cairn::scan {

/// How an item agrees with one list: its best entry there.
struct Match {
    enum class Kind : std::uint8_t { exact = 0, pdq = 1 };

    std::uint32_t list = 0;  ///< position in the scan's lists
    Kind kind = Kind::exact;
    bool md5 = false;  ///< exact: which digests agreed
    bool sha1 = false;
    bool sha256 = false;
    int distance = 0;                ///< pdq: 0..31
    fingerprint::VariantId variant;  ///< of the item's picture, the one that agreed
    fingerprint::Frame::Kind frame_kind = fingerprint::Frame::Kind::frame;
    std::uint32_t frame = 0;
    hashlist::ListEntry entry;
    hashlist::Weight weight = hashlist::Weight::counts;
    std::uint32_t entries = 1;     ///< entries of the list that agreed in all
    bool verdicts_differ = false;  ///< ... and they did not all give one verdict
};

/// Distances up to this may hold an item pending review; above it a person looks first
/// (specification: pdq, two bands per list).
inline constexpr int kNearDistanceMax = 10;

/// What a scan found out about an item. Stored: never renumber.
struct Finding {
    enum class Kind : std::uint8_t { match = 0, encrypted = 1, error = 2, limit = 3 };

    Kind kind = Kind::error;
    std::string code;  ///< e.g. "unreadable", "limit_depth"; "match" for matches
    std::string text;  ///< the reason in words
    /// True when the finding means that something was not covered.
    bool gap = false;
    std::optional<Match> match;
};

/// A finding that is no match.
Finding make_finding(Finding::Kind kind, std::string code, std::string text, bool gap);

std::string_view name_of(Finding::Kind kind);
std::string_view name_of(Match::Kind kind);
std::string_view name_of(fingerprint::Frame::Kind kind);
std::string_view name_of(hashlist::Weight weight);

/// What became of an item. Stored: never renumber.
enum class Coverage : std::uint8_t {
    covered = 0,     ///< every byte digested
    linked = 1,      ///< a further name (hard link) of an item read elsewhere
    symlink = 2,     ///< recorded, not followed
    special = 3,     ///< FIFO, socket, device: recorded, never opened
    excluded = 4,    ///< by an --exclude pattern
    empty = 5,       ///< folders and links inside archives: nothing to read
    unreadable = 6,  ///< could not be opened or read
    vanished = 7,    ///< gone or changed while it was read
    encrypted = 8,   ///< content or names locked
    damaged = 9,     ///< delivered in part
    limited = 10,    ///< a limit stopped it
};
inline constexpr std::size_t kCoverageCount = 11;
std::string_view name_of(Coverage coverage);
/// True for the states that leave something unread against the user's wish.
bool is_gap(Coverage coverage);

/// Everything a scan records about one item.
struct ItemRecord {
    evidence::EvidencePath path;
    evidence::ItemId id{};
    std::optional<evidence::ItemId> top;      ///< the file on the exhibit it lies in, if not itself
    std::optional<evidence::ItemId> link_of;  ///< for Coverage::linked
    Coverage coverage = Coverage::covered;
    std::uint64_t size_bytes = 0;
    std::optional<UtcTime> modified;
    fingerprint::FileType type = fingerprint::FileType::unknown;
    std::string media_type;  ///< libmagic's answer; only asked for items that match
    std::optional<crypto::Digests> digests;
    std::optional<fingerprint::PictureFingerprint> picture;
    bool known_good = false;  ///< in a list of kind ignore
    std::vector<Finding> findings;
};

}  // namespace cairn::scan
