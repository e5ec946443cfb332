#include "cli/db_command.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "db/status.h"
#include "records/schemas.h"
#include "records/server_role.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

struct MigrateCommand {
    std::string location;
    std::string server_role;
    bool json = false;
};

struct StatusCommand {
    std::string location;
    bool json = false;
};

struct Migrated {
    std::string name;
    int before = 0;
    int after = 0;
};

std::string sentence_of(const Migrated& schema) {
    if (schema.before == schema.after) {
        return fmt::format("{}: up to date (version {}).\n", schema.name, schema.after);
    }
    if (schema.before == 0) {
        return fmt::format("{}: made (version {}).\n", schema.name, schema.after);
    }
    return fmt::format(
        "{}: brought from version {} to {}.\n", schema.name, schema.before, schema.after
    );
}

Result<std::vector<Migrated>> migrate_all(db::Database& database) {
    const auto schemas = records::schemas();
    std::vector<Migrated> done;
    for (const db::Schema& schema : schemas) {
        const int before = CAIRN_TRY(database.schema_version(schema));
        CAIRN_TRY(database.migrate(schema));
        done.push_back({schema.name, before, schema.newest()});
    }
    return done;
}

Result<Exit> run_migrate(Context& context, const MigrateCommand& command) {
    const auto database = CAIRN_TRY(db::Database::open(command.location, {}));
    const auto done = CAIRN_TRY(migrate_all(*database));
    if (!command.server_role.empty()) {
        CAIRN_TRY(records::grant_server_role(*database, command.server_role));
    }
    const bool one_role =
        database->engine() == db::Engine::postgresql && command.server_role.empty();
    const std::string warning =
        one_role ? "a server that connects as this owner could alter the audit log; give it a role "
                   "of its own with --server-role"
                 : "";
    if (command.json) {
        Json out;
        for (const Migrated& schema : done) {
            out["schemas"].push_back(
                {{"name", schema.name}, {"before", schema.before}, {"after", schema.after}}
            );
        }
        out["server_role"] = command.server_role.empty() ? Json() : Json(command.server_role);
        out["warnings"] = one_role ? Json::array({warning}) : Json::array();
        CAIRN_TRY(context.terminal.out(out.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    std::string text;
    for (const Migrated& schema : done) text += sentence_of(schema);
    if (!command.server_role.empty()) {
        text += fmt::format(
            "Role {} has the rights that a server needs, and no others.\n",
            printable(command.server_role)
        );
    }
    CAIRN_TRY(context.terminal.out(text));
    if (one_role) {
        context.terminal.error(
            context.terminal.paint(Colour::yellow, "warning:") + " " + warning + "\n"
        );
    }
    return Exit::covered_clean;
}

std::string_view name_of(db::Engine engine) {
    return engine == db::Engine::sqlite ? "SQLite" : "PostgreSQL";
}

std::string json_of(const db::DatabaseStatus& status) {
    Json out;
    out["engine"] = name_of(status.engine);
    out["engine_version"] = status.engine_version;
    out["size"] = status.size_bytes;
    out["schemas"] = Json::array();
    for (const db::SchemaStatus& schema : status.schemas) {
        out["schemas"].push_back(
            {{"name", schema.name}, {"version", schema.version}, {"known", schema.known}}
        );
    }
    out["tables"] = Json::array();
    for (const db::TableStatus& table : status.tables) {
        out["tables"].push_back({{"name", table.name}, {"rows", table.rows}});
    }
    out["problems"] = status.problems;
    out["warnings"] = status.warnings;
    return out.dump(2) + "\n";
}

std::string text_of(const Context& context, const db::DatabaseStatus& status) {
    std::string text = fmt::format(
        "{} {}, {}\n\n",
        name_of(status.engine),
        status.engine_version,
        human_bytes(status.size_bytes)
    );
    std::vector<std::vector<std::string>> schemas = {{"SCHEMA", "VERSION", "THIS PROGRAM'S"}};
    for (const db::SchemaStatus& schema : status.schemas) {
        schemas.push_back(
            {printable(schema.name),
             schema.version == 0 ? "none" : std::to_string(schema.version),
             schema.known == 0 ? "none" : std::to_string(schema.known)}
        );
    }
    text += table(schemas) + "\n";
    if (!status.tables.empty()) {
        std::vector<std::vector<std::string>> tables = {{"TABLE", "ROWS"}};
        for (const db::TableStatus& one : status.tables) {
            tables.push_back({printable(one.name), grouped(one.rows)});
        }
        text += table(tables) + "\n";
    }
    for (const std::string& problem : status.problems) {
        text += context.terminal.paint(Colour::red, "problem:") + " " + printable(problem) + "\n";
    }
    for (const std::string& warning : status.warnings) {
        text +=
            context.terminal.paint(Colour::yellow, "warning:") + " " + printable(warning) + "\n";
    }
    if (status.problems.empty()) text += "This program can work with it.\n";
    return text;
}

Result<Exit> run_status(Context& context, const StatusCommand& command) {
    const auto database = CAIRN_TRY(db::Database::open(command.location, {.read_only = true}));
    const auto schemas = records::schemas();
    const auto status = CAIRN_TRY(db::read_status(*database, schemas));
    CAIRN_TRY(context.terminal.out(command.json ? json_of(status) : text_of(context, status)));
    return status.problems.empty() ? Exit::covered_clean : Exit::not_covered;
}

void add_migrate(CLI::App& db, Context& context) {
    auto options = std::make_shared<MigrateCommand>();
    CLI::App* command =
        db.add_subcommand("migrate", "Make the tables, or bring them up to this program");
    add_location(*command, "location", options->location, "The records")->required();
    command
        ->add_option(
            "--server-role",
            options->server_role,
            "PostgreSQL: give this role what a server needs and nothing more"
        )
        ->type_name("NAME");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Connect as the owner of the tables. Each module's step is made whole or not at all, by "
        "one\n"
        "process at a time. The server role can add to the audit log but not alter or delete what\n"
        "stands in it.\n"
        "Examples:\n"
        "  cairn db migrate records.db\n"
        "  cairn db migrate postgresql://owner@192.0.2.1/cairn --server-role cairn_server"
    );
    on_command(context, *command, options, run_migrate);
}

void add_status(CLI::App& db, Context& context) {
    auto options = std::make_shared<StatusCommand>();
    CLI::App* command = db.add_subcommand("status", "Show versions, tables and what is wrong");
    add_location(*command, "location", options->location, "The records")->required();
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Changes nothing; counts every row. Exit code 0: this program can work with it; 3: it\n"
        "cannot, and the problems say why.\n"
        "Example:\n"
        "  cairn db status postgresql://cairn_server@192.0.2.1/cairn"
    );
    on_command(context, *command, options, run_status);
}

}  // namespace

CLI::Option* add_location(
    CLI::App& command, const std::string& name, std::string& location, const std::string& text
) {
    return command
        .add_option(name, location, text + ": path of an SQLite file, or postgresql://...")
        ->type_name("LOCATION");
}

void add_db_command(CLI::App& app, Context& context) {
    CLI::App* db = app.add_subcommand("db", "Make, check, copy and back up databases of records");
    db->require_subcommand(1);
    db->footer(
        "LOCATION is the path of an SQLite file (the one of a case is DIR/case.db) or\n"
        "postgresql://USER@HOST/DATABASE; a password belongs in ~/.pgpass, not on the command "
        "line.\n"
        "Example:\n"
        "  cairn db migrate records.db && cairn db status records.db"
    );
    add_migrate(*db, context);
    add_status(*db, context);
    add_db_transfer_commands(*db, context);
}

}  // namespace cairn::cli
