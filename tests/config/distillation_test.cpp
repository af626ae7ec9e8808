// Distillation: when the teacher falls silent, which student a verb makes, and what a teacher rules out.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

RunConfig made(std::initializer_list<std::string> ids) {
    RunConfig c;
    for (const std::string& id : ids) EXPECT_TRUE(applyPreset(c, id).empty()) << id;
    return c;
}

RunConfig taught(double until, std::int64_t steps) {
    RunConfig c;
    c.distillation.teacher = "a";
    c.distillation.until = until;
    c.training.steps = steps;
    return c;
}

std::vector<std::string> refusedKeys(const RunConfig& c) {
    std::vector<std::string> keys;
    for (const base::Problem& problem : validate(c)) keys.push_back(problem.key);
    return keys;
}

TEST(Distillation, EndsAtItsShareOfTheSteps) {
    EXPECT_EQ(distillationEnd(taught(0.6, 600)), 360);
    EXPECT_EQ(distillationEnd(taught(0.6, 7)), 4);
    EXPECT_EQ(distillationEnd(taught(1, 600)), 600);
    EXPECT_EQ(distillationEnd(taught(0, 600)), 0);
    EXPECT_EQ(distillationEnd(RunConfig{}), 0);
}

TEST(Distillation, OfALongerRunEndsWhereItWouldHaveAndOneToTheEndGoesOn) {
    for (const std::int64_t steps : {601, 1000, 4000}) {
        RunConfig staged = taught(0.6, 600), whole = taught(1, 600);
        extendSteps(staged, steps);
        extendSteps(whole, steps);
        EXPECT_EQ(staged.training.steps, steps);
        EXPECT_EQ(distillationEnd(staged), 360) << steps;
        EXPECT_EQ(distillationEnd(whole), steps);
    }
}

TEST(Distillation, StudentsHaveSevenEighthsOfTheLayersAndAtLeastOneFewer) {
    EXPECT_EQ(studentLayers(24), 21);
    EXPECT_EQ(studentLayers(8), 7);
    EXPECT_EQ(studentLayers(4), 3);
    EXPECT_EQ(studentLayers(2), 1);
    EXPECT_EQ(studentLayers(1), 0);
}

TEST(Distillation, AShallowerStudentIsTheSameMixtureBesides) {
    RunConfig teacher = made({"eight_domains", "pr_moe"});
    teacher.model.layers = 4;
    teacher.router.rig = {6, 0, 0, 0, 0, 0, 0, 0};
    RunConfig student;
    ASSERT_TRUE(studentConfig(teacher, "mos", 0, student).empty());
    EXPECT_EQ(student.model.layers, 3);
    EXPECT_EQ(student.distillation.teacher, kTeacherToName);
    EXPECT_EQ(student.distillation.until, 0.6);
    EXPECT_EQ(student.preset, "eight_domains+pr_moe+mos");
    RunConfig expected = teacher;  // and nothing else is another
    expected.model.layers = 3;
    expected.router.rig.clear();
    expected.distillation = student.distillation;
    expected.preset = student.preset;
    EXPECT_EQ(student, expected);
}

TEST(Distillation, AListOfExpertsLosesItsFirstLayers) {
    RunConfig c;
    c.moe.pattern = {0, 8, 8, 16};
    ASSERT_TRUE(makeShallower(c, 2).empty());
    EXPECT_EQ(c.moe.pattern, (std::vector<std::int64_t>{8, 16}));
    EXPECT_EQ(c.model.layers, 2);
}

TEST(Distillation, ADenseStudentHasTheMixturesActiveFlopsAndAQuarterOfTheTeacher) {
    const RunConfig teacher = made({"eight_domains", "switch"});
    RunConfig student;
    ASSERT_TRUE(studentConfig(teacher, "moe_to_dense", 0, student).empty());
    EXPECT_EQ(student.moe.experts, 0);
    EXPECT_EQ(student.model.layers, teacher.model.layers);
    EXPECT_NEAR(cost(student, 0).flopsTokenForward / cost(teacher, 0).flopsTokenForward, 1, 0.01);
    EXPECT_EQ(student.distillation.beta, 0.25);
    EXPECT_EQ(student.distillation.truth, 0.75);
    EXPECT_TRUE(student.distillation.copy);
    student.distillation.teacher = "last";
    EXPECT_TRUE(validate(student).empty());
}

TEST(Distillation, OfDenseOrPlaneRunsOrASingleLayerIsRefusedWithAWayOut) {
    RunConfig student, single = made({"eight_domains"});
    single.model.layers = 1;
    const auto keyOf = [&](const RunConfig& teacher, std::string_view preset) {
        const base::Problems problems = studentConfig(teacher, preset, 0, student);
        return problems.empty() ? std::string() : problems.front().key;
    };
    EXPECT_EQ(keyOf(made({"eight_domains", "dense"}), "mos"), "moe.experts");
    EXPECT_EQ(keyOf(made({"plane"}), "moe_to_dense"), "model.family");
    EXPECT_EQ(keyOf(single, "mos"), "model.layers");
    EXPECT_EQ(keyOf(single, "moe_to_dense"), "");
    const base::Problems deeper = studentConfig(made({"eight_domains"}), "mos", 2, student);
    ASSERT_EQ(deeper.size(), 1u);
    EXPECT_NE(deeper[0].text.find("not shallower"), std::string::npos);
}

TEST(Distillation, ThatNamesNoTeacherIsRefusedWithACommandThatWorks) {
    for (const char* id : {"mos", "moe_to_dense"}) {
        const base::Problems problems = validate(made({"eight_domains", id}));
        ASSERT_EQ(problems.size(), 1u) << id;
        EXPECT_EQ(problems[0].key, "distillation.teacher");
        EXPECT_NE(problems[0].text.find("--set distillation.teacher="), std::string::npos);
        EXPECT_NE(problems[0].text.find("moescope-engine distill"), std::string::npos);
    }
}

TEST(Distillation, IsNotOfferedOnThePlaneBesideStochasticExpertsOrWithoutAnyWeight) {
    RunConfig plane = made({"plane"}), thor = made({"eight_domains", "thor"}), nothing = made({"eight_domains"});
    plane.distillation.teacher = thor.distillation.teacher = nothing.distillation.teacher = "a";
    nothing.distillation.beta = nothing.distillation.truth = 0;
    EXPECT_EQ(refusedKeys(plane), (std::vector<std::string>{"distillation.teacher"}));
    EXPECT_EQ(refusedKeys(thor), (std::vector<std::string>{"distillation.teacher"}));
    EXPECT_EQ(refusedKeys(nothing), (std::vector<std::string>{"distillation.beta"}));
}

TEST(Distillation, OfOneRouterPresetDoesNotStayUnderTheNext) {
    EXPECT_EQ(made({"eight_domains", "mos", "switch"}).distillation, DistillationConfig{});
}

}  // namespace
}  // namespace moescope::config
