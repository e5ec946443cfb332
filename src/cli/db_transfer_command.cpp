#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/db_command.h"
#include "cli/transfer_line.h"
#include "db/backup.h"
#include "db/copy.h"
#include "keyring/key_backup.h"
#include "records/schemas.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

struct BackupCommand {
    std::string location;
    std::string file;
    bool keys = false;
    bool json = false;
};

struct CopyCommand {
    std::string from;
    std::string to;
    bool json = false;
};

/// How a place may be shown: a URL may hold a password.
std::string shown(const std::string& location) {
    return db::is_postgresql(location) ? "the PostgreSQL database" : printable(location);
}

/// Tells a line how many bytes are done.
db::ReportBackup report_to(TransferLine& line, std::string_view doing) {
    return [&line, doing](const db::BackupProgress& progress) {
        line.show({doing, Transfer::Unit::bytes, progress.bytes_done, progress.bytes_total});
    };
}

Result<Exit> run_key_backup(Context& context, const BackupCommand& command) {
    const auto records = CAIRN_TRY(db::Database::open(command.location, {.read_only = true}));
    const std::size_t keys =
        CAIRN_TRY(keyring::back_up_keys(*records, command.file, SystemClock().now()));
    if (command.json) {
        const Json out = {{"file", printable(command.file)}, {"keys", keys}};
        CAIRN_TRY(context.terminal.out(out.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    CAIRN_TRY(context.terminal.out(fmt::format(
        "{} written to {}. It serves for {} days.\n",
        count_of(keys, "key"),
        printable(command.file),
        keyring::kKeyBackupLife.count()
    )));
    return Exit::covered_clean;
}

Result<Exit> run_backup(Context& context, const BackupCommand& command) {
    if (command.keys) return run_key_backup(context, command);
    std::uint64_t bytes = 0;
    {
        TransferLine line(context);
        const auto report = report_to(line, "writing the backup");
        bytes = CAIRN_TRY(db::back_up(command.location, command.file, keyring::kKeyTable, report));
    }
    if (command.json) {
        const Json out = {{"file", printable(command.file)}, {"size", bytes}};
        CAIRN_TRY(context.terminal.out(out.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    CAIRN_TRY(context.terminal.out(fmt::format(
        "{} written to {}, read back whole, durable.\n", human_bytes(bytes), printable(command.file)
    )));
    return Exit::covered_clean;
}

Result<Exit> run_key_restore(Context& context, const BackupCommand& command) {
    const auto records = CAIRN_TRY(db::Database::open(command.location, {}));
    const std::size_t keys =
        CAIRN_TRY(keyring::restore_keys(*records, command.file, SystemClock().now()));
    if (command.json) {
        const Json out = {{"file", printable(command.file)}, {"keys", keys}};
        CAIRN_TRY(context.terminal.out(out.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    CAIRN_TRY(context.terminal.out(
        fmt::format("{} restored into {}.\n", count_of(keys, "key"), shown(command.location))
    ));
    return Exit::covered_clean;
}

Result<Exit> run_restore(Context& context, const BackupCommand& command) {
    if (command.keys) return run_key_restore(context, command);
    {
        TransferLine line(context);
        CAIRN_TRY(db::restore(command.file, command.location, report_to(line, "restoring")));
    }
    if (command.json) {
        const Json out = {{"file", printable(command.file)}, {"restored", true}};
        CAIRN_TRY(context.terminal.out(out.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    std::string text = fmt::format(
        "{} restored into {}. Now verify its audit log.\n",
        printable(command.file),
        shown(command.location)
    );
    if (db::is_postgresql(command.location)) {
        text += "Roles are not part of a backup: run `cairn db migrate` with --server-role.\n";
    }
    CAIRN_TRY(context.terminal.out(text));
    return Exit::covered_clean;
}

Result<Exit> run_copy(Context& context, const CopyCommand& command) {
    const auto from = CAIRN_TRY(db::Database::open(command.from, {.read_only = true}));
    const auto to = CAIRN_TRY(db::Database::open(command.to, {}));
    const auto schemas = records::schemas();
    db::CopyOutcome outcome;
    {
        TransferLine line(context);
        outcome =
            CAIRN_TRY(db::copy_records(*from, *to, schemas, [&](const db::CopyProgress& progress) {
                const bool copying = progress.step == db::CopyProgress::Step::copying;
                line.show(
                    {copying ? "copying" : "comparing",
                     Transfer::Unit::rows,
                     progress.rows_done,
                     progress.rows_total}
                );
            }));
    }
    if (command.json) {
        const Json out = {{"tables", outcome.tables}, {"rows", outcome.rows}};
        CAIRN_TRY(context.terminal.out(out.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    CAIRN_TRY(context.terminal.out(fmt::format(
        "{} of {} copied to {}; every value was compared.\n",
        count_of(outcome.rows, "row"),
        count_of(outcome.tables, "table"),
        shown(command.to)
    )));
    return Exit::covered_clean;
}

void add_backup(CLI::App& db, Context& context) {
    auto options = std::make_shared<BackupCommand>();
    CLI::App* command = db.add_subcommand("backup", "Write all of it into one new file");
    add_location(*command, "location", options->location, "The records")->required();
    command->add_option("file", options->file, "The backup; never overwritten")
        ->required()
        ->type_name("FILE");
    command->add_flag("--keys", options->keys, "Of the wrapped keys alone");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "As it stands at one moment, while others go on working. Needs pg_dump for PostgreSQL.\n"
        "Hash lists and keys are not part of it: keys that are destroyed must not lie in old\n"
        "backups. Back them up apart with --keys, daily, and keep them for 35 days at most.\n"
        "Exit code 0: the backup is whole and durable; 4: there is none.\n"
        "Examples:\n"
        "  cairn db backup records.db records-monday.backup\n"
        "  cairn db backup --keys records.db keys-monday.backup"
    );
    on_command(context, *command, options, run_backup);
}

void add_restore(CLI::App& db, Context& context) {
    auto options = std::make_shared<BackupCommand>();
    CLI::App* command = db.add_subcommand("restore", "Make a database of a backup");
    command->add_option("file", options->file, "The backup")->required()->type_name("FILE");
    add_location(*command, "location", options->location, "An empty place")->required();
    command->add_flag("--keys", options->keys, "The wrapped keys, into records without keys");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Whole or not at all. What was recorded after the backup is gone, and the audit log's\n"
        "witnesses know of it: verify the audit log afterwards. Then restore the keys.\n"
        "Examples:\n"
        "  cairn db restore records-monday.backup records.db\n"
        "  cairn db restore --keys keys-monday.backup records.db"
    );
    on_command(context, *command, options, run_restore);
}

void add_copy(CLI::App& db, Context& context) {
    auto options = std::make_shared<CopyCommand>();
    CLI::App* command =
        db.add_subcommand("copy", "Copy records to another engine, and compare every value");
    add_location(*command, "from", options->from, "The records")->required();
    add_location(*command, "to", options->to, "A place without rows")->required();
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "As they stand at one moment; nothing is kept when anything differs. Stop the programs "
        "that\n"
        "write to FROM first, so that nothing is left behind.\n"
        "Example:\n"
        "  cairn db copy records.db postgresql://owner@192.0.2.1/cairn"
    );
    on_command(context, *command, options, run_copy);
}

}  // namespace

void add_db_transfer_commands(CLI::App& db, Context& context) {
    add_backup(db, context);
    add_restore(db, context);
    add_copy(db, context);
}

}  // namespace cairn::cli
