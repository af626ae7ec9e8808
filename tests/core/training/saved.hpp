// A trainer's state through a real checkpoint folder, and everything in it as comparable values.
#pragma once

#include "core/tensor.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <unistd.h>

#include "core/checkpoint/checkpoint_folder.hpp"
#include "core/training/devices.hpp"
#include "core/training/live_trainer.hpp"
#include "tests/core/training/letters.hpp"

namespace moescope::test {

/// A folder of its own that goes away.
class Folder {
public:
    Folder() {
        static int count = 0;
        m_path = std::filesystem::temp_directory_path() / ("moescope-" + std::to_string(getpid()) + "-" + std::to_string(count++));
        std::filesystem::create_directories(m_path);
    }
    ~Folder() { std::filesystem::remove_all(m_path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

inline std::unique_ptr<training::LiveTrainer> makeTrainer(const config::RunConfig& c) {
    training::prepareThread(c.training.threads, c.training.deterministic);
    return std::make_unique<training::LiveTrainer>(c, std::make_shared<Letters>(), "cpu");
}

inline checkpoint::LoadedCheckpoint throughDisk(training::Trainer& trainer, const Folder& folder) {
    const auto contents = trainer.state();
    const auto saved = checkpoint::save(base::realFiles(), folder.path(), trainer.stepsDone(), contents, {.spareBytes = 0});
    return checkpoint::load(folder.path() / saved.folder);
}

using Bits = std::map<std::string, std::string>;

/// Every tensor a checkpoint would hold, byte for byte.
inline Bits bitsOf(training::Trainer& trainer) {
    Bits out;
    const auto contents = trainer.state();
    for (const auto* list : {&contents.model, &contents.optimizer, &contents.state})
        for (const checkpoint::NamedTensor& tensor : *list)
            out[tensor.name] = std::string(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
    return out;
}

}  // namespace moescope::test
