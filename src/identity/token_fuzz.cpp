// Whatever is accepted as a token is exactly what one writes.
#include <cstdlib>

#include "identity/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using cairn::identity::Token;
    using cairn::identity::TokenKind;
    const std::string_view text = cairn::as_text({data, size});
    for (const TokenKind kind :
         {TokenKind::session, TokenKind::invitation, TokenKind::reset, TokenKind::api_key}) {
        const auto token = Token::parse(kind, text);
        if (token && token->text() != text) std::abort();
    }
    return 0;
}
