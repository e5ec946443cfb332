#include "audit/log_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fcntl.h>
#include <unistd.h>

#include "audit/binding_file.h"
#include "base/fd.h"
#include "base/text.h"

namespace cairn::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCheckpoint = "checkpoint";
constexpr std::string_view kCosigned = "checkpoint.cosigned";
constexpr std::size_t kBundleBytesMax = kTileWidth * (kEntryBytesMax + 2);
constexpr std::size_t kFileNameBytesMax = 255;
/// 256 entries that bind a thousand logs each.
constexpr std::size_t kBindingsBytesMax = 64U << 20U;

std::string path_in(const std::string& folder, std::string_view name) {
    return fmt::format("{}/{}", folder, name);
}

Result<Checkpoint> checkpoint_in(const std::string& text) {
    const SignedNote note = CAIRN_TRY(parse_note(text));
    return parse_checkpoint(note.text);
}

/// Nothing when there is no such file.
Result<std::optional<ByteVector>> read_if_there(const std::string& path, std::size_t bytes_max) {
    auto bytes = read_file(path, bytes_max);
    if (bytes) return std::optional(*std::move(bytes));
    if (bytes.error().code == Errc::not_found) return std::optional<ByteVector>();
    return std::move(bytes).error();
}

Result<std::optional<std::string>> read_note(const std::string& folder, std::string_view name) {
    const auto bytes = CAIRN_TRY(read_if_there(path_in(folder, name), kNoteBytesMax));
    if (!bytes) return std::optional<std::string>();
    return std::optional(std::string(as_text(*bytes)));
}

/// What the entries of one bundle bound.
std::string bindings_path(const std::string& folder, std::uint64_t bundle) {
    const std::string tile = path_of({TileKind::hashes, 0, bundle, kTileWidth});
    return fmt::format("{}/bindings/{}", folder, tile.substr(std::string_view("tile/0/").size()));
}

/// The first `tile.width` hashes or entries of a wider form; nothing when there are fewer.
std::optional<ByteVector> narrowed(const TileId& tile, Bytes bytes) {
    std::size_t size = tile.width * kHashBytes;
    if (tile.kind == TileKind::entries) {
        ByteReader reader(bytes);
        for (unsigned i = 0; i < tile.width; ++i) {
            const auto length = reader.take(2);
            if (!length) return std::nullopt;
            const std::size_t entry = (std::size_t{(*length)[0]} << 8U) | (*length)[1];
            if (!reader.take(entry)) return std::nullopt;
        }
        size = reader.offset();
    }
    if (size > bytes.size()) return std::nullopt;
    return ByteVector(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

class FolderLog final : public StoredLog {
public:
    explicit FolderLog(std::string folder) : folder_(std::move(folder)) {}

    Result<std::uint64_t> tree_size() override {
        const LatestNotes notes = CAIRN_TRY(latest_notes());
        if (!notes.last) return fail(Errc::not_found, "{}: no checkpoint", folder_);
        const Checkpoint checkpoint = CAIRN_TRY(checkpoint_in(*notes.last));
        size_ = checkpoint.head.size;
        return size_;
    }

    Result<std::optional<ByteVector>> read_tile(const TileId& tile) override {
        if (size_ == 0) CAIRN_TRY(tree_size());
        const TileRow row = tile_row(tile.level, size_);
        TileId stored = tile;
        stored.width = tile.index < row.full ? kTileWidth : row.partial_width;
        if (tile.index > row.full || stored.width < tile.width) return std::optional<ByteVector>();
        auto bytes = CAIRN_TRY(read_stored(stored));
        if (bytes && stored.width > tile.width) bytes = narrowed(tile, *bytes);
        return bytes;
    }

    Result<std::optional<LogRow>> next_row() override {
        while (next_ == entries_.size()) {
            if (bundle_ * kTileWidth >= size_) return std::optional<LogRow>();
            CAIRN_TRY(read_bundle());
        }
        const std::uint64_t index = (bundle_ - 1) * kTileWidth + next_;
        return std::optional(LogRow{index, entries_[next_++], std::nullopt});
    }

    Result<std::optional<LogCheckpoint>> next_checkpoint() override {
        const LatestNotes notes = CAIRN_TRY(latest_notes());
        if (notes_given_ == 0 && !notes.cosigned) ++notes_given_;
        const auto& note = notes_given_ == 0 ? notes.cosigned : notes.last;
        if (notes_given_ == 2 || !note) return std::optional<LogCheckpoint>();
        ++notes_given_;
        return std::optional(LogCheckpoint{*note});
    }

    Result<LatestNotes> latest_notes() override {
        LatestNotes notes;
        notes.last = CAIRN_TRY(read_note(folder_, kCheckpoint));
        notes.cosigned = CAIRN_TRY(read_note(folder_, kCosigned));
        return notes;
    }

    Result<std::optional<std::string>> cosigned_by(const VerifierKey&) override {
        return fail(
            Errc::unsupported,
            "{}: an exported copy takes no cosignatures; name the log's records",
            folder_
        );
    }

    Result<std::optional<Binding>> next_binding(std::uint64_t from) override {
        for (std::uint64_t bundle = from / kTileWidth; bundle * kTileWidth < size_; ++bundle) {
            const std::string path = bindings_path(folder_, bundle);
            const auto text = CAIRN_TRY(read_if_there(path, kBindingsBytesMax));
            if (!text) continue;
            auto bindings = parse_bindings(as_text(*text));
            if (!bindings) return std::move(bindings).error().with_context(path);
            const auto found = std::ranges::lower_bound(*bindings, from, {}, &Binding::place);
            if (found != bindings->end()) return std::optional(std::move(*found));
        }
        return std::optional<Binding>();
    }

private:
    Result<std::optional<ByteVector>> read_stored(const TileId& tile) const {
        const std::size_t bytes_max =
            tile.kind == TileKind::hashes ? kTileWidth * kHashBytes : kBundleBytesMax;
        return read_if_there(path_in(folder_, path_of(tile)), bytes_max);
    }

    /// A bundle that is not there or cannot be taken apart leaves its entries missing.
    Status read_bundle() {
        const std::uint64_t first = bundle_ * kTileWidth;
        const TileId id = tile_of_leaf(TileKind::entries, first, size_);
        ++bundle_;
        entries_.clear();
        next_ = 0;
        auto bytes = CAIRN_TRY(read_tile(id));
        if (!bytes) return ok();
        bytes_ = *std::move(bytes);
        if (auto entries = parse_bundle(bytes_, id.width)) entries_ = *std::move(entries);
        return ok();
    }

    std::string folder_;
    std::uint64_t size_ = 0;
    std::uint64_t bundle_ = 0;  ///< the next to be read
    ByteVector bytes_;
    std::vector<Bytes> entries_;  ///< of the bundle read last
    std::size_t next_ = 0;
    unsigned notes_given_ = 0;
};

/// By the checkpoint; by the folder's name where that cannot be read.
std::string origin_of(const std::string& folder) {
    const auto note = read_note(folder, kCheckpoint);
    if (note && *note) {
        if (auto checkpoint = checkpoint_in(**note)) return std::move(checkpoint->origin);
    }
    std::string name = fs::path(folder).filename().string();
    std::ranges::replace(name, '+', '/');
    return name;
}

class FolderPlace final : public LogPlace {
public:
    explicit FolderPlace(std::map<std::string, std::string> folders)
        : folders_(std::move(folders)) {}

    Result<std::vector<std::string>> origins() override {
        std::vector<std::string> origins;
        for (const auto& [origin, folder] : folders_) origins.push_back(origin);
        return origins;
    }

    Result<std::unique_ptr<StoredLog>> log(const std::string& origin) override {
        const auto found = folders_.find(origin);
        if (found == folders_.end()) {
            return fail(Errc::not_found, "there is no log {}", printable(origin));
        }
        return std::unique_ptr<StoredLog>(std::make_unique<FolderLog>(found->second));
    }

private:
    std::map<std::string, std::string> folders_;  ///< by origin
};

/// Not synced: see export_log().
Status write_file(const std::string& path, Bytes bytes) {
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (error) return fail(Errc::io, "{}: {}", path, error.message());
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    auto written = write_all(fd.get(), bytes);
    if (!written) return std::move(written).error().with_context(path);
    return ok();
}

Status copy_tile(StoredLog& log, const std::string& folder, const TileId& tile) {
    const auto bytes = CAIRN_TRY(log.read_tile(tile));
    if (!bytes) {
        return fail(
            Errc::corrupt_data, "{} is missing: the log is damaged; verify it", path_of(tile)
        );
    }
    return write_file(path_in(folder, path_of(tile)), *bytes);
}

Status write_note(const std::string& folder, std::string_view name, const std::string& note) {
    AtomicFile file = CAIRN_TRY(AtomicFile::create(path_in(folder, name), 0600));
    CAIRN_TRY(file.write(as_bytes(note)));
    return file.commit();
}

/// The tree that an earlier export left; that of no entries when there was none.
Result<TreeHead> head_in_folder(
    StoredLog& log, const std::string& folder, const Checkpoint& checkpoint
) {
    const auto note = CAIRN_TRY(read_note(folder, kCheckpoint));
    if (!note) return TreeHead{};
    const Checkpoint before = CAIRN_TRY(checkpoint_in(*note));
    if (before.origin != checkpoint.origin) {
        return fail(Errc::conflict, "{}: another log lies there; name another folder", folder);
    }
    if (before.head.size <= checkpoint.head.size) {
        TileHashReader reader(log, checkpoint.head.size);
        const Hash root = CAIRN_TRY(root_at(reader, before.head.size));
        if (root == before.head.root) return before.head;
    }
    return fail(
        Errc::corrupt_data,
        "{}: what was exported before is not the beginning of this log: one of them was altered "
        "or restored from an older copy; keep both",
        folder
    );
}

/// From the first bundle that may have grown.
Status copy_bindings(
    StoredLog& log, const std::string& folder, std::uint64_t before, std::uint64_t size
) {
    std::vector<Binding> same_bundle;
    const auto write = [&]() -> Status {
        if (same_bundle.empty()) return ok();
        const std::uint64_t bundle = same_bundle.front().place / kTileWidth;
        const std::string text = format_bindings(same_bundle);
        same_bundle.clear();
        return write_file(bindings_path(folder, bundle), as_bytes(text));
    };
    std::uint64_t from = before - before % kTileWidth;
    while (true) {
        auto binding = CAIRN_TRY(log.next_binding(from));
        if (!binding || binding->place >= size) break;
        from = binding->place + 1;
        const bool next = !same_bundle.empty() &&
                          same_bundle.front().place / kTileWidth != binding->place / kTileWidth;
        if (next) CAIRN_TRY(write());
        same_bundle.push_back(*std::move(binding));
    }
    return write();
}

/// Narrow tiles that wider ones replaced.
void remove_replaced(const std::string& folder, std::uint64_t before, std::uint64_t now) {
    std::error_code ignored;
    for (unsigned level = 0; tile_row(level, before) != TileRow{}; ++level) {
        const TileRow row = tile_row(level, before);
        if (row.partial_width == 0 || row == tile_row(level, now)) continue;
        for (const TileKind kind : {TileKind::hashes, TileKind::entries}) {
            if (kind == TileKind::entries && level > 0) continue;
            const fs::path path =
                path_in(folder, path_of({kind, level, row.full, row.partial_width}));
            fs::remove(path, ignored);
            fs::remove(path.parent_path(), ignored);  // when empty
        }
    }
}

}  // namespace

Result<std::string> log_folder_name(const std::string& origin) {
    std::string name = origin;
    std::ranges::replace(name, '/', '+');
    if (check_key_name(origin) && name.front() != '.' && name.size() <= kFileNameBytesMax) {
        return name;
    }
    return fail(Errc::unsupported, "log {}: no folder can have its name", printable(origin));
}

Result<std::unique_ptr<LogPlace>> open_folder_place(const std::string& folder) {
    std::vector<std::string> found;
    std::error_code error;
    if (fs::exists(path_in(folder, kCheckpoint), error)) {
        found.push_back(folder);
    } else {
        for (const auto& one : fs::directory_iterator(folder, error)) {
            std::error_code ignored;
            if (fs::exists(one.path() / kCheckpoint, ignored)) found.push_back(one.path().string());
        }
        if (error) return fail(Errc::io, "{}: {}", folder, error.message());
    }
    if (found.empty()) {
        return fail(
            Errc::not_found, "{}: no audit log: neither a case nor an exported log", folder
        );
    }
    std::map<std::string, std::string> folders;
    for (const std::string& one : found) {
        if (folders.emplace(origin_of(one), one).second) continue;
        return fail(Errc::conflict, "{}: the log in it is there twice", one);
    }
    return std::unique_ptr<LogPlace>(std::make_unique<FolderPlace>(std::move(folders)));
}

Result<ExportedLog> export_log(
    StoredLog& log,
    const std::string& folder,
    const std::function<void(std::uint64_t written, std::uint64_t total)>& written
) {
    const LatestNotes notes = CAIRN_TRY(log.latest_notes());
    if (!notes.last) return fail(Errc::not_found, "nothing is signed yet, nothing was exported");
    ExportedLog exported;
    exported.checkpoint = CAIRN_TRY(checkpoint_in(*notes.last));
    const std::uint64_t size = exported.checkpoint.head.size;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail(Errc::io, "{}: {}", folder, error.message());
    const TreeHead before = CAIRN_TRY(head_in_folder(log, folder, exported.checkpoint));
    exported.entries_before = before.size;
    for (TileId tile : tiles_between(before.size, size)) {
        CAIRN_TRY(copy_tile(log, folder, tile));
        if (tile.level > 0) continue;
        tile.kind = TileKind::entries;
        CAIRN_TRY(copy_tile(log, folder, tile));
        written(std::min(size, (tile.index + 1) * kTileWidth), size);
    }
    CAIRN_TRY(copy_bindings(log, folder, before.size, size));
    if (notes.cosigned) CAIRN_TRY(write_note(folder, kCosigned, *notes.cosigned));
    // All tiles before the checkpoint that speaks of them.
    const Fd disk = CAIRN_TRY(open_for_reading(folder));
    if (::syncfs(disk.get()) != 0) return fail(Errc::io, "{}: {}", folder, errno_text(errno));
    CAIRN_TRY(write_note(folder, kCheckpoint, *notes.last));
    remove_replaced(folder, before.size, size);
    return exported;
}

}  // namespace cairn::audit
