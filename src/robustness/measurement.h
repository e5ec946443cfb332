#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fingerprint/picture_reader.h"
#include "robustness/artworks.h"
#include "robustness/statistics.h"

namespace cairn::robustness {

/// A match at this distance or nearer is called near.
inline constexpr int kNearDistance = 10;

inline constexpr std::array kQuerySets = {
    fingerprint::QuerySet::upright, fingerprint::QuerySet::turns, fingerprint::QuerySet::wide};
template <typename T>
using BySet = std::array<T, kQuerySets.size()>;

/// How many copies a query set found.
struct Recall {
    std::uint64_t found = 0;  ///< within PDQ's radius
    std::uint64_t near = 0;   ///< within kNearDistance
};

/// What became of the copies that one alteration made.
struct AlterationResult {
    std::uint64_t copies = 0;
    std::uint64_t below_quality = 0;       ///< the copy's own hash is not asked for
    std::vector<std::uint16_t> distances;  ///< of the copy's own hash to the original's
    BySet<Recall> sets;
};

/// What one version that is asked for found, over all alterations.
struct VariantResult {
    std::uint64_t asked = 0;
    std::uint64_t found = 0;
    std::uint64_t alone = 0;  ///< and no other version found that copy
};

/// A copy and an original of another artwork.
struct UnrelatedPair {
    int distance = 256;
    std::string copy_of;
    std::string original;
    std::string alteration;
    fingerprint::VariantId variant;
};

/// Distances between pictures of different artworks, with quality enough on both sides.
struct Unrelated {
    BySet<DistanceCounts> comparisons;  ///< every version asked, by query set
    BySet<DistanceCounts> copies;       ///< each copy and original: the nearest version
    DistanceCounts originals;           ///< each two originals: the nearest of all copies, wide
    std::vector<UnrelatedPair> nearest;
};

/// The whole result.
struct Measurement {
    std::size_t artworks = 0;                   ///< used
    std::size_t originals = 0;                  ///< used: whole pictures and crops
    std::size_t low_quality = 0;                ///< originals left out: PDQ's quality is too low
    BySet<double> versions{};                   ///< mean number of versions asked for each copy
    std::vector<AlterationResult> alterations;  ///< in the order of alterations()
    std::map<fingerprint::VariantId, VariantResult> variants;
    Unrelated unrelated;
    /// Originals whose copy was not found though it was only written anew: the first alteration.
    std::vector<std::string> unstable;
    std::vector<Problem> problems;
    double seconds = 0;
};

struct MeasureOptions {
    unsigned crops = 4;     ///< further originals of each artwork
    std::size_t limit = 0;  ///< use only so many artworks; 0: all
    unsigned jobs = 1;
};

/// Told how far the work is; called by any thread, one at a time.
using OnProgress = std::function<void(std::string_view stage, std::size_t done, std::size_t total)>;

/// Makes originals of the artworks and altered copies of the originals, reads the copies with
/// `reader`, whose query set is wide, and compares what it asks for with the originals. Originals
/// are decoded in this process. The result does not depend on the number of jobs. Cost: pictures
/// are read in linear time, compared in quadratic time. Fails when no original is left.
Result<Measurement> measure(
    fingerprint::PictureReader& reader,
    const Collection& collection,
    const MeasureOptions& options,
    const OnProgress& on_progress
);

}  // namespace cairn::robustness
