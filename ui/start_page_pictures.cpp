// Fingerprints for tiles.
#include "ui/start_page_pictures.hpp"

namespace moescope::ui {

plots::LoadMatrix fingerprintOf(const storage::RunRow& row) {
    plots::LoadMatrix picture;
    const int experts = row.fingerprintWidth;
    if (experts <= 0) return picture;
    picture.rows = experts;
    picture.columns = static_cast<int>(row.fingerprint.size()) / experts;
    picture.ratio.resize(static_cast<std::size_t>(picture.rows * picture.columns));
    for (int column = 0; column < picture.columns; ++column)
        for (int e = 0; e < experts; ++e)
            picture.ratio[static_cast<std::size_t>(e * picture.columns + column)] = row.fingerprint[static_cast<std::size_t>(column * experts + e)] * static_cast<float>(experts);
    return picture;
}

plots::LoadMatrix tilePicture(const QString& preset, const std::vector<storage::RunRow>& rows) {
    const std::string wanted = preset.toStdString();
    for (const storage::RunRow& row : rows)
        if ((row.preset == wanted || row.preset == wanted + "_and_cure") && row.state == storage::RunState::finished && !row.fingerprint.empty()) return fingerprintOf(row);
    return {};
}

}  // namespace moescope::ui
