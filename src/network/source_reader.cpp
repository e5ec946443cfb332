#include "network/source_reader.h"

namespace cairn::network {

Result<UtcTime> database_time(std::uint64_t seconds) {
    constexpr std::uint64_t kEarliest = 946'684'800;    // 2000-01-01
    constexpr std::uint64_t kLatest = 253'402'300'799;  // 9999-12-31
    if (seconds < kEarliest || seconds > kLatest) {
        return fail(Errc::corrupt_data, "damaged: it was made at no possible time");
    }
    return UtcTime(std::chrono::seconds(seconds));
}

}  // namespace cairn::network
