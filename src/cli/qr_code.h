#pragma once

#include <string>

#include "base/result.h"

namespace cairn::cli {

/// `text` as a QR code for a dark terminal, two modules above one another in a character, with the
/// quiet zone that readers need. Errc::limit_exceeded for what is too long for one.
Result<std::string> qr_code(const std::string& text);

}  // namespace cairn::cli
