#include "base/utc_time.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace cairn {
namespace {

/// Reads a text of fixed form from its front.
class FrontReader {
public:
    explicit FrontReader(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    /// Exactly so many digits, as a number up to `max`.
    std::optional<int> number(std::size_t digits, int max) {
        int value = 0;
        if (count_digits() < digits) return std::nullopt;
        std::from_chars(rest_.data(), rest_.data() + digits, value);
        rest_.remove_prefix(digits);
        return value <= max ? std::optional(value) : std::nullopt;
    }

    bool take(std::string_view either) {
        if (rest_.empty() || either.find(rest_.front()) == either.npos) return false;
        last_ = rest_.front();
        rest_.remove_prefix(1);
        return true;
    }
    /// What take() took.
    char last() const { return last_; }

    /// Digits behind the point, as microseconds; finer ones are cut.
    std::optional<int> fraction() {
        const std::size_t digits = count_digits();
        if (digits == 0 || digits > 9) return std::nullopt;
        std::string six(rest_.substr(0, std::min<std::size_t>(digits, 6)));
        six.resize(6, '0');
        rest_.remove_prefix(digits);
        int value = 0;
        std::from_chars(six.data(), six.data() + six.size(), value);
        return value;
    }

private:
    std::size_t count_digits() const {
        const auto end = rest_.find_first_not_of("0123456789");
        return end == rest_.npos ? rest_.size() : end;
    }

    std::string_view rest_;
    char last_ = 0;
};

std::optional<std::chrono::sys_days> read_date(FrontReader& reader) {
    const auto year = reader.number(4, 9999);
    if (!year || !reader.take("-")) return std::nullopt;
    const auto month = reader.number(2, 12);
    if (!month || !reader.take("-")) return std::nullopt;
    const auto day = reader.number(2, 31);
    if (!day) return std::nullopt;
    const auto date = std::chrono::year(*year) / *month / *day;
    return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::optional<std::chrono::microseconds> read_time_of_day(FrontReader& reader) {
    const auto hour = reader.number(2, 23);
    if (!hour || !reader.take(":")) return std::nullopt;
    const auto minute = reader.number(2, 59);
    if (!minute || !reader.take(":")) return std::nullopt;
    const auto second = reader.number(2, 59);
    if (!second) return std::nullopt;
    std::optional<int> fraction = 0;
    if (reader.take(".")) fraction = reader.fraction();
    if (!fraction) return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second) + std::chrono::microseconds(*fraction);
}

std::optional<std::chrono::minutes> read_zone(FrontReader& reader) {
    if (reader.take("Zz")) return std::chrono::minutes(0);
    if (!reader.take("+-")) return std::nullopt;
    const int sign = reader.last() == '+' ? 1 : -1;
    const auto hours = reader.number(2, 23);
    if (!hours || !reader.take(":")) return std::nullopt;
    const auto minutes = reader.number(2, 59);
    if (!minutes) return std::nullopt;
    return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

std::optional<UtcTime> read_time(std::string_view text) {
    FrontReader reader(text);
    const auto date = read_date(reader);
    if (!date || !reader.take("Tt")) return std::nullopt;
    const auto time = read_time_of_day(reader);
    if (!time) return std::nullopt;
    const auto zone = read_zone(reader);
    if (!zone || !reader.at_end()) return std::nullopt;
    return UtcTime(*date) + *time - *zone;
}

}  // namespace

UtcTime SystemClock::now() const {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()
    );
}

std::string format_utc(UtcTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    // Not by to_time_t(), which counts nanoseconds on the way: they end in 2262.
    const std::time_t count = seconds.time_since_epoch().count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(count));
}

Result<UtcTime> parse_utc(std::string_view text) {
    if (const auto time = read_time(text)) return *time;
    return fail(
        Errc::invalid_argument,
        "must be a time with its zone, such as 2026-11-22T03:11:00Z or 2026-11-22T04:11:00+01:00"
    );
}

std::string human_duration(std::chrono::milliseconds duration) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(duration).count();
    if (seconds < 10) return fmt::format("{:.1f} s", static_cast<double>(duration.count()) / 1000);
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
    return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace cairn
