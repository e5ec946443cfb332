#include <algorithm>
#include <atomic>
#include <set>

#include <nlohmann/json.hpp>

#include "audit/bound_log.h"
#include "audit/log_names.h"
#include "base/text.h"
#include "base/utc_time.h"
#include "cli/audit_place.h"
#include "cli/server_talk.h"
#include "crypto/base64.h"

namespace cairn::cli {
namespace {

using audit::Checkpoint;
using audit::LogReport;
using audit::Verdict;
using Json = nlohmann::ordered_json;

struct VerifyCommand {
    std::string location;
    VerifierKeyNames trusted;
    std::vector<std::string> since;
    std::string log;
    bool json = false;
    bool quiet = false;
};

/// Counts the rows that pass.
class CountedLog final : public audit::LogSource {
public:
    CountedLog(audit::LogSource& log, std::atomic<std::uint64_t>& rows) : log_(log), rows_(rows) {}

    Result<std::uint64_t> tree_size() override { return log_.tree_size(); }
    Result<std::optional<audit::LogCheckpoint>> next_checkpoint() override {
        return log_.next_checkpoint();
    }
    Result<std::optional<ByteVector>> read_tile(const audit::TileId& tile) override {
        return log_.read_tile(tile);
    }
    Result<std::optional<audit::LogRow>> next_row() override {
        rows_.fetch_add(1, std::memory_order_relaxed);
        return log_.next_row();
    }

private:
    audit::LogSource& log_;
    std::atomic<std::uint64_t>& rows_;
};

/// A checkpoint that the reader kept.
struct KeptCheckpoint {
    std::string origin;
    std::string note;
};

Result<std::vector<KeptCheckpoint>> read_kept(
    const std::vector<std::string>& files, const std::vector<audit::VerifierKey>& keys
) {
    std::vector<KeptCheckpoint> kept;
    for (const std::string& file : files) {
        KeptCheckpoint one;
        one.note = CAIRN_TRY(read_text_file(file, audit::kNoteBytesMax));
        auto note = audit::parse_note(one.note);
        if (!note) return std::move(note).error().with_context(file);
        auto checkpoint = audit::parse_checkpoint(note->text);
        if (!checkpoint) return std::move(checkpoint).error().with_context(file);
        one.origin = checkpoint->origin;
        // Otherwise the log would be blamed for what a stranger wrote.
        const auto signers = audit::keys_of_log(keys, one.origin);
        if (!signers.empty() && !audit::verify_note(*note, signers)) {
            return fail(
                Errc::invalid_argument, "{}: not signed by the log {}", file, printable(one.origin)
            );
        }
        kept.push_back(std::move(one));
    }
    return kept;
}

/// One log and what was found.
struct VerifiedLog {
    std::string origin;
    LogReport report;
};

struct Verification {
    std::vector<VerifiedLog> logs;
    std::vector<std::string> missing;  ///< logs that were asked for and are not there

    Verdict verdict() const {
        Verdict worst = missing.empty() ? Verdict::good : Verdict::incomplete;
        for (const VerifiedLog& log : logs) worst = std::max(worst, log.report.verdict);
        return worst;
    }
};

/// What a verification needs to know of its command.
struct Trust {
    std::vector<audit::VerifierKey> keys;
    std::vector<audit::VerifierKey> witnesses;
    std::vector<KeptCheckpoint> kept;
};

Result<Trust> read_trust(const VerifyCommand& command) {
    Trust trust;
    trust.keys = CAIRN_TRY(read_verifier_keys(command.trusted.keys));
    trust.witnesses = CAIRN_TRY(read_verifier_keys(command.trusted.witnesses));
    trust.kept = CAIRN_TRY(read_kept(command.since, trust.keys));
    return trust;
}

/// The logs that keys and kept checkpoints speak of and that are not among `origins`.
std::vector<std::string> missing_logs(
    const Trust& trust, const std::vector<std::string>& origins, const std::string& only
) {
    std::set<std::string> wanted;
    for (const audit::VerifierKey& key : trust.keys) {
        const std::span one(&key, 1);
        const auto covers = [&](const std::string& origin) {
            return !audit::keys_of_log(one, origin).empty();
        };
        if (std::ranges::none_of(origins, covers)) wanted.insert(key.name());
    }
    for (const KeptCheckpoint& kept : trust.kept) {
        if (only.empty() || kept.origin == only) wanted.insert(kept.origin);
    }
    for (const std::string& origin : origins) wanted.erase(origin);
    return {wanted.begin(), wanted.end()};
}

audit::LogVerifierOptions options_for(const std::string& origin, const Trust& trust) {
    audit::LogVerifierOptions options;
    options.origin = origin;
    options.log_keys = audit::keys_of_log(trust.keys, origin);
    options.witness_keys = trust.witnesses;
    options.now = SystemClock().now();
    for (const KeptCheckpoint& kept : trust.kept) {
        if (kept.origin == origin) options.kept_notes.push_back(kept.note);
    }
    return options;
}

Result<Verification> verify_place(
    Context& context, audit::LogPlace& place, const VerifyCommand& command, const Trust& trust
) {
    std::vector<std::string> origins = CAIRN_TRY(place.origins());
    if (!command.log.empty()) origins = {command.log};
    std::vector<std::unique_ptr<audit::StoredLog>> logs;
    std::uint64_t total = 0;
    for (const std::string& origin : origins) {
        auto log = CAIRN_TRY(place.log(origin));
        const auto size = log->tree_size();
        total += size ? *size : 0;
        logs.push_back(std::move(log));
    }
    Verification verification;
    verification.missing = missing_logs(trust, origins, command.log);
    std::atomic<std::uint64_t> rows = 0;
    const auto text = [&](auto elapsed) {
        return entries_progress_text(std::min(rows.load(), total), total, elapsed);
    };
    const ProgressLine line(context.terminal, text, progress_style(context, command.quiet));
    for (std::size_t i = 0; i < logs.size(); ++i) {
        const audit::LogVerifierOptions options = options_for(origins[i], trust);
        audit::BoundLog bound(*logs[i], place, options.findings_max);
        CountedLog counted(bound, rows);
        LogReport report = audit::verify_log(counted, options);
        bound.add_to(report);
        verification.logs.push_back({origins[i], std::move(report)});
    }
    return verification;
}

std::string_view word_for(Verdict verdict) {
    switch (verdict) {
        case Verdict::good:
            return "good";
        case Verdict::incomplete:
            return "incomplete";
        case Verdict::tampered:
            return "tampered";
    }
    return "";
}

std::string headline(const Terminal& terminal, Verdict verdict) {
    switch (verdict) {
        case Verdict::good:
            return terminal.paint(Colour::green, "good") + ": it is as it was logged and signed.";
        case Verdict::incomplete:
            return terminal.paint(Colour::yellow, "NOT VERIFIED") +
                   ": nothing wrong was found, but see below.";
        case Verdict::tampered:
            return terminal.paint(Colour::red, "TAMPERED WITH") + ": it is not what was logged.";
    }
    return "";
}

std::string text_of(const Terminal& terminal, const VerifiedLog& log) {
    const LogReport& report = log.report;
    std::string text =
        fmt::format("Log {}: {}\n", printable(log.origin), headline(terminal, report.verdict));
    text += fmt::format(
        "  {} in the tree, {} read, tree hash {}\n",
        entries_text(report.head.size),
        grouped(report.rows),
        crypto::base64_encode(report.head.root)
    );
    if (report.latest) {
        text += fmt::format("  signed up to {}\n", entries_text(report.latest->head.size));
    }
    for (const audit::Cosignature& cosignature : report.cosignatures) {
        text += fmt::format(
            "  witnessed up to {} by {} at {}\n",
            entries_text(report.latest_witnessed->head.size),
            printable(cosignature.witness),
            format_utc(cosignature.time)
        );
    }
    for (const audit::Finding& finding : report.findings) {
        const bool warning = audit::verdict_of(finding.kind) == Verdict::good;
        text += fmt::format("  {}{}\n", warning ? "warning: " : "", printable(finding.text));
    }
    if (report.findings_left_out > 0) {
        text += fmt::format("  and {} more\n", grouped(report.findings_left_out));
    }
    return text;
}

std::string text_of(const Terminal& terminal, const Verification& verification) {
    std::string text;
    for (const VerifiedLog& log : verification.logs) text += text_of(terminal, log);
    for (const std::string& origin : verification.missing) {
        text += fmt::format(
            "Log {}: {}: a key or checkpoint of it was given, but it does not lie here.\n",
            printable(origin),
            terminal.paint(Colour::yellow, "NOT FOUND")
        );
    }
    return text;
}

Json json_of(const Checkpoint& checkpoint) {
    return {
        {"size", checkpoint.head.size}, {"root_hash", crypto::base64_encode(checkpoint.head.root)}};
}

Json json_of(const VerifiedLog& log) {
    const LogReport& report = log.report;
    Json out;
    out["log"] = log.origin;
    out["verdict"] = word_for(report.verdict);
    out["entries"] = report.head.size;
    out["rows"] = report.rows;
    out["root_hash"] = crypto::base64_encode(report.head.root);
    if (report.latest) out["signed"] = json_of(*report.latest);
    if (report.latest_witnessed) {
        out["witnessed"] = json_of(*report.latest_witnessed);
        for (const audit::Cosignature& cosignature : report.cosignatures) {
            out["witnessed"]["cosignatures"].push_back(
                {{"witness", cosignature.witness}, {"time", format_utc(cosignature.time)}}
            );
        }
    }
    out["findings"] = Json::array();
    for (const audit::Finding& finding : report.findings) {
        Json one;
        one["kind"] = audit::name_of(finding.kind);
        one["verdict"] = word_for(audit::verdict_of(finding.kind));
        if (finding.first) one["first"] = *finding.first;
        if (finding.last) one["last"] = *finding.last;
        if (finding.other) one["other"] = *finding.other;
        one["text"] = printable(finding.text);
        out["findings"].push_back(std::move(one));
    }
    out["findings_left_out"] = report.findings_left_out;
    return out;
}

Json json_of(const Verification& verification) {
    Json out;
    out["verdict"] = word_for(verification.verdict());
    out["logs"] = Json::array();
    for (const VerifiedLog& log : verification.logs) out["logs"].push_back(json_of(log));
    out["not_found"] = verification.missing;
    return out;
}

Exit exit_for(Verdict verdict) {
    switch (verdict) {
        case Verdict::good:
            return Exit::covered_clean;
        case Verdict::incomplete:
            return Exit::not_vouched;
        case Verdict::tampered:
            return Exit::tampered;
    }
    return Exit::failed;
}

Result<Exit> run_verify(Context& context, const VerifyCommand& command) {
    const Trust trust = CAIRN_TRY(read_trust(command));
    const auto place = CAIRN_TRY(audit::LogPlace::open(audit_location(context, command.location)));
    const Verification verification = CAIRN_TRY(verify_place(context, *place, command, trust));
    CAIRN_TRY(context.terminal.out(
        command.json ? json_of(verification).dump(2) + "\n"
                     : text_of(context.terminal, verification)
    ));
    return exit_for(verification.verdict());
}

void add_verify(CLI::App& audit, Context& context) {
    auto options = std::make_shared<VerifyCommand>();
    CLI::App* command = audit.add_subcommand(
        "verify", "Recompute the logs in a place and name every entry that is not as it was logged"
    );
    add_audit_location(*command, options->location);
    add_verifier_keys(*command, options->trusted);
    command
        ->add_option(
            "--since",
            options->since,
            "Checkpoint that was kept apart: the log must contain what it signed (repeatable)"
        )
        ->type_name("FILE")
        ->allow_extra_args(false);
    add_log_origin(*command, options->log);
    command->add_flag("--json", options->json, "Print JSON");
    command->add_flag("--quiet", options->quiet, "No progress");
    command->footer(
        "Without --key nobody vouches for the log, and the answer is at best \"not verified\".\n"
        "Get the key from people, not from where the log lies. The key of an installation is\n"
        "that of its agencies' logs too.\n\n"
        "Exit codes: 0 good; 1 tampered with; 2 wrong usage; 3 not all could be verified; 4 "
        "failed.\n\n"
        "Examples:\n"
        "  cairn audit verify /cases/17 --key log.vkey\n"
        "  cairn audit verify exported --key log.vkey --witness w1.vkey --since last.checkpoint"
    );
    on_command(context, *command, options, run_verify);
}

}  // namespace

void add_audit_command(CLI::App& app, Context& context) {
    CLI::App* audit = app.add_subcommand("audit", "Verify, hand on and witness the log of acts");
    audit->require_subcommand(1);
    audit->footer("Example:\n  cairn audit verify /cases/17 --key log.vkey");
    add_verify(*audit, context);
    add_audit_export_commands(*audit, context);
    add_audit_witness_commands(*audit, context);
    add_audit_search_command(*audit, context);
}

}  // namespace cairn::cli
