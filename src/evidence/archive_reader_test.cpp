// The parent's side: children that crash, hang, lie or are not there at all.
#include "evidence/archive_reader.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/archive_lab.h"

namespace cairn::evidence {
namespace {

using std::chrono::milliseconds;
using test::ArchiveLab;
using test::RecordingSink;
using testing::HasSubstr;
using Outcome = MemberEnd::Outcome;
using Want = MemberSink::Want;
using Whole = ArchiveEnd::Outcome;

/// Says "ready" as a real child does (type 16, version 1, little-endian).
constexpr const char* kReady = "printf '\\020\\0\\0\\0\\001\\0\\0\\0' >&3\n";
/// Takes the parent's next message.
constexpr const char* kTake = "dd bs=70000 count=1 <&3 >/dev/null 2>&1\n";

/// A child of our own making: a shell script with the channel on descriptor 3.
ArchiveReader::Options scripted(const test::TempDir& dir, const std::string& body) {
    const std::string path = dir.write("child", "#!/bin/sh\nPATH=/usr/bin:/bin\n" + body);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    ArchiveReader::Options options;
    options.reader_program = path;
    options.step_deadline = milliseconds(1500);
    return options;
}

/// Reads some zip with a scripted child.
ArchiveEnd read_with(const std::string& body, RecordingSink& sink) {
    const test::TempDir dir;
    const ArchiveLab lab(scripted(dir, body));
    const auto fd = make_memory_file("archive");
    EXPECT_TRUE(fd && write_all(fd->get(), as_bytes("PK\3\4")));
    return lab.read_as(fd->get(), fingerprint::FileType::zip, sink);
}

/// A member message: kind, flags, ordinal, size 0, time 0, a name.
std::string member_message(int kind, int flags, int ordinal) {
    char text[200];
    std::snprintf(
        text,
        sizeof text,
        "printf '\\021\\0\\0\\0\\%03o\\%03o\\%03o\\0\\0\\0\\0\\0\\0\\0"
        "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0name' >&3\n",
        static_cast<unsigned>(kind),
        static_cast<unsigned>(flags),
        static_cast<unsigned>(ordinal)
    );
    return text;
}

TEST(ArchiveReaderCreate, SaysThatTheProgramIsMissing) {
    ArchiveReader::Options options;
    options.reader_program = "/nowhere/cairn-reader";
    const auto created = ArchiveReader::create(options);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Errc::unavailable);
    EXPECT_THAT(created.error().message, HasSubstr("/nowhere/cairn-reader"));
}

TEST(ArchiveReaderCreate, RefusesAProgramOfAnotherVersion) {
    const test::TempDir dir;
    for (const char* greeting :
         {"printf '\\020\\0\\0\\0\\011\\0\\0\\0' >&3; exec sleep 9\n",
          "printf 'hello, world' >&3; exec sleep 9\n"}) {
        const auto created = ArchiveReader::create(scripted(dir, greeting));
        ASSERT_FALSE(created);
        EXPECT_EQ(created.error().code, Errc::unsupported);
    }
}

TEST(ArchiveReaderCreate, RefusesAProgramThatEndsAtOnce) {
    const test::TempDir dir;
    const auto created = ArchiveReader::create(scripted(dir, "exit 3\n"));
    ASSERT_FALSE(created);
    EXPECT_THAT(created.error().message, HasSubstr("status 3"));
}

TEST(ArchiveReaderCreate, RefusesMorePasswordsThanFit) {
    ArchiveReader::Options options;
    options.passwords.assign(10, std::string(4000, 'p'));
    const auto created = ArchiveReader::create(options);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Errc::invalid_argument);
}

TEST(ArchiveReaderRead, RefusesWhatIsNoArchiveOrNoFile) {
    const ArchiveLab lab;
    RecordingSink sink;
    const auto fd = make_memory_file("x");
    ASSERT_TRUE(fd);
    const auto picture = lab.reader().read(fd->get(), fingerprint::FileType::jpeg, sink);
    EXPECT_EQ(picture.error().code, Errc::unsupported);
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const Fd out(pipe[0]);
    const Fd in(pipe[1]);
    const auto no_file = lab.reader().read(out.get(), fingerprint::FileType::zip, sink);
    EXPECT_EQ(no_file.error().code, Errc::invalid_argument);
}

TEST(HostileChild, DyingIsACrash) {
    RecordingSink sink;
    const ArchiveEnd end = read_with(std::string(kReady) + kTake + "kill -SEGV $$\n", sink);
    EXPECT_EQ(end.outcome, Whole::crashed);
    EXPECT_THAT(end.reason, HasSubstr("segmentation fault"));
}

TEST(HostileChild, SilenceEndsAtTheDeadline) {
    RecordingSink sink;
    const auto start = std::chrono::steady_clock::now();
    const ArchiveEnd end = read_with(std::string(kReady) + "exec sleep 60\n", sink);
    EXPECT_EQ(end.outcome, Whole::crashed);
    EXPECT_THAT(end.reason, HasSubstr("no answer"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(20'000));
}

TEST(HostileChild, SayingWorkingForEverEndsToo) {
    RecordingSink sink;
    const std::string working = "while :; do printf '\\024\\0\\0\\0' >&3; sleep 0.3; done\n";
    const ArchiveEnd end = read_with(std::string(kReady) + kTake + working, sink);
    EXPECT_EQ(end.outcome, Whole::crashed);
}

TEST(HostileChild, NonsenseIsACrashAndReachesNoSink) {
    for (const std::string& nonsense :
         {std::string("printf 'ab' >&3"),                    // shorter than a header
          std::string("printf '\\143\\0\\0\\0xyz' >&3"),     // unknown type
          std::string("printf '\\022\\0\\0\\0data' >&3"),    // data without a member
          std::string("printf '\\023\\0\\0\\0\\0\\0' >&3"),  // end without a member
          std::string("printf '\\025\\0\\0\\0\\005' >&3"),   // cut end
          std::string("printf '\\025\\0\\0\\0\\0\\7\\0\\0\\0\\0\\0\\0\\0\\0\\0' >&3"),  // lies
          member_message(9, 0, 0),     // unknown kind
          member_message(0, 128, 0),   // unknown flag
          member_message(0, 0, 5)}) {  // wrong ordinal
        RecordingSink sink;
        const ArchiveEnd end =
            read_with(std::string(kReady) + kTake + nonsense + "\nexec sleep 60\n", sink);
        EXPECT_EQ(end.outcome, Whole::crashed) << nonsense;
        EXPECT_TRUE(sink.entries.empty()) << nonsense;
    }
}

TEST(HostileChild, DataForASkippedMemberIsACrash) {
    RecordingSink sink;
    sink.decide = [](const ArchiveMember&) { return Want::skip; };
    const ArchiveEnd end = read_with(
        std::string(kReady) + kTake + member_message(0, 0, 0) + kTake +
            "printf '\\022\\0\\0\\0data' >&3; exec sleep 60\n",
        sink
    );
    EXPECT_EQ(end.outcome, Whole::crashed);
    ASSERT_EQ(sink.entries.size(), 1U);
    EXPECT_EQ(sink.entries[0].content, "");
}

TEST(HostileChild, TheNextArchiveGetsAFreshChild) {
    const test::TempDir dir;
    // Crashes for the first archive only: the mark outlives the process.
    const std::string mark = dir / "mark";
    const std::string body = "if [ -e " + mark +
                             " ]; then exec " CAIRN_BIN_DIR "/cairn-reader; fi\n" + kReady + kTake +
                             "touch " + mark + "; kill -ABRT $$\n";
    const ArchiveLab lab(scripted(dir, body));
    lab.run("echo hello > file && zip a.zip file");
    RecordingSink first;
    EXPECT_EQ(lab.read("a.zip", first).outcome, Whole::crashed);
    RecordingSink second;
    EXPECT_EQ(lab.read("a.zip", second).outcome, Whole::complete);
    EXPECT_EQ(second.at("file").content, "hello\n");
}

/// The process ids of this process's children called cairn-reader.
std::vector<pid_t> reader_children() {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream stat(entry.path() / "stat");
        pid_t pid = 0;
        pid_t parent = 0;
        std::string name;
        char state = 0;
        if (!(stat >> pid >> name >> state >> parent)) continue;
        if (parent == ::getpid() && name == "(cairn-reader)" && state != 'Z') found.push_back(pid);
    }
    return found;
}

TEST(ArchiveReaderRead, AChildKilledMidwayIsReportedAndReplaced) {
    const ArchiveLab lab;
    lab.run("truncate -s 20M big && zip a.zip big");
    RecordingSink sink;
    sink.decide = [](const ArchiveMember&) {
        for (const pid_t pid : reader_children()) ::kill(pid, SIGKILL);
        return Want::content;
    };
    const ArchiveEnd end = lab.read("a.zip", sink);
    EXPECT_EQ(end.outcome, Whole::crashed);
    EXPECT_EQ(end.members, 1U);
    EXPECT_FALSE(sink.entries[0].ended);
    RecordingSink again;
    EXPECT_EQ(lab.read("a.zip", again).outcome, Whole::complete);
}

TEST(ArchiveReaderRead, AnIdleChildThatDiedIsReplacedSilently) {
    const ArchiveLab lab;
    lab.run("echo hello > file && zip a.zip file");
    for (const pid_t pid : reader_children()) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(milliseconds(100));
    RecordingSink sink;
    EXPECT_EQ(lab.read("a.zip", sink).outcome, Whole::complete);
}

TEST(ArchiveReaderRead, OneChildReadsManyArchives) {
    const ArchiveLab lab;
    lab.run("echo hello > file && zip a.zip file && tar -cf a.tar file");
    for (int i = 0; i < 50; ++i) {
        RecordingSink sink;
        EXPECT_EQ(lab.read(i % 2 == 0 ? "a.zip" : "a.tar", sink).outcome, Whole::complete);
        EXPECT_EQ(sink.at("file").content, "hello\n");
    }
    EXPECT_EQ(reader_children().size(), 1U);
}

TEST(ArchiveReaderRead, ManyThreadsReadAtOnce) {
    const ArchiveLab lab;
    lab.run("seq 1 100000 > file && zip a.zip file && tar -cJf a.txz file && 7z a a.7z file");
    std::vector<std::jthread> threads;
    std::atomic<int> complete{0};
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&lab, &complete, i] {
            const std::array<const char*, 3> names{"a.zip", "a.txz", "a.7z"};
            for (int n = 0; n < 4; ++n) {
                RecordingSink sink;
                const auto end = lab.read(names[static_cast<std::size_t>(i + n) % 3], sink);
                const bool right =
                    end.outcome == Whole::complete && sink.at("file").content.size() == 588'895;
                complete += right ? 1 : 0;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(complete, 24);
}

TEST(ArchiveReaderRead, LeavesTheDescriptorsPositionAlone) {
    const ArchiveLab lab;
    lab.run("seq 1 10000 > file && zip a.zip file");
    const auto fd = open_for_reading(lab.dir() / "a.zip");
    ASSERT_TRUE(fd);
    ASSERT_EQ(::lseek(fd->get(), 7, SEEK_SET), 7);
    RecordingSink sink;
    EXPECT_EQ(lab.read_as(fd->get(), fingerprint::FileType::zip, sink).outcome, Whole::complete);
    EXPECT_EQ(::lseek(fd->get(), 0, SEEK_CUR), 7);
}

/// Throws from one of its calls.
class ThrowingSink final : public MemberSink {
public:
    Want on_member(const ArchiveMember&) override { return Want::content; }
    bool on_data(Bytes) override { throw std::runtime_error("sink"); }
    void on_member_end(const MemberEnd&) override {}
};

TEST(ArchiveReaderRead, ASinkThatThrowsCostsOneChildOnly) {
    const ArchiveLab lab;
    lab.run("seq 1 10000 > file && zip a.zip file");
    ThrowingSink throwing;
    EXPECT_THROW(lab.read("a.zip", throwing), std::runtime_error);
    RecordingSink sink;
    EXPECT_EQ(lab.read("a.zip", sink).outcome, Whole::complete);
}

}  // namespace
}  // namespace cairn::evidence
