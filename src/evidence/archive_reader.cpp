#include "evidence/archive_reader.h"

#include <algorithm>
#include <cerrno>
#include <mutex>

#include <sys/stat.h>

#include "confine/child.h"
#include "evidence/archive_protocol.h"
#include "evidence/archive_walk.h"

namespace cairn::evidence {
namespace {

using confine::Child;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A child is replaced after this many archives, whatever it leaks (specs/storage.md section 8).
constexpr std::uint64_t kArchivesPerChildMax = 1000;
/// A child that says "working", or hands over a byte now and then, could keep us waiting for
/// ever. So all waiting together is bounded by what the slowest honest storage needs, beyond some
/// full steps that every archive may take.
constexpr int kFullSteps = 4;
constexpr std::uint64_t kBytesPerMillisecondMin = 256;
constexpr milliseconds kPerMember{50};

/// A started child and how much it has done.
struct Worker {
    std::unique_ptr<Child> child;
    std::uint64_t archives = 0;
};

/// One archive's conversation with one child.
class Conversation {
public:
    Conversation(Child& child, const Begin& begin, milliseconds step_deadline, MemberSink& sink)
        : child_(child),
          parser_(begin.members_max),
          step_deadline_(step_deadline),
          size_bytes_(begin.size_bytes),
          sink_(sink) {}

    /// An error means that the child is lost.
    Result<ArchiveEnd> run();
    std::uint64_t members() const { return parser_.members(); }

private:
    Result<confine::Message> receive();
    Status on_member(const ArchiveMember& member);
    Status on_data(Bytes bytes);
    void on_member_end(const MemberEnd& end);

    Child& child_;
    AnswerParser parser_;
    milliseconds step_deadline_;
    std::uint64_t size_bytes_;
    MemberSink& sink_;
    std::uint64_t delivered_bytes_ = 0;
    milliseconds waited_{0};
    bool enough_ = false;  ///< the sink wants no more of this member
};

Result<confine::Message> Conversation::receive() {
    const milliseconds allowed =
        kFullSteps * step_deadline_ +
        milliseconds((size_bytes_ + delivered_bytes_) / kBytesPerMillisecondMin) +
        kPerMember * parser_.members();
    const auto start = Clock::now();
    auto message =
        child_.receive(std::max(milliseconds(1), std::min(step_deadline_, allowed - waited_)));
    waited_ += std::chrono::duration_cast<milliseconds>(Clock::now() - start);
    return message;
}

Status Conversation::on_member(const ArchiveMember& member) {
    enough_ = false;
    const MemberSink::Want want = sink_.on_member(member);
    parser_.answered(want);
    return child_.send(static_cast<std::uint32_t>(Say::want), encode_want(want, member.ordinal));
}

Status Conversation::on_data(Bytes bytes) {
    delivered_bytes_ += bytes.size();
    // What was under way when we said so is dropped.
    if (enough_ || sink_.on_data(bytes)) return ok();
    enough_ = true;
    const std::uint64_t ordinal = parser_.members() - 1;
    return child_.send(static_cast<std::uint32_t>(Say::enough), encode_enough(ordinal));
}

void Conversation::on_member_end(const MemberEnd& end) {
    // It may have come to its end before our word reached the child.
    const bool cut = enough_ && end.outcome == MemberEnd::Outcome::complete;
    sink_.on_member_end(cut ? MemberEnd{MemberEnd::Outcome::limit, "not wanted in full"} : end);
}

Result<ArchiveEnd> Conversation::run() {
    while (true) {
        const confine::Message message = CAIRN_TRY(receive());
        Answer answer = CAIRN_TRY(parser_.parse(message));
        if (const auto* member = std::get_if<ArchiveMember>(&answer)) {
            CAIRN_TRY(on_member(*member));
        } else if (const auto* data = std::get_if<DataBytes>(&answer)) {
            CAIRN_TRY(on_data(data->bytes));
        } else if (const auto* member_end = std::get_if<MemberEnd>(&answer)) {
            on_member_end(*member_end);
        } else if (auto* end = std::get_if<ArchiveEnd>(&answer)) {
            return std::move(*end);
        }
    }
}

class ConfinedReader final : public ArchiveReader {
public:
    explicit ConfinedReader(Options options) : options_(std::move(options)) {}

    Result<ArchiveEnd> read(int fd, fingerprint::FileType type, MemberSink& sink) override;
    Result<Worker> start() const;
    void give_back(Worker worker);

private:
    std::optional<Worker> take_idle();
    Result<Worker> begin_with_some_worker(const ByteVector& begin, int fd);

    const Options options_;
    std::mutex mutex_;
    std::vector<Worker> idle_;  // guarded by mutex_
};

Result<Worker> ConfinedReader::start() const {
    Worker worker;
    worker.child = CAIRN_TRY(Child::start(options_.reader_program, {}));
    const confine::Message message = CAIRN_TRY(worker.child->receive(options_.step_deadline));
    CAIRN_TRY(check_ready(message));
    return worker;
}

std::optional<Worker> ConfinedReader::take_idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::nullopt;
    Worker worker = std::move(idle_.back());
    idle_.pop_back();
    return worker;
}

void ConfinedReader::give_back(Worker worker) {
    if (!worker.child->alive() || worker.archives >= kArchivesPerChildMax) return;
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(worker));
}

/// An idle child may have died since; a fresh one may not fail.
Result<Worker> ConfinedReader::begin_with_some_worker(const ByteVector& begin, int fd) {
    const auto type = static_cast<std::uint32_t>(Say::begin);
    while (auto idle = take_idle()) {
        if (idle->child->send(type, begin, fd)) return std::move(*idle);
    }
    Worker worker = CAIRN_TRY(start());
    CAIRN_TRY(worker.child->send(type, begin, fd));
    return worker;
}

Result<ArchiveEnd> ConfinedReader::read(int fd, fingerprint::FileType type, MemberSink& sink) {
    if (!is_readable_archive(type)) {
        return fail(Errc::unsupported, "{} is no archive", fingerprint::media_type_of(type));
    }
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return fail(Errc::io, "archive: {}", errno_text(errno));
    if (!S_ISREG(facts.st_mode)) return fail(Errc::invalid_argument, "archive: no regular file");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.step_deadline);
    const Begin begin{
        .size_bytes = static_cast<std::uint64_t>(facts.st_size),
        .type = type,
        .members_max = options_.members_max,
        .cpu_seconds_per_step = static_cast<std::uint32_t>(seconds.count()) + 1,
        .passwords = options_.passwords};
    Worker worker = CAIRN_TRY(begin_with_some_worker(encode_begin(begin), fd));
    ++worker.archives;
    Conversation conversation(*worker.child, begin, options_.step_deadline, sink);
    auto end = conversation.run();
    if (end) {
        give_back(std::move(worker));
        return end;
    }
    return ArchiveEnd{
        .outcome = ArchiveEnd::Outcome::crashed,
        .format = {},
        .members = conversation.members(),
        .reason = std::move(end).error().message};
}

}  // namespace

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::create(Options options) {
    std::size_t password_bytes = 0;
    for (const std::string& password : options.passwords) password_bytes += password.size() + 10;
    if (password_bytes > kPasswordBytesMax) {
        return fail(
            Errc::invalid_argument, "passwords: more than {} bytes together", kPasswordBytesMax
        );
    }
    auto reader = std::make_unique<ConfinedReader>(std::move(options));
    // A program that is missing or cannot confine itself shows now, not at the first archive.
    Worker worker = CAIRN_TRY(reader->start());
    reader->give_back(std::move(worker));
    return std::unique_ptr<ArchiveReader>(std::move(reader));
}

}  // namespace cairn::evidence
