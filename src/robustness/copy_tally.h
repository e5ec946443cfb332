#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fingerprint/fingerprint.h"
#include "robustness/measurement.h"

namespace cairn::robustness {

/// An original as a list would know it.
struct KnownOriginal {
    std::size_t artwork = 0;
    std::string name;
    fingerprint::PdqCode code;
};

/// A version that the matcher would ask a list for, and the smallest query set that has it.
struct Query {
    fingerprint::VariantId id;
    std::size_t set = 0;  ///< index into kQuerySets
    fingerprint::PdqHash hash;
};

/// Everything asked for a picture, whatever its quality.
std::vector<Query> queries_of(const fingerprint::PictureFingerprint& picture);

/// Counts what the copies of one artwork's originals find. Not for several threads.
class CopyTally {
public:
    /// Copies of `original` follow. `known` is all originals; both outlive end().
    void begin(KnownOriginal original, const std::vector<KnownOriginal>& known);
    void add(std::size_t alteration, const fingerprint::PictureFingerprint& copy);
    void end();

    bool empty() const { return counts_.alterations.empty(); }
    /// Adds all counts to `out`.
    void add_to(Measurement& out) const;

private:
    /// True when any version found the original.
    bool count_found(AlterationResult& result, const std::vector<Query>& queries);
    void compare(
        std::size_t alteration, const std::vector<Query>& queries, const KnownOriginal& other
    );

    KnownOriginal original_;
    const std::vector<KnownOriginal>* known_ = nullptr;
    std::vector<UnrelatedPair> nearest_of_known_;  ///< of this original's copies
    Measurement counts_;
};

/// Turns the sums that CopyTally leaves in `versions` into means.
void finish_means(Measurement& measurement);

}  // namespace cairn::robustness
