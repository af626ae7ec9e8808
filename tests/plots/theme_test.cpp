// The palettes keep their promises: contrast of text and data, distance of colours for colour-blind eyes.
#include "plots/icons.hpp"
#include "plots/theme.hpp"

#include <QApplication>
#include <QDirIterator>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QRegularExpression>

#include <gmock/gmock.h>

#include <array>
#include <cmath>

namespace moescope::plots {
namespace {

using Rgb = std::array<double, 3>;
using Matrix = std::array<Rgb, 3>;

// Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB.
const Matrix protan{{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
const Matrix deutan{{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
const Matrix tritan{{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}};

double linear(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }

Rgb seenBy(const Matrix& eye, const QColor& color) {
    const Rgb c{linear(color.redF()), linear(color.greenF()), linear(color.blueF())};
    Rgb out{};
    for (size_t i = 0; i < 3; ++i) out[i] = std::clamp(eye[i][0] * c[0] + eye[i][1] * c[1] + eye[i][2] * c[2], 0.0, 1.0);
    return out;
}

Rgb lab(const Rgb& c) {
    const double x = (0.4124564 * c[0] + 0.3575761 * c[1] + 0.1804375 * c[2]) / 0.95047;
    const double y = 0.2126729 * c[0] + 0.7151522 * c[1] + 0.0721750 * c[2];
    const double z = (0.0193339 * c[0] + 0.1191920 * c[1] + 0.9503041 * c[2]) / 1.08883;
    const auto f = [](double t) { return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116; };
    return {116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))};
}

double smallestDistance(const std::array<QColor, 8>& colors) {
    double smallest = 1e9;
    for (const Matrix* eye : {&protan, &deutan, &tritan})
        for (size_t i = 0; i < 8; ++i)
            for (size_t j = i + 1; j < 8; ++j) {
                const Rgb a = lab(seenBy(*eye, colors[i])), b = lab(seenBy(*eye, colors[j]));
                smallest = std::min(smallest, std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
            }
    return smallest;
}

TEST(Palette, ContrastFollowsTheFormulaOfTheAccessibilityGuidelines) {
    EXPECT_DOUBLE_EQ(contrastRatio(Qt::black, Qt::white), 21);
    const double grey = linear(0x77 / 255.0);
    EXPECT_NEAR(contrastRatio(QColor(0x77, 0x77, 0x77), Qt::white), 1.05 / (grey + 0.05), 1e-5);
}

TEST(Palette, EveryTextReachesFourAndAHalfOnEveryGround) {
    for (const Theme* t : {&Theme::light(), &Theme::dark()}) {
        for (const QColor& text : {t->text, t->text2, t->text3})
            for (const QColor& ground : {t->window, t->surface, t->accentSoft}) EXPECT_GE(contrastRatio(text, ground), 4.5);
        EXPECT_GE(contrastRatio(t->onAccent, t->accent), 4.5);
        EXPECT_GE(contrastRatio(t->ok, t->okSoft), 4.5);
        EXPECT_GE(contrastRatio(t->warn, t->warnSoft), 4.5);
        EXPECT_GE(contrastRatio(t->err, t->errSoft), 4.5);
    }
}

TEST(Palette, DataInksAndBordersReachThreeOnTheSurface) {
    for (const Theme* t : {&Theme::light(), &Theme::dark()}) {
        for (const QColor& ink : t->expertInk) EXPECT_GE(contrastRatio(ink, t->surface), 3.0) << ink.name().toStdString();
        for (const QColor& ink : t->runInk) EXPECT_GE(contrastRatio(ink, t->surface), 4.5) << ink.name().toStdString();
        for (const QColor& ground : {t->window, t->surface}) EXPECT_GE(contrastRatio(t->control, ground), 3.0);
    }
}

TEST(Palette, ColourBlindEyesTellTheColoursApart) {
    EXPECT_GE(smallestDistance(Theme::light().expertFill), 12);
    EXPECT_GE(smallestDistance(Theme::light().expertInk), 13.9);
    EXPECT_GE(smallestDistance(Theme::dark().expertInk), 15.9);
    EXPECT_GE(smallestDistance(Theme::light().runInk), 12);
    EXPECT_GE(smallestDistance(Theme::dark().runInk), 17.9);
}

TEST(Palette, TextOnAFillTakesTheBetterOfBlackAndWhite) {
    const Theme& t = Theme::light();
    for (const QColor& fill : t.expertFill) {
        const QColor text = contrastText(t, fill);
        EXPECT_GE(contrastRatio(text, fill), 4.5) << fill.name().toStdString();
    }
    EXPECT_EQ(contrastText(t, t.expertFill[0]), t.onFillLight);
    EXPECT_EQ(contrastText(t, t.expertFill[4]), t.onFillDark);
}

TEST(Palette, FairLoadIsQuietAndIdleIsDarkerThanHotInLight) {
    const Theme& t = Theme::light();
    EXPECT_LT(contrastRatio(loadColor(t, 0), t.surface), 1.1);
    EXPECT_GT(contrastRatio(loadColor(t, -3), t.surface), contrastRatio(loadColor(t, 3), t.surface));
    EXPECT_EQ(loadColor(t, -9), loadColor(t, -3));
    EXPECT_EQ(loadColor(t, 9), loadColor(t, 3));
    EXPECT_EQ(loadColor(t, 1).name(), t.loadStops[4].name());
    EXPECT_EQ(shareColor(t, 1, 0.4).name(), t.loadStops[3].name());
    EXPECT_EQ(shareColor(t, 0.4, 0.4).name(), t.loadStops[0].name());
}

TEST(Palette, MoreThanTwentyFourExpertsHaveNoHueOfTheirOwn) {
    const Theme& t = Theme::light();
    EXPECT_EQ(expertFill(t, 3, 8), expertFill(t, 11, 24));
    EXPECT_EQ(expertFill(t, 3, 64), expertFill(t, 4, 64));
    EXPECT_NE(expertFill(t, 3, 24), expertFill(t, 4, 24));
}

TEST(Palette, NoDataColourIsTheAccent) {
    for (const Theme* t : {&Theme::light(), &Theme::dark()})
        for (const auto* set : {&t->runInk, &t->expertInk, &t->expertFill})
            for (const QColor& color : *set) EXPECT_NE(color, t->accent);
}

TEST(Fonts, DigitsAreEquallyWide) {
    for (const auto weight : {QFont::Normal, QFont::Medium, QFont::DemiBold}) {
        const QFontMetricsF metrics(uiFont(13, weight));
        const double zero = metrics.horizontalAdvance("0000000000");
        for (char c = '1'; c <= '9'; ++c) EXPECT_NEAR(metrics.horizontalAdvance(QString(10, c)), zero, 0.1) << c << " " << weight;
    }
}

TEST(Icons, EveryIconIsDrawnInTheColourAskedFor) {
    ASSERT_GE(iconNames().size(), 40);
    for (const QString& name : iconNames()) {
        const QImage image = iconPixmap(name, 24, Qt::red).toImage();
        int inked = 0;
        for (int y = 0; y < 24; ++y)
            for (int x = 0; x < 24; ++x)
                if (const QColor c = image.pixelColor(x, y); c.alpha() > 128) {
                    ++inked;
                    EXPECT_EQ(c.red(), 255) << name.toStdString();
                    EXPECT_EQ(c.blue(), 0) << name.toStdString();
                }
        EXPECT_GE(inked, 3) << name.toStdString();
    }
    EXPECT_TRUE(icon("no such icon").isNull());
}

TEST(Style, ASwitchOfThemeReachesEveryListener) {
    int heard = 0;
    QObject listener;
    QObject::connect(&ThemeHub::instance(), &ThemeHub::changed, &listener, [&] { ++heard; });
    applyTheme(*qApp, Theme::dark());
    EXPECT_EQ(heard, 1);
    EXPECT_EQ(qApp->palette().color(QPalette::Window), Theme::dark().window);
    EXPECT_TRUE(systemPrefersDark(qApp->palette()));
    applyTheme(*qApp, Theme::light());
    EXPECT_FALSE(systemPrefersDark(qApp->palette()));
}

TEST(Style, TheSheetHasNoTokenLeftUnfilled) {
    for (const Theme* t : {&Theme::light(), &Theme::dark()})
        EXPECT_FALSE(styleSheetOf(*t).contains(QRegularExpression("@(?!2x)[A-Za-z]"))) << styleSheetOf(*t).toStdString();
}

// The colours live in one file: no other source of the desktop holds a hex value.
TEST(Style, OnlyTheThemeHoldsColourValues) {
    const QRegularExpression hex("\"#[0-9A-Fa-f]{6}\"");
    for (const char* folder : {"plots", "ui", "app/desktop"}) {
        QDirIterator files(QStringLiteral(MOESCOPE_SOURCE_DIR "/%1").arg(folder), {"*.cpp", "*.hpp"}, QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            QFile file(files.next());
            if (file.fileName().endsWith("plots/theme.cpp")) continue;
            ASSERT_TRUE(file.open(QIODevice::ReadOnly));
            EXPECT_FALSE(QString::fromUtf8(file.readAll()).contains(hex)) << file.fileName().toStdString();
        }
    }
}

}  // namespace
}  // namespace moescope::plots
