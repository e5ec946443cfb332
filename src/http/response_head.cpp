#include "http/response_head.h"

#include <algorithm>
#include <array>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include "base/text.h"

namespace cairn::http {
namespace {

constexpr std::array<std::string_view, 6> kOwnFields = {
    "connection", "content-length", "date", "keep-alive", "transfer-encoding", "x-request-id"};

bool is_own(std::string_view name) {
    return std::find(kOwnFields.begin(), kOwnFields.end(), lower_ascii(name)) != kOwnFields.end();
}

bool is_token(std::string_view name) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char byte) {
        const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        const bool is_digit = byte >= '0' && byte <= '9';
        return is_letter || is_digit || kMarks.find(byte) != std::string_view::npos;
    });
}

bool is_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(), [](unsigned char byte) {
        return (byte < ' ' && byte != '\t') || byte == 0x7F;
    });
}

}  // namespace

bool has_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

std::string response_head(const Response& response, const AnswerFrame& frame) {
    const auto reason =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
    std::string head = fmt::format(
        "HTTP/1.1 {} {}\r\nDate: {}\r\nX-Request-Id: {}\r\n",
        response.status,
        std::string_view(reason.data(), reason.size()),
        http_date(frame.now),
        frame.request_id
    );
    if (has_body(response.status)) head += fmt::format("Content-Length: {}\r\n", frame.body_bytes);
    if (!frame.keep_alive) head += "Connection: close\r\n";
    for (const auto& [name, value] : response.fields) {
        if (is_own(name) || !is_token(name) || !is_value(value)) continue;
        head.append(name).append(": ").append(value).append("\r\n");
    }
    return head += "\r\n";
}

std::string http_date(std::chrono::sys_seconds time) {
    constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        kDays.at(std::chrono::weekday(day).c_encoding()),
        static_cast<unsigned>(date.day()),
        kMonths.at(static_cast<unsigned>(date.month()) - 1),
        static_cast<int>(date.year()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count()
    );
}

}  // namespace cairn::http
