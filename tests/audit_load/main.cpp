// cairn-audit-load write LOCATION THREADS COUNT: puts entries on record, COUNT in each thread,
// and says each one's object on a line of its own once it is durable. Every fourth thread does so
// as an act does, within a transaction, the others wait for the queue. cairn-audit-load read
// LOCATION: verifies the log and says the objects of all its entries. With the synthetic keys of
// the tests.
#include <charconv>
#include <cstdio>
#include <string>
#include <thread>

#include <unistd.h>

#include "audit/audit_queue.h"
#include "audit/keys_test.h"
#include "audit/log_records.h"

namespace {

using namespace cairn;

constexpr const char* kOrigin = audit::test::kLogName;

int complain(const Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    return 1;
}

audit::Entry entry_of(const std::string& object) {
    audit::Entry entry;
    entry.time = SystemClock().now();
    entry.actor = "tester";
    entry.operation = "item_show";
    entry.objects = std::vector<std::string>{object};
    return entry;
}

/// One write for one line, so that a killed program says whole lines.
bool say(std::string line) {
    line += '\n';
    return ::write(STDOUT_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

Status write_acts(const std::string& location, int thread, int count) {
    const auto records = CAIRN_TRY(db::Database::open(location, {}));
    const auto log = CAIRN_TRY(audit::AuditLog::open(*records, kOrigin));
    for (int i = 0; i < count; ++i) {
        const std::string object = fmt::format("act:{}-{}-{}", ::getpid(), thread, i);
        CAIRN_TRY(records->transaction([&] { return log->append(entry_of(object)); }));
        if (!say(object)) return fail(Errc::io, "standard output");
    }
    return ok();
}

Status write_reads(audit::AuditQueue& queue, int thread, int count) {
    for (int i = 0; i < count; ++i) {
        const std::string object = fmt::format("read:{}-{}-{}", ::getpid(), thread, i);
        CAIRN_TRY(queue.append(entry_of(object)));
        if (!say(object)) return fail(Errc::io, "standard output");
    }
    return ok();
}

int write(const std::string& location, int threads, int count) {
    audit::AuditQueue::Options options;
    options.location = location;
    options.installation = kOrigin;
    options.sign_interval = std::chrono::milliseconds(50);
    const auto queue = audit::AuditQueue::start(options, audit::test::log_key());
    if (!queue) return complain(queue.error());
    std::vector<std::jthread> running;
    for (int thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            const Status done = thread % 4 == 3 ? write_acts(location, thread, count)
                                                : write_reads(**queue, thread, count);
            if (!done) ::_exit(complain(done.error()));
        });
    }
    return 0;
}

/// Of all entries in the log, in pages.
bool say_objects(db::Database& records) {
    std::int64_t next = 0;
    while (true) {
        auto page = records.prepare(
            "SELECT place, entry FROM audit_entry WHERE place >= ? ORDER BY place LIMIT 1000"
        );
        if (!page) return false;
        page->bind(1, next);
        bool any = false;
        for (auto row = page->step();; row = page->step()) {
            if (!row) return false;
            if (!*row) break;
            any = true;
            next = page->integer(0) + 1;
            const auto entry = audit::parse_entry(page->bytes(1));
            if (!entry) return false;
            const auto* objects = std::get_if<std::vector<std::string>>(&entry->objects);
            if (objects == nullptr || objects->empty() || !say(objects->front())) return false;
        }
        if (!any) return true;
    }
}

int read(const std::string& location) {
    const auto records = db::Database::open(location, {});
    if (!records) return complain(records.error());
    const auto log = audit::AuditLog::open(**records, kOrigin);
    if (!log) return complain(log.error());
    while (true) {
        const auto integrated = (*log)->integrate();
        if (!integrated) return complain(integrated.error());
        if (*integrated == 0) break;
    }
    const auto note = (*log)->sign(audit::test::log_key());
    if (!note) return complain(note.error());
    audit::LogVerifierOptions options;
    options.log_keys = {audit::test::log_verifier()};
    const auto stored = audit::open_stored_log(**records, kOrigin);
    if (!stored) return complain(stored.error());
    const audit::LogReport report = audit::verify_log(**stored, options);
    if (report.verdict != audit::Verdict::good) {
        return complain(fail(Errc::corrupt_data, "the log does not verify"));
    }
    return say_objects(**records) ? 0 : 1;
}

int number(const char* text) {
    int value = 0;
    const std::string_view word = text;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string act = argc > 2 ? argv[1] : "";
    if (act == "write" && argc == 5) return write(argv[2], number(argv[3]), number(argv[4]));
    if (act == "read" && argc == 3) return read(argv[2]);
    std::fprintf(stderr, "cairn-audit-load write LOCATION THREADS COUNT | read LOCATION\n");
    return 2;
}
