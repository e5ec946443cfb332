#pragma once

#include "value/key.h"

namespace cairn::value {

/// The first 14 digits, which name the device: of an IMEI the 15th is a Luhn digit, of an IMEISV
/// two more name the software (3GPP TS 23.003, section 6.2). Flaws: not_an_imei, bad_checksum.
Key imei_key(std::string_view text, std::string_view context);

/// "maker:serial". Flaws: maker_needed, bad_characters.
Key serial_key(std::string_view text, std::string_view context);

/// Six octets as "00:00:5e:00:53:01". Flaws: not_a_mac; random_mac for one that the device gave
/// itself (IEEE 802c), which says nothing of the device; group_mac, no_device.
Key mac_key(std::string_view text, std::string_view context);

/// 17 characters without I, O and Q (ISO 3779). Its check digit is North American only and not
/// asked. Flaw: not_a_vin.
Key vin_key(std::string_view text, std::string_view context);

/// "country:PLATE" without blanks and dashes. Flaws: country_needed, bad_characters.
Key plate_key(std::string_view text, std::string_view context);

/// "md5:...", "sha1:...", "sha256:..." by its length, or by such a word in front. Flaws:
/// not_a_digest; empty_file for the digest of nothing, which links nobody.
Key digest_key(std::string_view text, std::string_view context);

}  // namespace cairn::value
