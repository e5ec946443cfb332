#include "audit/log_place.h"

#include <filesystem>

#include "audit/log_folder.h"
#include "audit/log_records.h"

namespace cairn::audit {
namespace {

Result<Checkpoint> checkpoint_in(const std::string& text) {
    const SignedNote note = CAIRN_TRY(parse_note(text));
    return parse_checkpoint(note.text);
}

Result<ByteVector> entry_at(TileSource& log, std::uint64_t index, std::uint64_t tree_size) {
    const TileId id = tile_of_leaf(TileKind::entries, index, tree_size);
    const auto bundle = CAIRN_TRY(log.read_tile(id));
    if (!bundle) {
        return fail(Errc::corrupt_data, "entry {} or one beside it is gone; verify the log", index);
    }
    const auto entries = CAIRN_TRY(parse_bundle(*bundle, id.width));
    const Bytes entry = entries[index % kTileWidth];
    return ByteVector(entry.begin(), entry.end());
}

}  // namespace

Result<std::unique_ptr<LogPlace>> LogPlace::open(const std::string& location) {
    std::error_code ignored;
    if (std::filesystem::is_directory(location, ignored)) return open_folder_place(location);
    return open_records_place(location);
}

Result<std::unique_ptr<StoredLog>> find_log(LogPlace& place, const std::string& origin) {
    if (!origin.empty()) return place.log(origin);
    const auto origins = CAIRN_TRY(place.origins());
    if (origins.size() == 1) return place.log(origins.front());
    std::string known;
    for (const std::string& one : origins) known += (known.empty() ? "" : ", ") + one;
    return fail(Errc::invalid_argument, "there are several logs, name one of them: {}", known);
}

Result<ProofFile> prove_entry(StoredLog& log, std::uint64_t index) {
    const LatestNotes notes = CAIRN_TRY(log.latest_notes());
    if (!notes.last) return fail(Errc::not_found, "nothing is signed yet");
    ProofFile proof;
    proof.index = index;
    proof.note = *notes.last;
    const Checkpoint last = CAIRN_TRY(checkpoint_in(proof.note));
    TreeHead head = last.head;
    if (index >= head.size) {
        return fail(
            Errc::not_found,
            "entry {} is not among the {} signed; the first is entry 0",
            index,
            head.size
        );
    }
    if (notes.cosigned) {
        const Checkpoint cosigned = CAIRN_TRY(checkpoint_in(*notes.cosigned));
        if (index < cosigned.head.size) {
            proof.note = *notes.cosigned;
            head = cosigned.head;
        }
    }
    proof.entry = CAIRN_TRY(entry_at(log, index, head.size));
    TileHashReader reader(log, head.size);
    proof.proof = CAIRN_TRY(inclusion_proof(reader, index, head.size));
    return proof;
}

}  // namespace cairn::audit
