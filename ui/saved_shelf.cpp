// Reading and changing through the library's thread.
#include "ui/saved_shelf.hpp"

#include <QPointer>

#include "core/base/error.hpp"
#include "ui/run_library.hpp"

namespace moescope::ui {

SavedShelf* SavedShelf::of(RunLibrary& library) {
    if (auto* known = library.findChild<SavedShelf*>(QString(), Qt::FindDirectChildrenOnly)) return known;
    return new SavedShelf(library);
}

SavedShelf::SavedShelf(RunLibrary& library) : QObject(&library), m_library(library) { refresh(); }

void SavedShelf::take(const storage::SavedViews& views) {
    if (views == m_views) return;
    m_views = views;
    emit changed();
}

void SavedShelf::refresh() {
    m_library.edit([this](storage::Catalog& catalog) {
        const storage::SavedViews views = storage::readSavedViews(catalog.store().folder());
        QMetaObject::invokeMethod(this, [this, views] { take(views); });
    });
}

void SavedShelf::edit(std::function<void(storage::SavedViews&)> change) {
    m_library.edit([this, change = std::move(change)](storage::Catalog& catalog) {
        storage::editSavedViews(catalog.store().folder(), change);
        const storage::SavedViews views = storage::readSavedViews(catalog.store().folder());
        QMetaObject::invokeMethod(this, [this, views] { take(views); });
    });
}

}  // namespace moescope::ui
