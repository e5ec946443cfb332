// What the parser accepts, the writer gives back in lower case; nothing else has 64 digits.
#include <cstdlib>

#include "base/text.h"
#include "fingerprint/pdq.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(cairn::as_text(cairn::Bytes(data, size)));
    const auto code = cairn::fingerprint::pdq_from_hex(text);
    if (code && cairn::fingerprint::to_hex(*code) != cairn::lower_ascii(text)) std::abort();
    const bool digits =
        text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (code.has_value() != digits) std::abort();
    return 0;
}
