#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "crypto/digest.h"
#include "fingerprint/file_type.h"

namespace cairn::cli {

/// A file read once: its digests, and the type its beginning shows.
struct OpenContent {
    Fd fd;
    std::uint64_t size_bytes = 0;
    crypto::Digests digests;
    fingerprint::FileType type = fingerprint::FileType::unknown;
};

/// Errc::invalid_argument for what is no regular file.
Result<OpenContent> open_content(const std::string& path);

}  // namespace cairn::cli
