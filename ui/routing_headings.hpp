// Small parts that the sub-pages of Routing share: a heading with its note beside it.
#pragma once

#include <QHBoxLayout>
#include <QLabel>

#include "plots/theme.hpp"

namespace moescope::ui {

inline QLabel* routingLabel(const char* role, int px, QFont::Weight weight = QFont::Normal) {
    auto* label = new QLabel;
    label->setFont(plots::uiFont(px, weight));
    label->setProperty("role", role);
    return label;
}

/// "Who handles what  share of each domain's tokens"; the note is given back for what changes.
inline QHBoxLayout* routingHeading(const QString& title, QLabel*& note) {
    auto* head = routingLabel("title", 13, QFont::DemiBold);
    head->setText(title);
    note = routingLabel("unit", 12);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(head);
    row->addWidget(note, 1);
    return row;
}

}  // namespace moescope::ui
