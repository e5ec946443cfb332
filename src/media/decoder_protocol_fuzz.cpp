// Whatever a decoder answers: parsed or refused, never out of bounds. A frame that is accepted
// has its rasters within the store and encodes to the same bytes.
#include <cstdlib>

#include "media/decoder_protocol.h"

namespace {

using cairn::Bytes;

void check_frame(const cairn::media::FrameAnswer& answer, Bytes payload, Bytes store) {
    const cairn::ByteVector again = cairn::media::encode(answer);
    if (!std::equal(again.begin(), again.end(), payload.begin(), payload.end())) std::abort();
    const auto frame = cairn::media::place_frame(answer, store);
    if (!frame) return;
    const std::size_t size = std::size_t{frame->width} * frame->height * frame->channels;
    unsigned sum = 0;
    if (frame->small) {
        const auto& small = *frame->small;
        if (small.columns() > cairn::media::kSmallSideMax) std::abort();
        if (small.rows() > cairn::media::kSmallSideMax) std::abort();
        if (small.cells.size() != std::size_t{small.columns()} * small.rows()) std::abort();
        sum += small.cells.front();
        sum += small.cells.back();
    }
    for (const auto& raster : frame->rasters) {
        if (raster.pixels.size() != size) std::abort();
        sum += raster.pixels.front();
        sum += raster.pixels.back();
    }
    if (sum != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const cairn::ByteVector kStore(std::size_t{1} << 20U);
    if (size == 0) return 0;
    const Bytes payload(data + 1, size - 1);
    const std::uint32_t type = data[0];
    const auto answer = cairn::media::parse_decode_answer(type, payload);
    if (answer) {
        if (const auto* frame = std::get_if<cairn::media::FrameAnswer>(&*answer)) {
            check_frame(*frame, payload, kStore);
        }
    }
    const auto text = cairn::media::parse_media_type_answer(type, payload);
    if (text && text->size() > 8 * cairn::media::kTextBytesMax) std::abort();
    const auto request = cairn::media::parse_decode_request(payload);
    if (request && cairn::media::encode(*request).size() != payload.size()) std::abort();
    return 0;
}
