#include "network/location_database.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
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

/// One thread at a time, whichever file it asks: libloc 0.9.16 puts the country of a network into a
/// buffer that the whole process shares, as ThreadSanitizer found, so that another thread's
/// question would change the answer. A look-up takes some microseconds.
std::mutex& library_mutex() {
    static std::mutex mutex;
    return mutex;
}

}  // namespace

struct LocationDatabase::Handle {
    std::unique_ptr<loc_ctx, Unref> context;
    std::unique_ptr<loc_database, Unref> database;
    /// Names that were found: the library searches and copies for each one anew.
    std::unordered_map<std::uint32_t, std::string> operators;

    const std::string& operator_of(std::uint32_t system);
};

namespace {

/// Names that are kept; with more it begins anew.
constexpr std::size_t kOperatorsKept = std::size_t{1} << 14U;

void log_nothing(loc_ctx*, int, const char*, int, const char*, const char*, va_list) {}

}  // namespace

Result<std::unique_ptr<LocationDatabase>> LocationDatabase::open(int fd) {
    const std::lock_guard lock(library_mutex());
    auto handle = std::make_unique<Handle>();
    loc_ctx* context = nullptr;
    if (loc_new(&context) != 0) return fail(Errc::internal, "libloc does not start");
    handle->context.reset(context);
    loc_set_log_fn(context, log_nothing);
    // A duplicate would share its position with the caller's.
    const std::string path = fmt::format("/proc/self/fd/{}", fd);
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
    if (file == nullptr) return fail(Errc::io, "cannot be read: {}", errno_text(errno));
    loc_database* database = nullptr;
    if (loc_database_new(context, &database, file.get()) != 0) {
        return fail(Errc::corrupt_data, "libloc cannot read it");
    }
    handle->database.reset(database);
    return std::unique_ptr<LocationDatabase>(new LocationDatabase(std::move(handle)));
}

namespace {

/// Texts of the file, cut and made printable.
std::string text_from(const char* text, std::size_t bytes_max) {
    return text == nullptr ? "" : printable(std::string_view(text).substr(0, bytes_max));
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

const std::string& LocationDatabase::Handle::operator_of(std::uint32_t system) {
    if (operators.size() >= kOperatorsKept) operators.clear();
    const auto [kept, is_new] = operators.try_emplace(system);
    if (!is_new) return kept->second;
    loc_as* found = nullptr;
    const bool known = loc_database_get_as(database.get(), &found, system) == 0;
    if (!known || found == nullptr) return kept->second;
    const std::unique_ptr<loc_as, Unref> owned(found);
    kept->second = text_from(loc_as_get_name(owned.get()), kOperatorBytesMax);
    return kept->second;
}

LocationDatabase::LocationDatabase(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}

LocationDatabase::~LocationDatabase() {
    const std::lock_guard lock(library_mutex());
    handle_.reset();
}

Result<DatabaseLabel> LocationDatabase::label() const {
    const std::lock_guard lock(library_mutex());
    const Handle& handle = *handle_;
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
    const std::lock_guard lock(library_mutex());
    loc_network* found = nullptr;
    const int result = loc_database_lookup(handle_->database.get(), &padded.address, &found);
    const std::unique_ptr<loc_network, Unref> network(found);
    if (result < 0) return fail(Errc::corrupt_data, "libloc cannot read the network of an address");
    Facts facts;
    if (result > 0 || network == nullptr) return facts;
    const char* const country = loc_network_get_country_code(network.get());
    if (country != nullptr) facts.country = country_from(country).value_or(kNoCountry);
    facts.system = loc_network_get_asn(network.get());
    if (facts.system != 0) facts.operator_name = handle_->operator_of(facts.system);
    take_flags(network.get(), facts);
    return facts;
}

}  // namespace cairn::network
