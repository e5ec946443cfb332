#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle_tree.h"
#include "db/database.h"

namespace cairn::oversight {

/// One log as anybody may see it who may see the log at all: what vouches for it, and no entries.
/// The installation's own log is everybody's to look at: of agencies it holds nothing but one
/// salted root at a steady pace. `records` must outlive it.
class PublicLog {
public:
    PublicLog(db::Database& records, std::string origin)
        : records_(records), origin_(std::move(origin)) {}

    /// The last signed one with its cosignatures. Errc::not_found before the first.
    Result<std::string> checkpoint();
    /// Errc::invalid_argument when `from` is over `to` or `to` over the signed size.
    Result<std::vector<audit::Hash>> consistency(std::uint64_t from, std::uint64_t to);
    /// Errc::invalid_argument for what is no path of a hash tile, Errc::not_found for one that is
    /// not there.
    Result<ByteVector> hash_tile(std::string_view path);

private:
    Result<std::uint64_t> signed_size();

    db::Database& records_;
    std::string origin_;
};

}  // namespace cairn::oversight
