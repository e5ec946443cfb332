#include "media/decoder_protocol.h"

#include <gtest/gtest.h>

namespace cairn::media {
namespace {

std::uint32_t wire(MessageType type) {
    return static_cast<std::uint32_t>(type);
}

FrameAnswer full_frame() {
    FrameAnswer answer;
    answer.frame = {FrameKind::page, 7, 6, 512, 512, 3, {}, SmallPicture{1301, 777, 5, 3, {}}};
    std::uint64_t offset = 0;
    for (int rendering = 0; rendering < 3; ++rendering) {
        for (int order = 0; order < 4; ++order) {
            const auto kind = static_cast<Rendering>(rendering);
            answer.places.push_back({kind, static_cast<Order>(order), offset});
            offset += 512 * 512 * 3;
        }
    }
    answer.small_offset = offset;
    return answer;
}

TEST(DecoderProtocol, RequestsComeBackAsSent) {
    for (const bool turns : {false, true}) {
        const DecodeRequest request{123'456'789'012, PictureFormat::avif, {turns, !turns, turns}};
        const auto parsed = parse_decode_request(encode(request));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->size_bytes, request.size_bytes);
        EXPECT_EQ(parsed->format, request.format);
        EXPECT_EQ(parsed->options.turns, turns);
        EXPECT_EQ(parsed->options.thumbnails, !turns);
        EXPECT_EQ(parsed->options.small, turns);
    }
}

TEST(DecoderProtocol, FramesComeBackAsSentAndFitTheStore) {
    const auto parsed = parse_decode_answer(wire(MessageType::frame), encode(full_frame()));
    ASSERT_TRUE(parsed) << parsed.error().message;
    const auto& answer = std::get<FrameAnswer>(*parsed);
    const ByteVector store(kStoreBytes);
    const auto frame = place_frame(answer, store);
    ASSERT_TRUE(frame) << frame.error().message;
    EXPECT_EQ(frame->kind, FrameKind::page);
    EXPECT_EQ(frame->index, 7U);
    EXPECT_EQ(frame->orientation, 6);
    ASSERT_EQ(frame->rasters.size(), kRastersMax);
    EXPECT_EQ(frame->rasters[11].rendering, Rendering::over_black);
    EXPECT_EQ(frame->rasters[11].order, Order::mirrored_both);
    EXPECT_EQ(frame->rasters[11].pixels.size(), 786'432U);
    ASSERT_TRUE(frame->small);
    EXPECT_EQ(frame->small->source_width, 1301U);
    EXPECT_EQ(frame->small->cell_height, 3U);
    EXPECT_EQ(frame->small->cells.size(), 261U * 259U);
    EXPECT_EQ(frame->small->cells.data(), store.data() + 12 * 786'432);
}

TEST(DecoderProtocol, SmallPicturesMustLieInTheStore) {
    FrameAnswer answer = full_frame();
    answer.places.resize(1);
    answer.small_offset = 0;
    const ByteVector store(786'432);
    EXPECT_TRUE(place_frame(answer, store));
    answer.small_offset = store.size() - 261 * 259;
    EXPECT_TRUE(place_frame(answer, store));
    ++answer.small_offset;
    EXPECT_FALSE(place_frame(answer, store));
    answer.small_offset = ~std::uint64_t{0};
    EXPECT_FALSE(place_frame(answer, store));
}

TEST(DecoderProtocol, SmallPicturesHaveCellsAndNotTooMany) {
    const auto accepts = [](const SmallPicture& small) {
        FrameAnswer answer = full_frame();
        answer.frame.small = small;
        return parse_decode_answer(wire(MessageType::frame), encode(answer)).has_value();
    };
    EXPECT_TRUE(accepts({511, 1, 1, 1, {}}));
    EXPECT_TRUE(accepts({1022, 1, 2, 1, {}}));
    EXPECT_TRUE(accepts({0xFFFFFFFFU, 1, 0xFFFFFFFFU, 1, {}}));
    EXPECT_FALSE(accepts({512, 1, 1, 1, {}}));
    EXPECT_FALSE(accepts({1023, 1, 2, 1, {}}));
    EXPECT_FALSE(accepts({100, 512, 1, 1, {}}));
    EXPECT_FALSE(accepts({100, 0, 1, 1, {}}));
    EXPECT_FALSE(accepts({0, 100, 1, 1, {}}));
    EXPECT_FALSE(accepts({100, 100, 0, 1, {}}));
    EXPECT_FALSE(accepts({100, 100, 1, 0, {}}));
    EXPECT_FALSE(accepts({100, 100, 101, 1, {}}));
}

TEST(DecoderProtocol, RastersMustLieInTheStore) {
    FrameAnswer answer = full_frame();
    answer.places.resize(1);
    answer.frame.small.reset();
    const ByteVector store(786'432);
    EXPECT_TRUE(place_frame(answer, store));
    answer.places[0].offset = 1;
    EXPECT_FALSE(place_frame(answer, store));
    answer.places[0].offset = ~std::uint64_t{0};
    EXPECT_FALSE(place_frame(answer, store));
    answer.places[0].offset = 0;
    EXPECT_FALSE(place_frame(answer, Bytes(store).first(786'431)));
}

TEST(DecoderProtocol, RastersBeginWithTheRecordAndDoNotRepeat) {
    const ByteVector store(kStoreBytes);
    FrameAnswer answer = full_frame();
    answer.places[1] = answer.places[0];
    EXPECT_FALSE(place_frame(answer, store));
    answer = full_frame();
    answer.places.erase(answer.places.begin());
    EXPECT_FALSE(place_frame(answer, store));
}

TEST(DecoderProtocol, SummariesAndFailuresComeBackAsSent) {
    const PictureSummary sent{600, 540, 3, 12, true, "libpicture 1.2"};
    const auto done = parse_decode_answer(wire(MessageType::done), encode(sent));
    ASSERT_TRUE(done);
    const auto& summary = std::get<PictureSummary>(*done);
    EXPECT_EQ(summary.width, 600U);
    EXPECT_EQ(summary.frames_total, 12U);
    EXPECT_TRUE(summary.partial);
    EXPECT_EQ(summary.decoder, "libpicture 1.2");
    const Failure reason{Errc::limit_exceeded, "too many pixels"};
    const auto failed = parse_decode_answer(wire(MessageType::failed), encode(reason));
    ASSERT_TRUE(failed);
    EXPECT_EQ(std::get<Failure>(*failed).code, Errc::limit_exceeded);
    EXPECT_EQ(std::get<Failure>(*failed).reason, "too many pixels");
}

TEST(DecoderProtocol, EveryTruncationIsRefused) {
    const ByteVector whole = encode(full_frame());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Bytes cut = Bytes(whole).first(size);
        EXPECT_FALSE(parse_decode_answer(wire(MessageType::frame), cut)) << size;
    }
    ByteVector longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(parse_decode_answer(wire(MessageType::frame), longer));
}

TEST(DecoderProtocol, MediaTypesAreTextOrAFailure) {
    const auto type = wire(MessageType::media_type_is);
    EXPECT_EQ(*parse_media_type_answer(type, as_bytes("image/png")), "image/png");
    EXPECT_EQ(*parse_media_type_answer(type, as_bytes("a\nb")), "a\\nb");
    EXPECT_FALSE(parse_media_type_answer(type, ByteVector(kTextBytesMax + 1, 'a')));
    const auto failed = parse_media_type_answer(
        wire(MessageType::failed), encode(Failure{Errc::unsupported, "started without --magic"})
    );
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::unsupported);
    EXPECT_FALSE(parse_media_type_answer(wire(MessageType::done), {}));
}

}  // namespace
}  // namespace cairn::media
