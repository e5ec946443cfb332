#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/content.h"
#include "crypto/base64.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

struct FingerprintOptions {
    std::vector<std::string> files;
    bool json = false;
    bool turns = false;
};

void put_turns(Json& out, const fingerprint::Frame& frame) {
    if (!frame.turns) return;
    Json turns;
    for (std::size_t i = 0; i < fingerprint::kTurnCount; ++i) {
        const auto turn = static_cast<fingerprint::Turn>(i);
        turns[std::string(name_of(turn))] = to_hex(frame.turns->at(i).code);
    }
    out["pdq_turns"] = std::move(turns);
}

void put_picture(Json& out, const fingerprint::PictureFingerprint& picture) {
    out["width"] = picture.width;
    out["height"] = picture.height;
    const fingerprint::Frame& record = picture.frames.front();
    out["pdq"] = to_hex(record.record.code);
    out["pdq_quality"] = record.record.quality;
    put_turns(out, record);
    if (record.oriented) {
        out["orientation"] = picture.orientation;
        out["pdq_oriented"] = to_hex(record.oriented->code);
    }
    if (picture.partial) out["partial"] = true;
    if (picture.frames_total > 1) out["frames_total"] = picture.frames_total;
    Json frames = Json::array();
    for (const fingerprint::Frame& frame : picture.frames) {
        Json one;
        one["index"] = frame.index;
        if (frame.kind != fingerprint::Frame::Kind::frame) one["kind"] = scan::name_of(frame.kind);
        one["pdq"] = to_hex(frame.record.code);
        one["pdq_quality"] = frame.record.quality;
        frames.push_back(std::move(one));
    }
    out["frames"] = std::move(frames);
}

Result<Json> fingerprint_of(fingerprint::PictureReader& pictures, const std::string& path) {
    const OpenContent content = CAIRN_TRY(open_content(path));
    Json out;
    out["path"] = is_utf8(path) ? path : printable(path);
    if (!is_utf8(path)) out["path_bytes"] = crypto::base64_encode(as_bytes(path));
    out["size"] = content.size_bytes;
    out["md5"] = hex_encode(content.digests.md5);
    out["sha1"] = hex_encode(content.digests.sha1);
    out["sha256"] = hex_encode(content.digests.sha256);
    const auto media_type = pictures.media_type(content.fd.get());
    out["media_type"] = media_type ? *media_type : std::string(media_type_of(content.type));
    if (family_of(content.type) != fingerprint::FileFamily::picture) return out;
    const auto picture = pictures.read(content.fd.get(), content.size_bytes, content.type);
    if (picture) {
        put_picture(out, *picture);
    } else {
        out["picture_error"] = printable(picture.error().message);
    }
    return out;
}

Result<Exit> run_fingerprint(Context& context, const FingerprintOptions& options) {
    auto pictures = CAIRN_TRY(open_pictures(context, {.decoders = 1, .turns = options.turns}));
    std::size_t failed = 0;
    for (const std::string& file : options.files) {
        const auto result = fingerprint_of(*pictures, file);
        if (!result) {
            ++failed;
            context.terminal.error("error: " + printable(result.error().message) + "\n");
            continue;
        }
        const int indent = options.json ? -1 : 2;
        const std::string text =
            result->dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
        CAIRN_TRY(context.terminal.out(text));
    }
    if (failed == 0) return Exit::covered_clean;
    return failed == options.files.size() ? Exit::failed : Exit::not_covered;
}

}  // namespace

void add_fingerprint_command(CLI::App& app, Context& context) {
    auto options = std::make_shared<FingerprintOptions>();
    CLI::App* command = app.add_subcommand(
        "fingerprint", "Print a file's digests and, for pictures, its PDQ hash, as JSON"
    );
    command->add_option("file", options->files, "Files to fingerprint")
        ->required()
        ->type_name("FILE");
    command->add_flag("--json", options->json, "One object per line instead of indented");
    command->add_flag("--turns", options->turns, "Also the hashes of the eight turned pictures");
    command->footer(
        "A picture that cannot be decoded still has digests; picture_error says why.\n"
        "Examples:\n"
        "  cairn fingerprint photo.jpg\n"
        "  cairn fingerprint --json --turns *.jpg | jq -r .pdq"
    );
    on_command(context, *command, options, run_fingerprint);
}

}  // namespace cairn::cli
