#include "hashlist/entry_row.h"

#include <algorithm>

namespace cairn::hashlist {
namespace {

constexpr std::uint8_t kNoQuality = 255;
constexpr std::uint64_t kSignBit = 1ULL << 63U;  // flipped, signed numbers sort as bytes
constexpr std::size_t kTextOverheadBytes = 64;

class Encoder {
public:
    explicit Encoder(EntryRow::Encoded& out) : out_(out) {}

    void raw(Bytes bytes) {
        std::copy(bytes.begin(), bytes.end(), out_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ += bytes.size();
    }
    void u8(std::uint8_t value) { out_[at_++] = value; }
    void u64_be(std::uint64_t value) {
        for (unsigned shift = 64; shift > 0; shift -= 8) {
            u8(static_cast<std::uint8_t>(value >> (shift - 8)));
        }
    }

private:
    EntryRow::Encoded& out_;
    std::size_t at_ = 0;
};

class Decoder {
public:
    explicit Decoder(Bytes bytes) : bytes_(bytes) {}

    void raw(MutableBytes out) {
        const Bytes taken = bytes_.subspan(at_, out.size());
        std::copy(taken.begin(), taken.end(), out.begin());
        at_ += out.size();
    }
    std::uint8_t u8() { return bytes_[at_++]; }
    std::uint64_t u64_be() {
        std::uint64_t value = 0;
        for (int i = 0; i < 8; ++i) value = value << 8U | u8();
        return value;
    }

private:
    Bytes bytes_;
    std::size_t at_ = 0;
};

}  // namespace

EntryRow::Encoded EntryRow::encode() const {
    Encoded out{};
    Encoder encoder(out);
    encoder.raw(md5);
    encoder.raw(sha1);
    encoder.raw(sha256);
    for (const std::uint64_t word : pdq.words) encoder.u64_be(word);
    encoder.u64_be(size_bytes);
    encoder.u8(category ? 1 : 0);
    encoder.u64_be(static_cast<std::uint64_t>(category.value_or(0)) ^ kSignBit);
    encoder.u8(static_cast<std::uint8_t>(verdict));
    encoder.u8(pdq_quality.value_or(kNoQuality));
    encoder.u64_be(category_name);
    encoder.u64_be(series);
    return out;
}

EntryRow EntryRow::decode(Bytes encoded) {
    Decoder decoder(encoded);
    EntryRow row;
    decoder.raw(row.md5);
    decoder.raw(row.sha1);
    decoder.raw(row.sha256);
    for (std::uint64_t& word : row.pdq.words) word = decoder.u64_be();
    row.size_bytes = decoder.u64_be();
    const bool has_category = decoder.u8() != 0;
    const auto category = static_cast<std::int64_t>(decoder.u64_be() ^ kSignBit);
    if (has_category) row.category = category;
    row.verdict = static_cast<Verdict>(decoder.u8());
    const std::uint8_t quality = decoder.u8();
    if (quality != kNoQuality) row.pdq_quality = quality;
    row.category_name = decoder.u64_be();
    row.series = decoder.u64_be();
    return row;
}

TextId id_of_text(std::string_view text) {
    if (text.empty()) return 0;
    const crypto::Sha256 digest = crypto::sha256(as_bytes(text));
    TextId id = 0;
    for (std::size_t i = 0; i < sizeof(id); ++i) id = id << 8U | digest[i];
    return id;
}

std::optional<TextId> TextTable::add(std::string_view text) {
    if (text.empty()) return TextId{0};
    if (text == last_text_) return last_id_;  // rows of one category mostly follow each other
    const TextId id = id_of_text(text);
    if (!texts_.contains(id)) {
        if (bytes_ + text.size() + kTextOverheadBytes > kBytesMax) return std::nullopt;
        bytes_ += text.size() + kTextOverheadBytes;
        texts_.emplace(id, text);
    }
    last_text_ = text;
    last_id_ = id;
    return id;
}

std::string_view TextTable::text(TextId id) const {
    const auto found = texts_.find(id);
    return found == texts_.end() ? std::string_view() : found->second;
}

}  // namespace cairn::hashlist
