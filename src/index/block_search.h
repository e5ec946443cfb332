#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "index/hamming_index.h"
#include "index/search_kernels.h"

namespace cairn::index {

/// Looks a block of queries up in the tables of an index, band after band. All probes go through
/// three stages one chunk apart, so that what one stage reads was fetched ahead by the stage
/// before: fill (which buckets), locate (where they are), filter (which postings survive). Then
/// the survivors are followed to their codes, which are compared in full. Its memory is kept for
/// the next block: one object per thread.
class BlockSearch {
public:
    /// Queries of one block at most.
    static constexpr std::size_t kQueriesMax = 64;
    /// Postings of one probe judged at once; longer buckets are cut.
    static constexpr std::uint32_t kPieceMax = 2048;

    /// Starts on new queries. `radius` is 0..kTableRadius.
    void begin(const HammingIndex& index, std::span<const Code> queries, int radius);
    /// True when all bands were asked.
    bool done() const { return next_band_ == index_->bands_.size(); }
    /// Asks the next `bands` bands; hits() grows.
    void ask_bands(std::size_t bands);

    /// Found so far, in no order; the same one may stand there from several bands.
    std::span<const BlockHit> hits() const { return hits_; }
    /// True for a query that gave too many candidates: only a scan answers it.
    bool is_overloaded(std::size_t query) const { return loads_[query].overloaded; }
    /// Appends the hits of each query to answers[query], each once, in no order.
    void take_hits(std::span<std::vector<CodeHit>> answers);

    /// What a query would cost, without its survivors.
    HammingIndex::Cost cost();

private:
    static constexpr std::size_t kChunk = 16;
    /// Survivors are verified when there are so many.
    static constexpr std::size_t kVerifiedAt = 4096;

    /// One query in one band.
    struct Unit {
        std::uint32_t key;
        std::uint16_t residual;
        std::uint16_t band;
        std::uint16_t query;
        std::uint16_t own_max;   ///< differences allowed in the band,
        std::uint16_t both_max;  ///< in the band and the next one
    };
    struct Probe {
        std::uint32_t key;
        std::uint16_t unit;
        std::uint16_t weight;  ///< bits of the key that differ
    };
    /// A code followed to its posting in a band.
    struct Walker {
        std::uint32_t key;       ///< of its bucket
        std::uint32_t position;  ///< before the bucket is read: the place in it
        std::uint16_t band;
        std::uint16_t query;
        int balance;  ///< differences less (threshold + 1), over the bands before this one
    };
    /// What a query has cost so far.
    struct Load {
        std::uint64_t candidates;
        std::uint64_t survivors;
        bool overloaded;
    };
    template <typename T>
    struct Chunk {
        std::array<T, kChunk> items;
        std::size_t count = 0;
        std::span<const T> view() const { return std::span(items).first(count); }
    };

    void add_units(std::size_t band);
    void run_units();
    void fill(Chunk<Probe>& probes);
    void locate(const Chunk<Probe>& probes, Chunk<ResidualRange>& ranges);
    void filter(const Chunk<ResidualRange>& ranges);
    void filter_long(const Chunk<ResidualRange>& ranges);
    void verify();
    void follow(const Walker& at, std::uint16_t residual);
    void walk();
    void enter_buckets();
    bool judge(Walker& walker, std::uint16_t residual) const;
    const std::uint8_t* link_of(std::size_t band, std::uint32_t position) const;
    const std::uint8_t* residual_of(std::size_t band, std::uint32_t position) const;

    const HammingIndex* index_ = nullptr;
    const SearchKernels* kernels_ = nullptr;
    std::span<const Code> queries_;
    int radius_ = 0;
    std::span<const int> thresholds_;
    std::size_t next_band_ = 0;

    std::vector<Unit> units_;
    std::size_t unit_ = 0;  ///< the next probe: unit, weight, mask
    int weight_ = 0;
    std::size_t mask_ = 0;

    std::array<Load, kQueriesMax> loads_{};
    std::vector<Survivor> survivors_;
    std::size_t survivor_count_ = 0;
    std::vector<Walker> walkers_;
    std::vector<Walker> arrived_;
    std::vector<Candidate> candidates_;
    std::vector<BlockHit> hits_;
};

}  // namespace cairn::index
