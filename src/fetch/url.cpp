#include "fetch/url.h"

#include <memory>

#include <curl/curl.h>

#include "base/text.h"

namespace cairn::fetch {
namespace {

constexpr std::size_t kUrlBytesMax = 2048;

struct Free {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(char* text) const { curl_free(text); }
};

/// Empty when it is not there.
std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    const std::unique_ptr<char, Free> owned(text);
    return owned.get();
}

}  // namespace

std::optional<UrlParts> split_url(const std::string& text) {
    if (text.size() > kUrlBytesMax || text.find('\0') != std::string::npos) return std::nullopt;
    const std::unique_ptr<CURLU, Free> handle(curl_url());
    CURLU* url = handle.get();
    // Schemes that libcurl does not fetch are URLs too.
    if (curl_url_set(url, CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        return std::nullopt;
    }
    return UrlParts{
        .scheme = lower_ascii(part_of(url, CURLUPART_SCHEME)),
        .host = lower_ascii(part_of(url, CURLUPART_HOST)),
        .port = part_of(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT),
        .path = part_of(url, CURLUPART_PATH),
        .query = part_of(url, CURLUPART_QUERY),
        .has_login =
            !part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty(),
    };
}

}  // namespace cairn::fetch
