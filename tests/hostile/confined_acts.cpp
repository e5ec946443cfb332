#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <new>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"
#include "confine/lock_down.h"
#include "hostile/acts.h"

namespace cairn::hostile {
namespace {

using confine::kChildChannel;
using confine::Message;

/// The text that answers a message.
using Act = std::function<std::string(const Message&)>;

std::string result_of(long returned) {
    return returned < 0 ? "refused: " + errno_text(errno) : "done";
}

[[noreturn]] void hang() {
    while (true) ::poll(nullptr, 0, -1);
}

[[noreturn]] void spin() {
    volatile unsigned long turns = 0;
    while (true) turns = turns + 1;
}

/// A real segmentation fault; sanitizers would report a null pointer before it happens.
std::string crash() {
    void* page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<volatile char*>(page) = 1;
    return "survived";
}

/// A message shorter than its own header.
std::string send_stub() {
    std::array<char, 2> bytes{'x', 'y'};
    iovec part{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    ::sendmsg(kChildChannel, &header, 0);
    hang();
}

/// A message longer than the parent's buffer.
std::string send_oversized() {
    ByteVector bytes(confine::kPayloadMax + 100);
    iovec part{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    ::sendmsg(kChildChannel, &header, 0);
    hang();
}

/// Takes memory and writes on it until there is none.
std::string allocate() {
    constexpr std::size_t kPiece = std::size_t{16} << 20U;
    std::vector<std::vector<char>> pieces;
    try {
        while (pieces.size() < 1024) pieces.emplace_back(kPiece, 'x');
    } catch (const std::bad_alloc&) {
        return "no more";
    }
    return "took 16 GiB";
}

std::string read_descriptor(const Message& message) {
    ByteVector bytes(100);
    const auto got = read_at(message.fd.get(), 0, bytes);
    return got ? std::string(as_text(bytes).substr(0, *got)) : got.error().message;
}

std::string open_socket(const Message&) {
    return result_of(::socket(AF_INET, SOCK_STREAM, 0));
}

std::string run_program(const Message&) {
    std::array<char*, 1> none{nullptr};
    return result_of(::execve("/bin/true", none.data(), none.data()));
}

std::string map_executable(const Message&) {
    void* at = ::mmap(
        nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0
    );
    return result_of(at == MAP_FAILED ? -1 : 0);
}

std::string make_executable(const Message&) {
    void* at = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return result_of(::mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

std::string raise_limits(const Message&) {
    const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
    return result_of(::setrlimit(RLIMIT_CPU, &all));
}

std::string limits_of_another(const Message&) {
    return result_of(::prlimit(1, RLIMIT_CPU, nullptr, nullptr));
}

/// What codecs may do.
std::string start_thread(const Message&) {
    std::string seen = "nothing";
    std::thread([&seen] { seen = "done"; }).join();
    return seen;
}

std::string spin_within_a_second(const Message&) {
    if (!confine::limit_cpu_from_now(std::chrono::seconds(1))) return "no limit set";
    spin();
}

const std::map<std::string, Act>& acts() {
    static const std::map<std::string, Act> kActs = {
        {"echo", [](const Message& m) { return std::string(as_text(m.payload)); }},
        {"read descriptor", read_descriptor},
        {"crash", [](const Message&) { return crash(); }},
        {"abort", [](const Message&) -> std::string { std::abort(); }},
        {"exit", [](const Message&) -> std::string { ::_exit(3); }},
        {"hang", [](const Message&) -> std::string { hang(); }},
        {"spin", spin_within_a_second},
        {"send stub", [](const Message&) { return send_stub(); }},
        {"send oversized", [](const Message&) { return send_oversized(); }},
        {"allocate", [](const Message&) { return allocate(); }},
        {"open", [](const Message&) { return result_of(::open("/etc/passwd", O_RDONLY)); }},
        {"create",
         [](const Message&) { return result_of(::open("/tmp/x", O_CREAT | O_RDWR, 0600)); }},
        {"socket", open_socket},
        {"exec", run_program},
        {"fork", [](const Message&) { return result_of(::syscall(SYS_fork)); }},
        {"clone",
         [](const Message&) { return result_of(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }},
        {"kill", [](const Message&) { return result_of(::kill(1, SIGTERM)); }},
        {"trace", [](const Message&) { return result_of(::ptrace(PTRACE_TRACEME, 0, 0, 0)); }},
        {"map executable", map_executable},
        {"make executable", make_executable},
        {"start thread", start_thread},
        {"raise limits", raise_limits},
        {"limits of another", limits_of_another},
        {"unlink", [](const Message&) { return result_of(::unlink("/tmp/x")); }},
        {"write to descriptor",
         [](const Message& m) { return result_of(::write(m.fd.get(), "x", 1)); }},
    };
    return kActs;
}

}  // namespace

void serve_confined(const std::string& act) {
    const auto found = acts().find(act);
    if (found == acts().end()) ::_exit(4);
    while (true) {
        const auto message = confine::receive_message(kChildChannel);
        if (!message || !*message) return;
        const std::string answer = found->second(**message);
        if (!confine::send_message(kChildChannel, (*message)->type, as_bytes(answer))) return;
    }
}

}  // namespace cairn::hostile
