// A witness answers every body with a status of its protocol, and moves on with 200 alone.
#include <cstdlib>

#include "audit/keys_test.h"
#include "audit/witness_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::audit;
    const std::string_view body = cairn::as_text({data, size});
    const auto parsed = parse_add_checkpoint(body);
    if (parsed && format_add_checkpoint(*parsed) != body) std::abort();
    static const std::vector<WitnessedLog> kLogs = {
        {cairn::audit::test::kLogName, {cairn::audit::test::log_verifier()}, {}}};
    static const Cosigner kCosigner = {
        cairn::audit::test::kWitnessName, cairn::audit::test::witness_key()};
    const WitnessAnswer answer = answer_add_checkpoint(body, kLogs, kCosigner, 1'790'000'000);
    switch (answer.status) {
        case 200:
            if (!answer.advance || !parse_signature_lines(answer.body)) std::abort();
            return 0;
        case 400:
        case 403:
        case 404:
        case 409:
        case 422:
            if (answer.advance || answer.body.empty()) std::abort();
            return 0;
        default:
            std::abort();
    }
}
