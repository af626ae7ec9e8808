// When the teacher falls silent, and the student's depth; and what a teacher rules out.
#include "core/config/distillation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/config/presets.hpp"
#include "core/config/rules.hpp"

namespace moescope::config {

bool hasTeacher(const RunConfig& c) { return !c.distillation.teacher.empty(); }

std::int64_t distillationEnd(const RunConfig& c) {
    if (!hasTeacher(c)) return 0;
    if (c.distillation.until >= 1) return c.training.steps;
    return std::llround(c.distillation.until * static_cast<double>(c.training.steps));
}

void extendSteps(RunConfig& c, std::int64_t steps) {
    if (c.distillation.until < 1 && steps > 0 && steps != c.training.steps) c.distillation.until = std::min(1.0, c.distillation.until * static_cast<double>(c.training.steps) / static_cast<double>(steps));
    c.training.steps = steps;
}

std::int64_t studentLayers(std::int64_t teacherLayers) { return std::min<std::int64_t>(teacherLayers - 1, std::llround(static_cast<double>(teacherLayers) * 7 / 8)); }

base::Problems makeShallower(RunConfig& c, std::int64_t layers) {
    if (c.model.layers < 2) return {{"model.layers", "this run has a single layer, so no student can have fewer; train a teacher with more layers"}};
    if (layers < 1 || layers >= c.model.layers)
        return {{"model.layers", fmt::format("a student of {} layers is not shallower than its teacher of {}; give 1 to {}", layers, c.model.layers, c.model.layers - 1)}};
    auto& pattern = c.moe.pattern;
    if (static_cast<std::int64_t>(pattern.size()) > layers) pattern.erase(pattern.begin(), pattern.end() - static_cast<std::ptrdiff_t>(layers));
    c.model.layers = layers;
    return {};
}

base::Problems studentConfig(const RunConfig& teacher, std::string_view preset, std::int64_t layers, RunConfig& made) {
    if (isPlane(teacher)) return {{"model.family", "a mixture on the plane cannot be distilled; name a language model"}};
    if (moeLayers(teacher).empty())
        return {{"moe.experts", fmt::format("this run is dense, and {} distils a mixture; distil a run with experts, or name this one as the teacher of a model of your own: moescope-engine train ... --set distillation.teacher=RUN", preset)}};
    RunConfig student = teacher, fromPreset = teacher;
    student.router.rig.clear();
    student.router.rig_layers.clear();
    student.script.clear();
    if (preset == "mos" && layers == 0) layers = studentLayers(teacher.model.layers);
    base::Problems problems = preset == "mos" || layers > 0 ? makeShallower(student, layers) : base::Problems{};
    if (fromPreset.preset.empty()) fromPreset.preset = "run";  // a router preset that stands alone would bring sizes of its own
    if (problems.empty()) problems = applyPreset(fromPreset, preset);
    if (!problems.empty()) return problems;
    if (preset != "mos") {
        student = denseTwin(student);
        student.router = {};
        student.capacity = {};
        student.balance = fromPreset.balance;
    }
    student.distillation = fromPreset.distillation;
    student.preset = fromPreset.preset;
    made = std::move(student);
    return {};
}

}  // namespace moescope::config

namespace moescope::config::rules {

void checkDistillation(const RunConfig& c, base::Problems& problems) {
    if (!hasTeacher(c)) return;
    const DistillationConfig& d = c.distillation;
    if (d.teacher == kTeacherToName)
        return refuse(problems, "distillation.teacher", "This run learns from a trained one, and none is named: add --set distillation.teacher=RUN (its name, ULID, or last), or start from the run itself: moescope-engine distill RUN.");
    if (isPlane(c)) refuse(problems, "distillation.teacher", "A mixture on the plane cannot be distilled: teacher and student must be language models. Leave distillation.teacher empty.");
    if (c.router.options.contains("consistency"))
        refuse(problems, "distillation.teacher", "Stochastic experts compare two passes of their own with each other; a teacher besides is not offered. Take another router, or leave distillation.teacher empty.");
    if (d.beta == 0 && d.truth == 0) refuse(problems, "distillation.beta", "distillation.beta and distillation.truth are both 0: nothing would be learned; raise one of them.");
}

}  // namespace moescope::config::rules
