#pragma once

#include "value/key.h"

namespace cairn::value {

/// "chain:address" of an address on the chain that the context names, or, without one, on the only
/// chain whose rules it meets. Checksums: Base58Check, Bech32 and Bech32m (BIP 173, BIP 350),
/// EIP-55, Monero's Keccak. Chains: bitcoin, litecoin, dogecoin, tron, ethereum, monero.
/// Flaws: unknown_chain, not_an_address, bad_checksum, chain_needed.
Key wallet_key(std::string_view text, std::string_view context);

}  // namespace cairn::value
