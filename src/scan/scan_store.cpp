#include "scan/scan_store.h"

#include <cerrno>

#include <sys/stat.h>

#include "base/fd.h"
#include "scan/rows.h"
#include "scan/stored_variants.h"

namespace cairn::scan {
namespace {

using fingerprint::VariantId;

constexpr std::array kMigrations = {
    db::Migration{1, R"sql(
CREATE TABLE scan(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state INTEGER NOT NULL,
    started_us INTEGER NOT NULL,
    finished_us INTEGER,
    host TEXT NOT NULL,
    actor TEXT NOT NULL,
    version TEXT NOT NULL,
    configuration TEXT NOT NULL,
    catalogue_of INTEGER REFERENCES scan(id)
);
CREATE TABLE scan_source(
    scan INTEGER NOT NULL REFERENCES scan(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path BLOB NOT NULL,
    PRIMARY KEY(scan, position)
) WITHOUT ROWID;
CREATE TABLE scan_list(
    scan INTEGER NOT NULL REFERENCES scan(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    version_id TEXT NOT NULL,
    source TEXT NOT NULL,
    scheme TEXT NOT NULL,
    kind INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY(scan, position)
) WITHOUT ROWID;
-- An item that lies in another file carries that file's item id as `top`. The row of the top
-- itself is written last: members without it belong to a file that was not finished.
CREATE TABLE item(
    id INTEGER PRIMARY KEY,
    scan INTEGER NOT NULL REFERENCES scan(id) ON DELETE CASCADE,
    item_id BLOB NOT NULL,
    top BLOB,
    link_of BLOB,
    path BLOB NOT NULL,
    coverage INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    modified_us INTEGER,
    type INTEGER NOT NULL,
    media_type TEXT,
    md5 BLOB, sha1 BLOB, sha256 BLOB,
    width INTEGER, height INTEGER, orientation INTEGER, frames INTEGER, partial INTEGER,
    decoder TEXT,
    known_good INTEGER NOT NULL
);
CREATE UNIQUE INDEX item_by_item_id ON item(scan, item_id);
CREATE INDEX item_by_link ON item(scan, link_of) WHERE link_of IS NOT NULL;
CREATE TABLE picture_hash(
    item INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    frame_kind INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    code BLOB NOT NULL,
    quality INTEGER NOT NULL,
    PRIMARY KEY(item, position)
) WITHOUT ROWID;
CREATE TABLE finding(
    id INTEGER PRIMARY KEY,
    scan INTEGER NOT NULL REFERENCES scan(id) ON DELETE CASCADE,
    item INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    code TEXT NOT NULL,
    text TEXT NOT NULL,
    gap INTEGER NOT NULL,
    list INTEGER, match_kind INTEGER, digests INTEGER, distance INTEGER, variant INTEGER,
    frame_kind INTEGER, frame INTEGER, entry INTEGER, verdict INTEGER, category INTEGER,
    category_name TEXT, series TEXT, weight INTEGER, entries INTEGER, verdicts_differ INTEGER
);
CREATE INDEX finding_by_scan ON finding(scan, kind);
CREATE INDEX finding_by_item ON finding(item);
CREATE TABLE act(
    id INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    operation TEXT NOT NULL,
    object TEXT NOT NULL,
    reason TEXT NOT NULL
);
)sql"},
    // What a frame is asked by beyond its own hashes: 37 bytes for each variant, on the record's
    // row. Thirty rows a picture would cost three times the space.
    db::Migration{2, "ALTER TABLE picture_hash ADD COLUMN variants BLOB"},
    // The number of an entry in its list's files said nothing after a merge.
    db::Migration{
        3,
        "ALTER TABLE finding RENAME COLUMN entry TO entry_reference;"
        "UPDATE finding SET entry_reference = NULL"},
    // In records that many share the words of these rows stand here, sealed. Findings are read page
    // by page in the order of their items.
    db::Migration{
        4,
        "ALTER TABLE scan ADD COLUMN sealed BLOB;"
        "ALTER TABLE finding ADD COLUMN sealed BLOB;"
        "DROP INDEX finding_by_scan;"
        "CREATE INDEX finding_by_scan ON finding(scan, kind, item)"},
};

// Only in records that many share: a scan goes with its case.
constexpr std::array kSharingMigrations = {
    db::Migration{
        1,
        "ALTER TABLE scan ADD COLUMN case_number INTEGER REFERENCES case_file(number)"
        " ON DELETE CASCADE;"
        "CREATE INDEX scan_by_case ON scan(case_number) WHERE case_number IS NOT NULL"},
};

constexpr const char* kCaseFile = "/case.db";
constexpr std::string_view kScanWords = "scan.sealed";
constexpr std::string_view kSourceColumn = "scan_source.path";

template <typename Enum>
std::int64_t number(Enum value) {
    return static_cast<std::int64_t>(value);
}

Status make_folder(const std::string& folder) {
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return ok();
    return fail(Errc::io, "case folder {}: {}", folder, errno_text(errno));
}

Result<ScanInfo> read_scan(
    db::Database& database, const ContentSeal& seal, const db::Statement& row
) {
    ScanInfo info;
    info.id = row.integer(0);
    info.state = static_cast<ScanState>(row.integer(1));
    info.started = utc_from_microseconds(row.integer(2));
    if (const auto finished = row.optional_integer(3)) {
        info.finished = utc_from_microseconds(*finished);
    }
    info.host = row.text(4);
    info.actor = row.text(5);
    info.version = row.text(6);
    info.configuration = row.text(7);
    info.catalogue_of = row.optional_integer(8);
    if (!row.is_null(9)) {
        const ByteVector packed = CAIRN_TRY(seal.open(kScanWords, info.id, info.id, row.bytes(9)));
        auto words = CAIRN_TRY(unpack_texts(packed, 3));
        info.host = std::move(words[0]);
        info.actor = std::move(words[1]);
        info.configuration = std::move(words[2]);
    }
    auto sources = CAIRN_TRY(
        database.prepare("SELECT path, position FROM scan_source WHERE scan=? ORDER BY position")
    );
    sources.bind(1, info.id);
    while (CAIRN_TRY(sources.step())) {
        const ByteVector path =
            CAIRN_TRY(seal.open(kSourceColumn, info.id, sources.integer(1), sources.bytes(0)));
        info.sources.emplace_back(as_text(path));
    }

    auto lists = CAIRN_TRY(database.prepare(
        "SELECT name, version, version_id, source, scheme, kind, entries FROM scan_list "
        "WHERE scan=? ORDER BY position"
    ));
    lists.bind(1, info.id);
    while (CAIRN_TRY(lists.step())) {
        ScanList list;
        list.name = lists.text(0);
        list.version = lists.text(1);
        list.version_id = lists.text(2);
        list.source = lists.text(3);
        list.scheme = lists.text(4);
        list.kind = static_cast<hashlist::ListKind>(lists.integer(5));
        list.entries = static_cast<std::uint64_t>(lists.integer(6));
        info.lists.push_back(std::move(list));
    }
    return info;
}

constexpr std::string_view kScanColumns =
    "SELECT id, state, started_us, finished_us, host, actor, version, configuration, catalogue_of,"
    " sealed FROM scan ";

ByteVector code_bytes(const fingerprint::PdqCode& code) {
    ByteWriter out;
    for (const std::uint64_t word : code.words) out.u64_le(word);
    return out.take();
}

}  // namespace

std::string_view name_of(ScanState state) {
    switch (state) {
        case ScanState::running:
            return "running";
        case ScanState::interrupted:
            return "interrupted";
        case ScanState::finished:
            return "finished";
    }
    return "running";
}

namespace {

constexpr std::array<std::string_view, 21> kWrittenItemColumns = {
    "id",         "scan",        "item_id",     "top",        "link_of", "path",    "coverage",
    "size_bytes", "modified_us", "type",        "media_type", "md5",     "sha1",    "sha256",
    "width",      "height",      "orientation", "frames",     "partial", "decoder", "known_good"};
constexpr std::array<std::string_view, 8> kHashColumns = {
    "item", "position", "frame_kind", "frame", "variant", "code", "quality", "variants"};

/// `path` as it is stored.
Status write_item(
    db::BulkInsert& bulk, std::int64_t row, std::int64_t scan, const ItemRecord& record, Bytes path
) {
    bulk.add(row).add(scan).add(Bytes(record.id));
    bulk.add_optional(record.top ? std::optional(Bytes(*record.top)) : std::nullopt);
    bulk.add_optional(record.link_of ? std::optional(Bytes(*record.link_of)) : std::nullopt);
    bulk.add(path).add(number(record.coverage));
    bulk.add(static_cast<std::int64_t>(record.size_bytes));
    bulk.add_optional(
        record.modified ? std::optional(microseconds_of(*record.modified)) : std::nullopt
    );
    bulk.add(number(record.type));
    if (record.media_type.empty()) {
        bulk.add_null();
    } else {
        bulk.add(std::string_view(record.media_type));
    }
    if (record.digests) {
        bulk.add(Bytes(record.digests->md5)).add(Bytes(record.digests->sha1));
        bulk.add(Bytes(record.digests->sha256));
    } else {
        write_nulls(bulk, 3);
    }
    if (record.picture) {
        bulk.add(std::int64_t{record.picture->width}).add(std::int64_t{record.picture->height});
        bulk.add(std::int64_t{record.picture->orientation});
        bulk.add(std::int64_t{record.picture->frames_total});
        bulk.add(std::int64_t{record.picture->partial ? 1 : 0});
        bulk.add(std::string_view(record.picture->decoder));
    } else {
        write_nulls(bulk, 6);
    }
    bulk.add(std::int64_t{record.known_good ? 1 : 0});
    return bulk.end_row();
}

/// Of one item, in their positions.
class HashRows {
public:
    HashRows(db::BulkInsert& bulk, std::int64_t row) : bulk_(bulk), row_(row) {}

    Status add(const fingerprint::PictureFingerprint& picture) {
        for (const fingerprint::Frame& frame : picture.frames) {
            CAIRN_TRY(add(frame, VariantId::Kind::record, frame.record));
            if (frame.oriented) {
                CAIRN_TRY(add(frame, VariantId::Kind::oriented, *frame.oriented));
            }
            for (const fingerprint::PdqHash& rendering : frame.renderings) {
                CAIRN_TRY(add(frame, VariantId::Kind::rendering, rendering));
            }
        }
        return ok();
    }

private:
    Status add(
        const fingerprint::Frame& frame, VariantId::Kind variant, const fingerprint::PdqHash& value
    ) {
        bulk_.add(row_).add(position_++).add(number(frame.kind)).add(std::int64_t{frame.index});
        bulk_.add(number(variant)).add(Bytes(code_bytes(value.code)));
        bulk_.add(std::int64_t{value.quality});
        if (variant == VariantId::Kind::record && !frame.variants.empty()) {
            bulk_.add(Bytes(encode_variants(frame.variants)));
        } else {
            bulk_.add_null();
        }
        return bulk_.end_row();
    }

    db::BulkInsert& bulk_;
    std::int64_t row_;
    std::int64_t position_ = 0;
};

Status insert_act(db::Database& database, const Act& act) {
    auto insert = CAIRN_TRY(database.prepare(
        "INSERT INTO act(time_us, actor, operation, object, reason) VALUES(?,?,?,?,?)"
    ));
    insert.bind(1, microseconds_of(act.time)).bind(2, act.actor).bind(3, act.operation);
    return insert.bind(4, act.object).bind(5, act.reason).run();
}

}  // namespace

Status store_scan_state(
    db::Database& records, std::int64_t id, ScanState state, std::optional<UtcTime> finished
) {
    auto update = CAIRN_TRY(records.prepare("UPDATE scan SET state=?, finished_us=? WHERE id=?"));
    update.bind(1, number(state)).bind(3, id);
    if (finished) update.bind(2, microseconds_of(*finished));
    return update.run();
}

std::string object_of_scan(std::int64_t id) {
    return fmt::format("scan:{}", id);
}

db::Schema ScanStore::schema() {
    return {"scan", kMigrations};
}

db::Schema ScanStore::sharing_schema() {
    return {"scan_sharing", kSharingMigrations};
}

Result<std::unique_ptr<ScanStore>> ScanStore::open(const std::string& folder, Mode mode) {
    if (mode == Mode::create) CAIRN_TRY(make_folder(folder));
    const std::string file = folder + kCaseFile;
    struct stat info {};
    if (mode == Mode::existing && ::stat(file.c_str(), &info) != 0) {
        return fail(
            Errc::not_found,
            "{}: no case there ({}); name one with --case DIR",
            folder,
            errno_text(errno)
        );
    }
    auto database = CAIRN_TRY(db::Database::open(file, {}));
    CAIRN_TRY(database->migrate(schema()));
    return std::unique_ptr<ScanStore>(new ScanStore(folder, std::move(database)));
}

std::unique_ptr<ScanStore> ScanStore::over(SharedRecords records) {
    return std::unique_ptr<ScanStore>(new ScanStore(std::move(records)));
}

ScanStore::ScanStore(std::string folder, std::unique_ptr<db::Database> database)
    : folder_(std::move(folder)), own_(std::move(database)), database_(*own_) {}

ScanStore::ScanStore(SharedRecords records)
    : folder_("the records"),
      database_(records.database),
      seal_(records.keys, records.case_key),
      shared_(std::move(records)) {}

Result<std::unique_ptr<db::Database>> ScanStore::connect() const {
    if (shared_) return shared_->connect();
    return db::Database::open(folder_ + kCaseFile, {});
}

Result<ScanLookup> ScanStore::lookup() const {
    auto database = CAIRN_TRY(connect());
    return ScanLookup(std::move(database));
}

Result<std::unique_ptr<ScanStore>> ScanStore::another() const {
    auto database = CAIRN_TRY(connect());
    std::unique_ptr<ScanStore> store(new ScanStore(folder_, std::move(database)));
    store->seal_ = seal_;
    return store;
}

Status ScanStore::written(const std::function<Status()>& work) {
    return database_.transaction([&]() -> Status {
        if (shared_ && shared_->may_write) CAIRN_TRY(shared_->may_write(database_));
        return work();
    });
}

Status ScanStore::keep_log(const audit::NamedKey& key, std::string account) {
    auto log = CAIRN_TRY(audit::AuditLog::open(database_, key.name));
    log_.emplace(Log{.log = std::move(log), .key = key, .account = std::move(account)});
    return ok();
}

Status ScanStore::recorded(
    const std::string& operation,
    const std::function<std::vector<std::string>()>& ids,
    const std::function<Status()>& work
) {
    CAIRN_TRY(database_.transaction([&]() -> Status {
        CAIRN_TRY(work());
        if (!log_) return ok();
        audit::Entry entry;
        entry.time = SystemClock().now();
        entry.actor = log_->account;
        entry.operation = operation;
        entry.objects = audit::objects_of(ids());
        return log_->log->append(entry);
    }));
    if (!log_) return ok();
    CAIRN_TRY(log_->log->integrate());
    CAIRN_TRY(log_->log->sign(log_->key.key));
    return ok();
}

Result<std::int64_t> ScanStore::begin(const ScanInfo& info) {
    std::int64_t id = 0;
    const std::string operation = info.catalogue_of ? "scan_rematch" : "scan_run";
    const auto ids = [&] {
        std::vector<std::string> all = {object_of_scan(id)};
        if (info.catalogue_of) all.push_back(object_of_scan(*info.catalogue_of));
        return all;
    };
    CAIRN_TRY(recorded(operation, ids, [&]() -> Status {
        id = CAIRN_TRY(insert(info));
        return ok();
    }));
    return id;
}

Result<std::int64_t> ScanStore::insert(const ScanInfo& info) {
    auto scan = CAIRN_TRY(
        database_.prepare("INSERT INTO scan(state, started_us, host, actor, version, configuration,"
                          " catalogue_of) VALUES(?,?,?,?,?,?,?) RETURNING id")
    );
    const auto plain = [&](std::string_view text) { return shared_ ? std::string_view() : text; };
    scan.bind(1, number(ScanState::running)).bind(2, microseconds_of(info.started));
    scan.bind(3, plain(info.host)).bind(4, plain(info.actor)).bind(5, info.version);
    scan.bind(6, plain(info.configuration)).bind_optional(7, info.catalogue_of);
    const std::int64_t id = CAIRN_TRY(scan.run_for_integer());
    if (shared_) CAIRN_TRY(insert_shared(id, info));
    auto source = CAIRN_TRY(database_.prepare("INSERT INTO scan_source VALUES(?,?,?)"));
    for (std::size_t i = 0; i < info.sources.size(); ++i) {
        const auto position = static_cast<std::int64_t>(i);
        const ByteVector path =
            CAIRN_TRY(seal_.close(kSourceColumn, id, position, as_bytes(info.sources[i])));
        CAIRN_TRY(source.bind(1, id).bind(2, position).bind(3, Bytes(path)).run());
    }
    auto list = CAIRN_TRY(database_.prepare("INSERT INTO scan_list VALUES(?,?,?,?,?,?,?,?,?)"));
    for (std::size_t i = 0; i < info.lists.size(); ++i) {
        const ScanList& value = info.lists[i];
        list.bind(1, id).bind(2, static_cast<std::int64_t>(i)).bind(3, value.name);
        list.bind(4, value.version).bind(5, value.version_id).bind(6, value.source);
        list.bind(7, value.scheme).bind(8, number(value.kind));
        CAIRN_TRY(list.bind(9, static_cast<std::int64_t>(value.entries)).run());
    }
    return id;
}

Status ScanStore::insert_shared(std::int64_t id, const ScanInfo& info) {
    const std::array<std::string, 3> words = {info.host, info.actor, info.configuration};
    const ByteVector sealed = CAIRN_TRY(seal_.close(kScanWords, id, id, pack_texts(words)));
    auto update =
        CAIRN_TRY(database_.prepare("UPDATE scan SET case_number=?, sealed=? WHERE id=?"));
    return update.bind(1, shared_->case_number).bind(2, Bytes(sealed)).bind(3, id).run();
}

Result<ScanInfo> ScanStore::scan(std::int64_t id) {
    auto query = CAIRN_TRY(database_.prepare(std::string(kScanColumns) + "WHERE id=?"));
    const bool found = CAIRN_TRY(query.bind(1, id).step());
    if (!found) {
        return fail(
            Errc::not_found, "no scan {} in {}; `cairn scan list` shows what is there", id, folder_
        );
    }
    return read_scan(database_, seal_, query);
}

Result<std::vector<ScanInfo>> ScanStore::scans() {
    auto query = CAIRN_TRY(database_.prepare(std::string(kScanColumns) + "ORDER BY id"));
    std::vector<ScanInfo> all;
    while (CAIRN_TRY(query.step())) {
        auto info = CAIRN_TRY(read_scan(database_, seal_, query));
        all.push_back(std::move(info));
    }
    return all;
}

Status ScanStore::set_state(std::int64_t id, ScanState state, std::optional<UtcTime> finished) {
    constexpr std::array kOperations = {"scan_resume", "scan_interrupt", "scan_finish"};
    const auto ids = [id] { return std::vector<std::string>{object_of_scan(id)}; };
    return recorded(kOperations.at(static_cast<std::size_t>(state)), ids, [&] {
        return store_scan_state(database_, id, state, finished);
    });
}

Status ScanStore::remove(std::int64_t id, const Act& act) {
    CAIRN_TRY(scan(id));
    auto rematches = CAIRN_TRY(database_.prepare("SELECT id FROM scan WHERE catalogue_of=?"));
    const bool used = CAIRN_TRY(rematches.bind(1, id).step());
    if (used) {
        return fail(
            Errc::conflict,
            "scan {} is the catalogue of rematch {}; delete that first",
            id,
            rematches.integer(0)
        );
    }
    CAIRN_TRY(recorded(
        act.operation,
        [&] { return act.ids; },
        [&]() -> Status {
            auto statement = CAIRN_TRY(database_.prepare("DELETE FROM scan WHERE id=?"));
            CAIRN_TRY(statement.bind(1, id).run());
            return insert_act(database_, act);
        }
    ));
    return database_.purge_deleted();
}

Status ScanStore::drop_unfinished(std::int64_t id) {
    auto statement = CAIRN_TRY(database_.prepare(
        "DELETE FROM item WHERE scan=?1 AND top IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM item AS whole WHERE whole.scan=?1 AND whole.item_id=item.top)"
    ));
    return statement.bind(1, id).run();
}

Result<bool> ScanLookup::contains(std::int64_t scan, const evidence::ItemId& item) {
    auto query = CAIRN_TRY(database_->prepare("SELECT 1 FROM item WHERE scan=? AND item_id=?"));
    return query.bind(1, scan).bind(2, Bytes(item)).step();
}

Status ScanStore::append(std::int64_t scan, const std::vector<ItemRecord>& records) {
    return written([&] { return insert_items(scan, records); });
}

Status ScanStore::insert_items(std::int64_t scan, const std::vector<ItemRecord>& records) {
    const auto rows = CAIRN_TRY(database_.new_ids("item", records.size()));
    std::vector<ByteVector> paths;
    paths.reserve(records.size());
    std::vector<RowFinding> findings;
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto path = CAIRN_TRY(seal_.close(kPathColumn, scan, rows[i], records[i].path.canonical()));
        paths.push_back(std::move(path));
        for (const Finding& one : records[i].findings) findings.emplace_back(rows[i], &one);
    }
    auto items = CAIRN_TRY(database_.bulk_insert("item", kWrittenItemColumns));
    for (std::size_t i = 0; i < records.size(); ++i) {
        CAIRN_TRY(write_item(items, rows[i], scan, records[i], paths[i]));
    }
    CAIRN_TRY(items.finish());
    auto hashes = CAIRN_TRY(database_.bulk_insert("picture_hash", kHashColumns));
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (!records[i].picture) continue;
        CAIRN_TRY(HashRows(hashes, rows[i]).add(*records[i].picture));
    }
    CAIRN_TRY(hashes.finish());
    return insert_findings(scan, findings);
}

Status ScanStore::record(const Act& act) {
    return recorded(
        act.operation, [&] { return act.ids; }, [&] { return insert_act(database_, act); }
    );
}

Status ScanStore::record_look(const std::string& operation, const std::vector<std::string>& ids) {
    return recorded(
        operation, [&] { return ids; }, [] { return ok(); }
    );
}

Result<std::vector<Act>> ScanStore::acts() {
    auto query = CAIRN_TRY(
        database_.prepare("SELECT time_us, actor, operation, object, reason FROM act ORDER BY id")
    );
    std::vector<Act> all;
    while (CAIRN_TRY(query.step())) {
        Act act;
        act.time = utc_from_microseconds(query.integer(0));
        act.actor = query.text(1);
        act.operation = query.text(2);
        act.object = query.text(3);
        act.reason = query.text(4);
        all.push_back(std::move(act));
    }
    return all;
}

}  // namespace cairn::scan
