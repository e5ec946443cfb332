#include "evidence/evidence_path.h"

#include <algorithm>
#include <bit>

#include "base/text.h"
#include "crypto/digest.h"

namespace cairn::evidence {
namespace {

/// Between containers and what they hold; escaped where a name has it, so that text() says
/// unambiguously where one step ends.
constexpr std::string_view kSeparator = " \u203a ";
constexpr std::string_view kMark = "\u203a";
constexpr std::string_view kEscapedMark = "\\u{203a}";

std::string shown(std::string_view name) {
    std::string text = printable(name);
    for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
        text.replace(at, kMark.size(), kEscapedMark);
    }
    return text;
}

Result<Step::Kind> kind_of(std::uint8_t tag) {
    if (tag >= 1 && tag <= static_cast<std::uint8_t>(Step::Kind::frame)) {
        return static_cast<Step::Kind>(tag);
    }
    return fail(Errc::corrupt_data, "evidence path: unknown step tag {}", tag);
}

Result<std::string> take_sized(ByteReader& reader) {
    const std::uint64_t size = CAIRN_TRY(reader.leb128());
    if (size > reader.remaining()) {
        return fail(
            Errc::corrupt_data,
            "evidence path: {} bytes wanted at offset {}, {} left",
            size,
            reader.offset(),
            reader.remaining()
        );
    }
    const Bytes bytes = CAIRN_TRY(reader.take(static_cast<std::size_t>(size)));
    return std::string(as_text(bytes));
}

/// Ends a name in the canonical form; a zero byte within the name is followed by kZeroInName.
constexpr std::uint8_t kNameEnds = 1;
constexpr std::uint8_t kZeroInName = 0xFF;

void put_name(ByteWriter& writer, std::string_view name) {
    for (const std::uint8_t byte : as_bytes(name)) {
        writer.u8(byte);
        if (byte == 0) writer.u8(kZeroInName);
    }
    writer.u8(0);
    writer.u8(kNameEnds);
}

Result<std::string> take_name(ByteReader& reader) {
    std::string name;
    while (true) {
        const std::uint8_t byte = CAIRN_TRY(reader.u8());
        if (byte == 0) {
            const std::uint8_t mark = CAIRN_TRY(reader.u8());
            if (mark == kNameEnds) return name;
            if (mark != kZeroInName) {
                return fail(Errc::corrupt_data, "evidence path: a zero byte in a name");
            }
        }
        name.push_back(static_cast<char>(byte));
    }
}

/// How many bytes follow, then those, big-endian and without leading zeros: sorts as the number.
void put_ordinal(ByteWriter& writer, std::uint64_t ordinal) {
    const unsigned size = (static_cast<unsigned>(std::bit_width(ordinal)) + 7) / 8;
    writer.u8(static_cast<std::uint8_t>(size));
    for (unsigned i = size; i-- > 0;) writer.u8(static_cast<std::uint8_t>(ordinal >> (8 * i)));
}

Result<std::uint64_t> take_ordinal(ByteReader& reader) {
    const std::uint8_t size = CAIRN_TRY(reader.u8());
    const Bytes bytes = CAIRN_TRY(reader.take(size));
    if (size > 8 || (size > 0 && bytes.front() == 0)) {
        return fail(Errc::corrupt_data, "evidence path: an ordinal of {} bytes", size);
    }
    std::uint64_t ordinal = 0;
    for (const std::uint8_t byte : bytes) ordinal = ordinal << 8U | byte;
    return ordinal;
}

Result<Step> take_step(ByteReader& reader) {
    Step step;
    step.name = CAIRN_TRY(take_name(reader));
    step.ordinal = CAIRN_TRY(take_ordinal(reader));
    const std::uint8_t tag = CAIRN_TRY(reader.u8());
    step.kind = CAIRN_TRY(kind_of(tag));
    step.format = CAIRN_TRY(take_sized(reader));
    return step;
}

/// What text() shows for one step inside a container.
std::string inner_text(const Step& step) {
    switch (step.kind) {
        case Step::Kind::member:
            return step.name.empty() ? fmt::format("(member {})", step.ordinal) : shown(step.name);
        case Step::Kind::decoded:
            return fmt::format("({} content)", shown(step.format));
        case Step::Kind::frame:
            return fmt::format("(frame {})", step.ordinal);
        case Step::Kind::source:
        case Step::Kind::file:
            break;
    }
    return shown(step.name);
}

}  // namespace

EvidencePath EvidencePath::child(Step step) const {
    EvidencePath path = *this;
    path.steps_.push_back(std::move(step));
    return path;
}

ByteVector EvidencePath::canonical() const {
    ByteWriter writer;
    for (const Step& step : steps_) {
        put_name(writer, step.name);
        put_ordinal(writer, step.ordinal);
        writer.u8(static_cast<std::uint8_t>(step.kind));
        writer.sized(as_bytes(step.format));
    }
    return writer.take();
}

Result<EvidencePath> EvidencePath::from_canonical(Bytes bytes) {
    ByteReader reader(bytes);
    std::vector<Step> steps;
    while (!reader.at_end()) {
        Step step = CAIRN_TRY(take_step(reader));
        steps.push_back(std::move(step));
    }
    return EvidencePath(std::move(steps));
}

ItemId EvidencePath::item_id() const {
    const crypto::Sha256 digest = crypto::sha256(canonical());
    ItemId id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

std::string EvidencePath::text() const {
    std::string out;
    bool after_source = false;
    for (const Step& step : steps_) {
        const bool below_source = after_source && step.kind == Step::Kind::file;
        after_source = step.kind == Step::Kind::source;
        if (below_source && step.name.empty()) continue;
        if (below_source) {
            if (!out.ends_with('/')) out += '/';
        } else if (!out.empty()) {
            out += kSeparator;
        }
        out += inner_text(step);
    }
    return out;
}

std::string_view EvidencePath::name() const {
    return steps_.empty() ? std::string_view() : std::string_view(steps_.back().name);
}

}  // namespace cairn::evidence
