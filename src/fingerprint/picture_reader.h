#pragma once

#include <memory>
#include <string>

#include "fingerprint/fingerprint.h"

namespace cairn::fingerprint {

/// Decodes pictures in confined `cairn-decoder` children and hashes what they hand over.
/// Thread-safe: up to `decoders` pictures at once, further callers wait.
class PictureReader {
public:
    struct Options {
        std::string decoder_program = {};  ///< path of cairn-decoder
        unsigned decoders = 2;
        QuerySet query_set = QuerySet::upright;  ///< what Frame::variants hold
        bool turns = false;      ///< also the eight true turns of each frame, hashed exactly
        bool thumbnails = true;  ///< embedded EXIF thumbnails as further frames
    };

    static Result<std::unique_ptr<PictureReader>> create(Options options);
    virtual ~PictureReader() = default;

    /// Fingerprints the picture in `fd` (readable, seekable, borrowed; its position is not used).
    /// Errors: corrupt_data (not decodable), unsupported, limit_exceeded (pixels, bytes, CPU
    /// time), unavailable (the decoder crashed, hung or was killed: the message says which).
    virtual Result<PictureFingerprint> read(int fd, std::uint64_t size_bytes, FileType type) = 0;

    /// The media type that libmagic gives, asked in a confined child.
    virtual Result<std::string> media_type(int fd) = 0;
};

}  // namespace cairn::fingerprint
