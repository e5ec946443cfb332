#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media/decoder_protocol.h"

namespace cairn::media {

/// Takes one decoded frame; its rasters are valid until it returns. The pixels are memory that
/// the decoder could still change: copy what is read twice.
using TakeFrame = std::function<Status(const Frame&)>;

/// Confined decoder processes, started when first needed and replaced when they end. Thread-safe:
/// as many items at once as there are decoders, further callers wait. Every item is tried once.
class DecoderPool {
public:
    struct Options {
        std::string program;
        std::vector<std::string> arguments;
        unsigned decoders = 1;
        std::chrono::milliseconds item_deadline = std::chrono::seconds(30);
        unsigned items_per_decoder = 1000;  ///< then a fresh process takes over
    };

    explicit DecoderPool(Options options);
    DecoderPool(const DecoderPool&) = delete;
    DecoderPool& operator=(const DecoderPool&) = delete;
    ~DecoderPool();

    /// Decodes the picture in `fd` (borrowed, read by position) and hands its frames to `take`.
    /// Errors: corrupt_data, unsupported, limit_exceeded as the decoder reports them;
    /// unavailable when it crashed, hung, was stopped or answered nonsense: the message says
    /// which; or the error of `take`.
    Result<PictureSummary> decode(int fd, const DecodeRequest& request, const TakeFrame& take);

    /// The file's media type, from a decoder started with "--magic".
    Result<std::string> media_type(int fd, std::uint64_t size_bytes);

private:
    class Decoder;
    class Lease;

    Options options_;
    struct Shelf;
    std::unique_ptr<Shelf> shelf_;
};

}  // namespace cairn::media
