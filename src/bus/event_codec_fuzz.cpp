#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "bus/event_codec.h"

// Whatever the decoder accepts is an event, and exactly what the encoder writes for it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const cairn::Bytes bytes(data, size);
    const auto event = cairn::bus::decode_event(bytes);
    if (!event) return 0;
    if (!cairn::bus::check_event(*event)) std::abort();
    const cairn::ByteVector again = cairn::bus::encode_event(*event);
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
    return 0;
}
