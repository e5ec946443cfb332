#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "network/address.h"

namespace cairn::network::test {

/// Makes files in MaxMind's format 2.0 with records of 32 bits.
class MmdbFile {
public:
    explicit MmdbFile(unsigned ip_version) : ip_version_(ip_version) {}

    std::uint64_t made_at = 1'782'363'600;  ///< 2026-06-25T05:00:00Z

    // Values of the format.
    static std::string text(const std::string& value) {
        if (value.size() < 29) return control(2, value.size()) + value;
        return control(2, 29) + static_cast<char>(value.size() - 29) + value;
    }
    static std::string u32(std::uint64_t value) { return control(6, 4) + number(value, 4); }
    static std::string real() { return control(3, 8) + std::string(8, '\x40'); }
    static std::string map(const std::vector<std::pair<std::string, std::string>>& members) {
        std::string out = control(7, members.size());
        for (const auto& [key, value] : members) out += text(key) + value;
        return out;
    }

    /// `prefix` counts the bits of the family.
    void add(const Address& first, unsigned prefix, const std::string& record) {
        // In files of both families IPv4 lies below ::/96.
        const bool ipv4 = first.is_ipv4();
        const unsigned skipped = ipv4 && ip_version_ == 6 ? 96 : 0;
        std::size_t node = 0;
        for (unsigned bit = 0; bit < prefix + skipped; ++bit) {
            const unsigned at = bit < skipped ? 0 : bit - skipped + (ipv4 ? 96 : 0);
            const bool one = bit >= skipped && (first.bytes()[at / 8] >> (7 - at % 8) & 1) != 0;
            Record& side = one ? nodes_[node].second : nodes_[node].first;
            if (bit + 1 == prefix + skipped) {
                side = {Kind::data, data_.size()};
                break;
            }
            if (side.kind == Kind::empty) {
                side = {Kind::node, nodes_.size()};
                nodes_.push_back({});
                // The reference is void now.
                node = nodes_.size() - 1;
                continue;
            }
            node = side.value;
        }
        data_ += record;
    }

    ByteVector bytes() const {
        std::string out;
        for (const auto& [left, right] : nodes_) out += value_of(left) + value_of(right);
        out += std::string(16, '\0') + data_ + "\xAB\xCD\xEFMaxMind.com";
        out += map({
            {"node_count", u32(nodes_.size())},
            {"record_size", control(5, 1) + '\x20'},
            {"ip_version", control(5, 1) + static_cast<char>(ip_version_)},
            {"database_type", text("Test")},
            {"languages", extended(4, 0)},
            {"binary_format_major_version", control(5, 1) + '\x02'},
            {"binary_format_minor_version", control(5, 0)},
            {"build_epoch", extended(2, 8) + number(made_at, 8)},
            {"description", map({})},
        });
        const Bytes seen = as_bytes(out);
        return {seen.begin(), seen.end()};
    }

private:
    enum class Kind : std::uint8_t { empty, node, data };
    struct Record {
        Kind kind = Kind::empty;
        std::size_t value = 0;
    };

    static std::string control(unsigned type, std::size_t size) {
        return {static_cast<char>(type << 5U | size)};
    }
    /// Types from 8 on stand in a second byte.
    static std::string extended(unsigned type_over_7, std::size_t size) {
        return {static_cast<char>(size), static_cast<char>(type_over_7)};
    }
    static std::string number(std::uint64_t value, unsigned bytes) {
        std::string text;
        for (unsigned shift = bytes * 8; shift > 0; shift -= 8) {
            text += static_cast<char>(value >> (shift - 8) & 0xFFU);
        }
        return text;
    }
    std::string value_of(const Record& record) const {
        switch (record.kind) {
            case Kind::empty:
                return number(nodes_.size(), 4);
            case Kind::node:
                return number(record.value, 4);
            case Kind::data:
                return number(nodes_.size() + 16 + record.value, 4);
        }
        return {};
    }

    unsigned ip_version_;
    std::vector<std::pair<Record, Record>> nodes_ = {{}};
    std::string data_;
};

}  // namespace cairn::network::test
