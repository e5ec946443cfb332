#include "oversight/public_log.h"

#include "audit/checkpoint.h"
#include "audit/log_records.h"

namespace cairn::oversight {

Result<std::string> PublicLog::checkpoint() {
    const auto log = audit::number_of_log(records_, origin_);
    if (!log && log.error().code != Errc::not_found) return log.error();
    std::optional<std::string> note;
    if (log) note = CAIRN_TRY(audit::last_note(records_, *log));
    if (!note) return fail(Errc::not_found, "nothing of the log is signed yet; ask again later");
    return *std::move(note);
}

Result<std::uint64_t> PublicLog::signed_size() {
    const std::string text = CAIRN_TRY(checkpoint());
    const audit::SignedNote note = CAIRN_TRY(audit::parse_note(text));
    const audit::Checkpoint checkpoint = CAIRN_TRY(audit::parse_checkpoint(note.text));
    return checkpoint.head.size;
}

Result<std::vector<audit::Hash>> PublicLog::consistency(std::uint64_t from, std::uint64_t to) {
    const std::uint64_t size = CAIRN_TRY(signed_size());
    if (from > to || to > size) {
        return fail(
            Errc::invalid_argument,
            "no consistency from {} to {}: the first must not be over the second, nor that over "
            "the signed size {}",
            from,
            to,
            size
        );
    }
    const auto log = CAIRN_TRY(audit::open_stored_log(records_, origin_));
    audit::TileHashReader reader(*log, to);
    return audit::consistency_proof(reader, from, to);
}

Result<ByteVector> PublicLog::hash_tile(std::string_view path) {
    const auto tile = audit::parse_tile_path(path);
    if (!tile || tile->kind != audit::TileKind::hashes) {
        return fail(Errc::invalid_argument, "not the path of a hash tile, as tile/0/000 is one");
    }
    const auto log = audit::number_of_log(records_, origin_);
    if (!log && log.error().code != Errc::not_found) return log.error();
    std::optional<ByteVector> bytes;
    if (log) bytes = CAIRN_TRY(audit::RecordedTiles(records_, *log).read_tile(*tile));
    if (!bytes) return fail(Errc::not_found, "there is no {} in the log", audit::path_of(*tile));
    return *std::move(bytes);
}

}  // namespace cairn::oversight
