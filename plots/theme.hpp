// The theme: every colour and font of the program in one value for light and one for dark.
// No other file holds a colour value: palette, style sheet, plots and painted widgets read them here.
// Thread: the GUI thread only.
#pragma once

#include <QColor>
#include <QFont>
#include <QList>
#include <QObject>
#include <QPalette>
#include <QString>

#include <array>

class QApplication;
class QPainter;
class QRectF;

namespace moescope::plots {

struct Theme {
    bool isDark = false;
    QColor window, surface, raised, sunken, hover;  // docks, page, buttons, tracks, hovered item
    QColor line, lineStrong, control, grid;         // hairline, axis base, field border, plot grid
    QColor text, text2, text3;                      // values and titles, labels, units and hints
    QColor accent, accentSoft, onAccent;            // "you": selection, focus, cursor, live
    QColor ok, okSoft, warn, warnSoft, err, errSoft;
    QColor slate, slateBar, tableRow;               // numeric tables, neutral score bars
    QColor amber;                                   // idle area, drawn at 30 %
    QColor baseline, mono;                          // pinned run; mono = neutral domain bars
    QColor onFillDark, onFillLight;                 // text on a coloured fill
    std::array<QColor, 8> expertFill, expertInk, runInk;
    std::array<QColor, 7> loadStops;                // log2(load / fair share) = -3 .. 3
    std::array<QColor, 10> viridis;                 // probabilities, 0 .. 1
    double bandOpacity = 0.15;                      // confidence bands
    double tintBase = 0.08, tintSpan = 0.34;        // token tint = base + span * combine weight
    double tableMix = 0.58;                         // strongest tint of a numeric table cell

    static const Theme& light();
    static const Theme& dark();
};

// What a mark stands for. The theme turns it into a colour, so a switch of theme reaches every mark.
struct Ink {
    enum Kind { Text, Text2, Text3, Run, Expert, Domain, Baseline, Accent, Ok, Warn, Err, Amber, Slate, Custom };
    Kind kind = Text;
    int index = 0;   // run slot or expert number
    int count = 0;   // number of experts E (Expert only)
    QColor custom;   // Custom only: a colour a person chose for a run

    static Ink run(int slot) { return {Run, slot, 0, {}}; }
    static Ink expert(int e, int experts) { return {Expert, e, experts, {}}; }
    static Ink chosen(const QColor& c) { return {Custom, 0, 0, c}; }
    bool operator==(const Ink&) const = default;
};

QColor colorOf(const Theme&, const Ink&);           // for lines, markers and text on the surface
QList<qreal> dashOf(const Ink&);                    // empty = solid; runs beyond eight get a pattern

// Experts. Up to 8: eight hues. 9..24: hue repeats modulo 8 and the octave adds a texture (bars >= 8 px).
// More than 24: no identity, a neutral grey.
bool expertsHaveIdentity(int experts);
QColor expertFill(const Theme&, int expert, int experts);
QColor expertInk(const Theme&, int expert, int experts);
void fillExpert(QPainter&, const Theme&, const QRectF&, double radius, int expert, int experts);

QColor mix(const QColor& a, const QColor& b, double shareOfA);
QColor withOpacity(QColor, double opacity);
double contrastRatio(const QColor&, const QColor&); // WCAG 2, 1..21
QColor contrastText(const Theme&, const QColor& fill);
QColor loadColor(const Theme&, double log2Ratio);   // clamped to -3..3
QColor shareColor(const Theme&, double share, double lowest); // blue half; 1 = background
QColor sequentialColor(const Theme&, double t);     // viridis, t in 0..1
QColor tableCell(const Theme&, double share);       // cell of a numeric table

// The theme in use. Widgets of this layer follow changed() by themselves.
class ThemeHub : public QObject {
    Q_OBJECT
public:
    static ThemeHub& instance();
    const Theme& theme() const { return m_theme; }
    void setTheme(const Theme&);
signals:
    void changed();
private:
    ThemeHub();
    Theme m_theme;
};
const Theme& theme();                               // ThemeHub::instance().theme()

// Fonts in pixels, hinting off, tabular digits first. Scaled together by setFontScale (8..24 pt preference).
QFont uiFont(int px, QFont::Weight = QFont::Normal);
QFont monoFont(int px, QFont::Weight = QFont::Normal);
QFont displayFont(int px, QFont::Weight = QFont::DemiBold);
void setFontScale(double scale);                    // 1 = 13 px body text
double fontScale();
void setLineScale(double scale);                    // of curves, 1..3; read by everything that draws lines
double lineScale();
void setPortableFonts(bool);                        // while writing SVG: families that other programs know too

QPalette paletteOf(const Theme&);
QString styleSheetOf(const Theme&);                 // properties: kind=primary|ghost|tall|link, state=error, role=label|unit|title|...
bool systemPrefersDark(const QPalette&);
void applyTheme(QApplication&, const Theme&);       // fonts, Fusion, palette, style sheet, ThemeHub

}  // namespace moescope::plots
