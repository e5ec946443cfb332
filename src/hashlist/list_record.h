#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/digest.h"
#include "fingerprint/pdq.h"
#include "hashlist/list_entry.h"

namespace cairn::hashlist {

/// Where a row stands in its file.
struct RowPosition {
    std::uint64_t line = 0;    ///< from 1; 0 where the format has no lines
    std::uint64_t offset = 0;  ///< byte offset in the text (UTF-16 counted as UTF-8)
};

/// A row as its format gives it, before anything is refused or mapped to a verdict.
struct ListRecord {
    RowPosition position;
    std::optional<crypto::Md5> md5;
    std::optional<crypto::Sha1> sha1;
    std::optional<crypto::Sha256> sha256;
    std::optional<fingerprint::PdqCode> pdq;
    std::optional<int> pdq_quality;
    bool unmatchable_hash = false;  ///< has a valid fingerprint of a kind we do not match
    std::optional<std::uint64_t> size_bytes;
    std::optional<std::int64_t> category;
    std::string category_name;
    std::string series;
    std::optional<Verdict> verdict;  ///< where the format itself states one

    void clear();
};

/// Takes what a reader finds. A reader calls exactly one of accept, refuse and skip for a row.
class RecordSink {
public:
    virtual ~RecordSink() = default;
    /// An error stops the reader, which returns it.
    virtual Status accept(const ListRecord& record) = 0;
    virtual void refuse(RowPosition position, std::string_view reason) = 0;
    /// A sound row that is not for us, such as a web address.
    virtual void skip(std::string_view reason) = 0;
    /// A value dropped from a row that is kept.
    virtual void warn(std::string_view reason) = 0;
    virtual void unknown_member(std::string_view name) = 0;
};

enum class HashType : std::uint8_t { md5, sha1, sha256, sha512, pdq, photodna };

/// Parses `text` (blanks around it allowed) into the record. Empty text is no hash; malformed
/// text is dropped with the warning "bad_hash" (PhotoDNA: "bad_photodna").
void take_hash(ListRecord& record, HashType type, std::string_view text, RecordSink& sink);
/// Parses a size: whole number from 1; else dropped with the warning "bad_size".
void take_size(ListRecord& record, std::string_view text, RecordSink& sink);
/// Parses a category: a whole number is a code, any other text a name.
void take_category(ListRecord& record, std::string_view text);

std::string_view trim(std::string_view text);
std::optional<std::int64_t> whole_number(std::string_view text);
/// y, yes, t, true, 1 and n, no, f, false, 0 in any case; nothing for other text.
std::optional<bool> flag_value(std::string_view text);

}  // namespace cairn::hashlist
