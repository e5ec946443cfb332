#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cairn::network {

// What an imported file may ask of us. Beyond it: Errc::limit_exceeded, nothing is imported.

inline constexpr std::size_t kTextBytesMax = std::size_t{1} << 29;  ///< of all parts of a version
inline constexpr std::size_t kDatabaseBytesMax = std::size_t{1} << 31;
inline constexpr std::size_t kLineBytesMax = 4096;
inline constexpr std::size_t kColumnsMax = 32;
inline constexpr std::size_t kRangesMax = 8'000'000;
inline constexpr std::size_t kSystemsMax = 1'000'000;  ///< autonomous systems on a list
inline constexpr std::size_t kOperatorBytesMax = 255;
inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr std::size_t kLicenceBytesMax = std::size_t{1} << 16;
inline constexpr std::size_t kVersionsMax = 100'000;  ///< that a store keeps
/// For walking a foreign database before it is taken in.
inline constexpr std::chrono::seconds kWalkTimeMax = std::chrono::seconds(120);

}  // namespace cairn::network
