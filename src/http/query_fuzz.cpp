// What is accepted of a path or a query is clean text, and names stand once.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "base/text.h"
#include "http/query.h"

namespace {

void check(std::string_view text) {
    const bool is_clean =
        cairn::is_utf8(text) && std::all_of(text.begin(), text.end(), [](char byte) {
            return static_cast<unsigned char>(byte) >= ' ' && byte != '\x7F';
        });
    if (!is_clean) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::http;
    const std::string_view text = cairn::as_text({data, size});
    if (const auto segments = path_segments(text)) {
        if (segments->empty() || segments->size() > kQueryPartsMax) std::abort();
        for (const std::string& segment : *segments) {
            check(segment);
            if (segment == "..") std::abort();
        }
    }
    if (const auto query = Query::parse(text)) {
        for (const auto& [name, value] : *query) {
            check(name);
            check(value);
            if (query->find(name) != value) std::abort();
        }
    }
    return 0;
}
