#include "config/duration_text.h"

#include <array>
#include <charconv>

namespace cairn::config {
namespace {

struct UnitName {
    std::string_view name;
    std::int64_t seconds;
};

/// In the order of DurationUnit.
constexpr std::array<UnitName, 4> kUnits = {{{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}}};
constexpr std::size_t kDigitsMax = 8;

std::string in_unit(std::chrono::seconds duration, const UnitName& unit) {
    return fmt::format("{} {}", duration.count() / unit.seconds, unit.name);
}

Result<std::int64_t> parse_number(std::string_view digits) {
    std::int64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    const bool plain = error == std::errc() && stop == end && digits.size() <= kDigitsMax;
    if (!plain || digits.front() == '-' || (digits.front() == '0' && digits.size() > 1)) {
        return fail(
            Errc::invalid_argument, "a duration begins with a whole number of at most 8 digits"
        );
    }
    return number;
}

}  // namespace

Result<std::chrono::seconds> parse_duration(std::string_view text) {
    const auto space = text.find(' ');
    const std::string_view unit = space == text.npos ? "" : text.substr(space + 1);
    const std::int64_t number = CAIRN_TRY(parse_number(text.substr(0, space)));
    for (const UnitName& known : kUnits) {
        if (known.name == unit) return std::chrono::seconds(number * known.seconds);
    }
    return fail(
        Errc::invalid_argument, "a duration is a number, one space, and one of s, min, h and d"
    );
}

std::string format_duration(std::chrono::seconds duration) {
    const UnitName* best = &kUnits.front();
    for (const UnitName& unit : kUnits) {
        if (duration.count() != 0 && duration.count() % unit.seconds == 0) best = &unit;
    }
    return in_unit(duration, *best);
}

std::string format_duration(std::chrono::seconds duration, DurationUnit unit) {
    const UnitName& wanted = kUnits[static_cast<std::size_t>(unit)];
    const bool divides = duration.count() != 0 && duration.count() % wanted.seconds == 0;
    return divides ? in_unit(duration, wanted) : format_duration(duration);
}

}  // namespace cairn::config
