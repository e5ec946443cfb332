#pragma once

#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "support/pdq_oracle.h"

namespace cairn::test {

/// A made-up picture as a function of the place (0..1 from the left and the top), so that it can
/// be cut, framed and turned: waves that are lower the shorter they are, and discs with hard edges.
/// Beyond its edges it repeats them.
class Scene {
public:
    explicit Scene(unsigned seed) : table_(kSide * kSide, 128.0F) {
        std::mt19937 random(seed);
        const auto pick = [&random](double low, double high) {
            return low + (high - low) * static_cast<double>(random() % 100'000) / 100'000;
        };
        for (int i = 0; i < 40; ++i) {
            const double waves = 0.4 * std::pow(20, pick(0, 1));
            const double angle = pick(0, 2 * std::numbers::pi);
            const double start = pick(0, 2 * std::numbers::pi);
            add_wave(waves * std::cos(angle), waves * std::sin(angle), start, 30 / (0.5 + waves));
        }
        for (int i = 0; i < 12; ++i) {
            const double radius = pick(0.03, 0.15);
            add_disc(pick(0, 1), pick(0, 1), radius, static_cast<float>(pick(-50, 50)));
        }
    }

    double at(double x, double y) const {
        const double across = std::clamp(x * kSide - 0.5, 0.0, kSide - 1.001);
        const double down = std::clamp(y * kSide - 0.5, 0.0, kSide - 1.001);
        const auto column = static_cast<std::size_t>(across);
        const auto row = static_cast<std::size_t>(down);
        const float* here = &table_[row * kSide + column];
        const double right = across - static_cast<double>(column);
        const double below = down - static_cast<double>(row);
        const double upper = here[0] * (1 - right) + here[1] * right;
        const double lower = here[kSide] * (1 - right) + here[kSide + 1] * right;
        return std::clamp(upper * (1 - below) + lower * below, 0.0, 255.0);
    }

private:
    static constexpr std::size_t kSide = 512;

    void add_wave(double across, double down, double start, double height) {
        const auto phase = [](double waves, std::size_t at) {
            return 2 * std::numbers::pi * waves * (static_cast<double>(at) + 0.5) / kSide;
        };
        std::array<float, kSide> cosines;
        std::array<float, kSide> sines;
        for (std::size_t x = 0; x < kSide; ++x) {
            cosines[x] = static_cast<float>(height * std::cos(phase(across, x)));
            sines[x] = static_cast<float>(height * std::sin(phase(across, x)));
        }
        for (std::size_t y = 0; y < kSide; ++y) {
            const auto cosine = static_cast<float>(std::cos(phase(down, y) + start));
            const auto sine = static_cast<float>(std::sin(phase(down, y) + start));
            float* row = &table_[y * kSide];
            for (std::size_t x = 0; x < kSide; ++x) row[x] += cosines[x] * cosine - sines[x] * sine;
        }
    }

    void add_disc(double x, double y, double radius, float value) {
        for (std::size_t i = 0; i < kSide; ++i) {
            for (std::size_t j = 0; j < kSide; ++j) {
                const double across = (static_cast<double>(j) + 0.5) / kSide - x;
                const double down = (static_cast<double>(i) + 0.5) / kSide - y;
                if (across * across + down * down > radius * radius) continue;
                table_[i * kSide + j] += value;
            }
        }
    }

    std::vector<float> table_;
};

/// A grey picture whose pixel at the relative place (x, y) is value(x, y).
template <typename Value>
OraclePixels draw(std::uint32_t width, std::uint32_t height, const Value& value) {
    OraclePixels out{{}, width, height, 1};
    for (std::uint32_t i = 0; i < height; ++i) {
        for (std::uint32_t j = 0; j < width; ++j) {
            const double shade = value((j + 0.5) / width, (i + 0.5) / height);
            out.bytes.push_back(static_cast<std::uint8_t>(std::lround(shade)));
        }
    }
    return out;
}

}  // namespace cairn::test
