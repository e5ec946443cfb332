#pragma once

#include <string>

#include "confine/message.h"

namespace cairn::hostile {

/// What a compromised process might try once locked down. Answers messages on the channel like a
/// service, doing `act` for each. Does not return when the act ends the process.
void serve_confined(const std::string& act);

/// Plays a decoder that breaks its protocol in the way that `act` names.
void serve_as_decoder(const std::string& act);

}  // namespace cairn::hostile
