// Recorded and stored pictures.
#include "ui/start_page_pictures.hpp"

#include <QCoreApplication>
#include <QPainter>

#include <cmath>
#include <cstring>

#include "plots/paint.hpp"

namespace moescope::ui {
namespace {

// A letter is the mean load of 12 steps over the fair share: 2 to the power of (letter - 'M') / 4.
constexpr const char* kCollapse[] = {"YYYYYYYYYYYYYVVVVVVUTSSSRRRRRQRRQPPPQQQQRQQQQRPPQP", "AAAAAAAAAAAAAHKLGIHHJJLKLJNGKLLMKLMMMKMLLLLMLLLMMM",
                                     "AAAAAAAAAAAAAHJEIHJHJJMKJLMKLLJLMLMLLJLMLLMKLKLKNL", "AAAAAAAAAAAAAAJKHIKKJLLKMNLLLMKMMKKNLLLMJMKLMLLLLK",
                                     "AAAAAAAAAAAAAHJIEJEIKNGJMJKMJKKMILMKKMKLKLLMKLLMLL", "AAAAAAAAAAAAAJAGJJLIKKKMKLHMMKMLMLLLMLMKMMLMLLLMLM",
                                     "AAAAAAAAAAAAAJHAJHFJKKKILKLLLLMJMMLKLMLLLMLLLLMLLL", "AAAAAAAAAAAAAHADJJCLIJMLKLLLKLMJKMLMLMMKLLMLMLMLLN"};

struct Language {
    const char* name;
    double share[4];
};
constexpr Language kLanguages[] = {{QT_TRANSLATE_NOOP("SharePicture", "Latin"), {0.004, 0.047, 0.279, 0.670}},
                                   {QT_TRANSLATE_NOOP("SharePicture", "Greek"), {0.000, 0.906, 0.030, 0.064}},
                                   {QT_TRANSLATE_NOOP("SharePicture", "Cyrillic"), {0.712, 0.016, 0.094, 0.178}},
                                   {QT_TRANSLATE_NOOP("SharePicture", "Hebrew"), {0.191, 0.000, 0.727, 0.082}}};
constexpr int kExperts = 4, kNameRoom = 62, kPitch = 25, kBar = 12, kTop = 22;

plots::LoadMatrix recordedCollapse() {
    plots::LoadMatrix picture;
    picture.rows = static_cast<int>(std::size(kCollapse));
    picture.columns = static_cast<int>(std::strlen(kCollapse[0]));
    for (const char* row : kCollapse)
        for (const char* letter = row; *letter; ++letter) picture.ratio.push_back(static_cast<float>(std::exp2((*letter - 'M') / 4.0)));
    return picture;
}

}  // namespace

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

plots::LoadMatrix demoPicture(const std::vector<storage::RunRow>& rows) {
    for (const storage::RunRow& row : rows)
        if (row.preset == "collapse_and_cure" && row.state == storage::RunState::finished && !row.fingerprint.empty()) return fingerprintOf(row);
    return recordedCollapse();
}

SharePicture::SharePicture(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Tokens of each language by expert"));
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void SharePicture::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const plots::Theme& t = plots::theme();
    plots::drawText(painter, 0, 8, tr("tokens of each language, by expert"), plots::uiFont(11), t.text3);
    double y = kTop;
    for (const Language& language : kLanguages) {
        plots::drawText(painter, 0, y + kBar / 2.0, QCoreApplication::translate("SharePicture", language.name), plots::uiFont(12), t.text2);
        double x = kNameRoom;
        const double span = width() - kNameRoom;
        for (int e = 0; e < kExperts; ++e) {
            const double wide = span * language.share[e];
            if (wide >= 2) plots::fillExpert(painter, t, QRectF(x, y, wide - 1, kBar), 2, e, kExperts);
            x += wide;
        }
        y += kPitch;
    }
}

}  // namespace moescope::ui
