#include <map>

#include "base/text.h"
#include "cli/list_output.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;
using hashlist::ListDifference;
using hashlist::ListIndex;
using hashlist::ListInfo;
using hashlist::ListStatistics;

struct StatsCommand {
    std::string name;
    bool json = false;
};

struct DiffCommand {
    std::string name;
    std::string from;
    std::string to;
    bool json = false;
};

Json json_of(const ListStatistics& statistics) {
    Json out;
    out["entries"] = statistics.entries;
    out["pdq"] = statistics.pdq_codes;
    out["pdq_quarantined"] = statistics.pdq_quarantined;
    out["pdq_refused"] = statistics.pdq_refused;
    out["buckets"] = {
        {"largest", statistics.largest_buckets},
        {"candidates_per_query", statistics.candidates_per_query},
        {"candidates_uniform", statistics.candidates_uniform},
        {"skew", statistics.skew()}};
    out["near_duplicates"] = {
        {"codes_asked", statistics.codes_asked},
        {"codes_with_neighbours", statistics.codes_with_neighbours},
        {"largest_neighbourhood", statistics.largest_neighbourhood}};
    if (statistics.all_asked()) {
        out["near_duplicates"]["groups"] = statistics.groups;
        out["near_duplicates"]["codes_in_largest_group"] = statistics.codes_in_largest_group;
    }
    return out;
}

std::string share_of(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "0 %";
    return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

/// How alike the list's pictures are.
std::string neighbours_text(const ListStatistics& statistics) {
    std::string text = fmt::format(
        "Near duplicates (within 8 bits): {} of {} asked ({}) have some; the most that one has "
        "is {}.\n",
        grouped(statistics.codes_with_neighbours),
        count_of(statistics.codes_asked, "code"),
        share_of(statistics.codes_with_neighbours, statistics.codes_asked),
        grouped(statistics.largest_neighbourhood > 0 ? statistics.largest_neighbourhood - 1 : 0)
    );
    if (!statistics.all_asked()) {
        return text + "The list is too large to count groups; codes were asked evenly.\n";
    }
    return text + fmt::format(
                      "They make {}; the largest has {}.\n",
                      count_of(statistics.groups, "group"),
                      count_of(statistics.codes_in_largest_group, "code")
                  );
}

std::string text_of(const ListInfo& list, const ListStatistics& statistics) {
    const std::uint64_t offered =
        statistics.pdq_codes + statistics.pdq_quarantined + statistics.pdq_refused;
    std::string text = fmt::format(
        "List \"{}\", version {}: {} in {}, {}.\n"
        "PDQ codes: {} searched; {} set aside as crowded; {} refused as suspicious or of low "
        "quality ({} of those offered).\n",
        list.name,
        list.version,
        grouped(statistics.entries) + (statistics.entries == 1 ? " entry" : " entries"),
        count_of(list.segments, "file"),
        human_bytes(list.file_size_bytes),
        grouped(statistics.pdq_codes),
        grouped(statistics.pdq_quarantined),
        grouped(statistics.pdq_refused),
        share_of(statistics.pdq_refused, offered)
    );
    if (statistics.pdq_codes == 0) return text;
    if (statistics.skew() == 0) {
        text += "Search: compares with every code; so few need no buckets.\n";
    } else {
        text += fmt::format(
            "Search: a query like the list's own looks at {:.1f} codes, {:.1f} were they random: "
            "skew {:.1f}{}.\n",
            statistics.candidates_per_query,
            statistics.candidates_uniform,
            statistics.skew(),
            statistics.skew() > 4 ? ", queries are slower than they should be" : ""
        );
    }
    if (!statistics.largest_buckets.empty()) {
        std::string sizes;
        for (const std::uint32_t size : statistics.largest_buckets) {
            sizes += (sizes.empty() ? "" : ", ") + grouped(size);
        }
        text += "Largest buckets: " + sizes + " codes.\n";
    }
    return text + neighbours_text(statistics);
}

Result<Exit> run_stats(Context& context, const StatsCommand& command) {
    auto store = CAIRN_TRY(open_lists(context));
    const ListInfo list = CAIRN_TRY(store->info(command.name));
    const ListStatistics statistics = CAIRN_TRY(store->statistics(command.name));
    if (command.json) {
        Json out;
        out["list"] = cli::json_of(list);
        out["statistics"] = json_of(statistics);
        CAIRN_TRY(context.terminal.out(out.dump(2) + "\n"));
    } else {
        CAIRN_TRY(context.terminal.out(text_of(list, statistics)));
    }
    return Exit::covered_clean;
}

std::string version_text(const ListInfo& list) {
    return fmt::format("{} ({})", list.version, list.version_id.substr(0, 12));
}

/// The kept version whose text or whose id's first digits are `text`.
Result<std::size_t> version_named(const std::vector<ListInfo>& kept, const std::string& text) {
    std::vector<std::size_t> found;
    std::string known;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (kept[i].version == text || kept[i].version_id.starts_with(text)) found.push_back(i);
        known += (known.empty() ? "" : ", ") + version_text(kept[i]);
    }
    if (found.size() == 1) return found.front();
    return fail(
        Errc::invalid_argument,
        "list \"{}\" has {} version \"{}\"; kept are {}",
        kept.front().name,
        found.empty() ? "no" : "more than one",
        printable(text),
        printable(known)
    );
}

/// The versions to compare, as positions in `kept`, which is newest first.
struct VersionPair {
    std::size_t from = 1;
    std::size_t to = 0;
};

Result<VersionPair> versions_of(const std::vector<ListInfo>& kept, const DiffCommand& command) {
    VersionPair pair;
    if (!command.to.empty()) pair.to = CAIRN_TRY(version_named(kept, command.to));
    if (!command.from.empty()) {
        pair.from = CAIRN_TRY(version_named(kept, command.from));
        return pair;
    }
    if (kept.size() == 1) {
        return fail(
            Errc::not_found,
            "list \"{}\" has one version, {}; there is nothing to compare it with",
            kept.front().name,
            printable(version_text(kept.front()))
        );
    }
    return pair;
}

/// Entries by verdict and category.
using CategoryCounts = std::map<std::string, std::uint64_t>;

Result<CategoryCounts> count_categories(
    const ListIndex& index, const std::vector<std::uint32_t>& entries
) {
    CategoryCounts counts;
    for (const std::uint32_t number : entries) {
        const hashlist::ListEntry entry = CAIRN_TRY(index.entry(number));
        ++counts[category_text(entry)];
    }
    return counts;
}

/// A change counts by what it was and what it is.
Result<CategoryCounts> count_changes(
    const ListIndex& before, const ListIndex& after, const ListDifference& difference
) {
    CategoryCounts counts;
    for (const ListDifference::Change& change : difference.changed) {
        const hashlist::ListEntry was = CAIRN_TRY(before.entry(change.before));
        const hashlist::ListEntry is = CAIRN_TRY(after.entry(change.after));
        const std::string old_category = category_text(was);
        const std::string category = category_text(is);
        if (old_category == category) {
            ++counts[category];
        } else {
            ++counts[fmt::format("{} -> {}", old_category, category)];
        }
    }
    return counts;
}

/// What differs between two versions, by category.
struct Comparison {
    ListInfo from;
    ListInfo to;
    std::uint64_t unchanged = 0;
    CategoryCounts added;
    CategoryCounts withdrawn;
    CategoryCounts changed;
};

Result<Comparison> compare(hashlist::ListStore& store, const ListInfo& from, const ListInfo& to) {
    const auto before = CAIRN_TRY(store.load_version(from.name, from.version_id));
    const auto after = CAIRN_TRY(store.load_version(to.name, to.version_id));
    const auto difference = CAIRN_TRY(store.difference(from.name, from.version_id, to.version_id));
    Comparison comparison;
    comparison.from = from;
    comparison.to = to;
    comparison.unchanged = difference.unchanged;
    comparison.added = CAIRN_TRY(count_categories(*after.index, difference.added));
    comparison.withdrawn = CAIRN_TRY(count_categories(*before.index, difference.withdrawn));
    comparison.changed = CAIRN_TRY(count_changes(*before.index, *after.index, difference));
    return comparison;
}

std::uint64_t sum_of(const CategoryCounts& counts) {
    std::uint64_t sum = 0;
    for (const auto& [category, count] : counts) sum += count;
    return sum;
}

Json json_of(const Comparison& comparison) {
    Json out;
    out["list"] = comparison.to.name;
    for (const auto& [name, list] : {std::pair{"from", &comparison.from}, {"to", &comparison.to}}) {
        out[name] = {{"version", list->version}, {"version_id", list->version_id}};
    }
    out["unchanged"] = comparison.unchanged;
    const auto add = [&out](const char* name, const CategoryCounts& counts) {
        out[name] = {{"entries", sum_of(counts)}, {"categories", counts}};
    };
    add("added", comparison.added);
    add("withdrawn", comparison.withdrawn);
    add("changed", comparison.changed);
    return out;
}

std::string text_of(const Comparison& comparison) {
    std::string text = fmt::format(
        "List \"{}\", from version {} to {}: {} entries unchanged.\n",
        comparison.to.name,
        printable(version_text(comparison.from)),
        printable(version_text(comparison.to)),
        grouped(comparison.unchanged)
    );
    const auto add = [&text](const char* name, const CategoryCounts& counts) {
        text += fmt::format("{}: {}\n", name, grouped(sum_of(counts)));
        for (const auto& [category, count] : counts) {
            text += fmt::format("  {} {}\n", grouped(count), category);
        }
    };
    add("Added", comparison.added);
    add("Withdrawn", comparison.withdrawn);
    add("Changed", comparison.changed);
    return text;
}

Result<Exit> run_diff(Context& context, const DiffCommand& command) {
    auto store = CAIRN_TRY(open_lists(context));
    const std::vector<ListInfo> kept = CAIRN_TRY(store->versions(command.name));
    const VersionPair pair = CAIRN_TRY(versions_of(kept, command));
    const Comparison comparison = CAIRN_TRY(compare(*store, kept[pair.from], kept[pair.to]));
    CAIRN_TRY(context.terminal.out(
        command.json ? json_of(comparison).dump(2) + "\n" : text_of(comparison)
    ));
    return Exit::covered_clean;
}

void add_stats(CLI::App& list, Context& context) {
    auto options = std::make_shared<StatsCommand>();
    CLI::App* command = list.add_subcommand(
        "stats", "Say how well a list can be searched and how alike its pictures are"
    );
    command->add_option("name", options->name, "Name of the list")->required();
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Reads all of the list: seconds for a large one. Example:\n  cairn list stats national"
    );
    on_command(context, *command, options, run_stats);
}

void add_diff(CLI::App& list, Context& context) {
    auto options = std::make_shared<DiffCommand>();
    CLI::App* command =
        list.add_subcommand("diff", "Count what one version of a list has and another has not");
    command->add_option("name", options->name, "Name of the list")->required();
    command->add_option(
        "from", options->from, "Older version, or the first digits of its id (default: the last)"
    );
    command->add_option("to", options->to, "Newer version (default: the current one)");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "The last three versions are kept. What an entry lists is never shown.\n"
        "Examples:\n"
        "  cairn list diff national\n"
        "  cairn list diff national 2026-10 2026-11 --json"
    );
    on_command(context, *command, options, run_diff);
}

}  // namespace

void add_list_inspect_commands(CLI::App& list, Context& context) {
    add_stats(list, context);
    add_diff(list, context);
}

}  // namespace cairn::cli
