#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "network/address.h"

namespace cairn::network::test {

/// Makes files as libloc reads them (libloc/format.h, version 1).
class LocationFile {
public:
    struct Network {
        std::string country;
        std::uint32_t system = 0;
        std::uint16_t flags = 0;
    };

    std::uint64_t made_at = 1'782'363'600;  ///< 2026-06-25T05:00:00Z
    std::map<std::uint32_t, std::string> systems;

    /// `prefix` counts the bits of the 16 bytes: 96 more for IPv4.
    void add(const Address& first, unsigned prefix, Network network) {
        std::size_t node = 0;
        for (unsigned bit = 0; bit < prefix; ++bit) {
            const bool one = (first.bytes()[bit / 8] >> (7 - bit % 8) & 1) != 0;
            std::uint32_t next = one ? nodes_[node].one : nodes_[node].zero;
            if (next == 0) {
                next = static_cast<std::uint32_t>(nodes_.size());
                (one ? nodes_[node].one : nodes_[node].zero) = next;
                nodes_.push_back({});
            }
            node = next;
        }
        nodes_[node].network = static_cast<std::uint32_t>(networks_.size());
        networks_.push_back(std::move(network));
    }

    ByteVector bytes() const {
        std::string pool("\0maker\0about\0CC BY-SA 4.0\0", 26);
        std::string system_part;
        for (const auto& [number, name] : systems) {
            system_part += u32(number) + u32(pool.size());
            pool += name + '\0';
        }
        std::string network_part;
        for (const Network& network : networks_) {
            std::string country = network.country;
            country.resize(2, '\0');
            network_part += country + u16(0) + u32(network.system) + u16(network.flags) + u16(0);
        }
        std::string node_part;
        for (const Node& node : nodes_) {
            node_part += u32(node.zero) + u32(node.one) + u32(node.network);
        }
        const std::vector<std::string> parts = {system_part, network_part, node_part, "", pool};
        std::string head("LOCDBXX\x01", 8);
        head += u32(made_at >> 32U) + u32(made_at) + u32(1) + u32(7) + u32(13);
        std::string body;
        for (const std::string& part : parts) {
            body.resize((body.size() + kPage - 1) / kPage * kPage, '\0');
            head += u32(kBodyAt + body.size()) + u32(part.size());
            body += part;
        }
        head.resize(kBodyAt, '\0');
        const std::string whole = head + body;
        const Bytes seen = as_bytes(whole);
        return {seen.begin(), seen.end()};
    }

private:
    static constexpr std::size_t kPage = 4096;
    static constexpr std::size_t kBodyAt = 2 * kPage;

    struct Node {
        std::uint32_t zero = 0;
        std::uint32_t one = 0;
        std::uint32_t network = 0xFFFFFFFF;
    };

    static std::string u32(std::uint64_t value) {
        std::string text;
        for (unsigned shift = 32; shift > 0; shift -= 8) {
            text += static_cast<char>(value >> (shift - 8) & 0xFFU);
        }
        return text;
    }
    static std::string u16(std::uint64_t value) { return u32(value).substr(2); }

    std::vector<Node> nodes_ = {Node{}};
    std::vector<Network> networks_;
};

}  // namespace cairn::network::test
