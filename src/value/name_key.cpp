#include "value/name_key.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/bytes.h"
#include "base/text.h"
#include "value/characters.h"

namespace cairn::value {
namespace {

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

/// NFKC and full case folding; empty when the library refuses the text.
std::string folded(std::string_view text) {
    std::size_t size = 0;
    const std::unique_ptr<std::uint8_t, Free> out(
        u8_casefold(as_bytes(text).data(), text.size(), nullptr, UNINORM_NFKC, nullptr, &size)
    );
    if (!out) return {};
    return {out.get(), out.get() + size};
}

/// Services whose handles are taken to be the same in any case, by the domain people know them by,
/// and what their handles may have between letters without its being seen. Not yet checked against
/// each service's own words: that is to be done before such a key links anybody.
struct Service {
    std::string_view domain;
    std::string_view unseen;
};

constexpr auto kServicesWithoutCase = std::to_array<Service>({
    {"discord.com", ""},
    {"facebook.com", "."},
    {"github.com", ""},
    {"instagram.com", ""},
    {"pinterest.com", ""},
    {"reddit.com", ""},
    {"skype.com", ""},
    {"snapchat.com", ""},
    {"telegram.org", ""},
    {"tiktok.com", ""},
    {"tumblr.com", ""},
    {"twitch.tv", ""},
    {"twitter.com", ""},
    {"vk.com", ""},
    {"x.com", ""},
});

}  // namespace

std::string folded_name(std::string_view text) {
    const std::string all = folded(text);
    std::string kept;
    for (std::size_t at = 0; at < all.size();) {
        ucs4_t letter = 0;
        const int size = u8_mbtouc(&letter, as_bytes(all).data() + at, all.size() - at);
        const std::size_t bytes = static_cast<std::size_t>(std::max(size, 1));
        constexpr std::uint32_t kKept =
            UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_M;
        if (uc_is_general_category_withtable(letter, kKept)) kept.append(all, at, bytes);
        at += bytes;
    }
    return kept;
}

Key account_name_key(std::string_view text, std::string_view context) {
    const std::string service = lower_ascii(context);
    if (service.empty()) return flawed("service_needed");
    std::string handle(text.starts_with('@') ? text.substr(1) : text);
    const auto* row = std::ranges::find(kServicesWithoutCase, service, &Service::domain);
    if (row != kServicesWithoutCase.end()) {
        handle = folded(handle);
        std::erase_if(handle, [&](char c) { return row->unseen.find(c) != std::string::npos; });
    }
    if (handle.empty()) return flawed("no_handle");
    Key key = keyed(fmt::format("{}:{}", service, handle));
    // Of other services it is not known; that the same name in another case is the same account
    // may be suggested.
    key.near = fmt::format("{}:{}", service, folded_name(handle));
    if (key.near == key.text) key.near.clear();
    return key;
}

Key account_id_key(std::string_view text, std::string_view context) {
    const std::string service = lower_ascii(context);
    if (service.empty()) return flawed("service_needed");
    return keyed(fmt::format("{}:{}", service, text));
}

Key register_id_key(std::string_view text, std::string_view context) {
    const std::string country = country_code(context);
    if (country.empty()) return flawed("country_needed");
    const std::string id = folded_name(text);
    if (id.empty()) return flawed("bad_characters");
    return keyed(fmt::format("{}:{}", country, id));
}

}  // namespace cairn::value
