#pragma once

#include <string>
#include <string_view>

#include "value/key.h"

namespace cairn::value {

/// Letters and digits of all scripts, folded so that case, width and composition do not matter
/// (Unicode NFKC and full case folding); the rest left out. Empty when nothing is left.
std::string folded_name(std::string_view text);

/// "service:handle", the handle folded as the service folds it: without a leading "@"; in lower
/// case where the service is known to take no notice of case. Flaw: service_needed.
Key account_name_key(std::string_view text, std::string_view context);

/// "service:id", the id as given. Flaw: service_needed.
Key account_id_key(std::string_view text, std::string_view context);

/// "country:ID". Flaws: country_needed, bad_characters.
Key register_id_key(std::string_view text, std::string_view context);

}  // namespace cairn::value
