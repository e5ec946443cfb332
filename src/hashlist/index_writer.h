#pragma once

#include "hashlist/index_file.h"
#include "hashlist/index_source.h"

namespace cairn::hashlist {

/// Writes the index file of a list to `fd`, an empty file open for reading and writing. What comes
/// out depends on the keys and on what the source gives, on nothing else. Memory: the tables of
/// two PDQ bands.
Result<IndexHeader> write_index(
    const IndexKeys& keys, const crypto::Tag128& salt, IndexSource& source, int fd
);

}  // namespace cairn::hashlist
