// Gallery: every widget as a picture, in light and dark. With MOESCOPE_GALLERY=folder the pictures stay there to be
// looked at; QT_SCALE_FACTOR=2 draws them at double density.
#include "plots/bars.hpp"
#include "plots/bias_bars.hpp"
#include "plots/chart_panels.hpp"
#include "plots/controls.hpp"
#include "plots/delta_bars.hpp"
#include "plots/empty_state.hpp"
#include "plots/icons.hpp"
#include "plots/labelled_text.hpp"
#include "plots/scrubber.hpp"
#include "tests/plots/sample_run.hpp"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSet>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace moescope::plots {
namespace {

const QList<EventFlag> flags{{0, 1, false, "Router rigged: E0 +6"}, {96, 2, true, "Layer 0: 7 of 8 experts idle"},
                             {150, 3, false, "Balance 0 to 0.05"}, {262, 4, false, "All experts active again"}};

class Gallery {
public:
    explicit Gallery(const QString& folder) : m_folder(folder) { QDir().mkpath(folder); }

    void shoot(QWidget& widget, const QString& name, QSize size = {}) {
        if (size.isValid()) widget.resize(size);
        widget.setObjectName("page");
        widget.setAttribute(Qt::WA_StyledBackground);
        widget.setProperty("role", widget.property("role").isNull() ? QVariant("surface") : widget.property("role"));
        widget.show();
        QApplication::processEvents();
        QApplication::processEvents();
        const QPixmap picture = widget.grab();
        const double ratio = picture.devicePixelRatio();
        EXPECT_EQ(picture.size(), widget.size() * ratio) << name.toStdString();
        EXPECT_GT(colours(picture.toImage()), 8) << name.toStdString() << " is all but empty";
        EXPECT_TRUE(picture.save(QStringLiteral("%1/%2-%3%4.png").arg(m_folder, name, theme().isDark ? "dark" : "light", ratio > 1 ? "-2x" : "")));
    }

    const QString& folder() const { return m_folder; }

private:
    static int colours(const QImage& image) {
        QSet<QRgb> seen;
        for (int y = 0; y < image.height(); y += 2)
            for (int x = 0; x < image.width(); x += 2) seen.insert(image.pixel(x, y));
        return int(seen.size());
    }

    QString m_folder;
};

Lane concentration(int count) {
    Lane lane;
    Curve busiest = sample::statistic("busiest", count, [](double s) { return 0.15 + 0.85 * sample::collapse(s); });
    Curve top = sample::statistic("top probability", count, [](double s) { return 0.48 + 0.47 * sample::collapse(s * 1.1); }, 1, CurveRole::Second);
    busiest.figure = top.figure = Figure::Fixed2;
    lane.curves = {busiest, top};
    lane.references = {{0.125, "1/8 = fair share"}};
    lane.y.zero = true;
    return lane;
}

std::vector<Lane> inUse(int count) {
    Lane first, second;
    Curve effective = sample::statistic("effective", count, [](double s) { return 8 - 7 * sample::collapse(s); });
    effective.figure = Figure::Fixed1;
    Area idle{"idle", "idle", {}, {Ink::Amber, 0, 0, {}}};
    for (int i = 0; i < count; ++i) {
        idle.points.x.push_back(i);
        idle.points.y.push_back(std::round(7 * sample::collapse((i - 20) / 412.0)));
    }
    first.curves = {effective};
    first.areas = {idle};
    first.stretch = 2.4;
    first.y = {0, 8, true};
    Curve entropy = sample::statistic("entropy", count, [](double s) { return 0.62 - 0.6 * sample::collapse(s); });
    entropy.figure = Figure::Fixed2;
    entropy.width = 1.6;
    second.name = "token entropy / ln 8";
    second.curves = {entropy};
    second.y = {0, 1, true};
    return {first, second};
}

std::vector<Lane> health(int count, double stride = 1) {
    std::vector<Lane> lanes(3);
    Curve drops = sample::statistic("drops", count, [](double s) { return 0.5 + 62 * sample::collapse(s); }, stride);
    drops.unit = "%", drops.figure = Figure::Fixed1;
    Curve grad = sample::statistic("grad", count, [](double s) { return 0.62 + 2.2 * std::exp(-s * 15); }, stride);
    grad.figure = Figure::Fixed2;
    Curve lr = sample::statistic("lr", count, [](double s) { return 3e-3 * std::min(1.0, s * 12) * (1 - 0.6 * s); }, stride);
    lr.figure = Figure::Exponent;
    lanes[0].name = "dropped assignments, %", lanes[0].curves = {drops};
    lanes[1].name = "gradient norm", lanes[1].curves = {grad};
    lanes[2].name = "learning rate", lanes[2].curves = {lr};
    for (Lane& lane : lanes) lane.y.zero = true;
    return lanes;
}

struct Dashboard : QWidget {
    CursorHub hub;
    LinePanel loss, top1;
    HeatPanel heat;
    FanPanel fan;
    LanesPanel use, care;
    QList<Panel*> all{&loss, &heat, &top1, &fan, &use, &care};

    Dashboard() {
        auto* grid = new QGridLayout(this);
        grid->setContentsMargins(16, 14, 16, 8);
        grid->setHorizontalSpacing(20);
        grid->setVerticalSpacing(10);
        for (int i = 0; i < all.size(); ++i) {
            grid->addWidget(all[i], i / 3, i % 3);
            all[i]->setHub(&hub);
            all[i]->setEmptyText("first point after step 10");
        }
        loss.setTitle("Loss", "nats/token");
        heat.setTitle("Expert load", "layer 0, ratio to fair share");
        top1.setTitle("Top-1 concentration", "share");
        fan.setTitle("Router logits", "layer 0, all tokens");
        use.setTitle("Experts in use", "layer 0");
        care.setTitle("Training health");
        loss.setSmoothing(0.9);
    }
    ~Dashboard() override { for (Panel* p : all) { p->setHub(nullptr); p->setParent(nullptr); } }

    void fill(int count, int experts = 8, double stride = 1) {
        loss.setData(sample::loss(count, stride));
        heat.setData(sample::load(experts, count, stride));
        top1.setData(concentration(count));
        fan.setData(sample::fan(count));
        use.setData(inUse(count));
        care.setData(health(count));
    }
};

void dashboards(Gallery& gallery) {
    {
        Dashboard live;
        live.fill(412);
        live.hub.setExtent(XRange{0, 416});
        live.hub.setFlags(flags);
        gallery.shoot(live, "dashboard", {942, 640});
        live.hub.setCursor(206);
        gallery.shoot(live, "dashboard-cursor", {942, 640});
        live.hub.setCursor(std::nullopt);
        live.hub.setXRange(XRange{80, 180});
        gallery.shoot(live, "dashboard-zoomed", {942, 640});
        gallery.shoot(live, "dashboard-small", {724, 500});
    }
    {
        Dashboard empty;
        gallery.shoot(empty, "dashboard-empty", {942, 640});
        empty.fill(1);
        gallery.shoot(empty, "dashboard-one-point", {942, 640});
    }
    {
        Dashboard one;
        one.fill(412, 1);
        QList<EventFlag> many;
        for (int i = 0; i < 40; ++i) many.append({i * i / 4.0, i + 1, i % 9 == 4, "event"});
        one.hub.setFlags(many);
        gallery.shoot(one, "dashboard-one-expert", {942, 640});
    }
    {
        Dashboard bad;
        bad.fill(412, 8);
        Lane lane = sample::loss(412);
        for (size_t i = 300; i < 412; ++i) lane.curves[5].points.y[i] = std::nan("");
        lane.curves[5].points.y[120] = INFINITY;
        for (Curve& c : lane.curves) c.name += " of a run with a very long name";
        bad.loss.setData(lane);
        bad.loss.setTitle("Loss of the run with the longest name of all", "nats/token");
        gallery.shoot(bad, "dashboard-nan-long", {942, 640});
    }
}

void many(Gallery& gallery) {
    QWidget page;
    auto* grid = new QGridLayout(&page);
    grid->setContentsMargins(16, 14, 16, 8);
    grid->setHorizontalSpacing(20);
    HeatPanel sixty, layers, sixteen, probability;
    sixty.setTitle("Expert load", "layer 6, sorted by load");
    sixty.setData(sample::load(64, 1164, 10));
    layers.setTitle("Effective experts", "all 12 layers, share of 64");
    HeatData health;
    health.x = sample::steps(1164, 10);
    health.rows = 12, health.scale = HeatScale::Share, health.lowest = 0.4, health.rowPrefix = "L";
    for (int l = 0; l < 12; ++l)
        for (int c = 0; c < 1164; ++c)
            health.values.push_back(float(1 - 0.6 * std::exp(-c / 80.0) - 0.05 * (l % 4) - (l == 6 && c > 450 ? 0.2 : 0)));
    layers.setData(health);
    sixteen.setTitle("Expert load", "layer 0, a gap where nothing was measured");
    HeatData gap = sample::load(16, 412);
    for (int e = 0; e < 16; ++e)
        for (int c = 200; c < 240; ++c) gap.values[size_t(e * 412 + c)] = std::nanf("");
    sixteen.setData(gap);
    probability.setTitle("Probability", "layer 0");
    HeatData p = sample::load(24, 412);
    p.scale = HeatScale::Probability;
    for (float& v : p.values) v = std::min(1.0F, v / 8);
    probability.setData(p);
    grid->addWidget(&sixty, 0, 0);
    grid->addWidget(&layers, 0, 1);
    grid->addWidget(&sixteen, 1, 0);
    grid->addWidget(&probability, 1, 1);
    gallery.shoot(page, "heat-many", {660, 620});
    for (QWidget* w : {&sixty, &layers, &sixteen, &probability}) w->setParent(nullptr);
}

void compare(Gallery& gallery) {
    LinePanel panel;
    panel.setTitle("Validation loss", "nats/token, mean of 5 seeds with 95 % CI");
    panel.setLabelSpace(128);
    panel.setLabelValues(true);
    panel.setHoverCard(true);
    Lane lane;
    int slot = 0;
    for (const auto& [name, level] : {std::pair{"G 4", 1.455}, {"before", 1.438}, {"after", 1.421}}) {
        Curve curve;
        curve.id = curve.name = name, curve.role = CurveRole::Run, curve.ink = Ink::run(2 - slot++), curve.endLabel = true;
        curve.figure = Figure::Fixed3;
        for (int i = 0; i < 200; ++i) {
            const double y = level + 1.2 * std::exp(-i / 40.0);
            curve.points.x.push_back(i * 2), curve.points.y.push_back(y);
            curve.points.low.push_back(y - 0.02), curve.points.high.push_back(y + 0.02);
        }
        lane.curves.push_back(curve);
    }
    Curve dense = lane.curves[0];
    dense.id = dense.name = "dense", dense.role = CurveRole::Baseline, dense.points.low.clear(), dense.points.high.clear();
    for (double& y : dense.points.y) y += 0.12;
    lane.curves.insert(lane.curves.begin(), dense);
    panel.setData(lane);
    CursorHub hub;
    panel.setHub(&hub);
    hub.setCursor(140);
    gallery.shoot(panel, "compare", {760, 480});
    const QString base = gallery.folder() + (theme().isDark ? "/export-dark." : "/export-light.");
    EXPECT_TRUE(panel.save(ExportFormat::Png2x, base + "png"));
    EXPECT_TRUE(panel.save(ExportFormat::Svg, base + "svg"));
    panel.setHub(nullptr);
}

void barsAndText(Gallery& gallery) {
    QWidget page;
    page.setProperty("role", "window");
    auto* row = new QHBoxLayout(&page);
    row->setSpacing(28);
    for (const int experts : {1, 8, 20, 64}) {
        auto* bars = new LoadBars;
        LoadBarsData data;
        for (int e = 0; e < experts; ++e) data.ratio.push_back(experts == 1 ? 1 : 0.3 + 1.5 * std::abs(std::sin(e * 1.7)));
        if (experts > 1) data.ratio.back() = 0.001;
        if (experts == 64) data.ratio[43] = 4;
        data.top = experts;
        bars->setData(data);
        bars->setFixedWidth(232);
        row->addWidget(bars, 0, Qt::AlignTop);
    }
    auto* collapsed = new LoadBars;
    collapsed->setData({{5.57, 0.23, 0.01, 1.37, 0, 0.7, 0.03, NAN}, 8, 0.05});
    collapsed->setFixedWidth(232);
    row->addWidget(collapsed, 0, Qt::AlignTop);
    auto* domains = new DomainBars;
    domains->setFixedWidth(232);
    domains->setData({{"arithmetic", 1.21, 0.9}, {"brackets", 0.68, {}}, {"a very long domain name", 1.42, {}}, {"Greek", NAN, {}}});
    row->addWidget(domains, 0, Qt::AlignTop);
    gallery.shoot(page, "bars", {1620, 440});

    QWidget interventions;
    interventions.setProperty("role", "window");
    auto* columns = new QHBoxLayout(&interventions);
    columns->setSpacing(28);
    auto* effect = new DeltaBars;
    effect->setData({{"all tokens", 0.46, 1.5}, {"latin", 0.59, 0.58}, {"a very long domain name", 0.41, 4.58}, {"cyrillic", 0.43, 0.2}, {"hebrew", NAN, NAN}}, 1, 8);
    auto* bias = new BiasBars;
    bias->setData({{0, 5.57, 6, false}, {1, 0.2, 0, false}, {2, NAN, -3.5, false}, {3, 0, 0, true}, {4, 1, 20, false}}, 8);
    bias->setAdjustable(true);
    auto* labelled = new LabelledText;
    labelled->setTokens({{"c", 0, false, {}}, {"hgga ", 0, true, {}}, {"dhh\n", 0, true, {}}, {"\u03c7\u03bb\u03ba", 1, true, {}}, {"12+30=", 2, true, {}}, {"42", 2, true, {}}, {"rest", -1, true, {}}});
    for (QWidget* part : std::initializer_list<QWidget*>{effect, bias, labelled}) {
        part->setFixedWidth(232);
        columns->addWidget(part, 0, Qt::AlignTop);
    }
    gallery.shoot(interventions, "interventions", {820, 220});

    for (const int experts : {1, 8, 64}) {
        QWidget text;
        auto* column = new QVBoxLayout(&text);
        auto* strip = new TokenText;
        strip->setMode(TokenText::Strip);
        strip->setTokens(sample::text(experts), experts);
        auto* wrapped = new TokenText;
        wrapped->setMode(TokenText::Wrapped);
        wrapped->setFontPx(17);
        wrapped->setTokens(sample::text(experts), experts);
        wrapped->setSelected(12);
        wrapped->setCaret(true);
        if (experts == 64) wrapped->setClusters(std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5});
        column->addWidget(strip);
        column->addWidget(wrapped);
        column->addStretch();
        gallery.shoot(text, QStringLiteral("text-%1").arg(experts), {700, 240});
    }
}

void controls(Gallery& gallery) {
    QWidget page;
    auto* column = new QVBoxLayout(&page);
    CursorHub hub;
    hub.setFlags(flags);
    for (const bool live : {true, false}) {
        auto* scrubber = new Scrubber;
        auto* own = live ? &hub : new CursorHub(&page);
        own->setFlags(flags);
        if (!live) own->setCursor(206);
        scrubber->setHub(own);
        scrubber->setState({412, 600, 1, true, {}});
        column->addWidget(scrubber);
    }
    auto* finished = new Scrubber;
    finished->setState({20000, 20000, 10, false, "Finished"});
    column->addWidget(finished);
    auto* row = new QHBoxLayout;
    const std::vector<std::pair<KnobSpec, double>> knobs{
        {{"Learning rate", 1e-5, 1e-1, true, false, 0, Figure::Exponent, {}, {}, 136}, 2.3e-3},
        {{"Balance", 1e-4, 1, true, true, 0, Figure::Auto, {}, {}, 112}, 0.05},
        {{"Noise σ", 0, 2, false, false, 0.05, Figure::Auto, {}, {}, 112}, 0},
        {{"Capacity", 0.5, 4, false, false, 0.25, Figure::Fixed2, "×", {}, 112}, 2},
        {{"Experts per token", 1, 4, false, false, 0, Figure::Integer, {}, {1, 2, 4}, 112}, 2}};
    for (const auto& [spec, value] : knobs) {
        auto* knob = new Knob(spec);
        knob->setValue(value);
        row->addWidget(knob);
        row->addSpacing(20);
    }
    row->addStretch();
    column->addLayout(row);
    auto* more = new QHBoxLayout;
    auto* segments = new SegmentedControl;
    segments->setOptions({"Load", "Logits", "Tokens", "Co-activation"});
    segments->setCurrent(2);
    more->addWidget(segments);
    const std::pair<const char*, Pill::Kind> pills[] = {{"Training", Pill::Ok}, {"3 idle", Pill::Warn}, {"hottest ×1.2", Pill::Neutral}, {"stopped", Pill::Err}, {"live", Pill::Accent}};
    for (const auto& [text, kind] : pills) {
        auto* pill = new Pill;
        pill->setState(text, kind, kind == Pill::Ok);
        more->addWidget(pill);
    }
    auto* on = new Switch;
    on->setOn(true);
    more->addWidget(on);
    more->addWidget(new Switch);
    for (const int e : {1, 8, 64}) {
        auto* print = new Fingerprint;
        print->setFixedSize(28, 14);
        print->setData(sample::matrix(e));
        more->addWidget(print);
    }
    auto* spark = new Sparkline;
    spark->setFixedSize(56, 16);
    spark->setData(sample::loss(60, 1, false).curves[0].points.y, Ink::run(1));
    more->addWidget(spark);
    more->addStretch();
    column->addLayout(more);
    auto* form = new QHBoxLayout;
    for (const char* kind : {"primary", "", "ghost", "link"}) {
        auto* button = new QPushButton(kind[0] ? kind : "default");
        button->setProperty("kind", kind);
        form->addWidget(button);
    }
    auto* off = new QPushButton("disabled");
    off->setProperty("kind", "primary");
    off->setEnabled(false);
    form->addWidget(off);
    auto* combo = new QComboBox;
    combo->addItem("top-1 expert");
    form->addWidget(combo);
    auto* field = new QLineEdit("1 024");
    form->addWidget(field);
    auto* wrong = new QComboBox;
    wrong->addItem("after top-k");
    wrong->setProperty("state", "error");
    form->addWidget(wrong);
    auto* check = new QCheckBox("Diff only");
    check->setChecked(true);
    form->addWidget(check);
    form->addWidget(new QCheckBox("Ignore outliers"));
    column->addLayout(form);
    auto* icons = new QHBoxLayout;
    icons->setSpacing(6);
    auto* brand = new QLabel;
    brand->setPixmap(logo(24));
    icons->addWidget(brand);
    int count = 0;
    QHBoxLayout* second = new QHBoxLayout;
    for (const QString& name : iconNames()) {
        auto* label = new QLabel;
        label->setPixmap(iconPixmap(name, 16, theme().text2));
        label->setToolTip(name);
        (++count > 28 ? second : icons)->addWidget(label);
    }
    icons->addStretch(), second->addStretch();
    column->addLayout(icons);
    column->addLayout(second);
    auto* tile = new Fingerprint;
    tile->setLarge(true);
    tile->setFixedSize(304, 122);
    tile->setData(sample::matrix(8));
    auto* empty = new EmptyState;
    empty->setContent({"grid", "No runs yet", "Watch an expert collapse in 30 seconds.", {"Start", "New run", "Import"}, false});
    auto* last = new QHBoxLayout;
    last->addWidget(tile);
    last->addWidget(empty, 1);
    column->addLayout(last);
    gallery.shoot(page, "controls", {1000, 560});
}

TEST(Gallery, EveryWidgetIsDrawnInBothThemes) {
    QTemporaryDir passing;
    Gallery gallery(qEnvironmentVariable("MOESCOPE_GALLERY", passing.path()));
    for (const Theme* t : {&Theme::light(), &Theme::dark()}) {
        applyTheme(*qApp, *t);
        dashboards(gallery);
        many(gallery);
        compare(gallery);
        barsAndText(gallery);
        controls(gallery);
    }
    applyTheme(*qApp, Theme::light());
}

}  // namespace
}  // namespace moescope::plots
