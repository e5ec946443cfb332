#pragma once

#include <map>
#include <vector>

#include "network/facts.h"
#include "network/range_index.h"

namespace cairn::network {

/// What an imported list says, ready to be asked: facts for ranges of addresses, and classes of
/// whole autonomous systems. Immutable, so any number of threads may ask.
class RangeTable {
public:
    /// Of the ranges that hold the address; empty where none does.
    const Facts& facts_of(const Address& address) const { return facts_[index_.at(address)]; }
    /// Of an autonomous system on the list.
    ClassSet classes_of_system(std::uint32_t system) const;

    const Coverage& coverage() const { return coverage_; }
    /// Stretches of addresses that the table tells apart.
    std::size_t size() const { return index_.ipv4().first.size() + index_.ipv6().first.size(); }

    /// The form of a file: docs/formats.md.
    ByteVector encode() const;
    /// The inverse of encode(). Errc::corrupt_data for anything else.
    static Result<RangeTable> decode(Bytes bytes);

private:
    friend class RangeTableBuilder;

    struct System {
        std::uint32_t number = 0;
        ClassSet classes;
    };

    Status cover();

    RangeIndex index_;
    std::vector<Facts> facts_ = {Facts{}};  ///< by the number in index_; the first says nothing
    std::vector<System> systems_;           ///< in ascending order
    Coverage coverage_;
};

/// Collects what a list says, line by line.
class RangeTableBuilder {
public:
    Status add(const AddressRange& range, const Facts& facts, std::uint64_t line);
    /// Classes of all addresses of an autonomous system.
    Status add_system(std::uint32_t system, ClassSet classes);
    /// Lines that were taken.
    std::size_t lines() const { return ranges_.size() + systems_.size(); }
    /// Errors as RangeCollector::build(); Errc::invalid_argument when nothing was added.
    Result<RangeTable> build();

private:
    RangeCollector ranges_;
    std::map<Facts, std::uint32_t> numbers_;
    std::map<std::uint32_t, ClassSet> systems_;
};

/// Bit n stands for AddressClass n.
std::uint32_t bits_of(ClassSet classes);

}  // namespace cairn::network
