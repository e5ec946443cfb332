#include "evidence/evidence_path.h"

#include <algorithm>

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

Result<Step> take_step(ByteReader& reader) {
    Step step;
    const std::uint8_t tag = CAIRN_TRY(reader.u8());
    step.kind = CAIRN_TRY(kind_of(tag));
    step.format = CAIRN_TRY(take_sized(reader));
    step.ordinal = CAIRN_TRY(reader.leb128());
    step.name = CAIRN_TRY(take_sized(reader));
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
        writer.u8(static_cast<std::uint8_t>(step.kind));
        writer.sized(as_bytes(step.format));
        writer.leb128(step.ordinal);
        writer.sized(as_bytes(step.name));
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
