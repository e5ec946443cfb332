#pragma once

#include <string>
#include <vector>

#include "audit/log_place.h"
#include "cli/command.h"
#include "cli/progress_line.h"

// What the audit commands share.

namespace cairn::cli {

/// A place with logs as people name it: a database, a case folder, an exported folder; of an empty
/// name, the usual case folder.
std::string audit_location(const Context& context, const std::string& named);

/// Adds the place as the first argument.
CLI::Option* add_audit_location(CLI::App& command, std::string& location);
/// Adds --log: which of several.
void add_log_origin(CLI::App& command, std::string& origin);
/// Adds --key and --witness, repeatable.
struct VerifierKeyNames {
    std::vector<std::string> keys;
    std::vector<std::string> witnesses;
};
void add_verifier_keys(CLI::App& command, VerifierKeyNames& names);

/// Each is a verifier key or a file with one on each line.
Result<std::vector<audit::VerifierKey>> read_verifier_keys(const std::vector<std::string>& named);

/// A file of text that people were sent, up to a limit.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);
/// To the file, which appears whole; to standard output where none is named.
Status write_result(const Context& context, const std::string& path, const std::string& text);

/// "1 entry", "1,200 entries"
std::string entries_text(std::uint64_t count);
/// "1,200 of 5,000 entries (900/s), 4 s left"
std::string entries_progress_text(
    std::uint64_t done, std::uint64_t total, std::chrono::milliseconds elapsed
);
ProgressLine::Style progress_style(const Context& context, bool quiet);

void add_audit_export_commands(CLI::App& audit, Context& context);
void add_audit_witness_commands(CLI::App& audit, Context& context);

}  // namespace cairn::cli
