#pragma once

#include "crypto/digest.h"
#include "fingerprint/pdq.h"

namespace cairn::hashlist {

/// True for a digest of zero bytes. Some lists hold them, and then every empty file would match:
/// they are refused at import and at match alike.
bool is_of_empty_file(const crypto::Md5& md5);
bool is_of_empty_file(const crypto::Sha1& sha1);
bool is_of_empty_file(const crypto::Sha256& sha256);

/// True for all-zero and all-one digests, which producers write for "none".
bool is_placeholder(Bytes digest);

/// True for the code of a flat or broken picture: a real one has about half of its bits set, by
/// construction.
bool is_degenerate(const fingerprint::PdqCode& code);

/// True for a code that no photograph of good quality has: far from half of its bits set, or
/// three equal 16-bit words in a row. Kept out of the search where its list states no quality.
bool is_suspicious(const fingerprint::PdqCode& code);

}  // namespace cairn::hashlist
