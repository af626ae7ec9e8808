// The knob: a slider with label and value, or segments for a few choices.
#include "plots/controls.hpp"
#include "plots/paint.hpp"
#include "plots/scaled.hpp"

#include <QLineEdit>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QSlider>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int positions = 400, notch = 24;   // notch: the slider's way from the special value to the range

int titleHeight() { return scaled(18); }

}  // namespace

Knob::Knob(const KnobSpec& spec, QWidget* parent) : QWidget(parent), m_spec(spec), m_value(spec.min) {
    setAccessibleName(spec.label);
    setAttribute(Qt::WA_Hover);
    if (spec.choices.empty()) {
        m_slider = new QSlider(Qt::Horizontal, this);
        m_slider->setRange(spec.special ? -notch : 0, positions);
        m_slider->setPageStep(positions / 20);
        m_slider->setAccessibleName(spec.label);
        m_slider->setObjectName(QStringLiteral("slider"));
        connect(m_slider, &QSlider::valueChanged, this, [this](int position) {
            m_value = fromSlider(position);
            update();
            emit edited(m_value);
            if (!m_slider->isSliderDown()) emit committed(m_value);
        });
        connect(m_slider, &QSlider::sliderReleased, this, [this] { emit committed(m_value); });
    } else {
        m_segments = new SegmentedControl(this);
        m_segments->setCompact(true);
        m_segments->setObjectName(QStringLiteral("segments"));
        QStringList names;
        for (const double choice : spec.choices) names << figure(choice, choice == std::round(choice) ? Figure::Integer : spec.figure);
        m_segments->setOptions(names);
        m_segments->setAccessibleName(spec.label);
        connect(m_segments, &SegmentedControl::currentChanged, this, [this](int i) {
            m_value = m_spec.choices[size_t(i)];
            emit edited(m_value);
            emit committed(m_value);
        });
    }
    const auto fit = [this] {
        if (m_slider) m_slider->setGeometry(0, titleHeight() + 2, scaled(m_spec.width), 18);
        else m_segments->setGeometry(QRect(QPoint(0, titleHeight()), m_segments->sizeHint()));
        setFixedSize(m_slider ? scaled(m_spec.width) : std::max(m_segments->width(), textWidth(uiFont(12), m_spec.label) + 2), scaled(40));
    };
    fit();
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, [this, fit] { fit(), update(); });
}

void Knob::setValue(double value) {
    m_value = value;
    if (m_slider && !m_slider->isSliderDown()) {
        const QSignalBlocker quiet(m_slider);
        m_slider->setValue(toSlider(value));
    }
    if (m_segments) {
        const auto at = std::find(m_spec.choices.begin(), m_spec.choices.end(), value);
        m_segments->setCurrent(at == m_spec.choices.end() ? -1 : int(at - m_spec.choices.begin()));
    }
    setAccessibleDescription(text(value));
    update();
}

void Knob::setPending(bool on) {
    m_pending = on;
    update();
}

void Knob::setNote(const QString& note) { setToolTip(note); }

double Knob::fromSlider(int position) const {
    if (m_spec.special && position < -notch / 2) return *m_spec.special;
    const double share = std::max(0.0, double(position) / positions);
    if (!m_spec.logarithmic) {
        const double step = m_spec.step > 0 ? m_spec.step : (m_spec.max - m_spec.min) / 100;
        return std::clamp(m_spec.min + std::round(share * (m_spec.max - m_spec.min) / step) * step, m_spec.min, m_spec.max);
    }
    if (m_spec.zeroAtLeft && position == 0) return 0;
    const double value = m_spec.min * std::pow(m_spec.max / m_spec.min, share);
    const double digit = std::pow(10.0, std::floor(std::log10(value)) - 1);   // two significant digits
    return std::clamp(std::round(value / digit) * digit, m_spec.min, m_spec.max);
}

int Knob::toSlider(double value) const {
    if (m_spec.special == value) return -notch;
    double share = (value - m_spec.min) / (m_spec.max - m_spec.min);
    if (m_spec.logarithmic) share = value > 0 ? std::log(value / m_spec.min) / std::log(m_spec.max / m_spec.min) : 0;
    const int least = m_spec.logarithmic && m_spec.zeroAtLeft && value > 0 ? 1 : 0;
    return std::max(least, int(std::lround(std::clamp(share, 0.0, 1.0) * positions)));
}

QString Knob::text(double value) const {
    if (m_spec.special == value) return m_spec.specialName;
    QString shown = figure(value, m_spec.figure);
    if (m_spec.figure == Figure::Auto && value != 0 && std::abs(value) < 0.01) shown = figure(value, Figure::Exponent);
    return shown + m_spec.suffix;
}

QRect Knob::valueRect() const {
    const int room = textWidth(uiFont(12, QFont::Medium), text(m_value)) + 4;
    return QRect(width() - room, 0, room, titleHeight());
}

void Knob::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Theme& t = theme();
    drawText(painter, 0, scaled(m_slider ? 9 : 7), m_spec.label, uiFont(12), t.text2);
    if (m_slider && !(m_edit && m_edit->isVisible()))
        drawText(painter, width(), scaled(9), text(m_value), uiFont(12, QFont::Medium), m_pending ? t.text3 : t.text, Qt::AlignRight);
}

void Knob::mousePressEvent(QMouseEvent* event) {
    if (m_slider && event->button() == Qt::LeftButton && valueRect().contains(event->position().toPoint())) startTyping();
}

bool Knob::event(QEvent* event) {
    if (event->type() == QEvent::HoverMove && m_slider) {
        const bool over = valueRect().contains(static_cast<QHoverEvent*>(event)->position().toPoint());
        setCursor(over ? Qt::IBeamCursor : Qt::ArrowCursor);
    }
    return QWidget::event(event);
}

void Knob::startTyping() {
    if (!m_edit) {
        m_edit = new QLineEdit(this);
        m_edit->setObjectName(QStringLiteral("knobEdit"));
        m_edit->setAccessibleName(m_spec.label);
        m_edit->setAlignment(Qt::AlignRight);
        connect(m_edit, &QLineEdit::editingFinished, this, &Knob::finishTyping);
    }
    m_edit->setFont(uiFont(12, QFont::Medium));
    m_edit->setStyleSheet(QStringLiteral("QLineEdit { min-height: 14px; padding: 0 3px; border-radius: 4px; }"
                                         "QLineEdit:focus { min-height: 14px; padding: 0 2px; }"));
    m_edit->setText(m_spec.special == m_value ? QString() : QString::fromLatin1(plainNumber(m_value)));
    m_edit->setGeometry(width() - scaled(64), -1, scaled(64), scaled(20));
    m_edit->show();
    m_edit->selectAll();
    m_edit->setFocus();
    update();
}

void Knob::finishTyping() {
    if (!m_edit || m_edit->isHidden()) return;
    QString typed = m_edit->text().trimmed();
    typed.replace(QChar(0x2212), QLatin1Char('-')).replace(QLatin1Char(','), QLatin1Char('.'));
    const bool special = typed.isEmpty() && m_spec.special;
    bool ok = special;
    const double value = special ? *m_spec.special : QLocale::c().toDouble(typed, &ok);
    m_edit->hide();
    if (ok && std::isfinite(value)) {
        const double low = m_spec.zeroAtLeft ? 0 : m_spec.min;
        setValue(special ? value : std::clamp(value, low, m_spec.max));
        emit edited(m_value);
        emit committed(m_value);
    }
    update();
}

}  // namespace moescope::plots
