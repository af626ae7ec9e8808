// Small checkpoints whose every number follows from their step, shared by the tests of saving, loading and upkeep.
#pragma once

#include "core/base/counter_random.hpp"
#include "core/checkpoint/checkpoint_folder.hpp"
#include "core/checkpoint/digest.hpp"
#include "tests/checkpoint/simulated_disk.hpp"

#include <string>
#include <vector>

namespace moescope::checkpoint::testing {

using base::Path;

inline const Path kFolder = "/checkpoints";
inline constexpr SaveOptions kTight{.spareBytes = 0, .refuseNonFinite = true};

// A small model whose numbers depend on the step; big enough to cross sectors.
struct Model {
    explicit Model(std::int64_t step) : weights(400), moments(400), generator(64, static_cast<char>(step)), json("{\"step\":" + std::to_string(step) + "}") {
        base::fillNormal(weights, {1, base::Purpose::test, 0, static_cast<std::uint64_t>(step)});
        base::fillNormal(moments, {1, base::Purpose::test, 1, static_cast<std::uint64_t>(step)});
    }
    CheckpointContents contents() const {
        CheckpointContents contents;
        contents.model = {{"embed.weight", DType::F32, {100, 2}, std::as_bytes(std::span(weights).first(200))}, {"head.weight", DType::F32, {200}, std::as_bytes(std::span(weights).subspan(200))}};
        contents.optimizer = {{"exp_avg.embed.weight", DType::F32, {400}, std::as_bytes(std::span(moments))}};
        contents.state = {{"generator", DType::U8, {64}, base::asBytes(generator)}};
        contents.stateJson = json;
        contents.metadata = {{"format", "pt"}};
        return contents;
    }
    std::vector<float> weights, moments;
    std::string generator, json;
};

// The checkpoint of `step` loads and holds exactly what Model(step) has.
inline bool holdsModel(const Path& checkpoints, std::int64_t step, base::FileOps& files) {
    const LoadedCheckpoint loaded = load(checkpoints / folderName(step), {}, files);
    const Model model(step);
    const CheckpointContents contents = model.contents();
    return loaded.stateJson == model.json && digest(loaded.model) == digest(contents.model) && digest(loaded.optimizer) == digest(contents.optimizer) && digest(loaded.state) == digest(contents.state);
}

inline SimulatedDisk diskWith(const std::vector<std::int64_t>& steps) {
    SimulatedDisk disk;
    disk.makeFolder(kFolder);
    disk.syncFolder("/");
    for (const std::int64_t step : steps) save(disk, kFolder, step, Model(step).contents(), kTight);
    return disk;
}

// The code of the error `action` throws; empty: none.
template <class Action>
std::string codeOf(Action action) {
    try {
        action();
    } catch (const base::Error& error) {
        return error.code();
    }
    return "";
}

}  // namespace moescope::checkpoint::testing
