#include "network/mmdb_database.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>
#include <vector>

#include <maxminddb.h>
#include <netinet/in.h>

#include "base/text.h"
#include "network/limits.h"

namespace cairn::network {
namespace {

template <std::size_t count>
using Path = std::array<const char*, count>;

constexpr Path<3> kCountry = {"country", "iso_code", nullptr};
constexpr Path<2> kSystem = {"autonomous_system_number", nullptr};
constexpr Path<2> kOperator = {"autonomous_system_organization", nullptr};
constexpr Path<2> kConnection = {"connection_type", nullptr};

Error damaged(int status) {
    return fail(Errc::corrupt_data, "damaged: {}", MMDB_strerror(status));
}

/// The value at a path; nothing where the record has none.
template <std::size_t count>
Result<std::optional<MMDB_entry_data_s>> value_at(MMDB_entry_s entry, const Path<count>& path) {
    MMDB_entry_data_s value{};
    const int status = MMDB_aget_value(&entry, &value, path.data());
    const bool absent = status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ||
                        status == MMDB_INVALID_LOOKUP_PATH_ERROR;
    if (absent || (status == MMDB_SUCCESS && !value.has_data)) {
        return std::optional<MMDB_entry_data_s>();
    }
    if (status != MMDB_SUCCESS) return damaged(status);
    return std::optional(value);
}

template <std::size_t count>
Result<std::string_view> text_at(const MMDB_entry_s& entry, const Path<count>& path) {
    const auto value = CAIRN_TRY(value_at(entry, path));
    if (!value || value->type != MMDB_DATA_TYPE_UTF8_STRING) return std::string_view();
    return std::string_view(value->utf8_string, value->data_size);
}

Result<Facts> read_facts(const MMDB_entry_s& entry) {
    Facts facts;
    const std::string_view country = CAIRN_TRY(text_at(entry, kCountry));
    facts.country = country_from(country).value_or(kNoCountry);
    const auto system = CAIRN_TRY(value_at(entry, kSystem));
    if (system && system->type == MMDB_DATA_TYPE_UINT32) facts.system = system->uint32;
    if (system && system->type == MMDB_DATA_TYPE_UINT16) facts.system = system->uint16;
    const std::string_view name = CAIRN_TRY(text_at(entry, kOperator));
    facts.operator_name = printable(name.substr(0, kOperatorBytesMax));
    const std::string_view connection = CAIRN_TRY(text_at(entry, kConnection));
    facts.connection = connection_from(connection);
    return facts;
}

/// Sees every node and every record of a database once.
class Walk {
public:
    explicit Walk(const MMDB_s& library)
        : library_(library),
          bits_(library.metadata.ip_version == 6 ? 128 : 32),
          heights_(library.metadata.node_count) {}

    Result<DatabaseLabel> run() {
        CAIRN_TRY(height_of(0, 0));
        label_.made_at = CAIRN_TRY(database_time(library_.metadata.build_epoch));
        return label_;
    }

private:
    static constexpr std::uint8_t kOpen = 0xFF;

    /// How many bits a look-up takes from this node at most. A tree that asks for more than an
    /// address has, or runs in a circle, is none. Calls itself no deeper than that.
    Result<unsigned> height_of(std::uint64_t node, unsigned depth) {
        const unsigned known = heights_[node];
        if (depth + std::max(known, 1U) > bits_) return damaged(MMDB_CORRUPT_SEARCH_TREE_ERROR);
        // IPv6 forms of IPv4 networks share their nodes.
        if (known != 0) return known;
        if (std::chrono::steady_clock::now() > deadline_) {
            return fail(Errc::limit_exceeded, "not read within {} s", kWalkTimeMax.count());
        }
        heights_[node] = kOpen;
        MMDB_search_node_s found{};
        const int status = MMDB_read_node(&library_, static_cast<std::uint32_t>(node), &found);
        if (status != MMDB_SUCCESS) return damaged(status);
        const unsigned left = CAIRN_TRY(height_of_record(
            found.left_record, found.left_record_type, found.left_record_entry, depth
        ));
        const unsigned right = CAIRN_TRY(height_of_record(
            found.right_record, found.right_record_type, found.right_record_entry, depth
        ));
        const unsigned height = 1 + std::max(left, right);
        heights_[node] = static_cast<std::uint8_t>(height);
        return height;
    }

    Result<unsigned> height_of_record(
        std::uint64_t record, std::uint8_t type, const MMDB_entry_s& entry, unsigned depth
    ) {
        switch (type) {
            case MMDB_RECORD_TYPE_EMPTY:
                return 0U;
            case MMDB_RECORD_TYPE_SEARCH_NODE:
                return height_of(record, depth + 1);
            case MMDB_RECORD_TYPE_DATA:
                ++label_.ranges;
                if (records_.insert(entry.offset).second) CAIRN_TRY(take_facts(entry));
                return 0U;
            default:
                return damaged(MMDB_CORRUPT_SEARCH_TREE_ERROR);
        }
    }

    Status take_facts(const MMDB_entry_s& entry) {
        const Facts facts = CAIRN_TRY(read_facts(entry));
        label_.coverage.countries |= facts.country != kNoCountry;
        label_.coverage.systems |= facts.system != 0;
        label_.coverage.connections |= facts.connection != Connection::unknown;
        return ok();
    }

    const MMDB_s& library_;
    const unsigned bits_;
    const std::chrono::steady_clock::time_point deadline_ =
        std::chrono::steady_clock::now() + kWalkTimeMax;
    std::vector<std::uint8_t> heights_;  ///< by node; 0: not seen, kOpen: on the way to it
    std::unordered_set<std::uint32_t> records_;
    DatabaseLabel label_;
};

MMDB_lookup_result_s look_up(const MMDB_s& library, const Address& address, int& status) {
    if (address.is_ipv4()) {
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_addr.s_addr = htonl(address.ipv4());
        const void* const any = &place;
        return MMDB_lookup_sockaddr(&library, static_cast<const sockaddr*>(any), &status);
    }
    sockaddr_in6 place{};
    place.sin6_family = AF_INET6;
    std::copy(address.bytes().begin(), address.bytes().end(), std::begin(place.sin6_addr.s6_addr));
    const void* const any = &place;
    return MMDB_lookup_sockaddr(&library, static_cast<const sockaddr*>(any), &status);
}

}  // namespace

struct MmdbDatabase::Library {
    Library() = default;
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        if (open) MMDB_close(&database);
    }

    MMDB_s database{};
    bool open = false;
};

MmdbDatabase::MmdbDatabase(std::unique_ptr<Library> library) : library_(std::move(library)) {}

MmdbDatabase::~MmdbDatabase() = default;

Result<std::unique_ptr<MmdbDatabase>> MmdbDatabase::open(int fd) {
    auto library = std::make_unique<Library>();
    const std::string path = fmt::format("/proc/self/fd/{}", fd);
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &library->database);
    if (status != MMDB_SUCCESS) {
        return fail(Errc::corrupt_data, "no MaxMind database: {}", MMDB_strerror(status));
    }
    library->open = true;
    return std::unique_ptr<MmdbDatabase>(new MmdbDatabase(std::move(library)));
}

Result<DatabaseLabel> MmdbDatabase::examine() const {
    return Walk(library_->database).run();
}

Result<Facts> MmdbDatabase::facts_of(const Address& address) const {
    int status = MMDB_SUCCESS;
    const MMDB_lookup_result_s found = look_up(library_->database, address, status);
    if (status == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR) return Facts{};
    if (status != MMDB_SUCCESS) return damaged(status);
    if (!found.found_entry) return Facts{};
    return read_facts(found.entry);
}

}  // namespace cairn::network
