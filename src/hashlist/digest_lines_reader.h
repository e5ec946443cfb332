#pragma once

#include <string_view>

#include "hashlist/list_record.h"
#include "hashlist/text_source.h"

namespace cairn::hashlist {

/// Whether a line of a plain list names a digest in one of the forms read_digest_lines knows.
bool is_digest_line(std::string_view line);

/// Reads one digest a line: bare, as md5sum writes it (`<hex>  name`, `<hex> *name`), as BSD
/// writes it (`MD5 (name) = <hex>`), with its type before it (`pdq <hex>`), or hashdeep's table
/// with sizes. '#' begins a comment. The type follows from the length; `type_of_64` tells what
/// 64 digits are.
Status read_digest_lines(TextSource& source, HashType type_of_64, RecordSink& sink);

}  // namespace cairn::hashlist
