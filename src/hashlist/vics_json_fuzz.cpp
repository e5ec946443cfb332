// A document that simdjson takes as a whole must be split into just the records it holds.
#include <cstdlib>

#include <simdjson.h>

#include "base/text.h"
#include "hashlist/memory_list.h"
#include "hashlist/recording_sink.h"
#include "hashlist/vics_reader.h"

namespace cairn::hashlist {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::size_t records_of_element(element value) {
    object members;
    if (value.get(members) != simdjson::SUCCESS) return 1;
    std::size_t records = 0;
    bool has_media = false;
    for (const auto field : members) {
        array media;
        if (lower_ascii(field.key) != "media") continue;
        if (field.value.get(media) != simdjson::SUCCESS) continue;
        has_media = true;
        for ([[maybe_unused]] const element record : media) ++records;
    }
    return has_media ? records : 1;
}

/// The records of a sound document, or nothing when there is no "value" list.
std::optional<std::size_t> records_of(element root) {
    object members;
    if (root.get(members) != simdjson::SUCCESS) return std::nullopt;
    std::optional<std::size_t> records;
    for (const auto field : members) {
        array values;
        if (lower_ascii(field.key) != "value") continue;
        if (field.value.get(values) != simdjson::SUCCESS) continue;
        records = records.value_or(0);
        for (const element value : values) *records += records_of_element(value);
    }
    return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    const MemoryList list(bytes);
    RecordingSink sink;
    auto source = TextSource::open(list.path());
    if (!source) return 0;
    const Status status = read_vics(*source, sink);
    for (const ListRecord& record : sink.records) {
        if (record.position.offset >= 2 * size) std::abort();
    }
    const std::string_view text = as_text(bytes);
    static_cast<void>(recognise_vics(text));
    // Escaped member names are not looked through by the splitter.
    if (text.find('\\') != std::string_view::npos || text.starts_with("\xFF\xFE")) return 0;
    simdjson::dom::parser parser;
    element root;
    if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return 0;
    const auto expected = records_of(root);
    if (status.has_value() != expected.has_value()) std::abort();
    if (expected && sink.records.size() + sink.refused.size() != *expected) std::abort();
    return 0;
}

}  // namespace cairn::hashlist
