#include "hashlist/list_statistics.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "hashlist/pdq_quarantine.h"
#include "hashlist/segmented_index.h"
#include "index/bucket_statistics.h"

namespace cairn::hashlist {
namespace {

constexpr std::uint64_t kAskedMax = 200'000;
constexpr std::uint64_t kNeighboursMax = 50'000'000;
constexpr std::size_t kBatchMax = 256;

void read_buckets(const SegmentedIndex& version, ListStatistics& statistics) {
    for (const SegmentedIndex::Segment& segment : version.segments()) {
        const auto buckets = index::bucket_statistics(segment.index->hamming());
        statistics.candidates_per_query += buckets.candidates_per_query;
        statistics.candidates_uniform += buckets.candidates_uniform;
        for (const index::BucketSize& bucket : buckets.largest) {
            statistics.largest_buckets.push_back(bucket.postings);
        }
    }
    std::sort(
        statistics.largest_buckets.begin(), statistics.largest_buckets.end(), std::greater<>()
    );
    if (statistics.largest_buckets.size() > index::kLargestBuckets) {
        statistics.largest_buckets.resize(index::kLargestBuckets);
    }
}

/// Disjoint sets of codes.
class Groups {
public:
    explicit Groups(std::size_t codes) : parent_(codes) {
        std::iota(parent_.begin(), parent_.end(), std::uint32_t{0});
    }

    void join(std::uint32_t a, std::uint32_t b) { parent_[root(a)] = root(b); }

    std::uint32_t root(std::uint32_t code) {
        while (parent_[code] != code) {
            parent_[code] = parent_[parent_[code]];
            code = parent_[code];
        }
        return code;
    }

private:
    std::vector<std::uint32_t> parent_;
};

/// Asks a version's codes for their neighbours, over all its files.
class NeighbourSearch {
public:
    NeighbourSearch(const SegmentedIndex& version, ListStatistics& statistics)
        : version_(version),
          statistics_(statistics),
          groups_(statistics.pdq_codes <= kAskedMax ? statistics.pdq_codes : 0) {
        for (const SegmentedIndex::Segment& segment : version_.segments()) {
            first_code_.push_back(first_code_.empty() ? 0 : first_code_.back() + last_size_);
            last_size_ = segment.index->hamming().size();
        }
    }

    void run() {
        const std::uint64_t step = (statistics_.pdq_codes + kAskedMax - 1) / kAskedMax;
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < version_.segments().size(); ++i) {
            const index::HammingIndex& hamming = version_.segments()[i].index->hamming();
            for (std::uint32_t code = 0; code < hamming.size(); ++code) {
                if (number++ % step != 0) continue;
                queries_.push_back(hamming.code(code));
                asked_.push_back(static_cast<std::uint32_t>(number - 1));
                if (queries_.size() == kBatchMax && !ask()) return;
            }
        }
        ask();
        if (statistics_.all_asked()) count_groups();
    }

private:
    /// False when the list has more neighbours than can be looked at.
    bool ask() {
        std::vector<std::uint64_t> neighbours(queries_.size(), 0);
        for (std::size_t i = 0; i < version_.segments().size(); ++i) {
            const index::HammingIndex& hamming = version_.segments()[i].index->hamming();
            const auto answers = hamming.search_batch(queries_, kCrowdRadius);
            for (std::size_t q = 0; q < answers.size(); ++q) {
                neighbours[q] += answers[q].size();
                if (statistics_.pdq_codes > kAskedMax) continue;
                for (const index::CodeHit& hit : answers[q]) {
                    groups_.join(asked_[q], first_code_[i] + hit.code);
                }
            }
        }
        for (const std::uint64_t count : neighbours) {
            looked_at_ += count;
            ++statistics_.codes_asked;
            if (count > 1) ++statistics_.codes_with_neighbours;
            statistics_.largest_neighbourhood = std::max(statistics_.largest_neighbourhood, count);
        }
        queries_.clear();
        asked_.clear();
        return looked_at_ <= kNeighboursMax;
    }

    void count_groups() {
        std::unordered_map<std::uint32_t, std::uint64_t> sizes;
        for (std::uint32_t code = 0; code < statistics_.pdq_codes; ++code) {
            ++sizes[groups_.root(code)];
        }
        for (const auto& [root, size] : sizes) {
            if (size > 1) ++statistics_.groups;
            statistics_.codes_in_largest_group = std::max(statistics_.codes_in_largest_group, size);
        }
    }

    const SegmentedIndex& version_;
    ListStatistics& statistics_;
    Groups groups_;
    std::vector<std::uint32_t> first_code_;
    std::uint32_t last_size_ = 0;
    std::vector<index::Code> queries_;
    std::vector<std::uint32_t> asked_;
    std::uint64_t looked_at_ = 0;
};

}  // namespace

ListStatistics statistics_of(const SegmentedIndex& version) {
    ListStatistics statistics;
    statistics.entries = version.entry_count();
    statistics.pdq_codes = version.pdq_count();
    statistics.pdq_quarantined = version.pdq_quarantined();
    read_buckets(version, statistics);
    if (statistics.pdq_codes > 0) NeighbourSearch(version, statistics).run();
    return statistics;
}

}  // namespace cairn::hashlist
