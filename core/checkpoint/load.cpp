// Loading: every byte is compared with the manifest before one of them is used.
#include "core/checkpoint/checkpoint_folder.hpp"
#include "core/checkpoint/manifest.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace moescope::checkpoint {

namespace {

using base::Error;
using base::ExitCode;
using base::FileHandle;
using base::FileOps;
using base::Path;
using base::printable;

[[noreturn]] void bad(const std::string& what, const Path& path) {
    throw Error(ExitCode::corrupt, "ckpt.bad", what, printable(path.native(), 400), "resume from an earlier checkpoint");
}

bool meansMissing(const base::FileError& error) { return error.systemError() == ENOENT || error.systemError() == ENOTDIR; }

// Damage has one code whatever form it takes: missing, cut, no file at all. A disk that cannot be read keeps its own.
template <class Read>
auto asDamage(const Path& path, Read read) {
    try {
        return read();
    } catch (const base::FileError& error) {
        if (meansMissing(error)) bad("the file is missing", path);
        throw;
    } catch (const Error& error) {
        if (error.exit() == ExitCode::badInput) bad(error.happened(), path);
        throw;
    }
}

base::Hash128 hashOf(const FileHandle& file, std::uint64_t bytes) {
    base::Hasher128 hasher;
    std::vector<std::byte> buffer;
    for (std::uint64_t at = 0; at < bytes; at += buffer.size()) {
        buffer.resize(std::min<std::uint64_t>(SafetensorsLimits::pieceBytes, bytes - at));
        file.read(buffer, at);
        hasher.add(buffer);
    }
    return hasher.value();
}

FileHandle openChecked(FileOps& files, const Path& path, const ManifestEntry& entry) {
    return asDamage(path, [&] {
        FileHandle file(files, path, base::OpenMode::read);
        if (file.size() != entry.bytes) bad("the file has " + std::to_string(file.size()) + " bytes, its manifest says " + std::to_string(entry.bytes), path);
        if (hashOf(file, entry.bytes) != entry.hash) bad("the file was changed: its bytes do not match the manifest", path);
        return file;
    });
}

struct Opened {
    SavedCheckpoint info;
    std::vector<FileHandle> files;   // as kFileNames
};

Opened openAll(const Path& folder, const std::optional<base::Hash128>& expected, FileOps& files) {
    const Path manifestPath = folder / kManifestName;
    const std::string text = asDamage(manifestPath, [&] { return base::readWhole(manifestPath, kManifestLimit, files); });
    const base::Hash128 hash = base::hash128(text);
    if (expected && *expected != hash) bad("the manifest is not the one the store knows", manifestPath);
    const Manifest manifest = parseManifest(text, printable(manifestPath.native(), 400));
    if (manifest.step < 0 || folder.filename() != folderName(manifest.step)) bad("the folder's name does not fit step " + std::to_string(manifest.step), folder);
    Opened opened{{manifest.step, folderName(manifest.step), manifest.totalBytes() + text.size(), hash}, {}};
    for (std::size_t i = 0; i < kFileNames.size(); ++i) opened.files.push_back(openChecked(files, folder / kFileNames[i], manifest.files[i]));
    return opened;
}

SafetensorsFile tensorsIn(FileHandle file) {
    const Path path = file.path();
    return asDamage(path, [&] { return SafetensorsFile::from(std::move(file)); });
}

std::string textIn(const FileHandle& file) {
    std::string text(file.size(), '\0');
    file.read(std::as_writable_bytes(std::span(text)), 0);
    return text;
}

// "…/step-000000001/" and "…/step-000000001" are one folder.
Path withoutTrailingSlash(const Path& folder) { return folder.has_filename() ? folder : folder.parent_path(); }

}  // namespace

LoadedCheckpoint load(const Path& folder, std::optional<base::Hash128> expected, FileOps& files) {
    Opened opened = openAll(withoutTrailingSlash(folder), expected, files);
    return {opened.info, textIn(opened.files[3]), tensorsIn(std::move(opened.files[0])), tensorsIn(std::move(opened.files[1])), tensorsIn(std::move(opened.files[2]))};
}

SavedCheckpoint verify(const Path& folder, std::optional<base::Hash128> expected, FileOps& files) {
    return openAll(withoutTrailingSlash(folder), expected, files).info;
}

}  // namespace moescope::checkpoint
