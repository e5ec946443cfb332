#pragma once

#include <functional>
#include <optional>
#include <string>

#include "crypto/digest.h"
#include "hashlist/list_record.h"
#include "hashlist/text_source.h"

namespace cairn::hashlist {

/// A list file, recognised by its content, and how to read it.
struct ListFormat {
    using Read = std::function<
        Result<crypto::Sha256>(const std::string& path, TextSource::Progress, RecordSink&)>;

    std::string name;              ///< "vics-2.0", "csv", "digests", "nsrl-v3" ...
    std::optional<ListKind> kind;  ///< known good sets say so themselves
    std::string scheme;            ///< the category table the file itself names; else ""
    bool states_verdicts = false;  ///< every row states its verdict; needs no table
    bool has_categories = false;   ///< rows state their category
    /// A set of known software that an operator might take for abuse material.
    bool never_illegal = false;
    Read read;  ///< reads the whole file; returns its SHA-256
};

/// Looks at the first bytes of the file. `type_of_64` tells what 64 hex digits are where neither
/// row nor file name does. Errc::unsupported names the formats there are.
Result<ListFormat> recognise_format(
    const std::string& path, const std::optional<HashType>& type_of_64
);

}  // namespace cairn::hashlist
