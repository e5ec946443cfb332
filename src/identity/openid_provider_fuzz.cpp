// Whatever the document, a provider that is accepted has the issuer asked for and https addresses
// that cannot break out of a request.
#include <cstdlib>

#include "base/bytes.h"
#include "identity/openid_provider.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::identity;
    const auto provider =
        parse_openid_provider(cairn::as_text({data, size}), "https://id.example.org");
    if (!provider) return 0;
    if (provider->issuer != "https://id.example.org") std::abort();
    const OpenidSecrets secrets{.state = "s", .nonce = "n", .verifier = "v"};
    const std::string uri = authorization_uri(*provider, "c", "https://cairn.example.org", secrets);
    for (const std::string& text : {uri, provider->token_endpoint, provider->jwks_uri}) {
        if (!text.starts_with("https://")) std::abort();
        if (text.find_first_of(" \r\n#") != std::string::npos) std::abort();
    }
    return 0;
}
