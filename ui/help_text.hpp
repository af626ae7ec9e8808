// Help texts: cards on metrics, settings and panels, made from the one list of metrics and the one list of settings.
#pragma once

#include <QString>

#include <string_view>

class QWidget;

namespace moescope::ui {

/// Rich text: label, what it does, range, default, key. Empty for an unknown key.
QString settingCard(std::string_view key);

/// Rich text: a metric's formula, unit and range. Empty for an unknown one.
QString metricCard(std::string_view name);

/// Rich text: a panel or section of the Train page or a view of Routing by its object name: its metrics with formula and range, and what to
/// look for. Empty where there is nothing to say.
QString placeCard(std::string_view objectName);

/// Hangs a card on a widget: F1 opens it, and it is the tool tip unless the widget has its own.
void setHelp(QWidget* widget, const QString& card);

/// The card of the place that the widget is, by its object name; on F1 alone, not wherever the pointer rests.
void setPlaceHelp(QWidget* widget);

/// The card of a widget or of the nearest one around it; empty if there is none.
QString helpOf(const QWidget* widget);

}  // namespace moescope::ui
