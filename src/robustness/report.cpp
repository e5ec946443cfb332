#include "robustness/report.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "fingerprint/pdq.h"
#include "robustness/alterations.h"

namespace cairn::robustness {
namespace {

using Json = nlohmann::ordered_json;
using fingerprint::kPdqRadius;

/// The tail is fitted to what at least 20 comparisons and at most one in ten thousand show.
constexpr std::uint64_t kTailCountMin = 20;
constexpr double kTailShareMax = 1e-4;

std::string set_name(std::size_t set) {
    return std::string(fingerprint::name_of(kQuerySets[set]));
}

/// "97.3 (95-99)": per cent and the interval, rounded outwards.
std::string percent_text(std::uint64_t found, std::uint64_t of) {
    const Share share = share_of(found, of);
    return fmt::format(
        "{:.1f} ({:.0f}-{:.0f})",
        100 * share.value,
        std::floor(100 * share.low),
        std::ceil(100 * share.high)
    );
}

Json share_json(std::uint64_t found, std::uint64_t of) {
    const Share share = share_of(found, of);
    return {{"count", found}, {"share", share.value}, {"low", share.low}, {"high", share.high}};
}

Json counts_json(const DistanceCounts& distances) {
    Json out;
    out["total"] = distances.total();
    out["within_radius"] = distances.up_to(kPdqRadius);
    out["smallest"] = distances.total() == 0 ? Json() : Json(distances.smallest());
    out["mean"] = distances.mean();
    out["deviation"] = distances.deviation();
    Json counts = Json::object();
    for (std::size_t i = 0; i < distances.counts().size(); ++i) {
        if (distances.counts()[i] != 0) counts[std::to_string(i)] = distances.counts()[i];
    }
    out["counts"] = std::move(counts);
    return out;
}

Json alteration_json(const Alteration& alteration, const AlterationResult& result) {
    Json out;
    out["name"] = alteration.name;
    out["text"] = alteration.text;
    out["copies"] = result.copies;
    out["below_quality"] = result.below_quality;
    out["distance"] = {
        {"mean", mean_of(result.distances)}, {"p95", percentile_of(result.distances, 95)}};
    for (std::size_t set = 0; set < kQuerySets.size(); ++set) {
        out[set_name(set)] = {
            {"found", share_json(result.sets[set].found, result.copies)},
            {"near", share_json(result.sets[set].near, result.copies)},
        };
    }
    return out;
}

Json tail_json(const DistanceCounts& distances) {
    const auto tail = fit_tail(distances, kTailCountMin, kTailShareMax);
    if (!tail) return {};
    return {
        {"first", tail->first},
        {"last", tail->last},
        {"decades_per_bit", tail->decades_per_bit},
        {"log10_at_radius", tail->log10_at_radius},
    };
}

Json unrelated_json(const Unrelated& unrelated) {
    Json out;
    for (std::size_t set = 0; set < kQuerySets.size(); ++set) {
        out[set_name(set)] = {
            {"comparisons", counts_json(unrelated.comparisons[set])},
            {"copies", counts_json(unrelated.copies[set])},
            {"tail", tail_json(unrelated.comparisons[set])},
        };
    }
    out["originals"] = counts_json(unrelated.originals);
    Json nearest = Json::array();
    for (const UnrelatedPair& pair : unrelated.nearest) {
        nearest.push_back({
            {"distance", pair.distance},
            {"copy_of", printable(pair.copy_of)},
            {"original", printable(pair.original)},
            {"alteration", pair.alteration},
            {"variant", fingerprint::text_of(pair.variant)},
        });
    }
    out["nearest"] = std::move(nearest);
    return out;
}

std::string pictures_text(const Measurement& measurement) {
    return fmt::format(
        "{} originals of {}; {} left out for their low PDQ quality; {:.0f} s\n"
        "Mean and p95: distance of the copy's own hash. Found within {}, with its 95 % interval,\n"
        "when asked for {:.0f} (upright), {:.0f} (turns), {:.0f} (wide) versions; near: wide, "
        "within {}.\n\n",
        grouped(measurement.originals),
        count_of(measurement.artworks, "artwork"),
        grouped(measurement.low_quality),
        measurement.seconds,
        kPdqRadius,
        measurement.versions[0],
        measurement.versions[1],
        measurement.versions[2],
        kNearDistance
    );
}

std::string recall_text(const Measurement& measurement) {
    constexpr const char* kRow = "{:<32} {:>6} {:>5} {:>4}  {:<15} {:<15} {:<15} {:>5}\n";
    std::string out = fmt::format(
        fmt::runtime(kRow),
        "alteration",
        "copies",
        "mean",
        "p95",
        "upright %",
        "turns %",
        "wide %",
        "near"
    );
    for (std::size_t i = 0; i < measurement.alterations.size(); ++i) {
        const AlterationResult& result = measurement.alterations[i];
        out += fmt::format(
            fmt::runtime(kRow),
            alterations()[i].text,
            grouped(result.copies),
            fmt::format("{:.0f}", mean_of(result.distances)),
            percentile_of(result.distances, 95),
            percent_text(result.sets[0].found, result.copies),
            percent_text(result.sets[1].found, result.copies),
            percent_text(result.sets[2].found, result.copies),
            fmt::format("{:.1f}", 100 * share_of(result.sets[2].near, result.copies).value)
        );
    }
    return out;
}

std::string unstable_text(const Measurement& measurement) {
    if (measurement.unstable.empty()) return {};
    std::string out = "\nNot found though only written anew (PDQ cannot hold them):\n";
    for (const std::string& name : measurement.unstable) out += "  " + printable(name) + "\n";
    return out;
}

std::string unrelated_text(const Measurement& measurement) {
    const Unrelated& unrelated = measurement.unrelated;
    std::string out = fmt::format(
        "\nPictures of different artworks: {} pairs of originals, {} of copy and original\n",
        grouped(unrelated.originals.total()),
        grouped(unrelated.copies.back().total())
    );
    if (unrelated.originals.total() == 0) return out + "Nothing to compare: one artwork only.\n";
    for (std::size_t set = 0; set < kQuerySets.size(); ++set) {
        out += fmt::format(
            "  {:<8} {} comparisons, {} within {} ({} pairs of copy and original), nearest {}\n",
            set_name(set),
            grouped(unrelated.comparisons[set].total()),
            grouped(unrelated.comparisons[set].up_to(kPdqRadius)),
            kPdqRadius,
            grouped(unrelated.copies[set].up_to(kPdqRadius)),
            unrelated.comparisons[set].smallest()
        );
    }
    out += "Nearest (look at them: two versions of one artwork are no false match):\n";
    for (const UnrelatedPair& pair : unrelated.nearest) {
        out += fmt::format(
            "  {:>3}  {} and {}, {}, asked {}\n",
            pair.distance,
            printable(pair.copy_of),
            printable(pair.original),
            pair.alteration,
            fingerprint::text_of(pair.variant)
        );
    }
    return out;
}

}  // namespace

std::string plain_text(const Measurement& measurement) {
    return pictures_text(measurement) + recall_text(measurement) + unstable_text(measurement) +
           unrelated_text(measurement);
}

std::string json_text(const Measurement& measurement) {
    Json out;
    out["format"] = "cairn-robustness-1";
    out["artworks"] = measurement.artworks;
    out["originals"] = measurement.originals;
    out["low_quality"] = measurement.low_quality;
    out["seconds"] = measurement.seconds;
    for (std::size_t set = 0; set < kQuerySets.size(); ++set) {
        out["versions"][set_name(set)] = measurement.versions[set];
    }
    Json rows = Json::array();
    for (std::size_t i = 0; i < measurement.alterations.size(); ++i) {
        rows.push_back(alteration_json(alterations()[i], measurement.alterations[i]));
    }
    out["alterations"] = std::move(rows);
    Json variants = Json::array();
    for (const auto& [id, result] : measurement.variants) {
        variants.push_back({
            {"variant", fingerprint::text_of(id)},
            {"asked", result.asked},
            {"found", result.found},
            {"alone", result.alone},
        });
    }
    out["variants"] = std::move(variants);
    out["unstable"] = Json::array();
    for (const std::string& name : measurement.unstable) {
        out["unstable"].push_back(printable(name));
    }
    out["unrelated"] = unrelated_json(measurement.unrelated);
    Json problems = Json::array();
    for (const Problem& problem : measurement.problems) {
        problems.push_back(
            {{"path", printable(problem.path)}, {"reason", printable(problem.reason)}}
        );
    }
    out["problems"] = std::move(problems);
    return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cairn::robustness
