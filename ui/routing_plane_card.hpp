// The card of a point of the plane: what gate, experts and mixture make of it. And the key below the picture.
#pragma once

#include <QStringList>
#include <QWidget>

#include "ui/plane_shown.hpp"

namespace moescope::ui {

/// GUI thread. Painted; its numbers are also its description for screen readers.
class PlaneCard : public QWidget {
    Q_OBJECT
public:
    explicit PlaneCard(QWidget* parent = nullptr);
    struct Facts {
        PlanePoint point;
        QString domain, target, loss;  ///< of the data point nearby; empty without one
        bool pinned = false;
        bool operator==(const Facts&) const = default;
    };
    void setFacts(Facts facts);
    const Facts& facts() const { return m_facts; }
    QString summary() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent*) override;

private:
    QString title() const;
    std::vector<int> shownExperts() const;  ///< likeliest first, at most ten
    std::vector<std::pair<QString, QString>> lines() const;
    Facts m_facts;
};

/// The scale of values or the classes, and the shapes of the domains.
class PlaneKey : public QWidget {
    Q_OBJECT
public:
    explicit PlaneKey(QWidget* parent = nullptr);
    void setKey(const QString& name, const QString& low, const QString& high, int classes, const QStringList& domains);
    QSize sizeHint() const override { return {300, 24}; }

protected:
    void paintEvent(QPaintEvent*) override;

private:
    QString m_name, m_low, m_high;
    int m_classes = 0;
    QStringList m_domains;
};

}  // namespace moescope::ui
