#include "cli/audit_place.h"

#include <algorithm>
#include <filesystem>

#include "base/fd.h"
#include "base/text.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kKeyFileBytesMax = 64U * 1024U;

bool is_server(std::string_view location) {
    return location.starts_with("postgresql://") || location.starts_with("postgres://");
}

/// The keys in a text, one on each line.
Result<std::vector<audit::VerifierKey>> parse_keys(std::string_view text) {
    std::vector<audit::VerifierKey> keys;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty()) continue;
        audit::VerifierKey key = CAIRN_TRY(audit::VerifierKey::parse(line));
        keys.push_back(std::move(key));
    }
    return keys;
}

}  // namespace

std::string audit_location(const Context& context, const std::string& named) {
    if (is_server(named)) return named;
    const std::string path = named.empty() ? case_folder(context) : absolute_path(context, named);
    std::error_code ignored;
    const std::string case_file = path + "/case.db";
    return std::filesystem::exists(case_file, ignored) ? case_file : path;
}

CLI::Option* add_audit_location(CLI::App& command, std::string& location) {
    return command
        .add_option(
            "location",
            location,
            "Case folder, SQLite file, postgresql://... or exported folder (default: the usual "
            "case folder)"
        )
        ->type_name("LOCATION");
}

void add_log_origin(CLI::App& command, std::string& origin) {
    command.add_option("--log", origin, "Name of the log, where there are several")
        ->type_name("NAME");
}

void add_verifier_keys(CLI::App& command, VerifierKeyNames& names) {
    command
        .add_option(
            "--key", names.keys, "Public key of the log, or a file that holds it (repeatable)"
        )
        ->type_name("VKEY")
        ->allow_extra_args(false);
    command
        .add_option(
            "--witness",
            names.witnesses,
            "Public key of a witness, or a file that holds it (repeatable)"
        )
        ->type_name("VKEY")
        ->allow_extra_args(false);
}

Result<std::vector<audit::VerifierKey>> read_verifier_keys(const std::vector<std::string>& named) {
    std::vector<audit::VerifierKey> all;
    for (const std::string& one : named) {
        auto keys = parse_keys(one);
        const auto bytes = keys ? fail(Errc::not_found, "") : read_file(one, kKeyFileBytesMax);
        if (!keys && bytes) keys = parse_keys(as_text(*bytes));
        if (!keys) {
            return fail(
                Errc::invalid_argument,
                "\"{}\" is neither a public key (name+id+key) nor a file with one: {}",
                printable(one),
                keys.error().message
            );
        }
        all.insert(all.end(), keys->begin(), keys->end());
    }
    return all;
}

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
    const ByteVector bytes = CAIRN_TRY(read_file(path, bytes_max));
    return std::string(as_text(bytes));
}

Status write_result(const Context& context, const std::string& path, const std::string& text) {
    if (path.empty()) return context.terminal.out(text);
    AtomicFile file = CAIRN_TRY(AtomicFile::create(path, 0600));
    CAIRN_TRY(file.write(as_bytes(text)));
    return file.commit();
}

std::string entries_text(std::uint64_t count) {
    return count == 1 ? "1 entry" : grouped(count) + " entries";
}

std::string entries_progress_text(
    std::uint64_t done, std::uint64_t total, std::chrono::milliseconds elapsed
) {
    const double seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000);
    const double rate = static_cast<double>(done) / seconds;
    std::string text = fmt::format(
        "{} of {} entries ({}/s)",
        grouped(done),
        grouped(total),
        grouped(static_cast<std::uint64_t>(rate))
    );
    if (done == 0 || done >= total) return text;
    const double left_ms = 1000 * static_cast<double>(total - done) / rate;
    const std::chrono::milliseconds left(static_cast<std::int64_t>(left_ms));
    return text + fmt::format(", {} left", human_duration(left));
}

ProgressLine::Style progress_style(const Context& context, bool quiet) {
    if (quiet) return ProgressLine::Style::none;
    return context.environment.error_is_terminal ? ProgressLine::Style::redrawn
                                                 : ProgressLine::Style::lines;
}

}  // namespace cairn::cli
