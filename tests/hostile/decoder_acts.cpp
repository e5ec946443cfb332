#include <poll.h>
#include <unistd.h>

#include "base/fd.h"
#include "hostile/acts.h"
#include "media/decoder_protocol.h"

namespace cairn::hostile {
namespace {

using confine::kChildChannel;
using media::MessageType;

void send(MessageType type, Bytes payload) {
    if (!confine::send_message(kChildChannel, static_cast<std::uint32_t>(type), payload)) {
        ::_exit(0);
    }
}

media::FrameAnswer good_frame() {
    media::FrameAnswer answer;
    answer.frame.width = 64;
    answer.frame.height = 64;
    answer.frame.channels = 1;
    answer.places = {{}};
    return answer;
}

void send_frame(const media::FrameAnswer& answer) {
    send(MessageType::frame, media::encode(answer));
}

void send_done() {
    send(MessageType::done, media::encode(media::PictureSummary{64, 64, 1, 1, false, "hostile"}));
}

[[noreturn]] void hang() {
    while (true) ::poll(nullptr, 0, -1);
}

/// One broken answer to a decode request.
void answer(const std::string& act) {
    media::FrameAnswer frame = good_frame();
    if (act == "honest") {
        send_frame(frame);
        const auto next = confine::receive_message(kChildChannel);
        if (!next || !*next) ::_exit(0);
        return send_done();
    }
    if (act == "dies") ::_exit(9);
    if (act == "hangs") hang();
    if (act == "hangs after a frame") {
        send_frame(frame);
        hang();
    }
    if (act == "never ends") {
        while (true) send_frame(frame);
    }
    if (act == "sends nothing but the end") return send_done();
    if (act == "unknown type") return send(static_cast<MessageType>(77), {});
    if (act == "empty answer") return send(MessageType::done, {});
    if (act == "raster outside") frame.places[0].offset = media::kStoreBytes - 10;
    if (act == "raster far outside") frame.places[0].offset = ~std::uint64_t{0} - 10;
    if (act == "small picture outside") {
        frame.frame.small = media::SmallPicture{600, 600, 2, 2, {}};
        frame.small_offset = media::kStoreBytes - 10;
    }
    if (act == "huge small picture") {
        frame.frame.small = media::SmallPicture{0xFFFFFFFFU, 0xFFFFFFFFU, 1, 1, {}};
    }
    if (act == "huge raster") frame.frame.width = 0xFFFFFFFFU;
    if (act == "no raster") frame.places.clear();
    if (act == "mirrored record") frame.places[0].order = media::Order::mirrored_down;
    if (act == "strange kind") frame.frame.kind = static_cast<media::FrameKind>(200);
    if (act == "false error") {
        return send(MessageType::failed, media::encode(media::Failure{Errc::internal, "?"}));
    }
    if (act == "terminal escape") {
        return send(
            MessageType::failed, media::encode(media::Failure{Errc::corrupt_data, "\x1B[2J\n"})
        );
    }
    send_frame(frame);
}

}  // namespace

void serve_as_decoder(const std::string& act) {
    while (true) {
        const auto message = confine::receive_message(kChildChannel);
        if (!message || !*message) return;
        const auto type = static_cast<MessageType>((*message)->type);
        if (type == MessageType::decode) answer(act);
        // Its process number, to tell one process from its successor.
        if (type == MessageType::media_type) {
            send(MessageType::media_type_is, as_bytes(std::to_string(::getpid())));
        }
    }
}

}  // namespace cairn::hostile
