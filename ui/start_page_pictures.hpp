// The pictures of the start page's tiles: load over time of a real run.
#pragma once

#include <QString>

#include <vector>

#include "plots/miniatures.hpp"
#include "storage/catalog.hpp"

namespace moescope::ui {

/// Fingerprint of a stored run as rows of experts over columns of time.
plots::LoadMatrix fingerprintOf(const storage::RunRow& row);

/// Of the newest finished run of that preset in the store, else the one recorded when the program was made.
plots::LoadMatrix tilePicture(const QString& preset, const std::vector<storage::RunRow>& rows);

}  // namespace moescope::ui
