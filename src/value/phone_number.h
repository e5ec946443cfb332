#pragma once

#include "value/key.h"

namespace cairn::value {

/// E.164 ("+46701740605"); a number without "+" or "00" needs its country. The only place that
/// includes libphonenumber. Flaws: country_needed, not_a_number, no_such_number.
Key phone_key(std::string_view text, std::string_view context);

}  // namespace cairn::value
