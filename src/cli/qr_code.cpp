#include "cli/qr_code.h"

#include <memory>

#include <qrencode.h>

namespace cairn::cli {
namespace {

/// ISO/IEC 18004 wants four light modules around; readers of screens do with two.
constexpr int kQuietZone = 2;

// UTF-8 of the block characters U+2588, U+2580 and U+2584.
constexpr std::string_view kFull = "\xe2\x96\x88";
constexpr std::string_view kUpper = "\xe2\x96\x80";
constexpr std::string_view kLower = "\xe2\x96\x84";

struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
};

bool is_light(const QRcode& code, int row, int column) {
    const bool outside = row < 0 || column < 0 || row >= code.width || column >= code.width;
    return outside || (code.data[row * code.width + column] & 1U) == 0;
}

}  // namespace

Result<std::string> qr_code(const std::string& text) {
    const std::unique_ptr<QRcode, Free> code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L)
    );
    if (!code) return fail(Errc::limit_exceeded, "too long for a QR code");
    std::string picture;
    for (int row = -kQuietZone; row < code->width + kQuietZone; row += 2) {
        for (int column = -kQuietZone; column < code->width + kQuietZone; ++column) {
            const bool upper = is_light(*code, row, column);
            const bool lower = is_light(*code, row + 1, column);
            picture += upper && lower ? kFull : upper ? kUpper : lower ? kLower : " ";
        }
        picture += '\n';
    }
    return picture;
}

}  // namespace cairn::cli
