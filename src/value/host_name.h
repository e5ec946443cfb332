#pragma once

#include <string>
#include <string_view>

#include "value/key.h"

namespace cairn::value {

/// A host's name in lower case as A-labels (IDNA 2008, non-transitional), without the last dot.
/// Empty when it is none: empty or overlong labels, characters that IDNA refuses, an address.
std::string a_label(std::string_view name);

/// The part of an A-label name that somebody registered: the label before its public suffix and
/// that suffix ("b.example.co.uk" -> "example.co.uk"); empty when the name is a suffix itself.
/// Source: the Public Suffix List as Debian installs it.
std::string registrable_domain(const std::string& a_label);

/// The A-label; near key: the registrable domain when it is another. Flaws: not_a_domain,
/// public_suffix for what nobody registered.
Key domain_key(std::string_view text, std::string_view context);

/// "local@domain" with the local part as given (RFC 5321, section 2.4) and the domain as A-label;
/// near key: folded, without what follows "+", without dots. Flaws: not_an_address.
Key email_key(std::string_view text, std::string_view context);

}  // namespace cairn::value
