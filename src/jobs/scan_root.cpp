#include "jobs/scan_root.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

#include "base/fd.h"
#include "base/text.h"

namespace cairn::jobs {

Result<const ScanRoot*> find_root(
    std::span<const ScanRoot> roots, const access::Agency& agency, const std::string& name
) {
    for (const ScanRoot& root : roots) {
        const bool is_ours = root.all_agencies ||
                             std::ranges::find(root.agencies, agency.name) != root.agencies.end();
        if (root.name == name && is_ours) return &root;
    }
    return fail(
        Errc::not_found,
        "no folder '{}' is set up to be scanned by this agency; the machine's administrator adds "
        "one",
        printable(name)
    );
}

Result<std::unique_ptr<evidence::FolderWalk>> open_beneath_root(
    const ScanRoot& root, const std::string& path, const evidence::FolderWalk::Options& options
) {
    const Fd folder(::open(root.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) {
        return fail(Errc::io, "scan root {}: {}: {}", root.name, root.path, errno_text(errno));
    }
    auto walk = evidence::FolderWalk::open_below(folder.get(), path, options);
    if (!walk) {
        return std::move(walk).error().with_context(root.name + "/" + printable(path));
    }
    return walk;
}

}  // namespace cairn::jobs
