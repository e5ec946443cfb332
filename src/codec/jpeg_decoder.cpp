#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <vector>

#include <jerror.h>
#include <jpeglib.h>

#include "codec/decoders.h"
#include "codec/exif.h"
#include "codec/limits.h"
#include "codec/plane_sampler.h"

#define CAIRN_QUOTE_VALUE(x) #x
#define CAIRN_QUOTE(x) CAIRN_QUOTE_VALUE(x)

namespace cairn::codec {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10U;
constexpr unsigned kExifMarkerBytesMax = 65533;

/// Pictures narrower than this have their chroma repeated, not interpolated (and are rare).
constexpr std::uint32_t kPlanesSideMin = 16;
/// Below this many pixels libjpeg converts all of them faster than we pick and convert ours.
constexpr std::uint64_t kPlanesPixelsMin = 400'000;
/// Above this height whole rows of blocks lie between two sampled rows, and libjpeg passes over
/// them when it is asked for pixels.
constexpr std::uint32_t kPlanesHeightMax = 16'384;
constexpr std::size_t kBandLinesMax = 16;

/// What libjpeg's callbacks work on; reached through the library's client_data. Errors keep
/// their message and jump back to JpegReader::guarded().
struct Session {
    const Input* input = nullptr;
    std::uint64_t offset = 0;
    std::vector<JOCTET> buffer;
    jpeg_source_mgr source{};
    jpeg_error_mgr errors{};
    std::jmp_buf jump{};
    std::array<char, JMSG_LENGTH_MAX> message{};
    bool data_lost = false;
};

/// Warnings that mean that pixels were invented.
bool means_lost_data(int code) {
    switch (code) {
        case JWRN_HIT_MARKER:
        case JWRN_HUFF_BAD_CODE:
        case JWRN_JPEG_EOF:
        case JWRN_MUST_RESYNC:
            return true;
        default:
            return false;
    }
}

[[noreturn]] void on_error(j_common_ptr info) {
    auto* session = static_cast<Session*>(info->client_data);
    session->errors.format_message(info, session->message.data());
    std::longjmp(session->jump, 1);
}

void on_message(j_common_ptr info, int level) {
    auto* session = static_cast<Session*>(info->client_data);
    if (level < 0 && means_lost_data(session->errors.msg_code)) session->data_lost = true;
}

void start_source(j_decompress_ptr) {}

boolean fill_source(j_decompress_ptr info) {
    auto* session = static_cast<Session*>(info->client_data);
    std::size_t count = session->input->read_at(session->offset, session->buffer);
    session->offset += count;
    if (count == 0) {
        // The file ends early: an end mark in its place lets what was read be shown.
        session->data_lost = true;
        session->buffer[0] = 0xFF;
        session->buffer[1] = JPEG_EOI;
        count = 2;
    }
    session->source.next_input_byte = session->buffer.data();
    session->source.bytes_in_buffer = count;
    return TRUE;
}

void skip_source(j_decompress_ptr info, long count) {
    auto* session = static_cast<Session*>(info->client_data);
    if (count <= 0) return;
    const auto wanted = static_cast<std::size_t>(count);
    jpeg_source_mgr& source = session->source;
    const std::size_t held = std::min(wanted, source.bytes_in_buffer);
    source.next_input_byte += held;
    source.bytes_in_buffer -= held;
    session->offset += wanted - held;
}

void end_source(j_decompress_ptr) {}

/// One JPEG file being read. libjpeg's errors come as failed Status.
class JpegReader {
public:
    explicit JpegReader(const Input& input) {
        session_.input = &input;
        session_.buffer.resize(std::clamp<std::uint64_t>(input.size(), 2, kReadBytes));
        info_.client_data = &session_;
        info_.err = ::jpeg_std_error(&session_.errors);
        session_.errors.error_exit = on_error;
        session_.errors.emit_message = on_message;
        created_ = guarded([this] { jpeg_create_decompress(&info_); });
        session_.source.init_source = start_source;
        session_.source.fill_input_buffer = fill_source;
        session_.source.skip_input_data = skip_source;
        session_.source.resync_to_restart = ::jpeg_resync_to_restart;
        session_.source.term_source = end_source;
        info_.src = &session_.source;
    }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;
    ~JpegReader() { ::jpeg_destroy_decompress(&info_); }

    Status read_header();
    /// Whether sampling the planes gives what libjpeg's RGB output has, in less time.
    bool suits_planes(const Options& options) const;
    /// Starts decoding to RGB, grey or CMYK, or to planes.
    enum class Output : std::uint8_t { pixels, planes };
    Status start(Output output);
    /// Pushes all rows; on an error those before it.
    void read_rows(FrameWriter& writer);
    /// The same from planes.
    void read_planes(FrameWriter& writer);

    std::uint32_t width() const { return info_.image_width; }
    std::uint32_t height() const { return info_.image_height; }
    PixelLayout layout() const;
    Exif exif() const;
    bool data_lost() const { return session_.data_lost; }

private:
    /// Runs library calls. They may leave by longjmp, so `call` must hold nothing that needs a
    /// destructor.
    template <typename Call>
    bool guarded(const Call& call) {
        if (setjmp(session_.jump) != 0) return false;
        call();
        return true;
    }
    Error error() const;

    jpeg_decompress_struct info_{};
    Session session_;
    bool created_ = false;
};

Error JpegReader::error() const {
    switch (session_.errors.msg_code) {
        case JERR_OUT_OF_MEMORY:
            return fail(Errc::limit_exceeded, "memory");
        case JERR_BAD_PRECISION:
        case JERR_CONVERSION_NOTIMPL:
        case JERR_COMPONENT_COUNT:
        case JERR_NOT_COMPILED:
        case JERR_SOF_UNSUPPORTED:
            return fail(Errc::unsupported, "JPEG: {}", session_.message.data());
        default:
            return fail(Errc::corrupt_data, "JPEG: {}", session_.message.data());
    }
}

Status JpegReader::read_header() {
    const bool read = created_ && guarded([this] {
                          ::jpeg_save_markers(&info_, JPEG_APP0 + 1, kExifMarkerBytesMax);
                          ::jpeg_read_header(&info_, TRUE);
                      });
    if (!read) return error();
    return check_size(width(), height());
}

PixelLayout JpegReader::layout() const {
    PixelLayout layout;
    if (info_.num_components == 1) layout.colour = PixelLayout::Colour::grey;
    if (info_.num_components == 4) {
        // Adobe's programs write inverted inks and say so by their marker.
        layout.colour = info_.saw_Adobe_marker != 0 ? PixelLayout::Colour::cmyk_inverted
                                                    : PixelLayout::Colour::cmyk;
    }
    return layout;
}

bool JpegReader::suits_planes(const Options& options) const {
    if (options.whole || info_.num_components != 3) return false;
    if (info_.jpeg_color_space != JCS_YCbCr) return false;
    if (info_.max_h_samp_factor > 2 || info_.max_v_samp_factor > 2) return false;
    const auto is = [this](int component, int across, int down) {
        const jpeg_component_info& info = info_.comp_info[component];
        return info.h_samp_factor == across && info.v_samp_factor == down;
    };
    if (!is(0, info_.max_h_samp_factor, info_.max_v_samp_factor)) return false;
    if (!is(1, 1, 1) || !is(2, 1, 1)) return false;
    return width() >= kPlanesSideMin && width() * height() >= kPlanesPixelsMin &&
           height() <= kPlanesHeightMax;
}

Status JpegReader::start(Output output) {
    info_.raw_data_out = output == Output::planes ? TRUE : FALSE;
    info_.dct_method = JDCT_ISLOW;
    info_.do_fancy_upsampling = TRUE;
    switch (info_.num_components) {
        case 1:
            info_.out_color_space = JCS_GRAYSCALE;
            break;
        case 3:
            info_.out_color_space = JCS_RGB;
            break;
        case 4:
            info_.out_color_space = JCS_CMYK;
            break;
        default:
            return fail(Errc::unsupported, "JPEG of {} components", info_.num_components);
    }
    if (!guarded([this] { ::jpeg_start_decompress(&info_); })) return error();
    return ok();
}

void JpegReader::read_rows(FrameWriter& writer) {
    const std::size_t row_bytes =
        std::size_t{info_.output_width} * static_cast<std::size_t>(info_.output_components);
    std::vector<JSAMPLE> row(row_bytes);
    const bool complete = guarded([&] {
        JSAMPROW pointer = row.data();
        while (info_.output_scanline < info_.output_height) {
            // Rows that are passed over need no colours, far enough apart no pixels at all.
            const JDIMENSION unwanted = writer.unwanted_ahead();
            if (unwanted > 0) {
                writer.skip_rows(::jpeg_skip_scanlines(&info_, unwanted));
            } else if (::jpeg_read_scanlines(&info_, &pointer, 1) == 1) {
                writer.push_row(pointer);
            }
        }
    });
    if (!complete || data_lost()) writer.note_partial();
}

void JpegReader::read_planes(FrameWriter& writer) {
    PlaneSampler sampler(
        {
            .width = width(),
            .height = height(),
            .across = static_cast<std::uint32_t>(info_.max_h_samp_factor),
            .down = static_cast<std::uint32_t>(info_.max_v_samp_factor),
        },
        writer
    );
    std::array<std::array<JSAMPROW, kBandLinesMax>, 3> lines{};
    const bool complete = guarded([&] {
        while (!sampler.finished()) {
            std::array<JSAMPARRAY, 3> planes{};
            for (std::size_t plane = 0; plane < planes.size(); ++plane) {
                const std::uint32_t count =
                    plane == 0 ? sampler.band_lines() : PlaneSampler::kChromaLines;
                for (std::uint32_t i = 0; i < count; ++i) {
                    lines[plane][i] = sampler.line(plane, i);
                }
                planes[plane] = lines[plane].data();
            }
            ::jpeg_read_raw_data(&info_, planes.data(), sampler.band_lines());
            sampler.take_band();
        }
        sampler.pass_over_rest();
    });
    if (!complete || data_lost()) writer.note_partial();
}

Exif JpegReader::exif() const {
    for (const jpeg_marker_struct* m = info_.marker_list; m != nullptr; m = m->next) {
        const Bytes data(m->data, m->data_length);
        if (m->marker == JPEG_APP0 + 1 && as_text(data).starts_with("Exif")) {
            return parse_exif(data);
        }
    }
    return {};
}

Status decode_rows(JpegReader& reader, FrameStart start, FrameWriter& writer) {
    start.width = reader.width();
    start.height = reader.height();
    start.layout = reader.layout();
    const bool planes = reader.suits_planes(writer.options());
    CAIRN_TRY(reader.start(planes ? JpegReader::Output::planes : JpegReader::Output::pixels));
    CAIRN_TRY(writer.begin(start));
    if (planes) {
        reader.read_planes(writer);
    } else {
        reader.read_rows(writer);
    }
    return writer.finish();
}

}  // namespace

Result<Summary> decode_jpeg(const Input& input, FrameWriter& writer) {
    JpegReader reader(input);
    CAIRN_TRY(reader.read_header());
    const Exif exif = reader.exif();
    CAIRN_TRY(decode_rows(reader, {.orientation = exif.orientation, .layout = {}}, writer));
    CAIRN_TRY(decode_thumbnail(exif.thumbnail, exif.orientation, writer));
    return Summary{
        .width = reader.width(),
        .height = reader.height(),
        .orientation = exif.orientation,
        .frames_total = 1,
        .partial = false,
        .decoder = "libjpeg-turbo " CAIRN_QUOTE(LIBJPEG_TURBO_VERSION),
    };
}

Status decode_thumbnail(Bytes jpeg, std::uint8_t orientation, FrameWriter& writer) {
    if (jpeg.empty() || !writer.options().thumbnails) return ok();
    const Input input(jpeg);
    JpegReader reader(input);
    const bool readable = reader.read_header().has_value();
    if (!readable || std::uint64_t{reader.width()} * reader.height() > kThumbnailPixelsMax) {
        return ok();
    }
    const bool main_partial = writer.partial();
    Status decoded = decode_rows(
        reader, {.kind = FrameKind::thumbnail, .orientation = orientation, .layout = {}}, writer
    );
    // The flag speaks of the picture itself, and a damaged thumbnail is no damage to it.
    if (!main_partial) writer.clear_partial();
    if (!decoded && decoded.error().code == Errc::corrupt_data) return ok();
    return decoded;
}

}  // namespace cairn::codec
