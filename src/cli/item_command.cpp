#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/text.h"
#include "cli/command.h"
#include "scan/extract.h"

namespace cairn::cli {
namespace {

struct ExtractOptions {
    std::string item;
    std::int64_t scan = 0;
    std::string to;
    std::string reason;
};

/// Copies the spool into a file that did not exist before.
Status write_new_file(const scan::Spool& content, const std::string& path) {
    AtomicFile file = CAIRN_TRY(AtomicFile::create(path, 0600));
    ByteVector buffer(1U << 20U);
    for (std::uint64_t offset = 0; offset < content.size_bytes();) {
        const std::size_t got = CAIRN_TRY(read_at(content.fd(), offset, buffer));
        if (got == 0) break;
        CAIRN_TRY(file.write(Bytes(buffer).first(got)));
        offset += got;
    }
    return file.commit();
}

Status extract_to_file(
    const Context& context,
    const scan::ScanStore& store,
    const scan::ItemRecord& item,
    const std::string& path
) {
    auto archives = CAIRN_TRY(open_archives(context, {}));
    const scan::Spool content = CAIRN_TRY(scan::extract_item(item, *archives, store.folder()));
    CAIRN_TRY(write_new_file(content, path));
    return context.terminal.out(fmt::format(
        "{} bytes of item {} written to {}; recorded in the case.\n",
        grouped(content.size_bytes()),
        hex_encode(item.id),
        printable(path)
    ));
}

Result<Exit> run_extract(Context& context, const ExtractOptions& options) {
    auto store = CAIRN_TRY(open_case(context, scan::ScanStore::Mode::existing));
    const scan::ScanInfo info = CAIRN_TRY(store->scan(options.scan));
    const scan::ItemRecord item = CAIRN_TRY(store->item(info.catalogue(), options.item));
    if (::access(options.to.c_str(), F_OK) == 0) {
        return fail(Errc::conflict, "{}: exists already; name another file", options.to);
    }
    scan::Act act{
        SystemClock().now(),
        context.environment.account,
        "item_extract",
        fmt::format(
            "scan {}, item {}, to {}",
            info.id,
            hex_encode(item.id),
            absolute_path(context, options.to)
        ),
        options.reason,
        {scan::object_of_scan(info.id), "item:" + hex_encode(item.id)}};
    // Recorded before the content leaves; when that then fails, so is the failure.
    CAIRN_TRY(store->record(act));
    const auto extracted = extract_to_file(context, *store, item, options.to);
    if (extracted) return Exit::covered_clean;
    act.time = SystemClock().now();
    act.operation = "item_extract_failed";
    act.reason = extracted.error().message;
    CAIRN_TRY(store->record(act));
    return Error(extracted.error());
}

struct ActsOptions {};

Result<Exit> run_acts(Context& context, const ActsOptions&) {
    auto store = CAIRN_TRY(open_case(context, scan::ScanStore::Mode::existing));
    CAIRN_TRY(store->record_look("item_acts", {}));
    const auto acts = CAIRN_TRY(store->acts());
    std::vector<std::vector<std::string>> rows = {{"TIME", "ACCOUNT", "ACT", "OBJECT", "REASON"}};
    for (const scan::Act& act : acts) {
        rows.push_back(
            {format_utc(act.time),
             printable(act.actor),
             act.operation,
             printable(act.object),
             printable(act.reason)}
        );
    }
    CAIRN_TRY(context.terminal.out(acts.empty() ? "No acts recorded.\n" : table(rows)));
    return Exit::covered_clean;
}

}  // namespace

void add_item_command(CLI::App& app, Context& context) {
    CLI::App* item = app.add_subcommand("item", "Work with single items of a scan");
    item->require_subcommand(1);
    item->fallthrough();
    item->footer("Example:\n  cairn item acts --case /cases/17");
    add_case_option(*item, context);

    auto options = std::make_shared<ExtractOptions>();
    CLI::App* extract = item->add_subcommand(
        "extract", "Write an item's content to a file; recorded with the reason"
    );
    extract->add_option("item", options->item, "Item id from the report, or its first digits")
        ->required()
        ->type_name("ITEM");
    add_scan_number(*extract, "--scan", options->scan, "Number of the scan")->required();
    extract->add_option("--to", options->to, "File to write; must not exist")
        ->required()
        ->type_name("FILE");
    extract->add_option("--reason", options->reason, "Why; kept in the case's record")->required();
    extract->footer(
        "The content is checked against the digests that the scan recorded.\n"
        "Example:\n  cairn item extract 3f2a90 --scan 1 --to item.bin --reason \"review, case 17\""
    );
    on_command(context, *extract, options, run_extract);

    auto acts = std::make_shared<ActsOptions>();
    CLI::App* show =
        item->add_subcommand("acts", "Show what was extracted and deleted, by whom and why");
    show->footer("Example:\n  cairn item acts --case /cases/17");
    on_command(context, *show, acts, run_acts);
}

}  // namespace cairn::cli
