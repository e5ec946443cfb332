#pragma once

#include <functional>
#include <map>
#include <string>

#include "hashlist/entry_row.h"
#include "hashlist/packed_entry.h"
#include "index/code.h"

namespace cairn::hashlist {

/// An entry on its way into an index file. Its texts have no numbers yet.
struct SourceEntry {
    crypto::Tag128 row_tag{};
    PackedEntry packed;
    TextId category_name = 0;
    TextId series = 0;
};

/// A disguised PDQ code of an entry.
struct SourceCode {
    index::Code code{};
    std::uint32_t entry = 0;
    bool quality_known = false;
};

/// What an index file is written from: rows, or other index files of the same list. Each walk
/// gives everything in the order of the file and may be asked for again; entries are walked first.
class IndexSource {
public:
    using EntryVisitor = std::function<Status(const SourceEntry&)>;
    using DigestVisitor = std::function<Status(const crypto::Tag128&, std::uint32_t entry)>;
    using CodeVisitor = std::function<Status(const SourceCode&)>;

    virtual ~IndexSource() = default;

    /// By row tag. Entries are numbered in this order from 0.
    virtual Status for_each_entry(const EntryVisitor& visit) = 0;
    virtual std::uint64_t digest_records(std::size_t kind) const = 0;
    /// By tag, then entry.
    virtual Status for_each_digest(std::size_t kind, const DigestVisitor& visit) = 0;
    /// By code, then entry.
    virtual Status for_each_code(const CodeVisitor& visit) = 0;
    /// Every text that entries name, and perhaps others.
    virtual const std::map<TextId, std::string>& texts() const = 0;
};

}  // namespace cairn::hashlist
