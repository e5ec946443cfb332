// Whatever the provider sends as keys and token, nobody is let in who does not hold a key: the
// first line is taken as a key set, the rest as a token, and a set of other keys must refuse it.
#include <cstdlib>

#include "base/bytes.h"
#include "identity/id_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::identity;
    const std::string_view text = cairn::as_text({data, size});
    const auto line = text.find('\n');
    const auto keys = JsonWebKeys::parse(text.substr(0, line));
    const std::string_view token = line == std::string_view::npos ? text : text.substr(line + 1);
    const IdTokenRules rules{
        .issuer = "https://id.example.org", .client_id = "cairn", .nonce = "nonce"};
    const cairn::UtcTime now{std::chrono::seconds(1'790'000'000)};
    if (keys) {
        const auto claims = check_id_token(token, *keys, rules, now);
        if (claims && claims->subject.empty()) std::abort();
    }
    const auto none = JsonWebKeys::parse(R"({"keys":[]})");
    if (!none || check_id_token(token, *none, rules, now)) std::abort();
    return 0;
}
