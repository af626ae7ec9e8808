// Fonts: the resource digits, the families and the common scale.
#include "plots/theme.hpp"

#include <QFontDatabase>
#include <QtGlobal>

#include <algorithm>
#include <cmath>

static void initResources() { Q_INIT_RESOURCE(moescope); }

namespace moescope::plots {
namespace {

double scale = 1, lines = 1;
bool portable = false;

// Tabular digits come first in the list; without the resource, families whose digits are tabular by themselves.
bool loadFigures() {
    initResources();
    bool ok = true;
    for (const char* weight : {"Regular", "Medium", "SemiBold"}) {
        const QString path = QStringLiteral(":/fonts/MoEScopeFigures-%1.otf").arg(QLatin1String(weight));
        ok = QFontDatabase::addApplicationFont(path) >= 0 && ok;
    }
    return ok;
}

const QStringList& uiFamilies() {
    static const QStringList families =
        loadFigures() ? QStringList{"MoEScope Figures", "Inter", "Noto Sans", "DejaVu Sans"}
                      : QStringList{"Roboto", "Noto Sans", "DejaVu Sans"};
    return families;
}

QFont make(const QStringList& families, int px, QFont::Weight weight) {
    QFont font;
    font.setFamilies(families);
    font.setPixelSize(std::max(1, int(std::lround(px * scale))));
    font.setWeight(weight);
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

}  // namespace

QFont uiFont(int px, QFont::Weight weight) {
    static const QStringList common{"Inter", "Noto Sans", "DejaVu Sans"};
    return make(portable ? common : uiFamilies(), px, weight);
}

void setPortableFonts(bool on) { portable = on; }

QFont monoFont(int px, QFont::Weight weight) {
    QFont font = make({"JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono"}, px, weight);
    font.setStyleHint(QFont::Monospace);
    font.setFixedPitch(true);
    return font;
}

QFont displayFont(int px, QFont::Weight weight) {
    return make({"Inter Display", "Inter", "Noto Sans", "DejaVu Sans"}, px, weight);
}

void setFontScale(double next) { scale = std::clamp(next, 0.6, 2.5); }

double fontScale() { return scale; }

void setLineScale(double next) { lines = std::clamp(next, 1.0, 3.0); }

double lineScale() { return lines; }

}  // namespace moescope::plots
