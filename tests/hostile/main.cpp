// cairn-hostile-child ACT: locks itself down as confined programs do, then does what it should not.
#include <cstdio>
#include <string>

#include <signal.h>
#include <unistd.h>

#include "confine/lock_down.h"
#include "hostile/acts.h"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const std::string act = argv[1];
    // Sanitizers would turn these signals into exit codes; the tests look for the signals.
    for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) ::signal(number, SIG_DFL);
    if (act == "exit at once") ::_exit(7);
    const cairn::confine::Limits limits{
        .memory_bytes_max = std::uint64_t{512} << 20U, .cpu_max = std::chrono::seconds(60)};
    if (const auto locked = cairn::confine::lock_down(limits); !locked) {
        std::fprintf(stderr, "%s\n", locked.error().message.c_str());
        return 3;
    }
    if (act.starts_with("decoder ")) {
        cairn::hostile::serve_as_decoder(act.substr(8));
    } else {
        cairn::hostile::serve_confined(act);
    }
    ::_exit(0);
}
