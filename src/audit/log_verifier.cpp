#include "audit/log_verifier.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "audit/checkpoint_stream.h"
#include "audit/row_alignment.h"

namespace cairn::audit {
namespace {

/// The places under one level-0 tile, as far as they are to be verified.
struct Block {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t tile_begin =
        0;                     ///< place of the tile's first hash; before `begin` in a first block
    std::vector<Hash> tile;    ///< empty when it could not be read
    std::vector<Hash> leaves;  ///< rows' hashes; of missing rows, the tile's
    bool rows_complete = true;
    std::vector<Mismatch> mismatches;
    std::vector<std::uint64_t> stored_differs;
};

/// A stored hash of an upper tile that the level below does not give.
struct UpperMismatch {
    NodeId node;
    std::uint64_t first() const { return node.index << node.level; }
    std::uint64_t last() const { return ((node.index + 1) << node.level) - 1; }
};

/// After "the root that", "the log is what".
std::string_view words_of(Voucher voucher) {
    switch (voucher) {
        case Voucher::log:
            return "the log signed";
        case Voucher::witness:
            return "the log signed and a witness cosigned";
        case Voucher::kept:
            return "the checkpoint that was kept says";
    }
    return "";
}

class LogCheck {
public:
    LogCheck(LogSource& source, const LogVerifierOptions& options, std::uint64_t tree_size);
    LogReport run();

private:
    bool start();
    void check_block(Block& block);
    void read_tile(Block& block);
    void place_rows(Block& block);
    const std::vector<Hash>& sound_leaves(const Block& block);
    bool fits(const Block& block, const std::vector<Hash>& hashes);
    void judge_mismatches(Block& block, bool tile_is_sound);
    void feed(const Block& block, const std::vector<Hash>& hashes);
    void check_upper(NodeId node, const Hash& hash);
    void collect_checkpoints(std::uint64_t size);
    void compare_roots();
    void report_root(const SignedHead& head);
    void add_altered(std::uint64_t place);
    void report_altered();
    void report_upper();
    void report_behind_end();
    void report_tile(const TileId& tile, const Error& error);

    LogSource& source_;
    const LogVerifierOptions& options_;
    std::uint64_t tree_size_;
    FindingList findings_;
    TileHashReader stored_;      ///< upper tiles
    TileHashReader look_ahead_;  ///< level-0 tiles out of turn
    RowStream rows_;
    RowAlignment alignment_;
    CheckpointStream checkpoints_;
    CompactTree tree_;
    bool tree_known_ = true;       ///< false behind a place with neither row nor tile
    std::vector<SignedHead> due_;  ///< checkpoints of sizes in this block
    std::vector<Mismatch> altered_;
    std::vector<UpperMismatch> upper_;
    std::set<TileId> reported_tiles_;
    std::uint64_t agreed_size_ = 0;  ///< the largest checkpoint that agreed
    std::set<Voucher> differed_;     ///< whose checkpoints did not agree
    std::optional<Checkpoint> latest_;
    std::optional<SignedHead> latest_witnessed_;
};

LogCheck::LogCheck(LogSource& source, const LogVerifierOptions& options, std::uint64_t tree_size)
    : source_(source),
      options_(options),
      tree_size_(tree_size),
      findings_(options.findings_max),
      stored_(source, tree_size),
      look_ahead_(source, tree_size),
      rows_(source, options, findings_),
      alignment_(rows_, look_ahead_, tree_size, findings_),
      checkpoints_(source, options, findings_),
      agreed_size_(options.first_index) {}

LogReport LogCheck::run() {
    if (start()) {
        std::uint64_t begin = options_.first_index;
        while (begin < tree_size_ && !rows_.failed()) {
            Block block;
            block.begin = begin;
            block.tile_begin = begin - begin % kTileWidth;
            block.end = std::min(block.tile_begin + kTileWidth, tree_size_);
            check_block(block);
            begin = block.end;
        }
        alignment_.finish();
        report_behind_end();
    }
    report_altered();
    report_upper();
    LogReport report;
    report.head = tree_.head();
    report.latest = latest_;
    if (latest_witnessed_) {
        report.latest_witnessed = latest_witnessed_->checkpoint;
        report.cosignatures = latest_witnessed_->cosignatures;
    }
    report.rows = rows_.count();
    report.checkpoints = checkpoints_.count();
    findings_.move_to(report);
    return report;
}

/// Stands on what lies before the first row.
bool LogCheck::start() {
    if (options_.first_index > tree_size_) {
        findings_.add(
            FindingKind::log_truncated,
            tree_size_,
            options_.first_index - 1,
            fmt::format("the log has {} entries, and had {}", tree_size_, options_.first_index)
        );
        return false;
    }
    auto tree = CompactTree::from_reader(stored_, options_.first_index);
    if (!tree) {
        findings_.add(
            FindingKind::not_verified,
            fmt::format(
                "the tree of the first {} entries: {}", options_.first_index, tree.error().message
            )
        );
        return false;
    }
    tree_ = *std::move(tree);
    if (options_.first_root && *options_.first_root != tree_.root()) {
        findings_.add(
            FindingKind::root_differs,
            0,
            options_.first_index == 0 ? 0 : options_.first_index - 1,
            fmt::format(
                "the tiles of the first {} entries do not give the root that is known",
                options_.first_index
            )
        );
    }
    collect_checkpoints(tree_.size());
    compare_roots();
    return true;
}

void LogCheck::check_block(Block& block) {
    read_tile(block);
    place_rows(block);
    collect_checkpoints(block.end);
    const std::vector<Hash>& leaves = sound_leaves(block);
    judge_mismatches(block, &leaves != &block.leaves);
    feed(block, leaves);
}

void LogCheck::read_tile(Block& block) {
    const TileId id = tile_of_leaf(TileKind::hashes, block.begin, tree_size_);
    const auto bytes = source_.read_tile(id);
    if (!bytes) return report_tile(id, bytes.error());
    if (!*bytes) return report_tile(id, fail(Errc::not_found, "{}: no such tile", path_of(id)));
    auto hashes = parse_hash_tile(**bytes, id.width);
    if (!hashes) return report_tile(id, std::move(hashes).error().with_context(path_of(id)));
    block.tile = *std::move(hashes);
}

void LogCheck::place_rows(Block& block) {
    block.leaves.reserve(block.end - block.tile_begin);
    const auto before = static_cast<std::ptrdiff_t>(block.begin - block.tile_begin);
    if (!block.tile.empty()) {
        block.leaves.assign(block.tile.begin(), block.tile.begin() + before);
    } else {
        block.leaves.resize(static_cast<std::size_t>(before));
    }
    for (std::uint64_t place = block.begin; place < block.end; ++place) {
        const Hash* logged = block.tile.empty() ? nullptr : &block.tile[place - block.tile_begin];
        const auto row = alignment_.take(place, logged);
        if (!row) {
            block.rows_complete = false;
            if (logged == nullptr) tree_known_ = false;
            block.leaves.push_back(logged != nullptr ? *logged : Hash{});
            continue;
        }
        block.leaves.push_back(row->hash);
        if (!row->stored_agrees) block.stored_differs.push_back(place);
        if (logged != nullptr && row->hash != *logged) {
            block.mismatches.push_back({place, row->hash, *logged});
        }
    }
}

/// Which of two accounts of a block the tree above, or a signed root, confirms; the tile's in
/// doubt.
const std::vector<Hash>& LogCheck::sound_leaves(const Block& block) {
    if (block.mismatches.empty() || !block.rows_complete) {
        return block.tile.empty() || block.mismatches.empty() ? block.leaves : block.tile;
    }
    return !fits(block, block.tile) && fits(block, block.leaves) ? block.leaves : block.tile;
}

bool LogCheck::fits(const Block& block, const std::vector<Hash>& hashes) {
    if (block.end - block.tile_begin == kTileWidth) {
        const auto above = stored_.complete_hash({kTileHeight, block.tile_begin / kTileWidth});
        if (above) return *above == root_over(hashes);
    }
    if (due_.empty()) return false;
    const TreeHead& head = due_.back().checkpoint.head;
    if (head.size <= block.begin) return false;
    CompactTree tree = tree_;
    for (std::uint64_t place = block.begin; place < head.size; ++place) {
        tree.append(hashes[place - block.tile_begin]);
    }
    return tree.head() == head;
}

void LogCheck::judge_mismatches(Block& block, bool tile_is_sound) {
    if (!block.mismatches.empty() && !tile_is_sound) {
        const std::uint64_t first = block.mismatches.front().place;
        const std::uint64_t last = block.mismatches.back().place;
        const TileId id = tile_of_leaf(TileKind::hashes, block.begin, tree_size_);
        findings_.add(
            FindingKind::tile_altered,
            first,
            last,
            fmt::format(
                "{}: the hash of {} was altered; the rows are as logged",
                path_of(id),
                entries_text(first, last)
            )
        );
        block.mismatches.clear();
    }
    for (const Mismatch& mismatch : block.mismatches) {
        if (altered_.size() < options_.findings_max) {
            altered_.push_back(mismatch);
        } else {
            add_altered(mismatch.place);
        }
    }
    for (const std::uint64_t place : block.stored_differs) {
        const auto same = std::ranges::find(block.mismatches, place, &Mismatch::place);
        if (same != block.mismatches.end()) continue;
        findings_.add(
            FindingKind::leaf_hash_altered,
            place,
            place,
            fmt::format("entry {}: the hash stored beside it is not that of its bytes", place)
        );
    }
}

void LogCheck::feed(const Block& block, const std::vector<Hash>& hashes) {
    const auto on_complete = [this](NodeId node, const Hash& hash) {
        if (node.level != 0 && node.level % kTileHeight == 0) check_upper(node, hash);
    };
    compare_roots();
    for (std::uint64_t place = block.begin; place < block.end; ++place) {
        tree_.append(hashes[place - block.tile_begin], on_complete);
        if (!due_.empty()) compare_roots();
    }
}

void LogCheck::check_upper(NodeId node, const Hash& hash) {
    const auto stored = stored_.complete_hash(node);
    if (stored && *stored == hash) return;
    if (stored) {
        if (tree_known_ && upper_.size() < options_.findings_max) upper_.push_back({node});
        return;
    }
    const unsigned level = node.level / kTileHeight;
    const TileRow row = tile_row(level, tree_size_);
    const std::uint64_t index = node.index / kTileWidth;
    report_tile(
        {TileKind::hashes, level, index, index < row.full ? kTileWidth : row.partial_width},
        stored.error()
    );
}

/// Once for each tile.
void LogCheck::report_tile(const TileId& tile, const Error& error) {
    if (reported_tiles_.size() >= options_.findings_max) return;
    if (!reported_tiles_.insert(tile).second) return;
    FindingKind kind = FindingKind::not_verified;
    if (error.code == Errc::not_found) kind = FindingKind::tile_missing;
    if (error.code == Errc::corrupt_data) kind = FindingKind::tile_altered;
    findings_.add(kind, error.message);
}

/// Makes the checkpoints up to `size` due.
void LogCheck::collect_checkpoints(std::uint64_t size) {
    while (const SignedHead* next = checkpoints_.peek()) {
        const std::uint64_t next_size = next->checkpoint.head.size;
        if (next_size > size) return;
        // Smaller ones were delivered out of order, which is a finding already.
        if (next_size >= tree_.size()) due_.push_back(*next);
        checkpoints_.pop();
    }
}

/// Compares those that are due at the present size, which stand in front.
void LogCheck::compare_roots() {
    std::size_t compared = 0;
    while (compared < due_.size() && due_[compared].checkpoint.head.size == tree_.size()) {
        const SignedHead& due = due_[compared];
        ++compared;
        if (!tree_known_) continue;
        if (due.checkpoint.head.root == tree_.root()) {
            agreed_size_ = tree_.size();
            latest_ = due.checkpoint;
            if (due.witnessed) latest_witnessed_ = due;
        } else {
            report_root(due);
        }
    }
    due_.erase(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(compared));
}

/// Once for each voucher: those behind differ for the same reason.
void LogCheck::report_root(const SignedHead& head) {
    if (!differed_.insert(head.voucher()).second) return;
    const std::uint64_t size = head.checkpoint.head.size;
    const std::uint64_t first = std::min(agreed_size_, size);
    const std::uint64_t last = size == 0 ? 0 : size - 1;
    findings_.add(
        FindingKind::root_differs,
        std::min(first, last),
        last,
        fmt::format(
            "the first {} entries do not give the root that {}; the last checkpoint that agrees "
            "has size {}",
            size,
            words_of(head.voucher()),
            agreed_size_
        )
    );
}

void LogCheck::add_altered(std::uint64_t place) {
    findings_.add(
        FindingKind::entry_altered,
        place,
        place,
        fmt::format("entry {}: its bytes are not those that were logged", place)
    );
}

/// Tells swapped and moved entries from altered ones.
void LogCheck::report_altered() {
    std::map<Hash, std::uint64_t> place_logged;
    std::map<std::uint64_t, const Mismatch*> at;
    for (const Mismatch& mismatch : altered_) {
        place_logged.emplace(mismatch.logged, mismatch.place);
        at.emplace(mismatch.place, &mismatch);
    }
    for (const Mismatch& mismatch : altered_) {
        const std::uint64_t place = mismatch.place;
        const auto origin = place_logged.find(mismatch.row);
        if (origin == place_logged.end()) {
            add_altered(place);
            continue;
        }
        const std::uint64_t other = origin->second;
        const bool swapped = at.at(other)->row == mismatch.logged;
        if (swapped && other < place) continue;  // reported with the other
        const std::string text =
            swapped
                ? fmt::format("entries {} and {} hold each other's bytes", place, other)
                : fmt::format("entry {}: it holds the bytes that were logged at {}", place, other);
        const auto kind = swapped ? FindingKind::entries_swapped : FindingKind::entry_moved;
        findings_.add({kind, place, place, other, text});
    }
}

/// A signed root that agrees behind a contradiction clears the entries: then the tile was altered.
/// Otherwise the entries were, together with their tile; only the lowest level is reported.
void LogCheck::report_upper() {
    std::vector<UpperMismatch> rewritten;
    for (const UpperMismatch& mismatch : upper_) {
        const NodeId& node = mismatch.node;
        const std::uint64_t first = mismatch.first();
        const std::uint64_t last = mismatch.last();
        if (last < agreed_size_) {
            const TileId tile{
                TileKind::hashes, node.level / kTileHeight, node.index / kTileWidth, kTileWidth};
            findings_.add(
                FindingKind::tile_altered,
                first,
                last,
                fmt::format(
                    "{}: the hash over {} was altered; the entries give the signed root",
                    path_of(tile),
                    entries_text(first, last)
                )
            );
            continue;
        }
        const bool explained = std::ranges::any_of(rewritten, [&](const UpperMismatch& lower) {
            return lower.first() >= first && lower.last() <= last;
        });
        if (explained) continue;
        rewritten.push_back(mismatch);
        findings_.add(
            FindingKind::entries_rewritten,
            first,
            last,
            fmt::format(
                "{}: one or more were altered together with their tile", entries_text(first, last)
            )
        );
    }
}

/// Checkpoints that are larger than the log.
void LogCheck::report_behind_end() {
    std::optional<SignedHead> largest;
    while (const SignedHead* next = checkpoints_.peek()) {
        if (next->checkpoint.head.size > tree_size_) largest = *next;
        checkpoints_.pop();
    }
    if (largest) {
        const std::uint64_t size = largest->checkpoint.head.size;
        findings_.add(
            FindingKind::log_truncated,
            tree_size_,
            size - 1,
            fmt::format(
                "a log of {} entries is what {}; it has {} now: cut off, or restored from a backup",
                size,
                words_of(largest->voucher()),
                tree_size_
            )
        );
    }
    if (options_.log_keys.empty()) {
        findings_.add(
            FindingKind::not_verified,
            "no public key of the log was given: nobody vouches for it, and whoever can write "
            "there could have made all of it anew"
        );
    } else if (checkpoints_.sound() == 0) {
        findings_.add(
            FindingKind::not_verified, "no signed checkpoint: nothing vouches for the log"
        );
    }
}

}  // namespace

LogReport verify_log(LogSource& source, const LogVerifierOptions& options) {
    const auto tree_size = source.tree_size();
    if (tree_size && *tree_size <= kTreeSizeMax) {
        return LogCheck(source, options, *tree_size).run();
    }
    LogReport report;
    FindingList findings(options.findings_max);
    findings.add(
        FindingKind::not_verified,
        fmt::format(
            "the size of the log cannot be read: {}",
            tree_size ? "over 2^63" : tree_size.error().message
        )
    );
    findings.move_to(report);
    return report;
}

}  // namespace cairn::audit
