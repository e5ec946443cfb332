#include "scan/records.h"

namespace cairn::scan {

Finding make_finding(Finding::Kind kind, std::string code, std::string text, bool gap) {
    Finding finding;
    finding.kind = kind;
    finding.code = std::move(code);
    finding.text = std::move(text);
    finding.gap = gap;
    return finding;
}

std::string_view name_of(Finding::Kind kind) {
    switch (kind) {
        case Finding::Kind::match:
            return "match";
        case Finding::Kind::encrypted:
            return "encrypted";
        case Finding::Kind::error:
            return "error";
        case Finding::Kind::limit:
            return "limit";
    }
    return "error";
}

std::string_view name_of(Match::Kind kind) {
    return kind == Match::Kind::exact ? "exact" : "pdq";
}

std::string_view name_of(fingerprint::Frame::Kind kind) {
    switch (kind) {
        case fingerprint::Frame::Kind::frame:
            return "frame";
        case fingerprint::Frame::Kind::page:
            return "page";
        case fingerprint::Frame::Kind::thumbnail:
            return "thumbnail";
    }
    return "frame";
}

std::string_view name_of(hashlist::Weight weight) {
    switch (weight) {
        case hashlist::Weight::counts:
            return "counts";
        case hashlist::Weight::indicative:
            return "indicative";
        case hashlist::Weight::ignored:
            return "ignored";
    }
    return "counts";
}

std::string_view name_of(Coverage coverage) {
    switch (coverage) {
        case Coverage::covered:
            return "covered";
        case Coverage::linked:
            return "linked";
        case Coverage::symlink:
            return "symlink";
        case Coverage::special:
            return "special";
        case Coverage::excluded:
            return "excluded";
        case Coverage::empty:
            return "empty";
        case Coverage::unreadable:
            return "unreadable";
        case Coverage::vanished:
            return "vanished";
        case Coverage::encrypted:
            return "encrypted";
        case Coverage::damaged:
            return "damaged";
        case Coverage::limited:
            return "limited";
    }
    return "unreadable";
}

bool is_gap(Coverage coverage) {
    return coverage >= Coverage::unreadable;
}

}  // namespace cairn::scan
