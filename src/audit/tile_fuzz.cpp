// Whatever is accepted as a path, a bundle or a tile is exactly what is written. The first byte is
// the width of bundle and tile.
#include <algorithm>
#include <cstdlib>

#include "audit/tile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::audit;
    const cairn::Bytes bytes(data, size);
    const std::string_view path = cairn::as_text(bytes);
    if (const auto tile = parse_tile_path(path); tile && path_of(*tile) != path) std::abort();
    if (bytes.empty()) return 0;
    const unsigned width = bytes[0] + 1U;
    const cairn::Bytes content = bytes.subspan(1);
    if (const auto entries = parse_bundle(content, width)) {
        cairn::ByteVector written;
        for (const cairn::Bytes entry : *entries) {
            if (!append_to_bundle(written, entry)) std::abort();
        }
        if (!std::ranges::equal(written, content)) std::abort();
    }
    const auto hashes = parse_hash_tile(content, width);
    if (hashes && !std::ranges::equal(hash_tile_bytes(*hashes), content)) std::abort();
    return 0;
}
