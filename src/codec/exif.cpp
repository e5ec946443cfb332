#include "codec/exif.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace cairn::codec {
namespace {

using namespace std::string_view_literals;

constexpr std::uint16_t kTagOrientation = 274;
constexpr std::uint16_t kTagThumbnailOffset = 0x0201;
constexpr std::uint16_t kTagThumbnailLength = 0x0202;
constexpr std::size_t kEntryBytes = 12;
/// Real directories hold a few dozen entries.
constexpr std::size_t kEntriesMax = 512;

/// Integers at checked places, in the byte order of the file.
class TiffView {
public:
    TiffView(Bytes bytes, bool little) : bytes_(bytes), little_(little) {}

    std::optional<std::uint32_t> number(std::size_t offset, std::size_t size) const {
        if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::size_t shift = 8 * (little_ ? i : size - 1 - i);
            value |= std::uint32_t{bytes_[offset + i]} << shift;
        }
        return value;
    }

    Bytes part(std::size_t offset, std::size_t size) const {
        if (offset > bytes_.size() || size > bytes_.size() - offset) return {};
        return bytes_.subspan(offset, size);
    }

private:
    Bytes bytes_;
    bool little_;
};

struct Directory {
    std::optional<std::uint32_t> orientation;
    std::uint32_t thumbnail_offset = 0;
    std::uint32_t thumbnail_length = 0;
    std::uint32_t next = 0;
};

/// One integer value held within its entry: SHORT (3) or LONG (4), count 1.
std::optional<std::uint32_t> entry_value(const TiffView& view, std::size_t entry) {
    const auto type = view.number(entry + 2, 2);
    const auto count = view.number(entry + 4, 4);
    if (!type || count != 1U) return std::nullopt;
    if (*type == 3) return view.number(entry + 8, 2);
    if (*type == 4) return view.number(entry + 8, 4);
    return std::nullopt;
}

Directory read_directory(const TiffView& view, std::size_t offset) {
    Directory out;
    const auto stated = view.number(offset, 2);
    if (!stated || offset == 0) return out;
    const std::size_t count = std::min<std::size_t>(*stated, kEntriesMax);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t entry = offset + 2 + i * kEntryBytes;
        const auto tag = view.number(entry, 2);
        const auto value = entry_value(view, entry);
        if (!tag) return out;
        if (!value) continue;
        if (*tag == kTagOrientation) out.orientation = *value;
        if (*tag == kTagThumbnailOffset) out.thumbnail_offset = *value;
        if (*tag == kTagThumbnailLength) out.thumbnail_length = *value;
    }
    out.next = view.number(offset + 2 + *stated * kEntryBytes, 4).value_or(0);
    return out;
}

}  // namespace

Exif parse_exif(Bytes bytes) {
    constexpr std::string_view kPrefix = "Exif\0\0"sv;
    if (as_text(bytes).starts_with(kPrefix)) bytes = bytes.subspan(kPrefix.size());
    const std::string_view text = as_text(bytes);
    const bool little = text.starts_with("II*\0"sv);
    if (!little && !text.starts_with("MM\0*"sv)) return {};
    const TiffView view(bytes, little);
    Exif out;
    const Directory first = read_directory(view, view.number(4, 4).value_or(0));
    const std::uint32_t orientation = first.orientation.value_or(1);
    if (orientation >= 1 && orientation <= 8) {
        out.orientation = static_cast<std::uint8_t>(orientation);
    }
    const Directory second = read_directory(view, first.next);
    const Bytes thumbnail = view.part(second.thumbnail_offset, second.thumbnail_length);
    if (as_text(thumbnail).starts_with("\xFF\xD8\xFF"sv)) out.thumbnail = thumbnail;
    return out;
}

}  // namespace cairn::codec
