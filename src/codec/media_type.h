#pragma once

#include <memory>
#include <string>

#include "codec/input.h"

namespace cairn::codec {

/// libmagic with its database loaded. Opens files only in create(): call it before confinement.
class MediaTypeDetector {
public:
    static Result<std::unique_ptr<MediaTypeDetector>> create();
    virtual ~MediaTypeDetector() = default;

    /// The media type of the file, e.g. "application/zip", from its first MiB.
    virtual Result<std::string> detect(const Input& input) = 0;
};

}  // namespace cairn::codec
