#pragma once

#include "base/bytes.h"

namespace cairn::network {

/// Whether a file in libloc's format (version 1) may be given to the library. The library checks
/// that it reads within the file, but follows a tree that runs in a circle until the stack ends,
/// and trusts that texts end. Gives the number of its networks; Errc::corrupt_data says what is
/// wrong. O(size of the file).
Result<std::uint64_t> check_location_file(Bytes file);

}  // namespace cairn::network
