// Waits, grabs, saves.
#include "ui/screenshot.hpp"

#include <QFileInfo>
#include <QPixmap>
#include <QSaveFile>
#include <QTimer>

#include "ui/main_window.hpp"
#include "ui/run_watched.hpp"

namespace moescope::ui {
namespace {

constexpr int kLookMs = 25, kPatienceMs = 60'000, kSettleLooks = 4;

}  // namespace

Screenshot::Screenshot(MainWindow& window, ScreenshotOrder order, QObject* parent) : QObject(parent), m_window(window), m_order(std::move(order)) {}

void Screenshot::start() {
    m_window.resize(m_order.size);
    m_window.show();
    look();
}

void Screenshot::look() {
    m_waited += kLookMs;
    if (m_waited > kPatienceMs) return emit done(tr("The page was not ready after a minute."));
    m_settled = m_window.isComplete() ? m_settled + 1 : 0;
    if (m_settled == 1) m_window.prepareForPicture();
    if (m_settled >= kSettleLooks) return take();
    QTimer::singleShot(kLookMs, this, &Screenshot::look);
}

void Screenshot::take() {
    m_window.prepareForPicture();
    if (m_window.size() != m_order.size)
        return emit done(tr("The window cannot be %1x%2; the nearest is %3x%4.").arg(m_order.size.width()).arg(m_order.size.height()).arg(m_window.width()).arg(m_window.height()));
    m_window.grab();  // lays out and rebuilds what was waiting for its first paint
    const QPixmap picture = m_window.grab();
    QSaveFile file(m_order.file);
    if (!file.open(QIODevice::WriteOnly) || !picture.save(&file, "PNG") || !file.commit())
        return emit done(tr("%1 cannot be written: %2.").arg(m_order.file, file.errorString()));
    emit done({});
}

}  // namespace moescope::ui
