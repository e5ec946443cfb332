#include "value/value.h"

#include <array>

#include "base/text.h"
#include "value/bank_number.h"
#include "value/device_number.h"
#include "value/host_name.h"
#include "value/key.h"
#include "value/name_key.h"
#include "value/phone_number.h"
#include "value/wallet.h"
#include "value/web_address.h"

namespace cairn::value {
namespace {

/// The key of a text, for kinds that need a context or may have one.
using Reader = Key (*)(std::string_view text, std::string_view context);

struct KindRow {
    Kind kind;
    std::string_view name;
    Reader read;
};

constexpr auto kTable = std::to_array<KindRow>({
    {Kind::email, "email", email_key},
    {Kind::phone, "phone", phone_key},
    {Kind::account_name, "account_name", account_name_key},
    {Kind::account_id, "account_id", account_id_key},
    {Kind::imei, "imei", imei_key},
    {Kind::serial, "serial", serial_key},
    {Kind::mac, "mac", mac_key},
    {Kind::domain, "domain", domain_key},
    {Kind::url, "url", url_key},
    {Kind::iban, "iban", iban_key},
    {Kind::bank_account, "bank_account", bank_account_key},
    {Kind::card, "card", card_key},
    {Kind::wallet, "wallet", wallet_key},
    {Kind::digest, "digest", digest_key},
    {Kind::register_id, "register_id", register_id_key},
    {Kind::plate, "plate", plate_key},
    {Kind::vin, "vin", vin_key},
});

const KindRow& row_of(Kind kind) {
    return kTable.at(static_cast<std::size_t>(kind));
}

constexpr bool table_is_in_order() {
    for (std::size_t i = 0; i < kTable.size(); ++i) {
        if (kTable[i].kind != static_cast<Kind>(i) || kKinds[i] != static_cast<Kind>(i)) {
            return false;
        }
    }
    return kTable.size() == std::size(kKinds);
}
static_assert(table_is_in_order());

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Status check_text(Kind kind, std::string_view text) {
    if (text.empty()) return fail(Errc::invalid_argument, "{}: no value", name_of(kind));
    if (text.size() > kTextBytesMax) {
        return fail(
            Errc::invalid_argument,
            "{}: a value has at most {} bytes, this has {}",
            name_of(kind),
            kTextBytesMax,
            text.size()
        );
    }
    if (!is_utf8(text)) return fail(Errc::invalid_argument, "{}: not UTF-8", name_of(kind));
    return ok();
}

}  // namespace

std::string_view name_of(Kind kind) {
    return row_of(kind).name;
}

Result<Kind> parse_kind(std::string_view name) {
    for (const KindRow& row : kTable) {
        if (row.name == name) return row.kind;
    }
    return fail(Errc::invalid_argument, "no kind of value is called '{}'", printable(name));
}

Result<Value> read(Kind kind, std::string_view text, std::string_view context) {
    const std::string_view given = trimmed(text);
    CAIRN_TRY(check_text(kind, given));
    const std::string_view where = trimmed(context);
    if (!where.empty()) CAIRN_TRY(check_text(kind, where));
    if (kind == Kind::card && digits_in(given) > kCardDigitsKept) {
        return fail(
            Errc::invalid_argument,
            "card: a whole card number is never kept; give its first six and last four digits"
        );
    }
    Key key = row_of(kind).read(given, where);
    return Value{
        .kind = kind,
        .text = kind == Kind::url ? without_login(given) : std::string(given),
        .context = std::string(where),
        .key = std::move(key.text),
        .flaw = key.flaw,
        .near_key = std::move(key.near),
    };
}

}  // namespace cairn::value
