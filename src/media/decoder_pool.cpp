#include "media/decoder_pool.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "confine/child.h"
#include "media/shared_store.h"

namespace cairn::media {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t wire(MessageType type) {
    return static_cast<std::uint32_t>(type);
}

std::chrono::milliseconds left_until(Clock::time_point end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace

/// One child and the memory shared with it. Used by one thread at a time.
class DecoderPool::Decoder {
public:
    explicit Decoder(const Options& options) : options_(options) {}

    Result<PictureSummary> decode(int fd, const DecodeRequest& request, const TakeFrame& take) {
        CAIRN_TRY(make_ready());
        const auto end = Clock::now() + options_.item_deadline;
        CAIRN_TRY(child_->send(wire(MessageType::decode), encode(request), fd));
        for (unsigned frames = 0; frames <= kFramesMax; ++frames) {
            DecodeAnswer answer = CAIRN_TRY(receive_answer(end));
            if (auto* failure = std::get_if<Failure>(&answer)) {
                return Error{failure->code, std::move(failure->reason)};
            }
            if (auto* summary = std::get_if<PictureSummary>(&answer)) return std::move(*summary);
            CAIRN_TRY(take_frame(std::get<FrameAnswer>(answer), take));
        }
        return distrust(fail(Errc::corrupt_data, "more than {} frames", kFramesMax));
    }

    Result<std::string> media_type(int fd, std::uint64_t size_bytes) {
        CAIRN_TRY(make_ready());
        const auto end = Clock::now() + options_.item_deadline;
        ByteWriter writer;
        writer.u64_le(size_bytes);
        CAIRN_TRY(child_->send(wire(MessageType::media_type), writer.bytes(), fd));
        const confine::Message message = CAIRN_TRY(child_->receive(left_until(end)));
        auto parsed = parse_media_type_answer(message.type, message.payload);
        if (!parsed && parsed.error().code == Errc::corrupt_data) retire();
        return parsed;
    }

private:
    /// Starts a child unless a usable one runs.
    Status make_ready() {
        const bool usable = child_ && child_->alive() && items_ < options_.items_per_decoder;
        ++items_;
        if (usable) return ok();
        retire();
        store_ = CAIRN_TRY(SharedStore::create(kStoreBytes));
        child_ = CAIRN_TRY(confine::Child::start(options_.program, options_.arguments));
        items_ = 1;
        ByteWriter writer;
        writer.u64_le(kStoreBytes);
        return child_->send(wire(MessageType::set_up), writer.bytes(), store_->fd());
    }

    Result<DecodeAnswer> receive_answer(Clock::time_point end) {
        const confine::Message message = CAIRN_TRY(child_->receive(left_until(end)));
        auto answer = parse_decode_answer(message.type, message.payload);
        if (answer) return answer;
        return distrust(answer.error());
    }

    Status take_frame(const FrameAnswer& answer, const TakeFrame& take) {
        const auto frame = place_frame(answer, store_->bytes());
        if (!frame) return distrust(frame.error());
        Status taken = take(*frame);
        if (!taken) {
            // The child waits for an answer that will not come.
            retire();
            return taken;
        }
        return child_->send(wire(MessageType::next), {});
    }

    /// A child that breaks the protocol is finished.
    Error distrust(const Error& why) {
        retire();
        return fail(
            Errc::unavailable, "the decoder was stopped: malformed answer ({})", why.message
        );
    }

    void retire() {
        child_.reset();
        store_.reset();
        items_ = 0;
    }

    const Options& options_;
    std::unique_ptr<SharedStore> store_;
    std::unique_ptr<confine::Child> child_;
    unsigned items_ = 0;
};

/// The decoders that nobody uses at the moment.
struct DecoderPool::Shelf {
    std::mutex mutex;
    std::condition_variable returned;
    std::vector<std::unique_ptr<Decoder>> idle;
};

/// A decoder taken off the shelf; put back when this goes.
class DecoderPool::Lease {
public:
    explicit Lease(Shelf& shelf) : shelf_(shelf) {
        std::unique_lock lock(shelf_.mutex);
        shelf_.returned.wait(lock, [this] { return !shelf_.idle.empty(); });
        // The one used last: its memory is warm, and an idle one need not be started.
        decoder_ = std::move(shelf_.idle.back());
        shelf_.idle.pop_back();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
        {
            const std::lock_guard lock(shelf_.mutex);
            shelf_.idle.push_back(std::move(decoder_));
        }
        shelf_.returned.notify_one();
    }

    Decoder& operator*() const { return *decoder_; }

private:
    Shelf& shelf_;
    std::unique_ptr<Decoder> decoder_;
};

DecoderPool::DecoderPool(Options options)
    : options_(std::move(options)), shelf_(std::make_unique<Shelf>()) {
    const unsigned count = std::max(options_.decoders, 1U);
    for (unsigned i = 0; i < count; ++i) {
        shelf_->idle.push_back(std::make_unique<Decoder>(options_));
    }
}

DecoderPool::~DecoderPool() = default;

Result<PictureSummary> DecoderPool::decode(
    int fd, const DecodeRequest& request, const TakeFrame& take
) {
    const Lease decoder(*shelf_);
    return (*decoder).decode(fd, request, take);
}

Result<std::string> DecoderPool::media_type(int fd, std::uint64_t size_bytes) {
    const Lease decoder(*shelf_);
    return (*decoder).media_type(fd, size_bytes);
}

}  // namespace cairn::media
