#include "scan/sample_records_test.h"

#include "db/table_list.h"

namespace cairn::scan::test {
namespace {

constexpr UtcTime kTime{std::chrono::seconds(1'790'000'000)};

evidence::EvidencePath path_of(const std::string& name) {
    evidence::Step source;
    source.name = "/exhibit";
    evidence::Step file;
    file.kind = evidence::Step::Kind::file;
    file.name = name;
    return evidence::EvidencePath({source, file});
}

}  // namespace

SharedCase::SharedCase(db::Engine engine) : records_(engine) {
    const auto expect = [](const Status& done) {
        if (!done) throw std::runtime_error(done.error().message);
    };
    database_ = *db::Database::open(records_.location(), {});
    expect(database_->execute("CREATE TABLE case_file(number INTEGER PRIMARY KEY)"));
    expect(database_->execute("INSERT INTO case_file(number) VALUES(7)"));
    for (const db::Schema& schema :
         {keyring::kSchema, ScanStore::schema(), ScanStore::sharing_schema()}) {
        expect(database_->migrate(schema));
    }
    keys_ = *keyring::KeyRing::open(*database_, crypto::SecretKey::random());
    expect(database_->transaction([&]() -> Status {
        key_ = CAIRN_TRY(keys_->create(std::nullopt));
        return ok();
    }));
}

std::unique_ptr<ScanStore> SharedCase::store(std::function<Status(db::Database&)> may_write) {
    return ScanStore::over(
        {.database = *database_,
         .keys = *keys_,
         .case_key = *key_,
         .case_number = 7,
         .connect = [this] { return db::Database::open(records_.location(), {}); },
         .may_write = std::move(may_write)}
    );
}

void SharedCase::destroy_key() {
    const Status done = database_->transaction([&]() -> Status {
        CAIRN_TRY(keys_->destroy(*key_));
        return ok();
    });
    if (!done) throw std::runtime_error(done.error().message);
}

void SharedCase::remove() {
    const Status done = database_->execute("DELETE FROM case_file");
    if (!done) throw std::runtime_error(done.error().message);
}

std::string SharedCase::all_rows() {
    std::string all;
    for (const char* table :
         {"scan", "scan_source", "scan_list", "item", "picture_hash", "finding"}) {
        auto columns = *db::read_tables(*database_);
        for (const db::Table& one : columns) {
            if (one.name != table) continue;
            auto query = *database_->prepare(fmt::format("SELECT * FROM {}", table));
            while (*query.step()) {
                for (std::size_t i = 0; i < one.columns.size(); ++i) {
                    all += query.text(static_cast<int>(i));
                    all += '|';
                }
            }
        }
    }
    return all;
}

std::unique_ptr<ScanStore> open_store(const TempDir& dir) {
    auto store = ScanStore::open(dir / "case", ScanStore::Mode::create);
    if (!store) throw std::runtime_error(store.error().message);
    return std::move(*store);
}

ScanInfo sample_scan() {
    ScanInfo info;
    info.started = kTime;
    info.host = "computer.example.org";
    info.actor = "tester";
    info.version = "0.0";
    info.configuration = "{}";
    info.sources = {"/exhibit"};
    ScanList list;
    list.name = "synthetic";
    list.version = "1";
    list.version_id = "00";
    list.source = "example.org";
    list.scheme = "us-2.0";
    list.entries = 1;
    info.lists.push_back(list);
    return info;
}

ItemRecord plain_file(const std::string& name) {
    ItemRecord record;
    record.path = path_of(name);
    record.id = record.path.item_id();
    record.size_bytes = name.size();
    record.modified = kTime;
    record.digests = crypto::digest(as_bytes(name));
    return record;
}

ItemRecord unreadable_file(const std::string& name) {
    ItemRecord record = plain_file(name);
    record.digests.reset();
    record.coverage = Coverage::unreadable;
    record.findings.push_back(
        make_finding(Finding::Kind::error, "unreadable", "permission denied", true)
    );
    return record;
}

ItemRecord member_of(const ItemRecord& archive, std::uint64_t ordinal) {
    evidence::Step step;
    step.kind = evidence::Step::Kind::member;
    step.format = "zip";
    step.ordinal = ordinal;
    step.name = "member";
    ItemRecord record = plain_file("member");
    record.path = archive.path.child(step);
    record.id = record.path.item_id();
    record.top = archive.id;
    return record;
}

ItemRecord matching_picture(const std::string& name) {
    ItemRecord record = plain_file(name);
    record.type = fingerprint::FileType::jpeg;
    record.media_type = "image/jpeg";
    fingerprint::PictureFingerprint picture;
    picture.width = 640;
    picture.height = 480;
    picture.decoder = "test";
    fingerprint::Frame frame;
    frame.record = {{{1, 2, 3, 4}}, 90};
    frame.oriented = {{{5, 6, 7, 8}}, 91};
    frame.variants.push_back({{fingerprint::VariantId::Kind::crop, 25}, {{{9, 10, 11, 12}}, 92}});
    picture.frames.push_back(frame);
    record.picture = picture;
    Finding finding = make_finding(Finding::Kind::match, "match", "same content (MD5)", false);
    Match match;
    match.md5 = true;
    match.entry.verdict = hashlist::Verdict::illegal;
    match.entry.category = 1;
    match.entry.category_name = "synthetic category";
    match.entry.series = "synthetic series";
    finding.match = match;
    record.findings.push_back(finding);
    return record;
}

}  // namespace cairn::scan::test
