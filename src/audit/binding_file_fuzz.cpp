#include <cstdint>
#include <cstdlib>

#include "audit/binding_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = cairn::as_text({data, size});
    const auto bindings = cairn::audit::parse_bindings(text);
    if (bindings && cairn::audit::format_bindings(*bindings) != text) std::abort();
    return 0;
}
