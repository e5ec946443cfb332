#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/utc_time.h"
#include "network/address.h"
#include "network/facts.h"

namespace cairn::network {

/// One version of a source, open for questions from any number of threads.
class SourceReader {
public:
    virtual ~SourceReader() = default;
    /// What it says of an address; empty where it knows nothing.
    virtual Result<Facts> facts_of(const Address& address) const = 0;
    /// What it says of a whole autonomous system.
    virtual ClassSet classes_of_system(std::uint32_t /*system*/) const { return {}; }
};

/// What a database says of itself.
struct DatabaseLabel {
    UtcTime made_at;
    std::string licence;  ///< empty where it names none
    Coverage coverage;
    std::uint64_t ranges = 0;
};

/// The time that a database gives in seconds since 1970. Errc::corrupt_data for one that no
/// database can have.
Result<UtcTime> database_time(std::uint64_t seconds);

}  // namespace cairn::network
