#pragma once

#include <functional>
#include <string>

#include "media/decoder_protocol.h"

namespace cairn::media {

/// The way of frames to the parent.
struct FrameDelivery {
    /// Tells the parent of a frame that lies in the store.
    std::function<Status(const FrameAnswer&)> deliver;
    /// Returns when the parent has taken what was delivered, so that the store may be written to.
    std::function<Status()> wait_until_taken;
};

/// What a decoder program can do. Each function borrows its descriptor and reads it by position.
struct DecoderFunctions {
    std::function<Result<PictureSummary>(
        int fd, const DecodeRequest& request, MutableBytes store, const FrameDelivery& delivery
    )>
        decode;
    std::function<Result<std::string>(int fd, std::uint64_t size_bytes)> media_type;
};

/// The child's side: answers requests on `channel` until the parent closes it. Each item gets at
/// most kItemCpuMax of CPU time; beyond that the kernel ends the process. Errors: the parent
/// broke the protocol or vanished.
Status serve_decoder(int channel, const DecoderFunctions& functions);

/// CPU time for one picture.
inline constexpr std::chrono::seconds kItemCpuMax{10};

}  // namespace cairn::media
