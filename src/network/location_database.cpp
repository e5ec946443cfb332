#include "network/location_database.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <thread>
#include <unordered_map>

#include <fcntl.h>

extern "C" {
#include <libloc/as.h>
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
}

#include "base/text.h"
#include "network/limits.h"

namespace cairn::network {
namespace {

struct Unref {
    void operator()(loc_ctx* context) const { loc_unref(context); }
    void operator()(loc_database* database) const { loc_database_unref(database); }
    void operator()(loc_network* network) const { loc_network_unref(network); }
    void operator()(loc_as* system) const { loc_as_unref(system); }
};
struct Close {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};

/// The library counts references without atomics, so a handle serves one thread at a time.
struct Handle {
    std::mutex mutex;
    std::unique_ptr<loc_ctx, Unref> context;
    std::unique_ptr<loc_database, Unref> database;
    /// Names that were found: the library searches and copies for each one anew.
    std::unordered_map<std::uint32_t, std::string> operators;
};

/// Names that a handle keeps; with more it begins anew.
constexpr std::size_t kOperatorsKept = std::size_t{1} << 14U;

// More would only cost mappings: a look-up holds its handle for some microseconds.
constexpr std::size_t kHandles = 8;

void log_nothing(loc_ctx*, int, const char*, int, const char*, const char*, va_list) {}

Status open_handle(int fd, Handle& handle) {
    loc_ctx* context = nullptr;
    if (loc_new(&context) != 0) return fail(Errc::internal, "libloc does not start");
    handle.context.reset(context);
    loc_set_log_fn(context, log_nothing);
    // A duplicate would share its position with other handles.
    const std::string path = fmt::format("/proc/self/fd/{}", fd);
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
    if (file == nullptr) return fail(Errc::io, "cannot be read: {}", errno_text(errno));
    loc_database* database = nullptr;
    if (loc_database_new(context, &database, file.get()) != 0) {
        return fail(Errc::corrupt_data, "libloc cannot read it");
    }
    handle.database.reset(database);
    return ok();
}

/// Texts of the file, cut and made printable.
std::string text_from(const char* text, std::size_t bytes_max) {
    return text == nullptr ? "" : printable(std::string_view(text).substr(0, bytes_max));
}

const std::string& operator_of(Handle& handle, std::uint32_t system) {
    if (handle.operators.size() >= kOperatorsKept) handle.operators.clear();
    const auto [kept, is_new] = handle.operators.try_emplace(system);
    if (!is_new) return kept->second;
    loc_as* found = nullptr;
    const bool known = loc_database_get_as(handle.database.get(), &found, system) == 0;
    if (!known || found == nullptr) return kept->second;
    const std::unique_ptr<loc_as, Unref> owned(found);
    kept->second = text_from(loc_as_get_name(owned.get()), kOperatorBytesMax);
    return kept->second;
}

void take_flags(loc_network* network, Facts& facts) {
    struct Flag {
        loc_network_flags flag;
        AddressClass address_class;
    };
    constexpr std::array kFlags = {
        Flag{LOC_NETWORK_FLAG_ANONYMOUS_PROXY, AddressClass::vpn},
        Flag{LOC_NETWORK_FLAG_SATELLITE_PROVIDER, AddressClass::satellite},
        Flag{LOC_NETWORK_FLAG_ANYCAST, AddressClass::anycast},
        Flag{LOC_NETWORK_FLAG_DROP, AddressClass::drop},
    };
    for (const Flag& flag : kFlags) {
        if (loc_network_has_flag(network, flag.flag) != 0) facts.classes.insert(flag.address_class);
    }
}

}  // namespace

struct LocationDatabase::Handles {
    std::array<Handle, kHandles> all;
};

LocationDatabase::LocationDatabase(std::unique_ptr<Handles> handles)
    : handles_(std::move(handles)) {}

LocationDatabase::~LocationDatabase() = default;

Result<std::unique_ptr<LocationDatabase>> LocationDatabase::open(int fd) {
    auto handles = std::make_unique<Handles>();
    for (Handle& handle : handles->all) CAIRN_TRY(open_handle(fd, handle));
    return std::unique_ptr<LocationDatabase>(new LocationDatabase(std::move(handles)));
}

Result<DatabaseLabel> LocationDatabase::label() const {
    Handle& handle = handles_->all.front();
    const std::lock_guard lock(handle.mutex);
    DatabaseLabel label;
    const auto made = static_cast<std::uint64_t>(loc_database_created_at(handle.database.get()));
    label.made_at = CAIRN_TRY(database_time(made));
    label.licence = text_from(loc_database_get_license(handle.database.get()), kLicenceBytesMax);
    label.coverage.countries = true;
    label.coverage.systems = true;
    for (const ClassRow& row : address_classes()) {
        if (!row.flag.empty()) label.coverage.classes.insert(row.address_class);
    }
    return label;
}

Result<Facts> LocationDatabase::facts_of(const Address& address) const {
    // The library looks one bit behind a host address when it is at the end of its tree.
    struct Padded {
        in6_addr address{};
        std::uint64_t padding = 0;
    } padded;
    std::copy(address.bytes().begin(), address.bytes().end(), std::begin(padded.address.s6_addr));
    const std::size_t number = std::hash<std::thread::id>()(std::this_thread::get_id());
    Handle& handle = handles_->all.at(number % kHandles);
    const std::lock_guard lock(handle.mutex);
    loc_network* found = nullptr;
    const int result = loc_database_lookup(handle.database.get(), &padded.address, &found);
    const std::unique_ptr<loc_network, Unref> network(found);
    if (result < 0) return fail(Errc::corrupt_data, "libloc cannot read the network of an address");
    Facts facts;
    if (result > 0 || network == nullptr) return facts;
    const char* const country = loc_network_get_country_code(network.get());
    if (country != nullptr) facts.country = country_from(country).value_or(kNoCountry);
    facts.system = loc_network_get_asn(network.get());
    if (facts.system != 0) facts.operator_name = operator_of(handle, facts.system);
    take_flags(network.get(), facts);
    return facts;
}

}  // namespace cairn::network
