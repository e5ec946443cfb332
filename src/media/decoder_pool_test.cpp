#include "media/decoder_pool.h"

#include <set>

#include <gtest/gtest.h>

#include "base/fd.h"

namespace cairn::media {
namespace {

DecoderPool::Options hostile(const std::string& act) {
    DecoderPool::Options options;
    options.program = std::string(CAIRN_BIN_DIR) + "/cairn-hostile-child";
    options.arguments = {"decoder " + act};
    return options;
}

Result<PictureSummary> decode(DecoderPool& pool, int* frames = nullptr) {
    const Fd fd = CAIRN_TRY(open_for_reading("/dev/null"));
    return pool.decode(fd.get(), {}, [frames](const Frame&) {
        if (frames != nullptr) ++*frames;
        return ok();
    });
}

/// What a report says of a decoder that does `act`.
std::string error_of(DecoderPool::Options options) {
    DecoderPool pool(std::move(options));
    const auto decoded = decode(pool);
    EXPECT_FALSE(decoded);
    if (decoded) return "";
    EXPECT_EQ(decoded.error().code, Errc::unavailable);
    // The next item finds a working decoder: the child answers for itself.
    const Fd fd = *open_for_reading("/dev/null");
    EXPECT_TRUE(pool.media_type(fd.get(), 0));
    return decoded.error().message;
}

TEST(DecoderPool, HandsFramesOver) {
    DecoderPool pool(hostile("honest"));
    int frames = 0;
    for (int i = 0; i < 3; ++i) {
        const auto summary = decode(pool, &frames);
        ASSERT_TRUE(summary) << summary.error().message;
        EXPECT_EQ(summary->decoder, "hostile");
    }
    EXPECT_EQ(frames, 3);
}

TEST(DecoderPool, RecordsHowADecoderEndedAndStartsAnother) {
    EXPECT_EQ(error_of(hostile("dies")), "cairn-hostile-child ended by itself with status 9");
}

TEST(DecoderPool, StopsADecoderAtItsDeadline) {
    for (const char* act : {"hangs", "hangs after a frame"}) {
        DecoderPool::Options options = hostile(act);
        options.item_deadline = std::chrono::milliseconds(300);
        DecoderPool pool(std::move(options));
        const auto decoded = decode(pool);
        ASSERT_FALSE(decoded) << act;
        EXPECT_EQ(decoded.error().code, Errc::unavailable);
        const std::string& message = decoded.error().message;
        EXPECT_NE(message.find("stopped: no answer"), std::string::npos) << act << ": " << message;
    }
}

TEST(DecoderPool, StopsADecoderThatBreaksTheProtocol) {
    for (const char* act :
         {"unknown type",
          "empty answer",
          "raster outside",
          "raster far outside",
          "small picture outside",
          "huge small picture",
          "huge raster",
          "no raster",
          "mirrored record",
          "strange kind",
          "false error",
          "never ends"}) {
        const std::string message = error_of(hostile(act));
        EXPECT_NE(message.find("malformed answer"), std::string::npos) << act << ": " << message;
    }
}

TEST(DecoderPool, MakesTheDecodersTextPrintable) {
    DecoderPool pool(hostile("terminal escape"));
    const auto decoded = decode(pool);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::corrupt_data);
    EXPECT_EQ(decoded.error().message, "\\x1b[2J\\n");
}

TEST(DecoderPool, GivesBackTheErrorOfWhoTakesFrames) {
    DecoderPool pool(hostile("honest"));
    const Fd fd = *open_for_reading("/dev/null");
    const auto decoded = pool.decode(fd.get(), {}, [](const Frame&) -> Status {
        return fail(Errc::cancelled, "no more wanted");
    });
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::cancelled);
    EXPECT_TRUE(decode(pool));
}

TEST(DecoderPool, RenewsADecoderAfterItsItems) {
    DecoderPool::Options options = hostile("honest");
    options.items_per_decoder = 5;
    DecoderPool pool(std::move(options));
    const Fd fd = *open_for_reading("/dev/null");
    std::set<std::string> processes;
    for (int i = 0; i < 15; ++i) processes.insert(*pool.media_type(fd.get(), 0));
    EXPECT_EQ(processes.size(), 3U);
}

TEST(DecoderPool, SaysThatItsProgramIsMissing) {
    DecoderPool::Options options = hostile("honest");
    options.program = "/nonexistent/cairn-decoder";
    DecoderPool pool(std::move(options));
    EXPECT_EQ(decode(pool).error().code, Errc::unavailable);
    EXPECT_EQ(decode(pool).error().code, Errc::unavailable);
}

}  // namespace
}  // namespace cairn::media
