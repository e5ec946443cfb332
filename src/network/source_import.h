#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "network/list_text.h"
#include "network/source.h"

namespace cairn::network {

struct ImportOptions {
    /// Lists may come in parts, which are one version together.
    std::vector<std::string> files;
    SourceKind kind = SourceKind::networks;
    std::string name;  ///< letters, digits, '-', '_', '.'; at most 64
    /// Default: what the file says of itself, where it does.
    std::optional<UtcTime> valid_from;
    std::string version;          ///< default: the day of valid_from
    std::string licence;          ///< default: what the file says
    ClassSet classes;             ///< networks: of lines that name none
    std::vector<Column> columns;  ///< ranges: default: the first line
    bool installed = false;
};

/// A source that was read, found sound and written, but has no name in the store yet.
struct PreparedSource {
    SourceVersion version;  ///< without number and imported_at
    AtomicFile file;
};

/// Reads the files and writes into `folder` what the store keeps of them. Errors name the file,
/// the line where there are lines, the reason and the cure; nothing is left of a failure.
Result<PreparedSource> prepare_source(const ImportOptions& options, const std::string& folder);

}  // namespace cairn::network
