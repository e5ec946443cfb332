// Rows come in order, and reading again gives the same.
#include <cstdlib>

#include "hashlist/csv_reader.h"
#include "hashlist/memory_list.h"
#include "hashlist/recording_sink.h"

namespace cairn::hashlist {
namespace {

RecordingSink read(const std::string& path, const CsvDialect& dialect) {
    RecordingSink sink;
    auto source = TextSource::open(path);
    if (source) static_cast<void>(read_csv(*source, dialect, HashType::pdq, sink));
    return sink;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    const std::string_view text = as_text(bytes);
    const std::string_view line = text.substr(0, text.find('\n'));
    auto dialect = recognise_csv(line);
    if (!dialect) dialect = recognise_descriptor_rows(line);
    if (!dialect) return 0;
    const MemoryList list(bytes);
    const RecordingSink sink = read(list.path(), *dialect);
    std::uint64_t last_line = 0;
    for (const ListRecord& record : sink.records) {
        if (record.position.line <= last_line) std::abort();
        if (record.position.offset >= 2 * size) std::abort();
        last_line = record.position.line;
    }
    const RecordingSink again = read(list.path(), *dialect);
    if (again.records.size() != sink.records.size()) std::abort();
    if (again.refused.size() != sink.refused.size()) std::abort();
    return 0;
}

}  // namespace cairn::hashlist
