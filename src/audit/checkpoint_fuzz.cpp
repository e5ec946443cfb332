// Whatever is accepted as a checkpoint is exactly what is written.
#include <cstdlib>

#include "audit/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = cairn::as_text({data, size});
    const auto checkpoint = cairn::audit::parse_checkpoint(text);
    if (checkpoint && cairn::audit::format_checkpoint(*checkpoint) != text) std::abort();
    return 0;
}
