#include "jobs/scan_work.h"

#include "jobs/scan_jobs.h"
#include "scan/configuration.h"

namespace cairn::jobs {
namespace {

Result<ScanRequest> request_of(
    keyring::KeyRing& keys, const TakenScan& taken, const access::CaseKey& key
) {
    const std::string text = CAIRN_TRY(
        keys.unseal(key.key, taken.request, {.column = kRequestColumn, .row = taken.id.bytes()})
    );
    return decode_request(text);
}

scan::ScanList scan_list_of(const hashlist::ListInfo& info) {
    return {
        .name = info.name,
        .version = info.version,
        .version_id = info.version_id,
        .source = info.source,
        .scheme = info.scheme,
        .kind = info.kind,
        .entries = info.entries};
}

}  // namespace

Status ScanWork::load_lists(
    ListFolders& folders, const TakenScan& taken, const ScanRequest& request
) {
    const auto store = CAIRN_TRY(folders.of(taken.agency));
    if (before_) {
        for (const scan::ScanList& list : before_->lists) {
            auto loaded = store->load_version(list.name, list.version_id);
            if (!loaded) {
                return std::move(loaded).error().with_context(
                    "the scan cannot go on with the lists it began with; start a new one"
                );
            }
            lists_.push_back(*std::move(loaded));
        }
        return ok();
    }
    std::vector<std::string> names = request.lists;
    if (names.empty()) {
        const auto all = CAIRN_TRY(store->lists());
        for (const hashlist::ListInfo& info : all) names.push_back(info.name);
    }
    if (names.empty()) return fail(Errc::conflict, "the agency has no hash list to compare with");
    for (const std::string& name : names) {
        auto loaded = CAIRN_TRY(store->load_version(name, std::nullopt));
        lists_.push_back(std::move(loaded));
    }
    return ok();
}

Status ScanWork::open_tools(const ScanRunner::Options& options, const ScanRequest& request) {
    pictures_ = CAIRN_TRY(fingerprint::PictureReader::create(
        {.decoder_program = options.program_folder + "/cairn-decoder",
         .decoders = options.threads,
         .query_set = request.variants}
    ));
    evidence::ArchiveReader::Options reader;
    reader.reader_program = options.program_folder + "/cairn-reader";
    archives_ = CAIRN_TRY(evidence::ArchiveReader::create(std::move(reader)));
    spool_folder_ = options.spool_folder;
    run_.jobs = options.threads;
    run_.count_ahead = true;
    return ok();
}

scan::ScanInfo ScanWork::new_info(
    const ScanRunner::Options& options,
    const TakenScan& taken,
    const ScanRequest& request,
    UtcTime now
) const {
    scan::ScanInfo info;
    info.started = now;
    info.host = options.host;
    info.actor = "user:" + taken.user.text();
    info.version = options.version;
    info.sources = run_.sources;
    info.configuration = scan::configuration_text(
        {.exclude = request.exclude, .variants = std::string(name_of(request.variants))}
    );
    for (const scan::OpenList& list : lists_) info.lists.push_back(scan_list_of(list.info));
    return info;
}

Status ScanWork::open_store(
    const ScanRunner::Parts& parts,
    const RunnerId& runner,
    const TakenScan& taken,
    const access::CaseKey& key
) {
    records_ = CAIRN_TRY(parts.connect());
    keys_ = CAIRN_TRY(keyring::KeyRing::open(*records_, parts.master));
    store_ = scan::ScanStore::over(
        {.database = *records_,
         .keys = *keys_,
         .case_key = key.key,
         .case_number = key.number,
         .connect = parts.connect,
         .may_write = [number = taken.number, runner](db::Database& records
                      ) { return ScanQueue::check_ours(records, number, runner); }}
    );
    return ok();
}

Result<std::unique_ptr<ScanWork>> ScanWork::prepare(
    const ScanRunner::Parts& parts,
    const ScanRunner::Options& options,
    const RunnerId& runner,
    ScanQueue& queue,
    const TakenScan& taken,
    const access::CaseKey& key
) {
    std::unique_ptr<ScanWork> work(new ScanWork());
    access::Gate& gate = parts.gate;
    const ScanRequest request = CAIRN_TRY(request_of(gate.keys(), taken, key));
    const auto agency = CAIRN_TRY(access::stored_agency(parts.gate.records(), taken.agency));
    const ScanRoot* root = CAIRN_TRY(find_root(options.roots, agency, request.root));
    CAIRN_TRY(open_beneath_root(*root, request.path, {}));
    work->run_.sources = {request.path.empty() ? request.root : request.root + "/" + request.path};
    work->run_.exclude = request.exclude;
    work->run_.open_source = [root = *root, path = request.path](
                                 const std::string&, const evidence::FolderWalk::Options& walk
                             ) { return open_beneath_root(root, path, walk); };
    CAIRN_TRY(work->open_store(parts, runner, taken, key));
    if (taken.scan) {
        work->before_ = CAIRN_TRY(work->store_->scan(*taken.scan));
        const auto counts = CAIRN_TRY(work->store_->coverage(*work->before_));
        work->matches_before_ = counts.items_matched;
        for (const auto& [code, count] : counts.problems) work->problems_before_ += count;
        work->run_.resume = true;
    }
    CAIRN_TRY(work->load_lists(parts.lists, taken, request));
    CAIRN_TRY(work->open_tools(options, request));
    const auto now = gate.clock().now();
    const auto info = work->new_info(options, taken, request, now);
    const auto store = scan::ScanStore::over(
        {.database = gate.records(),
         .keys = gate.keys(),
         .case_key = key.key,
         .case_number = key.number}
    );
    CAIRN_TRY(gate.records().transaction([&]() -> Status {
        work->scan_ = taken.scan.value_or(0);
        if (!taken.scan) work->scan_ = CAIRN_TRY(store->insert(info));
        CAIRN_TRY(scan::store_scan_state(
            gate.records(), work->scan_, scan::ScanState::running, std::nullopt
        ));
        return queue.link(taken.number, work->scan_);
    }));
    work->matcher_ = std::make_unique<scan::Matcher>(std::move(work->lists_));
    return work;
}

Result<scan::RunEnd> ScanWork::run(const std::atomic<bool>& stop) {
    const scan::Tools tools{
        *pictures_, *archives_, *matcher_, scan::Limits{}, spool_folder_, false};
    return scan::run_scan(*store_, scan_, run_, tools, progress_, stop);
}

JobProgress ScanWork::progress() const {
    JobProgress out;
    out.files = progress_.files_done;
    out.bytes = progress_.file_bytes_done;
    out.matches = progress_.matches + matches_before_;
    out.problems = progress_.problems + problems_before_;
    if (progress_.totals_known) {
        out.files_total = progress_.files_total;
        out.bytes_total = progress_.file_bytes_total;
    }
    return out;
}

}  // namespace cairn::jobs
