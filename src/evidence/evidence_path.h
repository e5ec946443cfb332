#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace cairn::evidence {

/// One step on the way from the exhibit to an item. Names are bytes as found, never re-encoded.
/// Tags are part of the stored form: never renumber.
struct Step {
    enum class Kind : std::uint8_t {
        source = 1,   ///< name: the path the scan was given, absolute
        file = 2,     ///< name: path below the source; "" when the source is itself the file
        member = 3,   ///< format, ordinal in the archive's own order, name
        decoded = 4,  ///< format: the one file inside a compressed file ("gzip", ...)
        frame = 5,    ///< ordinal: frame or page of a picture
    };
    Kind kind = Kind::source;
    std::string format;
    std::uint64_t ordinal = 0;
    std::string name;
    auto operator<=>(const Step&) const = default;
};

using ItemId = std::array<std::uint8_t, 16>;

/// A typed list of steps from the exhibit to an item. Immutable in use, ordered, comparable.
class EvidencePath {
public:
    EvidencePath() = default;
    explicit EvidencePath(std::vector<Step> steps) : steps_(std::move(steps)) {}

    EvidencePath child(Step step) const;
    const std::vector<Step>& steps() const { return steps_; }

    /// Bytes that sort as people read: step by step by name, members of one name as the archive
    /// has them. docs/formats.md, "Case file".
    ByteVector canonical() const;
    static Result<EvidencePath> from_canonical(Bytes bytes);
    /// First 16 bytes of SHA-256(canonical): the same on every machine, in every run.
    ItemId item_id() const;
    /// For people, safe on one line: /exhibit/pics/a.zip > b/c.jpg, with U+203A for ">" and the
    /// names made printable.
    std::string text() const;
    /// The last step's name, as bytes.
    std::string_view name() const;

    auto operator<=>(const EvidencePath&) const = default;

private:
    std::vector<Step> steps_;
};

}  // namespace cairn::evidence
