#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace cairn::evidence {

/// Opens `relative` below the folder `root` without following a symbolic link in any component
/// and without leaving `root`: openat2 where the kernel has it, else one component after the
/// other. "" is the root itself. Close-on-exec, O_NOATIME where allowed. No length limit.
/// Errc::not_found, permission_denied, unsupported (a symbolic link), invalid_argument, io; the
/// message gives the reason alone: the caller knows the path.
Result<Fd> open_beneath(int root, const std::string& relative, int flags);

/// The same without openat2, as on kernels before 5.6.
Result<Fd> open_by_components(int root, const std::string& relative, int flags);

/// What an error number of open and its kin means to our callers.
Error open_error(int error_number);

}  // namespace cairn::evidence
