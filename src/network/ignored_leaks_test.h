#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define CAIRN_FINDS_LEAKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CAIRN_FINDS_LEAKS
#endif
#endif

#ifdef CAIRN_FINDS_LEAKS
#include <sanitizer/lsan_interface.h>
#endif

namespace cairn::network::test {

/// While it lives, memory may be lost: libmaxminddb 1.7.1 does not give back what it read of
/// damaged metadata, some kilobytes for each file that it refuses.
#ifdef CAIRN_FINDS_LEAKS
using IgnoredLeaks = __lsan::ScopedDisabler;
#else
struct IgnoredLeaks {
    IgnoredLeaks() {}
};
#endif

}  // namespace cairn::network::test
