#include "network/location_check.h"

#include <string_view>
#include <vector>

namespace cairn::network {
namespace {

// The layout is that of struct loc_database_header_v1 and its neighbours in libloc/format.h;
// numbers are big-endian.
constexpr std::string_view kMagic = "LOCDBXX\x01";
constexpr std::size_t kHeaderBytes = 4200;
constexpr std::size_t kLicenceAt = 24;
constexpr std::size_t kNodeBytes = 12;
constexpr std::size_t kNetworkBytes = 12;
constexpr std::size_t kSystemBytes = 8;
constexpr std::size_t kCountryBytes = 8;
constexpr std::uint32_t kNoNetwork = 0xFFFFFFFF;
constexpr std::uint64_t kSignatureBytesMax = 2048;
constexpr std::uint64_t kAddressBits = 128;

std::uint32_t read_u32(Bytes bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8U | bytes[at + i];
    return value;
}

std::uint32_t read_u16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint32_t>(bytes[at]) << 8U | bytes[at + 1];
}

Error damaged(std::string_view what) {
    return fail(Errc::corrupt_data, "damaged: {}", what);
}

/// The part of the file that two numbers of the header name.
Result<Bytes> section(Bytes file, std::size_t at, std::size_t element_bytes) {
    const std::uint64_t offset = read_u32(file, at);
    const std::uint64_t length = read_u32(file, at + 4);
    if (offset + length > file.size()) return damaged("a section reaches beyond its end");
    if (length % element_bytes != 0) return damaged("a section holds no whole number of elements");
    return file.subspan(offset, length);
}

struct Sections {
    Bytes systems;
    Bytes networks;
    Bytes nodes;
    Bytes countries;
    Bytes texts;
};

Result<Sections> read_sections(Bytes file) {
    Sections sections;
    sections.systems = CAIRN_TRY(section(file, 28, kSystemBytes));
    sections.networks = CAIRN_TRY(section(file, 36, kNetworkBytes));
    sections.nodes = CAIRN_TRY(section(file, 44, kNodeBytes));
    sections.countries = CAIRN_TRY(section(file, 52, kCountryBytes));
    sections.texts = CAIRN_TRY(section(file, 60, 1));
    const bool signed_within =
        read_u16(file, 68) <= kSignatureBytesMax && read_u16(file, 70) <= kSignatureBytesMax;
    if (!signed_within) return damaged("a signature is too long");
    return sections;
}

/// Every text that is named must end within the pool.
Status check_texts(Bytes file, const Sections& sections) {
    const Bytes texts = sections.texts;
    if (texts.empty() || texts.back() != 0) return damaged("the texts have no end");
    for (std::size_t at = 16; at <= kLicenceAt; at += 4) {
        if (read_u32(file, at) >= texts.size()) return damaged("a text lies outside of the texts");
    }
    for (std::size_t at = 4; at < sections.systems.size(); at += kSystemBytes) {
        if (read_u32(sections.systems, at) >= texts.size()) {
            return damaged("the name of a system lies outside of the texts");
        }
    }
    return ok();
}

/// The library refuses an address whose network has another country, and keeps its memory.
bool is_country(Bytes network) {
    const auto is_capital = [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; };
    const bool none = network[0] == 0 && network[1] == 0;
    return none || (is_capital(network[0]) && is_capital(network[1]) && network[0] != 'X');
}

/// Every node is reached once and no deeper than an address has bits: then no look-up runs on.
Result<std::uint64_t> check_tree(const Sections& sections) {
    const std::uint64_t nodes = sections.nodes.size() / kNodeBytes;
    const std::uint64_t networks = sections.networks.size() / kNetworkBytes;
    if (nodes == 0) return damaged("there is no tree of networks");
    struct Visit {
        std::uint32_t node;
        std::uint32_t depth;
    };
    std::vector<bool> reached(nodes);
    std::vector<Visit> open = {{0, 0}};
    std::uint64_t found = 0;
    reached[0] = true;
    while (!open.empty()) {
        const Visit visit = open.back();
        open.pop_back();
        const std::size_t at = visit.node * kNodeBytes;
        const std::uint32_t network = read_u32(sections.nodes, at + 8);
        if (network != kNoNetwork && network >= networks) return damaged("a network is missing");
        if (network != kNoNetwork) {
            const std::size_t place = network * kNetworkBytes;
            if (!is_country(sections.networks.subspan(place, 2))) return damaged("no country");
            ++found;
        }
        for (const std::size_t side : {at + 4, at}) {
            const std::uint32_t next = read_u32(sections.nodes, side);
            if (next == 0) continue;
            if (next >= nodes) return damaged("the tree of networks leads nowhere");
            if (reached[next]) return damaged("the tree of networks runs in a circle");
            if (visit.depth >= kAddressBits) return damaged("the tree of networks is too deep");
            reached[next] = true;
            open.push_back({next, visit.depth + 1});
        }
    }
    return found;
}

/// The library looks systems up by halving.
Status check_systems(const Sections& sections) {
    for (std::size_t at = kSystemBytes; at < sections.systems.size(); at += kSystemBytes) {
        const bool ascends =
            read_u32(sections.systems, at - kSystemBytes) < read_u32(sections.systems, at);
        if (!ascends) return damaged("systems are out of order");
    }
    return ok();
}

}  // namespace

Result<std::uint64_t> check_location_file(Bytes file) {
    if (file.size() < kMagic.size() || as_text(file.first(kMagic.size())) != kMagic) {
        return fail(Errc::corrupt_data, "no location database of version 1");
    }
    if (file.size() < kHeaderBytes) return damaged("it ends within its header");
    const Sections sections = CAIRN_TRY(read_sections(file));
    CAIRN_TRY(check_texts(file, sections));
    CAIRN_TRY(check_systems(sections));
    return check_tree(sections);
}

}  // namespace cairn::network
