#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audit/tile.h"
#include "base/bytes.h"
#include "base/utc_time.h"
#include "crypto/digest.h"

namespace cairn::audit {

/// More objects are recorded as a count and a digest.
inline constexpr std::size_t kObjectsMax = 64;
/// RFC 8785 can only promise integers below 2^53.
inline constexpr std::uint64_t kIntegerMax = (std::uint64_t{1} << 53U) - 1;

/// Many objects: how many, and SHA-256 over their ids, each followed by a newline.
struct ObjectsDigest {
    std::uint64_t count = 0;
    crypto::Sha256 sha256{};
    auto operator<=>(const ObjectsDigest&) const = default;
};

/// Typed ids ("case:5f0c...") in the order given, or their digest. Empty: the act had no object.
using Objects = std::variant<std::vector<std::string>, ObjectsDigest>;

/// Up to kObjectsMax ids as they are, more of them as their digest.
Objects objects_of(std::vector<std::string> ids);

enum class Outcome : std::uint8_t { ok, refused, error };

std::string_view name_of(Outcome outcome);
/// Errc::invalid_argument names the ones there are.
Result<Outcome> parse_outcome(std::string_view name);

/// One act, as it is recorded. An empty text means that the act had none; its member is left out.
struct Entry {
    UtcTime time{};     ///< `t`, not before 1970
    std::string actor;  ///< user id; never empty
    std::string agency;
    std::string role;
    std::string session;  ///< hash of the session's id
    std::string client;   ///< network address
    std::string request;
    std::string purpose;
    std::string authority;
    std::string case_id;    ///< `case`
    std::string operation;  ///< `op`, operation id of the contract; never empty
    Objects objects;
    Outcome outcome = Outcome::ok;  ///< `result`
    std::string reason;             ///< code; never empty when refused, always empty when ok
    std::string approval;
    std::string writer;                 ///< random id of the server process; never empty
    std::uint64_t writer_sequence = 0;  ///< `wseq`: its entries counted from 0
    auto operator<=>(const Entry&) const = default;
};

/// Canonical JSON (RFC 8785): one byte sequence for one entry. Errc::invalid_argument names the
/// field that breaks a rule above or is not UTF-8; Errc::limit_exceeded when over kEntryBytesMax.
Result<ByteVector> encode_entry(const Entry& entry);

/// An act in its encoding but for writer and number, which end it: made by the thread of the act,
/// finished by the one that puts it on record.
class EncodedAct {
public:
    /// Refuses what encode_entry() refuses, whatever the writer and number will be. Those of
    /// `entry` are not looked at.
    static Result<EncodedAct> encode(const Entry& entry);

    const std::string& agency() const { return agency_; }
    UtcTime time() const { return time_; }
    /// What encode_entry() gives for the act with this writer and number. `writer` is hex digits,
    /// kWriterBytesMax of them at most.
    ByteVector finished(std::string_view writer, std::uint64_t writer_sequence) const;

private:
    std::string agency_;
    UtcTime time_{};
    std::string json_;
};
inline constexpr std::size_t kWriterBytesMax = 32;

/// The inverse, and nothing else: other spellings, unknown members, wrong types, wrong order, other
/// versions and everything that encode_entry refuses are refused with the reason.
Result<Entry> parse_entry(Bytes bytes);

/// What verification needs of an entry; views into its bytes.
struct EntryMarks {
    UtcTime time{};
    std::string_view writer;  ///< as spelt in JSON, without the quotation marks
    std::uint64_t writer_sequence = 0;
};

/// Accepts and refuses what parse_entry does, without allocating on success.
Result<EntryMarks> read_marks(Bytes bytes);

}  // namespace cairn::audit
