#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "cli/environment.h"
#include "cli/terminal.h"
#include "evidence/archive_reader.h"
#include "fingerprint/picture_reader.h"
#include "hashlist/list_store.h"
#include "scan/matcher.h"
#include "scan/scan_store.h"

namespace cairn::cli {

/// What the commands share: the surroundings, and the one action that the arguments chose.
struct Context {
    const Environment& environment;
    Terminal terminal;
    std::function<Result<Exit>()> action;
    std::string case_folder;   ///< --case
    std::string lists_folder;  ///< --lists
    std::string key_file;      ///< --list-key
};

/// Makes `run` the action when the subcommand is given. Its options live in `options`, which the
/// closure keeps alive.
template <typename Options>
void on_command(
    Context& context,
    CLI::App& command,
    std::shared_ptr<Options> options,
    Result<Exit> (*run)(Context&, const Options&)
) {
    command.callback([&context, options, run] {
        context.action = [&context, options, run] { return run(context, *options); };
    });
}

/// Adds --case, --lists and --list-key where a command needs them.
void add_case_option(CLI::App& command, Context& context);
void add_list_options(CLI::App& command, Context& context);
/// Adds --list, repeatable: the hash lists to compare with.
CLI::Option* add_list_names(CLI::App& command, std::vector<std::string>& names);
/// Adds --variants: which versions of each picture are asked for.
void add_variants_option(CLI::App& command, std::string& query_set);
/// Adds the number of a recorded scan under `name`.
CLI::Option* add_scan_number(
    CLI::App& command, const std::string& name, std::int64_t& number, const std::string& text
);

/// Where lists, their key and the case lie: as named, else the usual places.
std::string lists_folder(const Context& context);
std::string list_key_file(const Context& context);
/// Where this user's key for the logs of cases lies.
std::string audit_key_file(const Context& context);
std::string case_folder(const Context& context);

/// Makes the key at first use; refuses to when there are lists that were made with another.
Result<crypto::SecretKey> open_list_key(const Context& context);
Result<std::unique_ptr<hashlist::ListStore>> open_lists(const Context& context);
/// The current versions.
Result<std::vector<scan::OpenList>> load_lists(
    const Context& context, const std::vector<std::string>& names
);
Result<std::unique_ptr<scan::ScanStore>> open_case(
    const Context& context, scan::ScanStore::Mode mode
);
/// `options` without the program, which lies beside cairn.
Result<std::unique_ptr<fingerprint::PictureReader>> open_pictures(
    const Context& context, fingerprint::PictureReader::Options options
);
Result<std::unique_ptr<evidence::ArchiveReader>> open_archives(
    const Context& context, std::vector<std::string> passwords
);
/// `path` below the working directory, without "." and ".." steps; links stay.
std::string absolute_path(const Context& context, const std::string& path);

void add_fingerprint_command(CLI::App& app, Context& context);
void add_list_command(CLI::App& app, Context& context);
void add_scan_command(CLI::App& app, Context& context);
void add_match_command(CLI::App& app, Context& context);
void add_rematch_command(CLI::App& app, Context& context);
void add_item_command(CLI::App& app, Context& context);
void add_db_command(CLI::App& app, Context& context);
void add_audit_command(CLI::App& app, Context& context);
void add_bench_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_serve_command(CLI::App& app, Context& context);
void add_login_commands(CLI::App& app, Context& context);
void add_server_command(CLI::App& app, Context& context);
void add_doctor_command(CLI::App& app, Context& context);
void add_completion_command(CLI::App& app, Context& context);

}  // namespace cairn::cli
