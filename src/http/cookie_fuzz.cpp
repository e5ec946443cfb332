// A cookie that is found stands in the field under its name, and could be sent back as it is.
#include <cstdlib>

#include "base/bytes.h"
#include "http/cookie.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::http;
    const std::string_view field = cairn::as_text({data, size});
    Fields fields;
    fields.add("Cookie", field);
    const auto found = find_cookie(fields, "id");
    if (!found) return 0;
    const std::string sent = "id=" + std::string(*found);
    Fields again;
    again.add("Cookie", sent);
    if (find_cookie(again, "id") != found) std::abort();
    const std::string quoted = "id=\"" + std::string(*found) + '"';
    if (field.find(sent) == field.npos && field.find(quoted) == field.npos) std::abort();
    return 0;
}
