// cairn-audit-writer LOCATION KEY_FILE STEP...
// Puts made-up acts on record. STEP: "N" acts, "N@AGENCY" acts of an agency; "back", the clock goes
// back an hour; "bind", "sign".
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "audit/audit_log.h"
#include "audit/signing_key_file.h"

namespace {

using cairn::Errc;
using cairn::Status;
using cairn::UtcTime;
namespace audit = cairn::audit;

class Writer {
public:
    Writer(audit::AuditLog& log, const cairn::crypto::SigningKey& key) : log_(log), key_(key) {}

    Status step(std::string_view word) {
        if (word == "back") {
            time_ -= std::chrono::hours(1);
            return cairn::ok();
        }
        if (word == "bind") {
            CAIRN_TRY(log_.bind_agencies(time_));
            return cairn::ok();
        }
        if (word == "sign") {
            CAIRN_TRY(log_.sign(key_));
            return cairn::ok();
        }
        const auto at = word.find('@');
        const std::string agency(at == std::string_view::npos ? "" : word.substr(at + 1));
        word = word.substr(0, at);
        std::uint64_t count = 0;
        const char* end = word.data() + word.size();
        if (std::from_chars(word.data(), end, count).ptr != end) {
            return cairn::fail(Errc::invalid_argument, "no such step: {}", word);
        }
        std::vector<audit::EncodedAct> acts;
        for (std::uint64_t i = 0; i < count; ++i) {
            audit::EncodedAct act = CAIRN_TRY(audit::encode_act(next_act(agency)));
            acts.push_back(std::move(act));
        }
        CAIRN_TRY(log_.integrate(acts));
        return cairn::ok();
    }

private:
    audit::Entry next_act(const std::string& agency) {
        time_ += std::chrono::milliseconds(1);
        audit::Entry entry;
        entry.time = time_;
        entry.actor = "user:4f1b0c7a9d2e4b6f8a1c3e5d7f90b2a4";
        entry.agency = agency;
        entry.role = "investigator";
        entry.purpose = "case_work";
        entry.operation = "item_show";
        entry.objects = std::vector<std::string>{fmt::format("item:{}", acts_++)};
        return entry;
    }

    audit::AuditLog& log_;
    const cairn::crypto::SigningKey& key_;
    UtcTime time_{std::chrono::seconds(1'790'000'000)};
    std::uint64_t acts_ = 0;
};

Status run(int argc, char** argv) {
    if (argc < 3) return cairn::fail(Errc::invalid_argument, "LOCATION KEY_FILE STEP... wanted");
    const auto records = CAIRN_TRY(cairn::db::Database::open(argv[1], {}));
    const audit::NamedKey key = CAIRN_TRY(audit::read_signing_key_file(argv[2]));
    const auto log = CAIRN_TRY(audit::AuditLog::open(*records, key.name));
    Writer writer(*log, key.key);
    for (int i = 3; i < argc; ++i) CAIRN_TRY(writer.step(argv[i]));
    return cairn::ok();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Status done = run(argc, argv);
        if (done) return EXIT_SUCCESS;
        std::fprintf(stderr, "%s\n", done.error().message.c_str());
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "%s\n", exception.what());
    }
    return EXIT_FAILURE;
}
