#include "scan/configuration.h"

#include <nlohmann/json.hpp>

#include "fingerprint/pdq.h"

namespace cairn::scan {

std::string configuration_text(const Configuration& configuration) {
    using Json = nlohmann::ordered_json;
    const Limits& limits = configuration.limits;
    Json out;
    out["exclude"] = configuration.exclude;
    out["passwords"] = configuration.passwords;
    out["variants"] = configuration.variants;
    out["pdq_radius"] = fingerprint::kPdqRadius;
    out["pdq_quality_min"] = fingerprint::kPdqQualityMin;
    out["limits"] = {
        {"depth", limits.depth_max},
        {"ratio", limits.ratio_max},
        {"ratio_free_bytes", limits.ratio_free_bytes},
        {"expanded_bytes", limits.expanded_bytes_max},
        {"members", limits.members_max}};
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cairn::scan
