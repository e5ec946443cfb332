#include <array>
#include <filesystem>

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/version.h"

namespace cairn::cli {
namespace {

// An 8x8 grey PNG and a zip with one stored member "a": just enough to see the confined programs
// do their work.
constexpr std::array<std::uint8_t, 90> kProbePicture = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x08, 0x08, 0x00, 0x00, 0x00, 0x00, 0xe1,
    0x64, 0xe1, 0x57, 0x00, 0x00, 0x00, 0x21, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x64,
    0x50, 0x85, 0x00, 0xc6, 0x68, 0x18, 0x63, 0x1b, 0x8c, 0x21, 0x08, 0x63, 0xe4, 0xc0, 0x18,
    0xc7, 0x61, 0x0c, 0x25, 0x18, 0xa3, 0x16, 0xca, 0x00, 0x00, 0x88, 0xb7, 0x0b, 0x15, 0xdc,
    0xc3, 0xef, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};
constexpr std::array<std::uint8_t, 105> kProbeArchive = {
    0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x00, 0x2a,
    0x6f, 0x5e, 0xd7, 0x05, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x61, 0x70, 0x72, 0x6f, 0x62, 0x65, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x03, 0x14, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x00, 0x2a, 0x6f, 0x5e, 0xd7, 0x05, 0x00, 0x00, 0x00,
    0x05, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x61, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00,
    0x00, 0x01, 0x00, 0x01, 0x00, 0x2f, 0x00, 0x00, 0x00, 0x24, 0x00, 0x00, 0x00, 0x00, 0x00,
};

struct DoctorOptions {};

/// Findings of the examination, printed as they come.
class Examination {
public:
    explicit Examination(const Terminal& terminal) : terminal_(terminal) {}

    Status report(std::string_view subject, const Status& status) {
        sound_ &= status.has_value();
        const std::string verdict = status ? terminal_.paint(Colour::green, "ok")
                                           : terminal_.paint(Colour::red, "FAILED") + "  " +
                                                 printable(status.error().message);
        return terminal_.out(fmt::format("{:<28} {}\n", subject, verdict));
    }
    Status note(std::string_view subject, std::string_view text) {
        return terminal_.out(fmt::format("{:<28} {}\n", subject, text));
    }
    bool sound() const { return sound_; }

private:
    const Terminal& terminal_;
    bool sound_ = true;
};

Result<Fd> memory_file_with(Bytes bytes) {
    Fd fd = CAIRN_TRY(make_memory_file("cairn-doctor"));
    CAIRN_TRY(write_all(fd.get(), bytes));
    return fd;
}

Status check_decoder(const Context& context) {
    auto pictures = CAIRN_TRY(open_pictures(context, {.decoders = 1}));
    const Fd fd = CAIRN_TRY(memory_file_with(kProbePicture));
    const auto picture =
        CAIRN_TRY(pictures->read(fd.get(), kProbePicture.size(), fingerprint::FileType::png));
    if (picture.width != 8 || picture.height != 8) {
        return fail(
            Errc::internal, "the probe picture came back as {}x{}", picture.width, picture.height
        );
    }
    return ok();
}

Status check_media_types(const Context& context) {
    auto pictures = CAIRN_TRY(open_pictures(context, {.decoders = 1}));
    const Fd fd = CAIRN_TRY(memory_file_with(kProbePicture));
    const std::string type = CAIRN_TRY(pictures->media_type(fd.get()));
    if (type != "image/png") return fail(Errc::internal, "a PNG was called {}", type);
    return ok();
}

/// Counts members and takes their content.
class CountingSink final : public evidence::MemberSink {
public:
    Want on_member(const evidence::ArchiveMember&) override {
        ++members_;
        return Want::content;
    }
    bool on_data(Bytes) override { return true; }
    void on_member_end(const evidence::MemberEnd&) override {}
    int members() const { return members_; }

private:
    int members_ = 0;
};

Status check_reader(const Context& context) {
    auto archives = CAIRN_TRY(open_archives(context, {}));
    const Fd fd = CAIRN_TRY(memory_file_with(kProbeArchive));
    CountingSink sink;
    const auto end = CAIRN_TRY(archives->read(fd.get(), fingerprint::FileType::zip, sink));
    if (sink.members() != 1) {
        return fail(Errc::internal, "the probe archive failed: {}", end.reason);
    }
    return ok();
}

/// Notes what the examination itself has made: an empty store is made at first use.
class MadeNow {
public:
    explicit MadeNow(std::string path) : path_(std::move(path)), was_there_(exists()) {}
    Status note(std::string_view subject, Examination& examination) const {
        if (was_there_ || !exists()) return ok();
        return examination.note(subject, "made now: " + printable(path_));
    }

private:
    bool exists() const {
        std::error_code ignored;
        return std::filesystem::exists(path_, ignored);
    }
    std::string path_;
    bool was_there_;
};

Status check_lists(const Context& context, Examination& examination) {
    const MadeNow folder(lists_folder(context));
    const MadeNow key(list_key_file(context));
    const auto store = open_lists(context);
    CAIRN_TRY(
        examination.report("hash lists and their key", store ? ok() : Status(Error(store.error())))
    );
    CAIRN_TRY(folder.note("folder of the hash lists", examination));
    CAIRN_TRY(key.note("key of the hash lists", examination));
    if (!store) return ok();
    const auto lists = (*store)->lists();
    if (!lists) return examination.report("hash list registry", Error(lists.error()));
    if (lists->empty()) {
        return examination.note("hash lists", "none yet: cairn list import FILE --name NAME");
    }
    for (const hashlist::ListInfo& list : *lists) {
        const auto loaded = (*store)->load(list.name);
        CAIRN_TRY(
            examination.report("list " + list.name, loaded ? ok() : Status(Error(loaded.error())))
        );
    }
    return ok();
}

Status check_case(const Context& context, Examination& examination) {
    const MadeNow folder(case_folder(context));
    const auto store = open_case(context, scan::ScanStore::Mode::create);
    CAIRN_TRY(examination.report("case folder", store ? ok() : Status(Error(store.error()))));
    CAIRN_TRY(folder.note("empty case", examination));
    if (!store) return ok();
    struct statvfs space {};
    if (::statvfs((*store)->folder().c_str(), &space) != 0) return ok();
    const std::uint64_t free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
    constexpr std::uint64_t kSpaceWanted = 1ULL << 30U;
    const std::string text = human_bytes(free_bytes) + " free" +
                             (free_bytes < kSpaceWanted ? ", a large scan needs more" : "");
    return examination.note("space in the case folder", text);
}

Result<Exit> run_doctor(Context& context, const DoctorOptions&) {
    Examination examination(context.terminal);
    CAIRN_TRY(examination.note("cairn", kVersion));
    CAIRN_TRY(examination.note("programs", printable(context.environment.program_folder)));
    CAIRN_TRY(examination.report("picture decoder, confined", check_decoder(context)));
    CAIRN_TRY(examination.report("media types, confined", check_media_types(context)));
    CAIRN_TRY(examination.report("archive reader, confined", check_reader(context)));
    CAIRN_TRY(check_lists(context, examination));
    CAIRN_TRY(check_case(context, examination));
    CAIRN_TRY(examination.note("processors", std::to_string(context.environment.processors)));
    return examination.sound() ? Exit::covered_clean : Exit::failed;
}

}  // namespace

void add_doctor_command(CLI::App& app, Context& context) {
    auto options = std::make_shared<DoctorOptions>();
    CLI::App* command =
        app.add_subcommand("doctor", "Check this installation and say what is missing");
    add_case_option(*command, context);
    add_list_options(*command, context);
    command->footer("Exit code 0 when all is well, 4 otherwise.\nExample:\n  cairn doctor");
    on_command(context, *command, options, run_doctor);
}

}  // namespace cairn::cli
