#include "network/range_index.h"

#include <algorithm>
#include <bit>

#include "network/limits.h"

namespace cairn::network {
namespace {

using Numbered = RangeCollector::Numbered;
using Wide = RangeIndex::Wide;

constexpr unsigned kLeadingBitsMax = 16;
constexpr unsigned kIpv4Bits = 32;

template <typename Key>
Status check(const RangeIndex::Steps<Key>& steps) {
    const bool ascends = std::adjacent_find(
                             steps.first.begin(),
                             steps.first.end(),
                             [](const Key& left, const Key& right) { return right <= left; }
                         ) == steps.first.end();
    if (ascends && steps.first.size() == steps.number.size()) return ok();
    return fail(Errc::corrupt_data, "ranges out of order");
}

/// Turns nested ranges into steps, those of one family in ascending order.
class Flattener {
public:
    Status take(const Numbered& next) {
        while (!open_.empty() && open_.back()->range.last < next.range.first) close();
        if (open_.empty()) {
            step(next.range.first, next.number);
            open_.push_back(&next);
            return ok();
        }
        const Numbered& outer = *open_.back();
        if (outer.range.last < next.range.last) {
            return conflict(outer, next, "overlap, and neither holds the other");
        }
        if (outer.range == next.range) {
            if (outer.number == next.number) return ok();
            return conflict(outer, next, "are the same range and say different things");
        }
        step(next.range.first, next.number);
        open_.push_back(&next);
        return ok();
    }
    void end() {
        while (!open_.empty()) close();
    }

    struct Step {
        Address first;
        std::uint32_t number;
    };
    const std::vector<Step>& steps() const { return steps_; }

private:
    static Error conflict(const Numbered& one, const Numbered& other, std::string_view what) {
        return fail(
            Errc::invalid_argument,
            "lines {} and {} {}; mend the list",
            std::min(one.line, other.line),
            std::max(one.line, other.line),
            what
        );
    }

    /// Behind the innermost range its surroundings go on.
    void close() {
        const Address last = open_.back()->range.last;
        open_.pop_back();
        const std::uint32_t number = open_.empty() ? RangeIndex::kNone : open_.back()->number;
        const std::uint64_t low = last.low() + 1;
        const std::uint64_t high = last.high() + (low == 0 ? 1 : 0);
        const Address next = Address::from_ipv6(high, low);
        // Behind the family's last address there is nothing.
        const bool at_end = last.is_ipv4() ? !next.is_ipv4() : next < last;
        if (!at_end) step(next, number);
    }

    void step(const Address& first, std::uint32_t number) {
        if (!steps_.empty() && steps_.back().first == first) steps_.pop_back();
        const std::uint32_t before = steps_.empty() ? RangeIndex::kNone : steps_.back().number;
        if (before != number) steps_.push_back({first, number});
    }

    std::vector<const Numbered*> open_;  ///< each within the one before
    std::vector<Step> steps_;
};

/// The outer before the inner.
bool comes_before(const Numbered& left, const Numbered& right) {
    if (left.range.first != right.range.first) return left.range.first < right.range.first;
    if (left.range.last != right.range.last) return right.range.last < left.range.last;
    return left.line < right.line;
}

}  // namespace

Result<RangeIndex> RangeIndex::make(Steps<std::uint32_t> ipv4, Steps<Wide> ipv6) {
    CAIRN_TRY(check(ipv4));
    CAIRN_TRY(check(ipv6));
    RangeIndex index;
    index.ipv4_ = std::move(ipv4);
    index.ipv6_ = std::move(ipv6);
    const std::vector<std::uint32_t>& first = index.ipv4_.first;
    const auto width = static_cast<unsigned>(std::bit_width(first.size()));
    const unsigned leading = std::clamp(width, 1U, kLeadingBitsMax);
    index.shift_ = kIpv4Bits - leading;
    index.begin_.reserve((std::size_t{1} << leading) + 1);
    std::size_t at = 0;
    for (std::uint64_t bucket = 0; bucket <= std::uint64_t{1} << leading; ++bucket) {
        while (at < first.size() && first[at] < bucket << index.shift_) ++at;
        index.begin_.push_back(static_cast<std::uint32_t>(at));
    }
    return index;
}

std::uint32_t RangeIndex::at_ipv4(std::uint32_t key) const {
    if (begin_.empty()) return kNone;
    const std::size_t bucket = key >> shift_;
    const auto begin = ipv4_.first.begin() + begin_[bucket];
    const auto end = ipv4_.first.begin() + begin_[bucket + 1];
    const auto beyond = std::upper_bound(begin, end, key);
    if (beyond == ipv4_.first.begin()) return kNone;
    return ipv4_.number[static_cast<std::size_t>(beyond - ipv4_.first.begin()) - 1];
}

std::uint32_t RangeIndex::at_ipv6(const Wide& key) const {
    const auto beyond = std::upper_bound(ipv6_.first.begin(), ipv6_.first.end(), key);
    if (beyond == ipv6_.first.begin()) return kNone;
    return ipv6_.number[static_cast<std::size_t>(beyond - ipv6_.first.begin()) - 1];
}

Status RangeCollector::add(const AddressRange& range, std::uint32_t number, std::uint64_t line) {
    if (ranges_.size() >= kRangesMax) {
        return fail(Errc::limit_exceeded, "more than {} ranges", kRangesMax);
    }
    ranges_.push_back({range, number, line});
    return ok();
}

Result<RangeIndex> RangeCollector::build() {
    const std::vector<Numbered> ranges = [this] {
        std::vector<Numbered> taken = std::exchange(ranges_, {});
        std::sort(taken.begin(), taken.end(), comes_before);
        return taken;
    }();
    Flattener flat_ipv4;
    Flattener flat_ipv6;
    for (const Numbered& one : ranges) {
        CAIRN_TRY((one.range.first.is_ipv4() ? flat_ipv4 : flat_ipv6).take(one));
    }
    flat_ipv4.end();
    flat_ipv6.end();
    RangeIndex::Steps<std::uint32_t> ipv4;
    for (const auto& step : flat_ipv4.steps()) {
        ipv4.first.push_back(step.first.ipv4());
        ipv4.number.push_back(step.number);
    }
    RangeIndex::Steps<Wide> ipv6;
    for (const auto& step : flat_ipv6.steps()) {
        ipv6.first.push_back({step.first.high(), step.first.low()});
        ipv6.number.push_back(step.number);
    }
    return RangeIndex::make(std::move(ipv4), std::move(ipv6));
}

}  // namespace cairn::network
