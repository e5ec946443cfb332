#include "media/decoder_service.h"

#include "confine/lock_down.h"
#include "media/shared_store.h"

namespace cairn::media {
namespace {

constexpr std::uint32_t wire(MessageType type) {
    return static_cast<std::uint32_t>(type);
}

/// One decoder's conversation with its parent.
class Service {
public:
    Service(int channel, const DecoderFunctions& functions)
        : channel_(channel), functions_(functions) {}

    Status run() {
        while (true) {
            std::optional<confine::Message> message = CAIRN_TRY(confine::receive_message(channel_));
            if (!message) return ok();
            CAIRN_TRY(handle(std::move(*message)));
        }
    }

private:
    Status handle(confine::Message message) {
        switch (static_cast<MessageType>(message.type)) {
            case MessageType::set_up:
                return set_up(std::move(message));
            case MessageType::decode:
                return decode(message);
            case MessageType::media_type:
                return media_type(message);
            case MessageType::next:
                return take_next();
            default:
                return fail(Errc::corrupt_data, "message type {}", message.type);
        }
    }

    Status set_up(confine::Message message) {
        ByteReader reader(message.payload);
        const std::uint64_t size_bytes = CAIRN_TRY(reader.u64_le());
        store_ = CAIRN_TRY(SharedStore::attach(std::move(message.fd), size_bytes));
        return ok();
    }

    Status decode(const confine::Message& message) {
        const DecodeRequest request = CAIRN_TRY(parse_decode_request(message.payload));
        if (!message.fd || !store_) return fail(Errc::corrupt_data, "request without descriptor");
        CAIRN_TRY(confine::limit_cpu_from_now(kItemCpuMax));
        const auto summary = functions_.decode(
            message.fd.get(),
            request,
            store_->bytes(),
            {
                .deliver = [this](const FrameAnswer& answer) { return note(deliver(answer)); },
                .wait_until_taken = [this] { return note(wait_until_taken()); },
            }
        );
        if (!channel_status_) return channel_status_;
        if (!summary) return send_error(summary.error());
        return send(MessageType::done, encode(*summary));
    }

    Status media_type(const confine::Message& message) {
        ByteReader reader(message.payload);
        const std::uint64_t size_bytes = CAIRN_TRY(reader.u64_le());
        if (!message.fd) return fail(Errc::corrupt_data, "request without descriptor");
        CAIRN_TRY(confine::limit_cpu_from_now(kItemCpuMax));
        const auto found = functions_.media_type(message.fd.get(), size_bytes);
        if (!found) return send_error(found.error());
        return send(MessageType::media_type_is, as_bytes(*found));
    }

    /// Remembers a failure of the channel: the decode function may report another in its place.
    Status note(Status status) {
        if (!status) channel_status_ = status;
        return status;
    }

    Status deliver(const FrameAnswer& answer) {
        CAIRN_TRY(wait_until_taken());
        CAIRN_TRY(send(MessageType::frame, encode(answer)));
        untaken_ = true;
        return ok();
    }

    /// The parent's `next` to the last frame of a picture comes when that picture is done with;
    /// so the child need not wait for it.
    Status wait_until_taken() {
        if (!untaken_) return ok();
        const auto reply = CAIRN_TRY(confine::receive_message(channel_));
        if (!reply) return fail(Errc::unavailable, "the parent is gone");
        if (reply->type != wire(MessageType::next)) {
            return fail(Errc::corrupt_data, "message type {}", reply->type);
        }
        return take_next();
    }

    Status take_next() {
        if (!untaken_) return fail(Errc::corrupt_data, "next without a frame");
        untaken_ = false;
        return ok();
    }

    Status send(MessageType type, Bytes payload) {
        return confine::send_message(channel_, wire(type), payload);
    }

    /// The parent accepts three codes; any other failure of a decoder is bad data to it.
    Status send_error(const Error& error) {
        const bool known = error.code == Errc::unsupported || error.code == Errc::limit_exceeded;
        const Failure failure{known ? error.code : Errc::corrupt_data, error.message};
        return send(MessageType::failed, encode(failure));
    }

    int channel_;
    const DecoderFunctions& functions_;
    std::unique_ptr<SharedStore> store_;
    Status channel_status_ = ok();
    bool untaken_ = false;  ///< a frame lies in the store that the parent has not taken
};

}  // namespace

Status serve_decoder(int channel, const DecoderFunctions& functions) {
    return Service(channel, functions).run();
}

}  // namespace cairn::media
