#include "hashlist/counting_sink.h"

#include <cerrno>

#include <sys/stat.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/text.h"

namespace cairn::hashlist {
namespace {

constexpr std::size_t kRefusedRowsMax = 100;
constexpr std::size_t kNamesMax = 200;
constexpr std::size_t kNameBytesMax = 64;

Result<std::uint64_t> size_of_files(const std::vector<std::string>& files) {
    std::uint64_t total = 0;
    for (const std::string& file : files) {
        const Fd fd = CAIRN_TRY(open_for_reading(file));
        struct stat info {};
        if (::fstat(fd.get(), &info) != 0) return fail(Errc::io, "{}", errno_text(errno));
        total += static_cast<std::uint64_t>(info.st_size);
    }
    return total;
}

std::string refusal_summary(const ImportReport& report, std::uint64_t refused) {
    std::string reasons;
    for (const auto& [reason, count] : report.refused) {
        reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, count);
    }
    const RefusedRow& first = report.refused_rows.front();
    const std::string place =
        first.line > 0 ? fmt::format("line {}", first.line) : fmt::format("byte {}", first.offset);
    return fmt::format(
        "{} of {} rows refused ({}; the first in {} at {})",
        grouped(refused),
        grouped(report.rows_read),
        reasons,
        printable(first.file),
        place
    );
}

}  // namespace

std::string CountingSink::counted_name(
    const std::map<std::string, std::uint64_t>& counts, std::string_view name
) {
    std::string key = printable(name.substr(0, kNameBytesMax));
    if (counts.size() >= kNamesMax && !counts.contains(key)) key = "other";
    return key;
}

void CountingSink::refuse(RowPosition position, std::string_view reason) {
    ++report_.rows_read;
    ++report_.refused[std::string(reason)];
    if (report_.refused_rows.size() < kRefusedRowsMax) {
        report_.refused_rows.push_back({file_, position.line, position.offset, std::string(reason)}
        );
    }
}

void CountingSink::skip(std::string_view reason) {
    ++report_.rows_read;
    ++report_.warnings[std::string(reason)];
}

void CountingSink::warn(std::string_view reason) {
    ++report_.warnings[std::string(reason)];
}

void CountingSink::unknown_member(std::string_view name) {
    ++report_.unknown_members[counted_name(report_.unknown_members, name)];
}

Result<ListFormat> one_format(const FileReading& reading) {
    ListFormat first = CAIRN_TRY(recognise_format(reading.files.front(), reading.type_of_64));
    for (const std::string& file : reading.files) {
        const ListFormat format = CAIRN_TRY(recognise_format(file, reading.type_of_64));
        if (format.name == first.name && format.scheme == first.scheme) continue;
        return fail(
            Errc::invalid_argument,
            "{} is {}, {} is {}: parts of one list must have one format",
            reading.files.front(),
            first.name,
            file,
            format.name
        );
    }
    return first;
}

Result<std::string> read_list_files(const FileReading& reading, CountingSink& sink) {
    const std::uint64_t total = CAIRN_TRY(size_of_files(reading.files));
    std::uint64_t before = 0;
    std::string first_sha256;
    for (const std::string& file : reading.files) {
        const ListFormat format = CAIRN_TRY(recognise_format(file, reading.type_of_64));
        std::uint64_t done = 0;
        const auto progress = [&](std::uint64_t bytes) {
            done = bytes;
            if (reading.progress) reading.progress(before + done, total);
        };
        sink.begin_file(file);
        const crypto::Sha256 sha256 = CAIRN_TRY(format.read(file, progress, sink));
        if (first_sha256.empty()) first_sha256 = hex_encode(sha256);
        before += done;
    }
    return first_sha256;
}

Status check_refused_share(const ImportReport& report, double share_max) {
    std::uint64_t refused = 0;
    for (const auto& [reason, count] : report.refused) refused += count;
    if (refused == 0) return ok();
    const double share = static_cast<double>(refused) / static_cast<double>(report.rows_read);
    if (share <= share_max) return ok();
    return fail(
        Errc::conflict,
        "{}: nothing was changed. Look at the file; import with --accept-refused to take the rest",
        refusal_summary(report, refused)
    );
}

}  // namespace cairn::hashlist
