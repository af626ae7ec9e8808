// Saves the fresh trainer's state with other weights, and restores it from there: every check of a checkpoint holds.
#include "app/engine/adopt_weights.hpp"

#include <unistd.h>

#include "core/checkpoint/checkpoint_folder.hpp"

namespace moescope::app {
namespace {

namespace fs = std::filesystem;

/// A folder for as long as this lives.
class Scratch {
public:
    explicit Scratch(fs::path folder) : m_folder(std::move(folder)) {
        fs::remove_all(m_folder);
        fs::create_directories(m_folder);
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(m_folder, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

private:
    fs::path m_folder;
};

}  // namespace

void adoptWeights(training::Trainer& trainer, const conversion::Weights& weights, const fs::path& scratch) {
    const Scratch folder(scratch);
    checkpoint::CheckpointContents contents = trainer.state();
    conversion::putWeights(weights, contents);
    const checkpoint::SavedCheckpoint saved = checkpoint::save(*checkpoint::checkpointFiles(), scratch, trainer.stepsDone(), contents);
    trainer.restore(checkpoint::load(scratch / saved.folder, saved.manifestHash));
}

std::string copyFromTeacher(const Context& context, const Teacher& teacher, training::Trainer& student) {
    conversion::Weights weights = conversion::weightsOf(student.state());
    const std::size_t all = weights.size(), copied = conversion::copyBesideExperts(conversion::weightsOf(teacher.saved), teacher.config, weights);
    adoptWeights(student, weights, context.storeFolder() / ("converting-" + std::to_string(getpid())));
    return "Its first weights are the teacher's in " + std::to_string(copied) + " of " + std::to_string(all) + " tensors; the others are new.";
}

}  // namespace moescope::app
