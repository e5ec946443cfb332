#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "audit/entry.h"
#include "audit/keys_test.h"
#include "audit/log_verifier.h"
#include "audit/tile_builder.h"

namespace cairn::audit::test {

/// The entry at `index` of the sample log: about 330 bytes, two writers in turn.
inline Entry sample_entry(std::uint64_t index) {
    Entry entry;
    entry.time = UtcTime(std::chrono::microseconds(1'790'000'000'000'000 + index * 1000));
    entry.actor = "user:4f1b0c7a9d2e4b6f8a1c3e5d7f90b2a4";
    entry.agency = "agency:north";
    entry.role = "analyst";
    entry.client = "192.0.2.17";
    entry.request = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d";
    entry.purpose = "investigation";
    entry.case_id = "case:0c1d2e3f405162738495a6b7c8d9eaf0";
    entry.operation = "items.view";
    entry.objects = std::vector<std::string>{"item:" + std::to_string(index)};
    entry.writer = index % 2 == 0 ? "writer-a" : "writer-b";
    entry.writer_sequence = index / 2;
    return entry;
}

inline ByteVector sample_entry_bytes(std::uint64_t index) {
    return *encode_entry(sample_entry(index));
}

/// A log in memory that tests tamper with.
class SampleLog final : public LogSource {
public:
    struct Row {
        std::uint64_t index = 0;
        ByteVector entry;
        Hash leaf{};
    };

    explicit SampleLog(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) add(sample_entry_bytes(i));
        store_tiles();
    }

    void append(ByteVector entry) {
        add(std::move(entry));
        store_tiles();
    }
    /// To be followed by store_tiles().
    void add(ByteVector entry) {
        const Hash leaf = leaf_hash(entry);
        rows.push_back({builder_.size(), std::move(entry), leaf});
        builder_.append(leaf);
        size = builder_.size();
    }
    void store_tiles() {
        for (const Tile& tile : builder_.take_changed()) {
            tiles[{tile.id.level, tile.id.index}] = hash_tile_bytes(tile.hashes);
        }
    }

    /// Signs what is there now.
    void sign() { checkpoints.push_back({signed_note(), false}); }
    void sign_and_witness() {
        SignedNote note = *parse_note(signed_note());
        note.signatures.push_back(cosign_note(note.text, kWitnessName, witness_key(), 1));
        checkpoints.push_back({format_note(note), true});
    }
    std::string signed_note() const {
        return format_note(sign_checkpoint({kLogName, builder_.head()}, log_key()));
    }

    void renumber() {
        for (std::size_t i = 0; i < rows.size(); ++i) rows[i].index = i;
    }
    /// Replaces an entry and the hash beside it.
    void rewrite(std::size_t row, ByteVector entry) {
        rows[row].leaf = leaf_hash(entry);
        rows[row].entry = std::move(entry);
    }
    void rewind() {
        next_row_ = 0;
        next_checkpoint_ = 0;
    }

    Result<std::uint64_t> tree_size() override { return size; }
    Result<std::optional<LogRow>> next_row() override {
        if (next_row_ == fail_at_row) return fail(Errc::io, "the disk is gone");
        if (next_row_ == rows.size()) return std::optional<LogRow>();
        const Row& row = rows[next_row_++];
        return std::optional(LogRow{row.index, row.entry, row.leaf});
    }
    Result<std::optional<LogCheckpoint>> next_checkpoint() override {
        if (next_checkpoint_ == checkpoints.size()) return std::optional<LogCheckpoint>();
        return std::optional(checkpoints[next_checkpoint_++]);
    }
    Result<std::optional<ByteVector>> read_tile(const TileId& tile) override {
        const auto found = tiles.find({tile.level, tile.index});
        if (found == tiles.end()) return std::optional<ByteVector>();
        ByteVector bytes = found->second;
        bytes.resize(std::min(bytes.size(), tile.width * kHashBytes));
        return std::optional(std::move(bytes));
    }

    std::vector<Row> rows;
    std::map<std::pair<unsigned, std::uint64_t>, ByteVector> tiles;
    std::vector<LogCheckpoint> checkpoints;
    std::uint64_t size = 0;
    std::size_t fail_at_row = ~std::size_t{0};

private:
    TileBuilder builder_;
    std::size_t next_row_ = 0;
    std::size_t next_checkpoint_ = 0;
};

inline LogVerifierOptions sample_options() {
    LogVerifierOptions options;
    options.log_keys = {log_verifier()};
    options.witness_keys = {witness_verifier()};
    return options;
}

}  // namespace cairn::audit::test
