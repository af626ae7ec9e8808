// Theme values and the arithmetic of colours.
#include "plots/theme.hpp"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

QColor c(const char* hex) { return QColor(QString::fromLatin1(hex)); }

template <size_t N>
std::array<QColor, N> colors(const std::array<const char*, N>& hex) {
    std::array<QColor, N> out;
    std::transform(hex.begin(), hex.end(), out.begin(), c);
    return out;
}

const std::array<const char*, 10> viridisStops{"#440154", "#482878", "#3E4A89", "#31688E", "#26828E",
                                               "#1F9E89", "#35B779", "#6DCD59", "#B4DE2C", "#FDE725"};

Theme makeLight() {
    Theme t;
    t.window = c("#F5F6F8"), t.surface = c("#FFFFFF"), t.raised = c("#FFFFFF");
    t.sunken = c("#EDEFF2"), t.hover = c("#E9EBEF");
    t.line = c("#E4E7EB"), t.lineStrong = c("#CBD0D8"), t.control = c("#868F9B"), t.grid = c("#ECEEF1");
    t.text = c("#14171C"), t.text2 = c("#4F5763"), t.text3 = c("#626A76");
    t.accent = c("#4F55D8"), t.accentSoft = c("#ECEDFC"), t.onAccent = c("#FFFFFF");
    t.ok = c("#18754A"), t.okSoft = c("#E3F4EA");
    t.warn = c("#8F5B00"), t.warnSoft = c("#FFF3D1");
    t.err = c("#B93815"), t.errSoft = c("#FDEBE4");
    t.slate = c("#3F5168"), t.slateBar = c("#66778C"), t.tableRow = c("#F5F6F8");
    t.amber = c("#F2B33D"), t.baseline = c("#14171C"), t.mono = c("#8A919C");
    t.onFillDark = c("#14171C"), t.onFillLight = c("#FFFFFF");
    t.expertFill = colors<8>({"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F5C710", "#565E69"});
    t.expertInk = colors<8>({"#0072B2", "#A24A20", "#029969", "#D85A9E", "#A56700", "#2191E8", "#BB8C01", "#5A616B"});
    t.runInk = colors<8>({"#0B7A75", "#BC4A33", "#A02FC0", "#275A08", "#D01B72", "#08519F", "#A36600", "#474B52"});
    t.loadStops = colors<7>({"#003F6B", "#4C93C4", "#B5D3E8", "#F7F7F7", "#F9D0A9", "#EE9B4E", "#D25A00"});
    t.viridis = colors<10>(viridisStops);
    return t;
}

Theme makeDark() {
    Theme t;
    t.isDark = true;
    t.window = c("#0E1014"), t.surface = c("#15181D"), t.raised = c("#1C2027");
    t.sunken = c("#0A0C0F"), t.hover = c("#20252D");
    t.line = c("#252A32"), t.lineStrong = c("#3B424D"), t.control = c("#69727F"), t.grid = c("#22272E");
    t.text = c("#E7E9ED"), t.text2 = c("#A8B0BC"), t.text3 = c("#8E97A4");
    t.accent = c("#8B90FA"), t.accentSoft = c("#262A4D"), t.onAccent = c("#0E1014");
    t.ok = c("#4CC38A"), t.okSoft = c("#12301F");
    t.warn = c("#F2C14E"), t.warnSoft = c("#332A12");
    t.err = c("#FF8E6B"), t.errSoft = c("#3A1D14");
    t.slate = c("#9FB0C6"), t.slateBar = c("#8593A6"), t.tableRow = c("#1A1E25");
    t.amber = c("#F2B33D"), t.baseline = c("#E7E9ED"), t.mono = c("#6A727E");
    t.onFillDark = c("#14171C"), t.onFillLight = c("#FFFFFF");
    t.expertFill = colors<8>({"#3A8FDA", "#D2602A", "#14CC8A", "#D9A3C4", "#E69F00", "#9ACEF8", "#F0E442", "#6F7987"});
    t.expertInk = t.expertFill;
    t.runInk = colors<8>({"#35C9BD", "#D8822A", "#C4AEFD", "#A9E030", "#F0507F", "#4590FA", "#E8B98A", "#7F8AB0"});
    t.loadStops = colors<7>({"#3F9BD6", "#246A99", "#21455E", "#262B33", "#6B4322", "#C26A22", "#FFA24D"});
    t.viridis = colors<10>(viridisStops);
    t.bandOpacity = 0.22;
    t.tintBase = 0.10, t.tintSpan = 0.38;
    t.tableMix = 0.46;
    return t;
}

double channelLuminance(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }

double luminance(const QColor& color) {
    return 0.2126 * channelLuminance(color.redF()) + 0.7152 * channelLuminance(color.greenF()) +
           0.0722 * channelLuminance(color.blueF());
}

template <size_t N>
QColor alongStops(const std::array<QColor, N>& stops, double position) {
    if (!(position > 0)) return stops.front();
    if (position >= N - 1) return stops.back();
    const auto below = static_cast<size_t>(position);
    return mix(stops[below + 1], stops[below], position - double(below));
}

// Hatching of the octaves above the first: diagonal, vertical, dots.
void hatch(QPainter& painter, const QRectF& r, int octave) {
    for (double x = r.left() + 3; x < r.right() + r.height(); x += 5) {
        if (octave == 1) painter.drawLine(QPointF(x, r.top()), QPointF(x - r.height(), r.bottom()));
        if (octave == 2) painter.drawLine(QPointF(x, r.top()), QPointF(x, r.bottom()));
        if (octave >= 3) painter.drawPoint(QPointF(x, r.center().y()));
    }
}

}  // namespace

const Theme& Theme::light() {
    static const Theme theme = makeLight();
    return theme;
}

const Theme& Theme::dark() {
    static const Theme theme = makeDark();
    return theme;
}

QColor colorOf(const Theme& t, const Ink& ink) {
    switch (ink.kind) {
        case Ink::Text: return t.text;
        case Ink::Text2: return t.text2;
        case Ink::Text3: return t.text3;
        case Ink::Run: return t.runInk[size_t(std::max(0, ink.index) % 8)];
        case Ink::Expert: return expertInk(t, ink.index, ink.count);
        case Ink::Domain: return mix(t.text3, t.surface, 0.55);
        case Ink::Baseline: return t.baseline;
        case Ink::Accent: return t.accent;
        case Ink::Ok: return t.ok;
        case Ink::Warn: return t.warn;
        case Ink::Err: return t.err;
        case Ink::Amber: return t.amber;
        case Ink::Slate: return t.slateBar;
        case Ink::Custom: return ink.custom;
    }
    return t.text;
}

QList<qreal> dashOf(const Ink& ink) {
    if (ink.kind == Ink::Baseline) return {4, 3};
    if ((ink.kind != Ink::Run && ink.kind != Ink::Custom) || ink.index < 8) return {};
    static const QList<QList<qreal>> patterns{{5, 2}, {1, 2}, {6, 2, 1, 2}, {2, 1}};
    return patterns[(ink.index / 8 - 1) % patterns.size()];
}

bool expertsHaveIdentity(int experts) { return experts <= 24; }

QColor expertFill(const Theme& t, int expert, int experts) {
    if (!expertsHaveIdentity(experts) || expert < 0) return t.mono;
    return t.expertFill[size_t(expert % 8)];
}

QColor expertInk(const Theme& t, int expert, int experts) {
    if (!expertsHaveIdentity(experts) || expert < 0) return t.text2;
    return t.expertInk[size_t(expert % 8)];
}

void fillExpert(QPainter& painter, const Theme& t, const QRectF& rect, double radius, int expert, int experts) {
    const QColor fill = expertFill(t, expert, experts);
    QPainterPath shape;
    shape.addRoundedRect(rect, radius, radius);
    painter.fillPath(shape, fill);
    if (!expertsHaveIdentity(experts) || expert < 8 || rect.height() < 8) return;
    painter.save();
    painter.setClipPath(shape);
    painter.setPen(QPen(withOpacity(contrastText(t, fill), 0.6), expert / 8 >= 3 ? 2.4 : 1.4));
    hatch(painter, rect, expert / 8);
    painter.restore();
}

QColor mix(const QColor& a, const QColor& b, double shareOfA) {
    const double s = std::clamp(shareOfA, 0.0, 1.0);
    const auto blend = [s](double x, double y) { return float(s * x + (1 - s) * y); };
    return QColor::fromRgbF(blend(a.redF(), b.redF()), blend(a.greenF(), b.greenF()), blend(a.blueF(), b.blueF()));
}

QColor withOpacity(QColor color, double opacity) {
    color.setAlphaF(float(opacity));
    return color;
}

double contrastRatio(const QColor& a, const QColor& b) {
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

QColor contrastText(const Theme& t, const QColor& fill) {
    return contrastRatio(t.onFillDark, fill) >= contrastRatio(t.onFillLight, fill) ? t.onFillDark : t.onFillLight;
}

QColor loadColor(const Theme& t, double log2Ratio) { return alongStops(t.loadStops, log2Ratio + 3); }

QColor shareColor(const Theme& t, double share, double lowest) {
    const double span = std::max(1e-9, 1 - lowest);
    return loadColor(t, -3 * std::clamp((1 - share) / span, 0.0, 1.0));
}

QColor sequentialColor(const Theme& t, double v) { return alongStops(t.viridis, v * double(t.viridis.size() - 1)); }

QColor tableCell(const Theme& t, double share) {
    return mix(t.slate, t.tableRow, t.tableMix * std::pow(std::clamp(share, 0.0, 1.0), 0.85));
}

ThemeHub::ThemeHub() : m_theme(Theme::light()) {}

ThemeHub& ThemeHub::instance() {
    static ThemeHub hub;
    return hub;
}

void ThemeHub::setTheme(const Theme& next) {
    m_theme = next;
    emit changed();
}

const Theme& theme() { return ThemeHub::instance().theme(); }

bool systemPrefersDark(const QPalette& palette) {
    return luminance(palette.color(QPalette::Window)) < luminance(palette.color(QPalette::WindowText));
}

}  // namespace moescope::plots
