// Rules of the mixture on the plane: what of a language model does not exist there, and what its criteria need.
#include <fmt/format.h>

#include "core/config/derived.hpp"
#include "core/config/rules.hpp"

namespace moescope::config::rules {
namespace {

using base::Problems;

void checkShape(const RunConfig& c, Problems& problems) {
    if (c.model.layers != 1)
        refuse(problems, "model.layers", fmt::format("model.layers is {}, but a mixture on the plane is one layer; set it to 1.", c.model.layers));
    if (c.moe.experts < 1)
        refuse(problems, "moe.experts", "A mixture on the plane needs experts: moe.experts 1 is the model without a choice.");
    if (c.moe.shared_experts > 0)
        refuse(problems, "moe.shared_experts", "On the plane every expert stands behind the gate; set moe.shared_experts 0.");
    if (c.moe.residual != "none")
        refuse(problems, "moe.residual", "On the plane every expert stands behind the gate; set moe.residual none.");
    if (c.moe.pyramid != 1) refuse(problems, "moe.pyramid", "A mixture on the plane is one layer; set moe.pyramid 1.");
    if (c.router.transform == "gating_residual")
        refuse(problems, "router.transform", "A mixture on the plane has no layer before it whose logits could be passed on; set router.transform none.");
    if (c.model.dropout > 0) refuse(problems, "model.dropout", "A point has two coordinates and none to spare; set model.dropout 0.");
    if (c.model.vocabulary != 0)
        refuse(problems, "model.vocabulary", "The problem decides how many outputs there are; set model.vocabulary 0.");
    if (c.training.precision != "float32")
        refuse(problems, "training.precision", "A mixture on the plane computes in float32; set training.precision float32.");
    if (c.data.source != "domains")
        refuse(problems, "data.source", fmt::format("The points of plane.problem {} are generated; leave data.source at domains.", c.plane.problem));
}

void checkGate(const RunConfig& c, Problems& problems) {
    if (!hasLogits(c.router))
        refuse(problems, "router.net", fmt::format("router.net {} chooses by token, and the plane has points; use linear or tree.", c.router.net));
    if (c.router.select == "slots")
        refuse(problems, "router.select", "Slots mix the tokens of a sequence, and the plane has single points; use topk or all.");
    if (c.router.weigh == "input")
        refuse(problems, "router.weigh", "router.weigh input changes what an expert reads, so its own fit could not be drawn; use raw or auto.");
}

bool weightsSumToOne(const RunConfig& c) {
    const RouterConfig& r = c.router;
    return r.select == "all" && r.score == "softmax_all" && (r.weigh == "auto" || r.weigh == "raw" || r.weigh == "renorm") && r.scale == 1;
}

void checkCriterion(const RunConfig& c, Problems& problems) {
    if (c.plane.criterion == "blend" || weightsSumToOne(c)) return;
    refuse(problems, "plane.criterion",
           fmt::format("plane.criterion {} asks every expert at every point and needs weights that sum to one: set router.select all, "
                       "router.score softmax_all and router.weigh raw, or plane.criterion blend.",
                       c.plane.criterion));
}

void checkEm(const RunConfig& c, Problems& problems) {
    if (c.plane.fit != "em") return;
    if (c.plane.criterion != "likelihood")
        refuse(problems, "plane.criterion", "Expectation-maximisation raises the likelihood; set plane.criterion likelihood, or plane.fit gradient.");
    if (c.plane.expert != "linear")
        refuse(problems, "plane.expert", "Expectation-maximisation solves each expert exactly, which it can for linear ones; set plane.expert linear, or plane.fit gradient.");
    if (c.plane.problem != "quadrants" && c.plane.problem != "stripes")
        refuse(problems, "plane.problem", "Expectation-maximisation is there for values to learn; choose plane.problem quadrants or stripes, or plane.fit gradient.");
    if (c.router.net != "linear" && c.router.net != "tree")
        refuse(problems, "router.net", "Expectation-maximisation solves gates that are linear; set router.net linear or tree, or plane.fit gradient.");
    if (c.router.noise != "none" || c.router.transform != "none" || c.router.frozen)
        refuse(problems, "router.noise", "Expectation-maximisation needs the gate as it is; set router.noise none, router.transform none and router.frozen false.");
    if (c.training.accumulate != 1)
        refuse(problems, "training.accumulate", "A step of expectation-maximisation looks at one batch; set training.accumulate 1 and a larger training.batch.");
}

}  // namespace

void checkPlane(const RunConfig& c, Problems& problems) {
    if (!isPlane(c)) {
        if (c.plane != PlaneConfig{})
            refuse(problems, "model.family", "The plane.* settings are those of a mixture on the plane, and this is a language model; set model.family plane (the preset plane does), or leave them alone.");
        return;
    }
    checkShape(c, problems);
    checkGate(c, problems);
    checkCriterion(c, problems);
    checkEm(c, problems);
}

}  // namespace moescope::config::rules
