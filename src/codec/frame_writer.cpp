#include "codec/frame_writer.h"

#include <algorithm>

#include "base/text.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

/// The pixel order whose turn, possibly transposed, an EXIF orientation asks for.
Order order_of(std::uint8_t orientation) {
    switch (orientation) {
        case 2:
        case 8:
            return Order::mirrored_across;
        case 3:
        case 7:
            return Order::mirrored_both;
        case 4:
        case 6:
            return Order::mirrored_down;
        default:
            return Order::as_is;
    }
}

}  // namespace

Status check_size(std::uint64_t width, std::uint64_t height) {
    if (width == 0 || height == 0) return fail(Errc::corrupt_data, "a side is zero");
    if (width > kPixelsMax || height > kPixelsMax || width * height > kPixelsMax) {
        return fail(
            Errc::limit_exceeded,
            "{} x {} pixels, at most {} in all are decoded",
            width,
            height,
            grouped(kPixelsMax)
        );
    }
    return ok();
}

Status check_raster(std::uint64_t width, std::uint64_t height, std::uint64_t pixel_bytes) {
    CAIRN_TRY(check_size(width, height));
    if (width * height * pixel_bytes > kDecodedBytesMax) {
        return fail(
            Errc::limit_exceeded,
            "{} x {} pixels take {}, at most {} are held",
            width,
            height,
            human_bytes(width * height * pixel_bytes),
            human_bytes(kDecodedBytesMax)
        );
    }
    return ok();
}

std::uint32_t FrameWriter::channels() const {
    return start_.layout.colour_channels() == 1 ? 1U : 3U;
}

bool FrameWriter::direct() const {
    const PixelLayout& layout = start_.layout;
    return !layout.alpha && !layout.wide && layout.colour_channels() != 4;
}

std::vector<Order> FrameWriter::wanted_orders() const {
    if (sampler_->whole() || options_.whole) return {Order::as_is};
    if (options_.turns) {
        return {Order::as_is, Order::mirrored_across, Order::mirrored_down, Order::mirrored_both};
    }
    const Order oriented = order_of(start_.orientation);
    if (oriented == Order::as_is) return {Order::as_is};
    return {Order::as_is, oriented};
}

Status FrameWriter::prepare_sampler() {
    const PixelLayout& layout = start_.layout;
    reducer_.reset();
    if (options_.whole) {
        CAIRN_TRY(check_raster(start_.width, start_.height, layout.pixel_bytes()));
        const std::uint64_t pixels = std::uint64_t{start_.width} * start_.height;
        if (pixels * channels() > store_.size()) {
            return fail(Errc::limit_exceeded, "the whole picture does not fit the store");
        }
        sampler_.emplace(start_.width, start_.height, layout.pixel_bytes(), Sampler::Extent::whole);
        return ok();
    }
    if (store_.size() < kStoreBytesMin) return fail(Errc::internal, "store is too small");
    sampler_.emplace(start_.width, start_.height, layout.pixel_bytes());
    if (options_.small && !sampler_->whole()) {
        std::uint8_t* out = store_.data() + kRastersBytesMax;
        reducer_.emplace(start_.width, start_.height, channels(), out);
    }
    return ok();
}

Status FrameWriter::begin(const FrameStart& start) {
    CAIRN_TRY(check_size(start.width, start.height));
    CAIRN_TRY(sink_.before_frame());
    if (start.kind == FrameKind::frame && !last_.empty()) keep_last();
    last_ = {};
    start_ = start;
    CAIRN_TRY(prepare_sampler());
    const std::vector<Order> orders = wanted_orders();
    const std::size_t raster_bytes = sampler_->raster_bytes();
    std::uint8_t* out = store_.data();
    if (!direct()) {
        samples_.resize(orders.size() * raster_bytes);
        out = samples_.data();
    }
    for (const Order order : orders) {
        sampler_->add(order, out);
        out += raster_bytes;
    }
    return ok();
}

void FrameWriter::push_row(const std::uint8_t* row) {
    if (sampler_->rows_pushed() >= start_.height) return;
    if (reducer_) {
        const std::uint8_t* rendered = row;
        if (!direct()) {
            rendered_row_.resize(std::size_t{start_.width} * channels());
            rendered = rendered_row_.data();
            render(start_.layout, row, start_.width, Rendering::record, rendered_row_.data());
        }
        reducer_->push_row(rendered);
    }
    sampler_->push_row(row);
}

void FrameWriter::push_row(const std::uint8_t* luma, const PickRow& pick_row) {
    if (sampler_->rows_pushed() >= start_.height) return;
    if (reducer_) reducer_->push_luma(luma);
    sampler_->push_row(pick_row);
}

void FrameWriter::render_all(const std::vector<Order>& orders, Frame& frame) {
    const std::size_t count = std::size_t{frame.width} * frame.height;
    const std::size_t raster_bytes = count * frame.channels;
    const auto put = [&](std::size_t order, Rendering rendering) {
        const std::size_t offset = frame.rasters.size() * raster_bytes;
        frame.rasters.push_back({rendering, orders[order], offset});
        if (direct()) return false;
        return render(
            start_.layout,
            samples_.data() + order * sampler_->raster_bytes(),
            count,
            rendering,
            store_.data() + offset
        );
    };
    bool transparent = false;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        transparent = put(i, Rendering::record) || transparent;
    }
    if (!transparent || options_.whole) return;
    for (const Rendering rendering : {Rendering::alpha_dropped, Rendering::over_black}) {
        for (std::size_t i = 0; i < orders.size(); ++i) put(i, rendering);
    }
}

/// Copies the record that the store still holds, now that another frame is coming.
void FrameWriter::keep_last() {
    if (earlier_.size() < kFramesMax) earlier_.emplace_back(last_.begin(), last_.end());
}

/// Compares the record's pixels with those of the frames before, kept whole: no digest that
/// somebody could make collide.
bool FrameWriter::seen_before(const Frame& frame) {
    const Bytes raster = store_.first(std::size_t{frame.width} * frame.height * frame.channels);
    const auto equal = [&raster](const ByteVector& earlier) {
        return std::equal(earlier.begin(), earlier.end(), raster.begin(), raster.end());
    };
    if (std::any_of(earlier_.begin(), earlier_.end(), equal)) return true;
    last_ = raster;
    return false;
}

Status FrameWriter::finish() {
    if (sampler_->rows_pushed() == 0) return fail(Errc::corrupt_data, "no pixels");
    if (sampler_->rows_pushed() < start_.height) {
        partial_ = true;
        const ByteVector grey = grey_pixels(start_.layout, start_.width);
        while (sampler_->rows_pushed() < start_.height) push_row(grey.data());
    }
    Frame frame{
        .kind = start_.kind,
        .index = start_.index,
        .orientation = start_.orientation,
        .width = sampler_->width(),
        .height = sampler_->height(),
        .channels = channels(),
        .rasters = {},
        .small = {},
    };
    render_all(wanted_orders(), frame);
    if (reducer_) {
        frame.small = reducer_->finish();
        frame.small->offset = kRastersBytesMax;
    }
    if (frame.kind == FrameKind::frame && seen_before(frame)) return ok();
    return sink_.take(frame);
}

bool FrameChoice::takes(std::uint32_t index) const {
    if (total_ <= kFramesMax) return index < total_;
    for (std::uint64_t i = 0; i < kFramesMax; ++i) {
        if (i * total_ / kFramesMax == index) return true;
    }
    return false;
}

std::uint32_t FrameChoice::last() const {
    if (total_ <= kFramesMax) return total_ == 0 ? 0 : total_ - 1;
    return static_cast<std::uint32_t>(std::uint64_t{kFramesMax - 1} * total_ / kFramesMax);
}

}  // namespace cairn::codec
