// Controls: small painted widgets that style sheets cannot make: segments, knobs, pills, switches.
#pragma once

#include "plots/figures.hpp"

#include <QString>
#include <QStringList>
#include <QWidget>

#include <optional>
#include <vector>

class QLineEdit;
class QSlider;

namespace moescope::plots {

// One of a few. Arrow keys move, the ring shows focus.
class SegmentedControl : public QWidget {
    Q_OBJECT
public:
    explicit SegmentedControl(QWidget* parent = nullptr);
    void setOptions(const QStringList&);
    QStringList options() const { return m_options; }
    void setCurrent(int);              // no signal
    int current() const { return m_current; }
    void setCompact(bool);             // 22 px high, for the toolbar
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
signals:
    void currentChanged(int);          // by a person
protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    bool event(QEvent*) override;
private:
    QRect segment(int) const;
    QStringList m_options;
    int m_current = 0;
    bool m_compact = false;
};

struct KnobSpec {
    QString label;                     // "Learning rate"
    double min = 0, max = 1;
    bool logarithmic = false;          // min > 0 then
    bool zeroAtLeft = false;           // logarithmic: the leftmost position is exactly 0
    double step = 0;                   // linear: rounds to it; 0 = a hundredth of the range
    Figure figure = Figure::Auto;
    QString suffix;                    // "×"
    std::vector<double> choices;       // not empty: segments instead of a slider
    int width = 112;
    // Slider: a value outside the range that has a name ("as published"). It is the leftmost notch, and what an emptied
    // field means.
    std::optional<double> special = std::nullopt;
    QString specialName = {};
};

// Label left and value right above a slider. A click on the value lets it be typed.
class Knob : public QWidget {
    Q_OBJECT
public:
    explicit Knob(const KnobSpec&, QWidget* parent = nullptr);
    void setValue(double);             // what the engine has; no signal
    double value() const { return m_value; }
    void setPending(bool);             // sent, not yet in effect: the value is drawn in the label's colour
    void setNote(const QString&);      // tool tip: what it does
    QSlider* slider() const { return m_slider; }
signals:
    void edited(double);               // while moving, at most once per mouse move
    void committed(double);            // released, key, wheel or typed: send this one
protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    bool event(QEvent*) override;
private:
    QRect valueRect() const;
    double fromSlider(int) const;
    int toSlider(double) const;
    void startTyping();
    void finishTyping();
    QString text(double) const;

    KnobSpec m_spec;
    double m_value = 0;
    bool m_pending = false;
    QSlider* m_slider = nullptr;
    SegmentedControl* m_segments = nullptr;
    QLineEdit* m_edit = nullptr;
};

class Pill : public QWidget {
    Q_OBJECT
public:
    enum Kind { Neutral, Ok, Warn, Err, Accent };
    explicit Pill(const QString& text = {}, Kind = Neutral, QWidget* parent = nullptr);
    void setState(const QString& text, Kind, bool dot = false);
    QString text() const { return m_text; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
protected:
    void paintEvent(QPaintEvent*) override;
private:
    QString m_text;
    Kind m_kind;
    bool m_dot = false;
};

// On or off.
class Switch : public QWidget {
    Q_OBJECT
public:
    explicit Switch(QWidget* parent = nullptr);
    void setOn(bool);
    bool isOn() const { return m_on; }
    QSize sizeHint() const override { return {32, 18}; }
signals:
    void toggled(bool);
protected:
    void paintEvent(QPaintEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
private:
    bool m_on = false;
};

}  // namespace moescope::plots
