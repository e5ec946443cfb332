// Every line gives at most one record, in order, with at most one digest unless it is a table.
#include <algorithm>
#include <cstdlib>

#include "hashlist/digest_lines_reader.h"
#include "hashlist/memory_list.h"
#include "hashlist/recording_sink.h"

namespace cairn::hashlist {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    const MemoryList list(bytes);
    RecordingSink sink;
    auto source = TextSource::open(list.path());
    if (!source) return 0;
    static_cast<void>(read_digest_lines(*source, HashType::sha256, sink));
    std::uint64_t last_line = 0;
    for (const ListRecord& record : sink.records) {
        if (record.position.line <= last_line) std::abort();
        last_line = record.position.line;
    }
    const auto lines = std::count(bytes.begin(), bytes.end(), std::uint8_t{'\n'}) + 1;
    const auto rows = sink.records.size() + sink.refused.size();
    if (rows > static_cast<std::size_t>(lines)) std::abort();
    return 0;
}

}  // namespace cairn::hashlist
