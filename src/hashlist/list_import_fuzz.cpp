// Whatever the format: an entry that was imported is found again by every fingerprint it has.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "hashlist/list_import.h"
#include "hashlist/memory_list.h"
#include "hashlist/recording_sink.h"
#include "hashlist/refused_values.h"

namespace cairn::hashlist {
namespace {

using crypto::SecretKey;

void require(bool claim) {
    if (!claim) std::abort();
}

/// Each accepted record once through the import's own sink.
bool is_imported(const ListRecord& record, const ImportPlan& plan, const SecretKey& key) {
    ImportReport report;
    ListBuilder builder("/tmp", key, "list");
    ImportSink sink(plan, builder, report);
    require(sink.accept(record).has_value());
    require(report.rows_read == 1);
    return report.rows_accepted == 1;
}

/// Rows that share a digest may become one entry, which then asks for their other digests too.
bool stands_alone(const ListRecord& record, const std::vector<ListRecord>& all) {
    const auto shares = [&](const ListRecord& other) {
        return (record.md5 && record.md5 == other.md5) ||
               (record.sha1 && record.sha1 == other.sha1) ||
               (record.sha256 && record.sha256 == other.sha256);
    };
    return std::count_if(all.begin(), all.end(), shares) == 1;
}

/// `all_searched`: no code is in quarantine because of its many neighbours.
void expect_found(const ListIndex& index, const ListRecord& record, bool alone, bool all_searched) {
    crypto::Digests digests;
    if (record.md5) digests.md5 = *record.md5;
    if (record.sha1) digests.sha1 = *record.sha1;
    if (record.sha256) digests.sha256 = *record.sha256;
    if (alone) require(!index.find(digests).empty());
    if (!record.pdq || is_degenerate(*record.pdq) || !all_searched) return;
    const bool kept_out = record.pdq_quality ? *record.pdq_quality < fingerprint::kPdqQualityMin
                                             : is_suspicious(*record.pdq);
    if (kept_out) return;
    const auto hits = index.find(*record.pdq, 0);
    require(!hits.empty());
    require(index.entry(hits.front().entry).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const MemoryList list({data, size});
    const auto format = recognise_format(list.path(), HashType::pdq);
    if (!format) return 0;
    ImportOptions options;
    options.kind = ListKind::ignore;
    const auto plan = plan_import(options, *format);
    require(plan.has_value());
    RecordingSink records;
    if (!format->read(list.path(), {}, records)) return 0;

    const SecretKey key = SecretKey::from_bytes(std::array<std::uint8_t, SecretKey::kSize>{});
    ListBuilder builder("/tmp", key, "list");
    ImportReport report;
    ImportSink sink(*plan, builder, report);
    std::vector<ListRecord> imported;
    for (const ListRecord& record : records.records) {
        if (imported.size() == 50) break;
        require(sink.accept(record).has_value());
        if (is_imported(record, *plan, key)) imported.push_back(record);
    }
    require(builder.merge(plan->kind, plan->scheme).has_value());
    auto file = make_memory_file("index");
    require(file.has_value());
    const auto header = builder.write(file->get());
    require(header.has_value());
    const auto index = ListIndex::open("/proc/self/fd/" + std::to_string(file->get()), key);
    require(index.has_value());
    require((*index)->verify().has_value());
    for (const ListRecord& record : imported) {
        const bool all_searched = header->pdq_quarantined == 0;
        expect_found(**index, record, stands_alone(record, imported), all_searched);
    }
    return 0;
}

}  // namespace cairn::hashlist
