#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "db/table_list.h"
#include "records/server_role.h"

namespace cairn::records {
namespace {

struct TableRights {
    std::string_view table;
    std::string_view rights;
};

// What the code runs, and no more. UPDATE names its columns where not all are written. Rows that
// go with their scan are deleted by the foreign key, as the owner.
constexpr std::array kRights = {
    TableRights{"schema_version", "SELECT"},
    TableRights{"key_ring", "SELECT, INSERT"},
    TableRights{"wrapped_key", "SELECT, INSERT, UPDATE(wrapped), DELETE"},
    TableRights{"audit_log", "SELECT, INSERT, UPDATE(size, root, signed_size, bound_size)"},
    TableRights{"audit_writer", "SELECT, INSERT, UPDATE(entries, used), DELETE"},
    TableRights{"audit_pending", "SELECT, INSERT, DELETE"},
    TableRights{"audit_entry", "SELECT, INSERT"},
    TableRights{"audit_tile", "SELECT, INSERT, UPDATE(hashes)"},
    TableRights{"audit_checkpoint", "SELECT, INSERT, UPDATE(note)"},
    TableRights{"audit_witness", "SELECT, INSERT, UPDATE(size)"},
    TableRights{"audit_binding", "SELECT, INSERT"},
    TableRights{"audit_bound_head", "SELECT, INSERT"},
    TableRights{"installation", "SELECT, INSERT"},
    TableRights{"agency", "SELECT, INSERT, UPDATE(cases_opened)"},
    TableRights{"user_account", "SELECT, INSERT, UPDATE(state, times_disabled, revision)"},
    TableRights{"user_role", "SELECT, INSERT, DELETE"},
    TableRights{
        "case_file", "SELECT, INSERT, UPDATE(state, retention_class, closed, revision), DELETE"},
    TableRights{"case_word", "SELECT, INSERT"},
    TableRights{"case_member", "SELECT, INSERT, DELETE"},
    TableRights{"case_share", "SELECT, INSERT, DELETE"},
    TableRights{"access_epoch", "SELECT, INSERT, UPDATE(epoch)"},
    TableRights{"authority", "SELECT, INSERT, UPDATE(state, approved_by)"},
    TableRights{"approval", "SELECT, INSERT, UPDATE(state, decided_by, decided, refusal)"},
    TableRights{"break_glass", "SELECT, INSERT, UPDATE(escalated, reviewed_by, reviewed, finding)"},
    TableRights{"alert", "SELECT, INSERT, UPDATE(seen, seen_by)"},
    TableRights{"done_once", "SELECT, INSERT, UPDATE(request, objects, done), DELETE"},
    TableRights{"password", "SELECT, INSERT, UPDATE(hash), DELETE"},
    TableRights{"totp", "SELECT, INSERT, UPDATE(secret, candidate, last_step), DELETE"},
    TableRights{"recovery_code", "SELECT, INSERT, DELETE"},
    TableRights{"lock_out", "SELECT, INSERT, UPDATE(failures, last_failure), DELETE"},
    TableRights{"network_budget", "SELECT, INSERT, UPDATE(spent_until), DELETE"},
    TableRights{"session", "SELECT, INSERT, UPDATE(seen, second_factor), DELETE"},
    TableRights{"session_network", "SELECT, INSERT"},
    TableRights{"invitation", "SELECT, INSERT, UPDATE(digest, expires), DELETE"},
    TableRights{"openid_attempt", "SELECT, INSERT, DELETE"},
    TableRights{"openid_identity", "SELECT, INSERT"},
    TableRights{"agency_certificate", "SELECT, INSERT, DELETE"},
    TableRights{"service_key", "SELECT, INSERT, DELETE"},
    TableRights{"api_key", "SELECT, INSERT, UPDATE(last_used, revoked), DELETE"},
    TableRights{"scan", "SELECT, INSERT, UPDATE(state, finished_us, case_number, sealed), DELETE"},
    TableRights{"followed_log", "SELECT, INSERT, UPDATE(entered)"},
    TableRights{"indexed_act", "SELECT, INSERT"},
    TableRights{"indexed_object", "SELECT, INSERT"},
    TableRights{"indexed_span", "SELECT, INSERT, UPDATE(time_min, time_max)"},
    TableRights{"witnessed_log", "SELECT, INSERT, UPDATE(size, root, note)"},
    TableRights{"contradicting_note", "SELECT, INSERT"},
    TableRights{"scan_source", "SELECT, INSERT"},
    TableRights{"scan_list", "SELECT, INSERT"},
    TableRights{"item", "SELECT, INSERT, DELETE"},
    TableRights{"picture_hash", "SELECT, INSERT"},
    TableRights{"finding", "SELECT, INSERT"},
    TableRights{"act", "SELECT, INSERT"},
    TableRights{
        "scan_job",
        "SELECT, INSERT, UPDATE(scan, user_id, purpose, state, reason, error, started, updated,"
        " ended, run_started, run_bytes, files, bytes, files_total, bytes_total, matches, problems,"
        " runner, lease_until, lost_runs)"},
};

// Where the log must change a row, the change may only be the one that a growing log makes. The
// owner of the tables is bound as well, against mistakes; it alone could take the guards away.
constexpr const char* kGuards = R"sql(
CREATE OR REPLACE FUNCTION audit_guard_log() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
            OR NEW.signed_size < OLD.signed_size OR NEW.bound_size < OLD.bound_size THEN
        RAISE insufficient_privilege USING MESSAGE = 'an audit log can only grow';
    END IF;
    RETURN NEW;
END $guard$;
CREATE OR REPLACE TRIGGER audit_guard BEFORE UPDATE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_guard_log();

CREATE OR REPLACE FUNCTION audit_guard_writer() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF NEW.entries <= OLD.entries THEN
        RAISE insufficient_privilege USING MESSAGE = 'an audit writer can only count up';
    END IF;
    RETURN NEW;
END $guard$;
CREATE OR REPLACE TRIGGER audit_guard BEFORE UPDATE ON audit_writer
    FOR EACH ROW EXECUTE FUNCTION audit_guard_writer();

-- Of writers that are long gone the counters may go (microseconds since 1970).
CREATE OR REPLACE FUNCTION audit_guard_idle_writer() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF OLD.used > (extract(epoch FROM now()) - 86400) * 1000000 THEN
        RAISE insufficient_privilege USING MESSAGE = 'an audit writer that wrote lately stays';
    END IF;
    RETURN OLD;
END $guard$;
CREATE OR REPLACE TRIGGER audit_guard_idle BEFORE DELETE ON audit_writer
    FOR EACH ROW EXECUTE FUNCTION audit_guard_idle_writer();

CREATE OR REPLACE FUNCTION audit_guard_tile() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF substring(NEW.hashes FOR length(OLD.hashes)) <> OLD.hashes THEN
        RAISE insufficient_privilege USING MESSAGE = 'an audit tile can only grow';
    END IF;
    RETURN NEW;
END $guard$;
CREATE OR REPLACE TRIGGER audit_guard BEFORE UPDATE ON audit_tile
    FOR EACH ROW EXECUTE FUNCTION audit_guard_tile();

-- What was signed and the log's own signature stay (all up to the end of the first line after the
-- empty one), and each witness that signed stays among those that did.
CREATE OR REPLACE FUNCTION audit_guard_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $guard$
DECLARE
    former text := substring(OLD.note FROM '^.*?\n\n[^\n]*\n');
BEGIN
    IF former IS NULL OR NOT starts_with(NEW.note, former) OR EXISTS (
        SELECT split_part(line, ' ', 2) FROM regexp_split_to_table(OLD.note, '\n') AS line
            WHERE line LIKE U&'\2014 %'
        EXCEPT
        SELECT split_part(line, ' ', 2) FROM regexp_split_to_table(NEW.note, '\n') AS line
            WHERE line LIKE U&'\2014 %'
    ) THEN
        RAISE insufficient_privilege
            USING MESSAGE = 'an audit checkpoint can only be given further signatures';
    END IF;
    RETURN NEW;
END $guard$;
CREATE OR REPLACE TRIGGER audit_guard BEFORE UPDATE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_guard_checkpoint();

-- At the end of the transaction a waiting entry that was taken away stands in the log of its
-- agency, or of the installation when it has none, among the last that log was given (one
-- transaction places 1,000 at most).
CREATE OR REPLACE FUNCTION audit_guard_pending() RETURNS trigger LANGUAGE plpgsql AS $guard$
DECLARE
    of_log text := CASE OLD.agency WHEN '' THEN '' ELSE '/agency/' || OLD.agency END;
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.audit_log AS i
            JOIN public.audit_log AS l ON l.origin = i.origin || of_log
            JOIN public.audit_entry AS e ON e.log = l.id
        WHERE i.id = OLD.log AND e.place >= l.size - 1000 AND e.place < l.size
            AND e.entry = OLD.entry
    ) THEN
        RAISE insufficient_privilege
            USING MESSAGE = 'a waiting audit entry can only go into the log';
    END IF;
    RETURN NULL;
END $guard$;
DROP TRIGGER IF EXISTS audit_guard ON audit_pending;
CREATE CONSTRAINT TRIGGER audit_guard AFTER DELETE ON audit_pending
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_guard_pending();
)sql";

/// Whether a query about the role has a row, or says true in its one row.
Result<bool> holds(db::Database& owner, std::string_view sql, const std::string& role) {
    auto query = CAIRN_TRY(owner.prepare(sql));
    const bool row = CAIRN_TRY(query.bind(1, role).step());
    return row && query.integer(0) != 0;
}

Status check_role(db::Database& owner, const std::string& role) {
    auto query = CAIRN_TRY(owner.prepare(
        "SELECT rolsuper OR rolcreaterole OR rolbypassrls, pg_has_role(oid, current_user, 'MEMBER')"
        " FROM pg_roles WHERE rolname = ?"
    ));
    const bool found = CAIRN_TRY(query.bind(1, role).step());
    if (!found) {
        return fail(
            Errc::not_found,
            "there is no role {} on the server; make it first: CREATE ROLE {} LOGIN PASSWORD ...",
            role,
            role
        );
    }
    if (query.integer(0) != 0) {
        return fail(
            Errc::conflict,
            "role {} may do what only an administrator may (SUPERUSER, CREATEROLE or BYPASSRLS); "
            "take that away or name another role",
            role
        );
    }
    if (query.integer(1) != 0) {
        return fail(
            Errc::conflict,
            "role {} is, or is a member of, the owner that is connected now; the server needs a "
            "role of its own",
            role
        );
    }
    return ok();
}

Status check_owned_by_others(db::Database& owner, const std::string& role) {
    const bool owns = CAIRN_TRY(holds(
        owner,
        "SELECT count(*) > 0 FROM pg_class WHERE relkind IN ('r', 'S', 'v')"
        " AND relnamespace = CAST(current_schema() AS regnamespace)"
        " AND pg_has_role(CAST(? AS name), relowner, 'MEMBER')",
        role
    ));
    if (!owns) return ok();
    return fail(
        Errc::conflict,
        "role {} owns tables of the records; give them to the owner: REASSIGN OWNED BY {} TO ...",
        role,
        role
    );
}

/// Numbers are asked for before their rows are inserted.
Status grant_counters(db::Database& owner, const db::Table& table, const std::string& role_name) {
    for (const db::Column& column : table.columns) {
        if (!column.counter) continue;
        auto query = CAIRN_TRY(owner.prepare("SELECT pg_get_serial_sequence(?, ?)"));
        query.bind(1, db::quoted(table.name)).bind(2, column.name);
        CAIRN_TRY(query.step());
        const std::string sequence(query.text(0));
        CAIRN_TRY(owner.execute(fmt::format("GRANT USAGE ON SEQUENCE {} TO {}", sequence, role_name)
        ));
    }
    return ok();
}

Status grant_tables(db::Database& owner, const std::string& role_name) {
    const auto tables = CAIRN_TRY(db::read_tables(owner));
    for (const db::Table& table : tables) {
        const auto row = std::find_if(kRights.begin(), kRights.end(), [&](const TableRights& r) {
            return r.table == table.name;
        });
        if (row == kRights.end()) {
            return fail(
                Errc::unsupported,
                "table {} is not one of the records of this Cairn; no rights were given",
                table.name
            );
        }
        const std::string name = db::quoted(table.name);
        CAIRN_TRY(owner.execute(fmt::format("REVOKE ALL ON {} FROM {}, PUBLIC", name, role_name)));
        CAIRN_TRY(owner.execute(fmt::format("GRANT {} ON {} TO {}", row->rights, name, role_name)));
        CAIRN_TRY(grant_counters(owner, table, role_name));
    }
    return ok();
}

/// Rights may come from elsewhere: from PUBLIC or another role. Who can make a schema could put an
/// operator of its own where a guard compares.
Status check_no_more(db::Database& owner, const std::string& role) {
    const bool makes_tables = CAIRN_TRY(holds(
        owner,
        "SELECT has_schema_privilege(CAST(?1 AS name), 'public', 'CREATE')"
        " OR has_database_privilege(CAST(?1 AS name), current_database(), 'CREATE')",
        role
    ));
    const bool more = CAIRN_TRY(holds(
        owner,
        "SELECT bool_or(has_table_privilege(CAST(? AS name), name,"
        " 'UPDATE, DELETE, TRUNCATE, TRIGGER')) FROM (VALUES('audit_entry'),"
        " ('audit_tile'), ('audit_checkpoint'), ('audit_log')) AS t(name)",
        role
    ));
    if (!makes_tables && !more) return ok();
    return fail(
        Errc::conflict,
        "role {} can still {}, through PUBLIC or a role that it is a member of; take that away, "
        "then migrate again",
        role,
        makes_tables ? "make tables or schemas" : "alter the audit log"
    );
}

/// As an identifier.
std::string identifier(const std::string& role) {
    std::string doubled;
    for (const char c : role) doubled += c == '"' ? std::string("\"\"") : std::string(1, c);
    return db::quoted(doubled);
}

}  // namespace

Status grant_server_role(db::Database& owner, const std::string& role) {
    if (owner.engine() == db::Engine::sqlite) {
        return fail(
            Errc::unsupported,
            "{}: an SQLite file has no roles; whoever may write it may write all of it",
            owner.name()
        );
    }
    return owner.transaction([&]() -> Status {
        CAIRN_TRY(check_role(owner, role));
        CAIRN_TRY(check_owned_by_others(owner, role));
        CAIRN_TRY(owner.execute(kGuards));
        const std::string name = identifier(role);
        CAIRN_TRY(owner.execute(fmt::format("GRANT USAGE ON SCHEMA public TO {}", name)));
        CAIRN_TRY(grant_tables(owner, name));
        return check_no_more(owner, role);
    });
}

}  // namespace cairn::records
