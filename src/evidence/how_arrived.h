#pragma once

#include <array>
#include <string_view>

#include "evidence/evidence_path.h"

namespace cairn::evidence {

/// What the place of an item says about how it may have come there (specs/safeguards.md Q0). It
/// matters because a browser, a messenger or a thumbnail maker stores pictures that nobody chose.
enum class Place : std::uint8_t {
    unknown,            ///< the place says nothing
    user_folder,        ///< where people keep their own files
    download,           ///< where browsers put what they were asked to save
    browser_cache,      ///< stored by a browser by itself
    application_cache,  ///< stored by another program by itself
    thumbnail,          ///< a small copy a program made of another picture
    messenger_media,    ///< received by a messenger, often without being opened
    mail,               ///< in a mail store or saved message
    temporary,          ///< in a folder for temporary files
    trash,              ///< deleted by a user, not yet gone
    system,             ///< belongs to the operating system or to installed programs
};

/// Both facts: an archive's members keep the place of the archive.
struct HowArrived {
    Place place = Place::unknown;
    bool in_archive = false;  ///< inside an archive or compressed file
};

/// Tells it from the path alone, from the folders below the source: the source's own path is the
/// examiner's. Case-insensitive (ASCII). An assessment of the place, never proof.
HowArrived how_arrived(const EvidencePath& path);

/// The stable name, e.g. "browser_cache".
std::string_view name_of(Place place);

/// Every place, in the order of the enumeration.
inline constexpr std::array kPlaces = {
    Place::unknown,
    Place::user_folder,
    Place::download,
    Place::browser_cache,
    Place::application_cache,
    Place::thumbnail,
    Place::messenger_media,
    Place::mail,
    Place::temporary,
    Place::trash,
    Place::system,
};

}  // namespace cairn::evidence
