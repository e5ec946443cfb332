#include "hashlist/list_index.h"

#include "hashlist/segmented_index.h"

namespace cairn::hashlist {

Result<std::shared_ptr<const ListIndex>> ListIndex::open(
    const std::string& path, const crypto::SecretKey& key
) {
    auto index = CAIRN_TRY(SegmentedIndex::open({{path, ""}}, key));
    return std::shared_ptr<const ListIndex>(std::move(index));
}

}  // namespace cairn::hashlist
