#include <cstdlib>

#include "base/bytes.h"
#include "json/strict.h"

/// What was accepted is written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = cairn::as_text(cairn::Bytes(data, size));
    const auto object = cairn::json::parse_object("the text", text);
    if (!object) return 0;
    const auto again = cairn::json::parse_object("the text", object->dump());
    if (!again || *again != *object) std::abort();
    return 0;
}
