// Whatever is accepted as a note, signature lines or a verifier key is exactly what is written.
#include <cstdlib>

#include "audit/keys_test.h"
#include "audit/signed_note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::audit;
    static const std::vector<VerifierKey> kKeys = {
        cairn::audit::test::log_verifier(), cairn::audit::test::witness_verifier()};
    const std::string_view text = cairn::as_text({data, size});
    if (const auto note = parse_note(text)) {
        if (format_note(*note) != text) std::abort();
        const auto verified = verify_note(*note, kKeys);
        if (verified && verified->empty()) std::abort();
    }
    if (const auto lines = parse_signature_lines(text)) {
        std::string written;
        for (const NoteSignature& line : *lines) written += format_signature_line(line);
        if (written != text) std::abort();
    }
    if (const auto key = VerifierKey::parse(text); key && key->text() != text) std::abort();
    return 0;
}
