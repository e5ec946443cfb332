#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/hex.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/content.h"
#include "cli/list_output.h"
#include "hashlist/live_list.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct MatchOptions {
    std::vector<std::string> inputs;
    std::vector<std::string> lists;
    std::string variants;
    bool json = false;
};

/// 64 hex digits alone may be either: both are asked.
constexpr const char* kEither = "sha256 or pdq";

/// What was asked, and what it took.
struct Answer {
    std::string input;
    std::string kind;  ///< "file", "md5", "sha1", "sha256", "pdq", "sha256 or pdq"
    scan::ItemRecord item;
    double prepare_ms = 0;  ///< reading, digesting, decoding
    double match_ms = 0;    ///< asking all lists
};

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void ask_as_picture(scan::ItemRecord& item, const fingerprint::PdqCode& code) {
    fingerprint::Frame frame;
    // The text form carries no quality; whoever hashed the picture has looked at it.
    frame.record = {code, 100};
    item.picture.emplace();
    item.picture->frames.push_back(std::move(frame));
}

/// Puts a hash, given as "TYPE:HEX" or as bare hex digits, where the matcher looks for it.
Status take_hash(std::string_view text, Answer& answer) {
    const std::size_t colon = text.find(':');
    std::string type = lower_ascii(text.substr(0, colon == text.npos ? 0 : colon));
    const std::string_view hex = colon == text.npos ? text : text.substr(colon + 1);
    if (type.empty()) {
        const std::map<std::size_t, std::string> by_length = {
            {32, "md5"}, {40, "sha1"}, {64, kEither}};
        const auto known = by_length.find(hex.size());
        if (known != by_length.end()) type = known->second;
    }
    answer.kind = type;
    crypto::Digests& digests = answer.item.digests.emplace();
    if (type == "md5") {
        digests.md5 = CAIRN_TRY(hex_decode_array<16>(hex));
        return ok();
    }
    if (type == "sha1") {
        digests.sha1 = CAIRN_TRY(hex_decode_array<20>(hex));
        return ok();
    }
    const bool both = type == kEither;
    if (both || type == "sha256") digests.sha256 = CAIRN_TRY(hex_decode_array<32>(hex));
    if (both || type == "pdq") {
        const fingerprint::PdqCode code = CAIRN_TRY(fingerprint::pdq_from_hex(hex));
        ask_as_picture(answer.item, code);
    }
    if (both || type == "sha256" || type == "pdq") return ok();
    return fail(
        Errc::invalid_argument,
        "neither a file nor a hash; a hash is 32 (MD5), 40 (SHA-1) or 64 (SHA-256, PDQ) hex "
        "digits, or md5:, sha1:, sha256: or pdq: and its digits"
    );
}

Status take_file(fingerprint::PictureReader& pictures, const std::string& path, Answer& answer) {
    const OpenContent content = CAIRN_TRY(open_content(path));
    answer.kind = "file";
    answer.item.digests = content.digests;
    answer.item.size_bytes = content.size_bytes;
    answer.item.type = content.type;
    if (family_of(content.type) != fingerprint::FileFamily::picture) return ok();
    auto picture = pictures.read(content.fd.get(), content.size_bytes, content.type);
    if (picture) {
        answer.item.picture = *std::move(picture);
    } else {
        // Its digests are asked all the same.
        answer.item.findings.push_back(scan::make_finding(
            scan::Finding::Kind::error, "picture_damaged", picture.error().message, true
        ));
    }
    return ok();
}

Json json_of(const Answer& answer, const std::vector<scan::OpenList>& lists) {
    Json out;
    out["input"] = printable(answer.input);
    out["kind"] = answer.kind;
    Json matches = Json::array();
    for (const scan::Finding& finding : answer.item.findings) {
        if (!finding.match) {
            out["picture_error"] = printable(finding.text);
            continue;
        }
        const scan::Match& match = *finding.match;
        const hashlist::ListInfo& list = lists[match.list].info;
        Json one = {{"list", list.name}, {"list_version", list.version}};
        one["match"] = scan::name_of(match.kind);
        if (match.kind == scan::Match::Kind::pdq) {
            one["distance"] = match.distance;
            one["variant"] = fingerprint::text_of(match.variant);
        }
        one["verdict"] = hashlist::name_of(match.entry.verdict);
        if (match.entry.category) one["category"] = *match.entry.category;
        one["category_name"] = printable(match.entry.category_name);
        one["series"] = printable(match.entry.series);
        one["weight"] = scan::name_of(match.weight);
        one["entry"] = fmt::format("{:016x}", match.entry.reference);
        one["text"] = printable(finding.text);
        matches.push_back(std::move(one));
    }
    out["matches"] = std::move(matches);
    out["known_good"] = answer.item.known_good;
    out["prepare_ms"] = answer.prepare_ms;
    out["match_ms"] = answer.match_ms;
    return out;
}

std::string category_and_series(const hashlist::ListEntry& entry) {
    std::string category = category_text(entry);
    if (entry.series.empty()) return category;
    return fmt::format("{}, series {}", category, printable(entry.series));
}

std::string text_of(
    const Answer& answer, const std::vector<scan::OpenList>& lists, const Terminal& terminal
) {
    std::string rows;
    std::size_t matches = 0;
    for (const scan::Finding& finding : answer.item.findings) {
        if (!finding.match) {
            rows += "  not compared as a picture: " + printable(finding.text) + "\n";
            continue;
        }
        ++matches;
        const hashlist::ListInfo& list = lists[finding.match->list].info;
        rows += fmt::format(
            "  {} {}: {}; {}\n",
            list.name,
            list.version,
            printable(finding.text),
            category_and_series(finding.match->entry)
        );
    }
    if (answer.item.known_good) rows += "  on a list of known good files\n";
    const std::string verdict =
        matches > 0
            ? terminal.paint(
                  Colour::red, matches == 1 ? "on 1 list" : fmt::format("on {} lists", matches)
              )
            : terminal.paint(Colour::green, "not listed");
    return fmt::format(
        "{} ({}): {}, read in {:.2f} ms, asked in {:.2f} ms\n{}",
        printable(answer.input),
        answer.kind,
        verdict,
        answer.prepare_ms,
        answer.match_ms,
        rows
    );
}

/// The lists as they are now, whoever changes them.
class FollowedLists {
public:
    static Result<FollowedLists> open(
        const Context& context, const std::vector<std::string>& names
    ) {
        FollowedLists followed;
        const auto key = CAIRN_TRY(open_list_key(context));
        for (const std::string& name : names) {
            auto list = CAIRN_TRY(hashlist::LiveList::open(lists_folder(context), key, name, {}));
            followed.lists_.push_back(std::move(list));
        }
        return followed;
    }

    std::vector<scan::OpenList> now() const {
        std::vector<scan::OpenList> lists;
        for (const auto& list : lists_) lists.push_back(list->current());
        return lists;
    }

private:
    std::vector<std::unique_ptr<hashlist::LiveList>> lists_;
};

/// Asks inputs of the lists and prints the answers.
class Asker {
public:
    Asker(
        const Context& context,
        fingerprint::PictureReader& pictures,
        const FollowedLists& lists,
        bool json
    )
        : context_(context), pictures_(pictures), lists_(lists), json_(json) {}

    Status ask(const std::string& input) {
        const std::vector<scan::OpenList> lists = lists_.now();
        const auto answer = answer_to(input, scan::Matcher(lists));
        if (!answer) {
            complete_ = false;
            context_.terminal.error("error: " + printable(answer.error().message) + "\n");
            return ok();
        }
        for (const scan::Finding& finding : answer->item.findings) {
            complete_ &= !finding.gap;
            matched_ |= finding.match && finding.match->weight == hashlist::Weight::counts;
        }
        return context_.terminal.out(
            json_ ? json_of(*answer, lists).dump(-1, ' ', false, Json::error_handler_t::replace) +
                        "\n"
                  : text_of(*answer, lists, context_.terminal)
        );
    }

    Exit end() const {
        if (!complete_) return Exit::not_covered;
        return matched_ ? Exit::covered_matches : Exit::covered_clean;
    }

private:
    Result<Answer> answer_to(const std::string& input, const scan::Matcher& matcher) {
        Answer answer;
        answer.input = input;
        const auto start = Clock::now();
        const bool is_file = ::access(input.c_str(), F_OK) == 0;
        const Status taken =
            is_file ? take_file(pictures_, input, answer) : take_hash(input, answer);
        if (!taken) return is_file ? taken.error() : Error(taken.error()).with_context(input);
        answer.prepare_ms = milliseconds_since(start);
        const auto asked = Clock::now();
        CAIRN_TRY(matcher.match(answer.item));
        answer.match_ms = milliseconds_since(asked);
        return answer;
    }

    const Context& context_;
    fingerprint::PictureReader& pictures_;
    const FollowedLists& lists_;
    bool json_;
    bool matched_ = false;
    bool complete_ = true;
};

Result<std::vector<std::string>> names_of_all(const Context& context) {
    auto store = CAIRN_TRY(open_lists(context));
    const auto lists = CAIRN_TRY(store->lists());
    std::vector<std::string> names;
    for (const hashlist::ListInfo& list : lists) names.push_back(list.name);
    if (names.empty()) {
        return fail(
            Errc::invalid_argument, "there are no lists; `cairn list import FILE --name NAME`"
        );
    }
    return names;
}

Result<Exit> run_match(Context& context, const MatchOptions& options) {
    std::vector<std::string> names = options.lists;
    if (names.empty()) names = CAIRN_TRY(names_of_all(context));
    const auto lists = CAIRN_TRY(FollowedLists::open(context, names));
    const auto query_set = fingerprint::query_set_from(options.variants);
    if (!query_set) return fail(Errc::invalid_argument, "--variants {}", options.variants);
    auto pictures = CAIRN_TRY(open_pictures(context, {.decoders = 1, .query_set = *query_set}));
    Asker asker(context, *pictures, lists, options.json);
    for (const std::string& input : options.inputs) {
        if (input != "-") {
            CAIRN_TRY(asker.ask(input));
            continue;
        }
        for (std::string line; std::getline(std::cin, line);) {
            if (!line.empty()) CAIRN_TRY(asker.ask(line));
        }
    }
    return asker.end();
}

}  // namespace

void add_match_command(CLI::App& app, Context& context) {
    auto options = std::make_shared<MatchOptions>();
    CLI::App* command =
        app.add_subcommand("match", "Ask the hash lists about single files or hashes");
    command
        ->add_option(
            "input",
            options->inputs,
            "Files, hashes in hex digits, - for a line each of standard input"
        )
        ->required()
        ->type_name("FILE|HASH");
    add_list_names(*command, options->lists)
        ->description("Hash list to ask (repeatable; default: all)");
    add_variants_option(*command, options->variants);
    command->add_flag("--json", options->json, "One JSON object per line");
    add_list_options(*command, context);
    command->footer(
        "64 hex digits are asked as SHA-256 and as PDQ; pdq: or sha256: in front says which.\n"
        "With - the program answers line by line and follows changes of the lists as it runs.\n"
        "Nothing is recorded. Exit codes: 0 no match, 1 match, 3 something could not be read.\n"
        "Examples:\n"
        "  cairn match photo.jpg\n"
        "  cairn match --list national --json d41d8cd98f00b204e9800998ecf8427e *.jpg"
    );
    on_command(context, *command, options, run_match);
}

}  // namespace cairn::cli
