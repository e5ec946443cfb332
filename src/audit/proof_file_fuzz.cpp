// Whatever is accepted as a proof file is exactly what is written, and proves nothing under a
// policy that it does not meet.
#include <cstdlib>

#include "audit/keys_test.h"
#include "audit/proof_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::audit;
    static const ProofPolicy kPolicy = {
        {cairn::audit::test::log_verifier()}, {cairn::audit::test::witness_verifier()}, 1};
    const std::string_view text = cairn::as_text({data, size});
    const auto proof = parse_proof_file(text);
    if (!proof) return 0;
    const auto written = format_proof_file(*proof);
    if (!written || *written != text) std::abort();
    const auto proven = verify_proof_file(*proof, kPolicy);
    if (!proven) return 0;
    if (proven->log_signatures.empty() || proven->cosignatures.empty()) std::abort();
    if (proof->index >= proven->checkpoint.head.size) std::abort();
    return 0;
}
