#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hashlist/list_record.h"
#include "hashlist/text_source.h"

namespace cairn::hashlist {

/// What the head of a VICS document says about the whole.
struct VicsHead {
    std::string model;    ///< "2.0", "1.3"; "" when no context names one
    std::string country;  ///< "us", "default" ... lower case; "" when none is named
    /// NIST's set of known software, which is written in this format and is no list of abuse
    /// material.
    bool nist_known_software = false;
};

/// Nothing when the text is not the beginning of a VICS document.
std::optional<VicsHead> recognise_vics(std::string_view head);

/// Reads a VICS 2.0 or 1.x JSON document: hash sets and cases alike.
Status read_vics(TextSource& source, RecordSink& sink);

}  // namespace cairn::hashlist
