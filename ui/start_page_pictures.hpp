// The pictures of the start page's tiles, from real runs.
#pragma once

#include <QWidget>

#include <vector>

#include "plots/miniatures.hpp"
#include "storage/catalog.hpp"

namespace moescope::ui {

/// Fingerprint of a stored run as rows of experts over columns of time.
plots::LoadMatrix fingerprintOf(const storage::RunRow& row);

/// Load over time of the newest cured collapse in the store, else of the recorded one (preset collapse_and_cure, seed 0,
/// layer 0, 600 steps).
plots::LoadMatrix demoPicture(const std::vector<storage::RunRow>& rows);

/// Which experts the tokens of each language went to, as recorded from preset four_alphabets (seed 0, layer 0, step 500).
class SharePicture : public QWidget {
    Q_OBJECT
public:
    explicit SharePicture(QWidget* parent = nullptr);

protected:
    void paintEvent(QPaintEvent*) override;
};

}  // namespace moescope::ui
