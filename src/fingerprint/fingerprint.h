#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "fingerprint/file_type.h"
#include "fingerprint/pdq.h"
#include "fingerprint/query_set.h"

namespace cairn::fingerprint {

/// One hashed rendering of a picture: a frame, page or embedded thumbnail.
struct Frame {
    enum class Kind : std::uint8_t { frame, page, thumbnail };
    Kind kind = Kind::frame;
    std::uint32_t index = 0;  ///< position in the file
    PdqHash record;           ///< pixels as stored: the hash of record
    /// Asked beside the record: the picture turned as its EXIF tag says, and, for pictures with
    /// transparency, alpha dropped and over black where that changes more than 8 bits.
    std::optional<PdqHash> oriented;
    std::vector<PdqHash> renderings;
    /// Further versions that the query set asks for, beyond record, oriented and the record's
    /// complement. Thumbnails have none.
    std::vector<QueryVariant> variants;
    std::optional<std::array<PdqHash, kTurnCount>> turns;  ///< exact ones, only on request
};

/// What a picture's pixels gave.
struct PictureFingerprint {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint8_t orientation = 1;    ///< EXIF tag 1..8; 1 when absent
    std::uint32_t frames_total = 1;  ///< frames or pages in the file, also those not hashed
    bool partial = false;            ///< truncated: missing parts were grey
    std::string decoder;             ///< library and version
    std::vector<Frame> frames;       ///< at least one; [0] is the record
};

}  // namespace cairn::fingerprint
