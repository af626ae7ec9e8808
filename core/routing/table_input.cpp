// From the JSON object to specs and tensors, with every shape checked against the others.
#include "core/tensor.hpp"

#include <algorithm>
#include <map>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"
#include "core/routers/bitcode.hpp"
#include "core/routing/table_input.hpp"
#include "core/routing/table_json.hpp"

namespace moescope::routing {

namespace {

using base::Problems;
using nlohmann::json;

constexpr std::string_view kKnown[] = {"config", "preset", "logits", "features", "weights", "sequences", "token_ids", "domains",
                                       "seed", "training", "noise", "uniform", "gumbel", "state", "task_gradient", "layers",
                                       "noise_logits", "table", "muted", "group_logits", "selector_logits"};

constexpr std::string_view kStates[] = {"bias", "beta", "load", "controller", "load_share"};

std::int64_t rowsOf(const at::Tensor& tensor) { return tensor.defined() ? tensor.size(0) : 0; }

// The tables and matrices as they stand in the input, before anything is known about the router.
struct Given {
    std::vector<at::Tensor> logits;
    at::Tensor features, weights, tokenIds, domains, noise, uniform, gumbel, noiseLogits, table, muted, taskGradient, groupLogits, selectorLogits;
    std::map<std::string, at::Tensor> state;
    json weightObject;
    std::int64_t tokens = 0, sequences = 1;
    std::uint64_t seed = 0;
    bool training = true;
};

void checkKeys(const json& object, Problems& problems) {
    for (const auto& [key, value] : object.items())
        if (std::ranges::find(kKnown, key) == std::end(kKnown))
            problems.push_back({base::printable(key), "No router that is built takes this input."});
}

// Logits of `layers`, else of `logits`; both only if they agree.
void readLogits(const json& object, Given& given, Problems& problems) {
    const at::Tensor own = readMatrix(object, "logits");
    if (const auto layers = object.find("layers"); layers != object.end() && !layers->is_null()) {
        if (!layers->is_array() || layers->empty()) refuseInput("a list of logit tables is needed here", "layers");
        for (std::size_t i = 0; i < layers->size(); ++i) {
            const json& entry = (*layers)[i];
            given.logits.push_back(matrixOf(entry.is_object() && entry.contains("logits") ? entry["logits"] : entry, "layers " + std::to_string(i)));
        }
        if (own.defined() && !own.equal(given.logits.front()))
            problems.push_back({"layers", "Give the logits in layers alone: the first table of layers differs from logits."});
        for (const at::Tensor& table : given.logits)
            if (!table.sizes().equals(given.logits.front().sizes()))
                problems.push_back({"layers", "All tables need the same number of tokens and experts."});
    } else if (own.defined()) {
        given.logits.push_back(own);
    }
}

void readState(const json& object, Given& given, Problems& problems) {
    const auto state = object.find("state");
    if (state == object.end() || state->is_null()) return;
    if (!state->is_object()) refuseInput("an object is needed here", "state");
    for (const auto& [key, value] : state->items()) {
        if (std::ranges::find(kStates, key) == std::end(kStates)) problems.push_back({"state." + base::printable(key), "No router that is built has this state."});
        else if (!value.is_null()) given.state[key] = readVector(*state, key);
    }
}

void readWeights(const json& object, Given& given) {
    const auto weights = object.find("weights");
    if (weights == object.end() || weights->is_null()) return;
    if (weights->is_object()) given.weightObject = *weights;
    else given.weights = readMatrix(object, "weights");
}

template <class T>
T scalar(const json& object, const char* key, T fallback) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return fallback;
    if constexpr (std::is_same_v<T, bool>) {
        if (!found->is_boolean()) refuseInput("true or false is needed here", key);
    } else if (!found->is_number_integer() || found->get<double>() < 0) {
        refuseInput("a whole number from 0 is needed here", key);
    }
    return found->get<T>();
}

Given readGiven(const json& object, Problems& problems) {
    Given given;
    readLogits(object, given, problems);
    given.features = readMatrix(object, "features");
    readWeights(object, given);
    given.tokenIds = readWhole(object, "token_ids");
    given.domains = readWhole(object, "domains");
    given.noise = readMatrix(object, "noise");
    given.uniform = readVectorOrMatrix(object, "uniform");
    given.gumbel = readMatrix(object, "gumbel");
    given.noiseLogits = readMatrix(object, "noise_logits");
    given.groupLogits = readMatrix(object, "group_logits");
    given.selectorLogits = readMatrix(object, "selector_logits");
    given.table = readWhole(object, "table", /*rowsAllowed=*/true);
    given.muted = readWhole(object, "muted");
    given.taskGradient = readMatrix(object, "task_gradient");
    readState(object, given, problems);
    given.sequences = scalar<std::int64_t>(object, "sequences", 1);
    given.seed = scalar<std::uint64_t>(object, "seed", 0);
    given.training = scalar<bool>(object, "training", true);
    const at::Tensor& others = given.features.defined() ? given.features : given.selectorLogits.defined() ? given.selectorLogits : given.tokenIds;
    given.tokens = !given.logits.empty() ? given.logits.front().size(0) : rowsOf(others);
    return given;
}

bool namesExperts(const json& settings) {
    for (const char* key : {"moe.experts", "num_experts", "num_local_experts", "moe.pattern"})
        if (settings.contains(key)) return true;
    return settings.contains("moe") && settings["moe"].is_object() && settings["moe"].contains("experts");
}

Problems applyPresets(config::RunConfig& config, const json& name) {
    if (!name.is_string()) return {{"preset", "needs the id of a preset as text."}};
    const std::string ids = name.get<std::string>();
    for (std::size_t begin = 0; begin <= ids.size();) {
        const std::size_t end = std::min(ids.find('+', begin), ids.size());
        if (Problems problems = config::applyPreset(config, ids.substr(begin, end - begin)); !problems.empty()) return problems;
        begin = end + 1;
    }
    return {};
}

// Experts come from the settings, else from the width of the table.
config::RunConfig readConfig(const json& object, const Given& given, Problems& problems) {
    config::RunConfig config;
    json settings = object.value("config", json::object());
    if (!settings.is_object()) refuseInput("an object of settings is needed here", "config");
    for (const json& from : {object, settings})
        if (from.contains("preset"))
            if (Problems found = applyPresets(config, from["preset"]); !found.empty()) problems = found;
    settings.erase("preset");
    config.distillation = {};  // a table has no teacher
    if (Problems found = config::applyJson(config, settings.dump()); !found.empty()) problems.insert(problems.end(), found.begin(), found.end());
    const std::int64_t columns = !given.logits.empty() ? given.logits.front().size(1) : rowsOf(given.weights);
    const std::int64_t networks = columns - config.moe.zero_experts - config.moe.copy_experts - config.moe.constant_experts;
    if (networks > 0 && !namesExperts(settings) && networks % config.moe.granularity == 0)
        config.moe.experts = networks / config.moe.granularity;
    config.moe.pyramid = 1;
    config.moe.every = 1;
    config.moe.first_dense = 0;
    config.moe.pattern.clear();
    config.model.layers = std::max<std::int64_t>(1, static_cast<std::int64_t>(given.logits.size()));
    config.router.accept_no_gradient = true;
    config.script.clear();
    if (!problems.empty()) return config;
    if (config.moe.experts == 0) problems.push_back({"moe.experts", "A dense model has no router: set moe.experts to 1 or more."});
    else problems = config::validate(config);
    if (problems.empty()) problems = routing::problems(config, /*handTable=*/true);
    return config;
}

void needShape(const at::Tensor& tensor, at::IntArrayRef shape, const std::string& key, Problems& problems) {
    if (!tensor.defined() || tensor.sizes().equals(shape)) return;
    std::string wanted, found;
    for (const std::int64_t size : shape) wanted += (wanted.empty() ? "" : " x ") + std::to_string(size);
    for (const std::int64_t size : tensor.sizes()) found += (found.empty() ? "" : " x ") + std::to_string(size);
    problems.push_back({key, "has " + found + " entries; " + wanted + " are needed here."});
}

void checkUniform(const Given& given, const RouterSpec& spec, Problems& problems) {
    if (!given.uniform.defined()) return;
    const bool outside = given.uniform.lt(0).logical_or(given.uniform.ge(1)).any().item<bool>();
    if (outside) refuseInput("draws must lie in [0, 1)", "uniform row " + std::to_string(given.uniform.reshape({rowsOf(given.uniform), -1}).lt(0).logical_or(given.uniform.reshape({rowsOf(given.uniform), -1}).ge(1)).any(1).to(at::kLong).argmax().item<std::int64_t>()));
    const bool input = given.logits.empty() && (spec.noise == Noise::inputJitter || spec.noise == Noise::inputDropout);
    if (input) return needShape(given.uniform, {given.tokens, given.features.size(1)}, "uniform", problems);
    const bool oneEach = spec.second == Second::random && spec.groupRule != GroupRule::twoLevelTop2 && spec.noise == Noise::none && spec.capacity.priority != Priority::random;
    if (oneEach && rowsOf(given.uniform) == given.tokens) return;
    needShape(given.uniform, {given.tokens, spec.experts}, "uniform", problems);
}

// DSelect-k: for each selector its bits, least first, and then the k logits of their mixture.
void checkSelectors(const Given& given, const RouterSpec& spec, Problems& problems) {
    if (spec.net != Net::bitcode) {
        if (given.selectorLogits.defined()) problems.push_back({"selector_logits", "Only router.net bitcode has selectors."});
        return;
    }
    if (!given.logits.empty()) problems.push_back({"logits", "DSelect-k has no logits of experts: give selector_logits, or features with weights {bits, mix}."});
    needShape(given.selectorLogits, {given.tokens, spec.topK * (routers::bitsOf(spec.experts) + 1)}, "selector_logits", problems);
}

void checkShapes(const Given& given, const RouterSpec& spec, Problems& problems) {
    const std::int64_t tokens = given.tokens, experts = spec.experts;
    for (const at::Tensor& table : given.logits) needShape(table, {tokens, experts}, "logits", problems);
    if (tokens == 0) problems.push_back({"logits", "Give logits, features with weights, or token_ids."});
    if (given.sequences < 1 || tokens % std::max<std::int64_t>(1, given.sequences) != 0)
        problems.push_back({"sequences", "The " + std::to_string(tokens) + " tokens do not divide into " + std::to_string(given.sequences) + " sequences."});
    if (!problems.empty()) return;
    needShape(given.tokenIds, {tokens}, "token_ids", problems);
    needShape(given.domains, {tokens}, "domains", problems);
    needShape(given.noise, {tokens, experts}, "noise", problems);
    const std::int64_t rounds = spec.select == Select::sampleMasked ? spec.topK : 1;  // sampling draws anew for each slot
    needShape(given.gumbel, {tokens, rounds * experts}, "gumbel", problems);
    needShape(given.noiseLogits, {tokens, experts}, "noise_logits", problems);
    needShape(given.taskGradient, {tokens, slots(spec)}, "task_gradient", problems);
    if (given.features.defined() && given.logits.empty() && spec.net == Net::linear) {
        if (!given.weights.defined()) problems.push_back({"weights", "Features need weights: one row for each expert."});
        needShape(given.weights, {experts, given.features.size(1)}, "weights", problems);
        needShape(given.features, {tokens, given.features.size(1)}, "features", problems);
    }
    if (needsDomains(spec) && !given.domains.defined())
        problems.push_back({"domains", "The entropy losses are by domain: give the domain of each token."});
    checkSelectors(given, spec, problems);
    if (given.groupLogits.defined() && spec.net != Net::tree) problems.push_back({"group_logits", "Only router.net tree has a gate of its own for groups."});
    needShape(given.groupLogits, {tokens, spec.groups}, "group_logits", problems);
    if (spec.select == Select::slots && given.logits.empty())
        problems.push_back({"logits", "Slots are told by their logits: give logits, one column for the one slot of each expert."});
    if (hasLogits(spec) && given.logits.empty() && !given.features.defined() && !given.selectorLogits.defined())
        problems.push_back({"logits", "This router scores experts: give logits, or features with weights."});
    if (problems.empty()) checkUniform(given, spec, problems);
}

at::Tensor mutedMask(const Given& given, const RouterSpec& spec, Problems& problems) {
    if (!given.muted.defined() || given.muted.numel() == 0) return {};
    at::Tensor mask = at::zeros({spec.experts}, at::TensorOptions().dtype(at::kBool));
    for (std::int64_t i = 0; i < given.muted.size(0); ++i) {
        const std::int64_t expert = given.muted[i].item<std::int64_t>();
        if (expert >= spec.experts) problems.push_back({"muted", "There is no expert " + std::to_string(expert) + "."});
        else mask.select(0, expert).fill_(true);
    }
    if (spec.experts - mask.sum().item<std::int64_t>() < spec.topK)
        problems.push_back({"muted", "At least " + std::to_string(spec.topK) + " experts must stay open, one for each choice of a token."});
    return mask;
}

void setHashTable(const Given& given, const RouterSpec& spec, TableInput& out, Problems& problems) {
    if (!given.tokenIds.defined()) {
        problems.push_back({"token_ids", "A hash router needs the token ids."});
        return;
    }
    const std::int64_t vocabulary = given.tokenIds.max().item<std::int64_t>() + 1;
    if (!given.table.defined()) {
        if (vocabulary > (std::int64_t{1} << 22)) refuseInput("a token id is above 4194303", "token_ids");
        std::vector<std::int64_t> counts(static_cast<std::size_t>(vocabulary), 0);
        for (std::int64_t i = 0; i < given.tokens; ++i) ++counts[static_cast<std::size_t>(given.tokenIds[i].item<std::int64_t>())];
        out.tensors = createTensors(spec, 1, vocabulary, given.seed, counts);
        return;
    }
    if (spec.net == Net::domainHash) {
        if (given.table.dim() != 1 || given.table.size(0) < vocabulary)
            problems.push_back({"table", "needs a number for each token id; what is left of it after division by the size of the domain's group is the expert there."});
        out.tensors.tensors["table"] = given.table;
        return;
    }
    const at::Tensor table = given.table.dim() == 1 ? given.table.unsqueeze(1) : given.table;
    if (spec.options.contains("table") && spec.options.at("table") == config::Value(std::string("bigram")))
        problems.push_back({"table", "The table of pairs is made from the seed; leave it out."});
    else if (table.size(0) < vocabulary || table.size(1) != spec.topK || table.max().item<std::int64_t>() >= spec.experts)
        problems.push_back({"table", "needs a row for each token id, with " + std::to_string(spec.topK) + " experts below " + std::to_string(spec.experts) + "."});
    out.tensors.tensors["table"] = table;
}

// cosine {projection, bias, experts, theta}
void setCosine(const Given& given, const RouterSpec& spec, TableInput& out, Problems& problems) {
    const json& from = given.weightObject;
    if (!from.is_object()) {
        problems.push_back({"weights", "The cosine router needs an object {projection, bias, experts, theta}."});
        return;
    }
    const at::Tensor projection = readMatrix(from, "projection"), experts = readMatrix(from, "experts");
    if (!projection.defined() || !experts.defined() || !from.contains("theta") || !from["theta"].is_number()) {
        problems.push_back({"weights", "The cosine router needs projection, experts and theta."});
        return;
    }
    const at::Tensor bias = from.contains("bias") ? readVector(from, "bias") : at::zeros({projection.size(0)}, projection.options());
    needShape(projection, {projection.size(0), given.features.size(1)}, "weights.projection", problems);
    needShape(experts, {spec.experts, projection.size(0)}, "weights.experts", problems);
    needShape(bias, {projection.size(0)}, "weights.bias", problems);
    out.tensors.tensors = {{"projection", projection}, {"projection_bias", bias}, {"directions", experts},
                           {"theta", at::full({1}, from["theta"].get<double>(), projection.options())}};
}

// attention {query, key, value}, each a row for each expert
void setAttention(const Given& given, const RouterSpec& spec, TableInput& out, Problems& problems) {
    for (const char* name : {"query", "key", "value"}) {
        const at::Tensor matrix = given.weightObject.is_object() ? readMatrix(given.weightObject, name) : at::Tensor();
        if (!matrix.defined()) {
            problems.push_back({"weights", "The attention router needs an object {query, key, value}, each with a row for each expert."});
            return;
        }
        needShape(matrix, {spec.experts, given.features.size(1)}, std::string("weights.") + name, problems);
        out.tensors.tensors[name] = matrix;
    }
}

// mlp2 {hidden, output}: z = output tanh(hidden x)
void setTwoLayers(const Given& given, const RouterSpec& spec, TableInput& out, Problems& problems) {
    const json& from = given.weightObject;
    const at::Tensor hidden = from.is_object() ? readMatrix(from, "hidden") : at::Tensor(), output = from.is_object() ? readMatrix(from, "output") : at::Tensor();
    if (!hidden.defined() || !output.defined()) {
        problems.push_back({"weights", "The router of two layers needs an object {hidden, output}, two matrices."});
        return;
    }
    needShape(hidden, {hidden.size(0), given.features.size(1)}, "weights.hidden", problems);
    needShape(output, {spec.experts, hidden.size(0)}, "weights.output", problems);
    out.tensors.tensors["hidden_weight"] = hidden;
    out.tensors.tensors["output_weight"] = output;
}

at::Tensor eye(std::int64_t from, std::int64_t rows, std::int64_t columns) { return at::eye(columns).narrow(0, from, rows).contiguous(); }

// One matrix of the object `weights`, [rows, width]; a problem if it is not there.
void setMatrix(const Given& given, const char* name, const char* tensor, std::int64_t rows, TableInput& out, Problems& problems) {
    const at::Tensor matrix = given.weightObject.is_object() ? readMatrix(given.weightObject, name) : at::Tensor();
    if (!matrix.defined()) return problems.push_back({"weights", std::string("This router needs an object of matrices, and ") + name + " is not among them."});
    needShape(matrix, {rows, given.features.size(1)}, std::string("weights.") + name, problems);
    out.tensors.tensors[tensor] = matrix;
}

// tree {groups, experts}; with group_logits those and the logits are the features, and the matrices pick them.
void setTree(const Given& given, const RouterSpec& spec, TableInput& out, Problems& problems) {
    const std::int64_t width = spec.groups + spec.experts;
    if (given.groupLogits.defined()) {
        out.tensors.tensors = {{"group_weight", eye(0, spec.groups, width)}, {"weight", eye(spec.groups, spec.experts, width)}};
    } else if (given.logits.empty()) {
        setMatrix(given, "groups", "group_weight", spec.groups, out, problems);
        setMatrix(given, "experts", "weight", spec.experts, out, problems);
    }
}

// bitcode {bits, mix}, without biases; selector_logits are picked by matrices.
void setSelectors(const Given& given, const RouterSpec& spec, TableInput& out, Problems& problems) {
    const std::int64_t bits = spec.topK * routers::bitsOf(spec.experts), width = bits + spec.topK;
    out.tensors.tensors = {{"bits_bias", at::zeros({bits})}, {"mix_bias", at::zeros({spec.topK})}};
    if (given.selectorLogits.defined()) {
        out.tensors.tensors["bits_weight"] = eye(0, bits, width);
        out.tensors.tensors["mix_weight"] = eye(bits, spec.topK, width);
    } else {
        setMatrix(given, "bits", "bits_weight", bits, out, problems);
        setMatrix(given, "mix", "mix_weight", spec.topK, out, problems);
    }
}

// The router's memory: as given, else as it starts.
void setState(const Given& given, const RouterSpec& spec, TableInput& out, Problems& problems) {
    std::vector<std::string_view> known;
    for (const StateName& state : statesOf(spec)) {
        known.push_back(state.key);
        const auto found = given.state.find(std::string(state.key));
        const at::Tensor start = createTensors(spec, 1, 1, 0).at(std::string(state.tensor));
        if (found == given.state.end()) {
            out.tensors.tensors[std::string(state.tensor)] = start;
            continue;
        }
        needShape(found->second, start.sizes(), "state." + std::string(state.key), problems);
        out.tensors.tensors[std::string(state.tensor)] = state.negative ? found->second.neg() : found->second;
    }
    for (const auto& [key, value] : given.state)
        if (std::ranges::find(known, key) == known.end()) problems.push_back({"state." + key, "This router does not keep it; router.offset and router.select decide what is kept."});
}

void setTensors(const Given& given, const RouterSpec& spec, TableInput& out, Problems& problems) {
    if (spec.net == Net::hash || spec.net == Net::domainHash) setHashTable(given, spec, out, problems);
    if (spec.net == Net::mlp2 && given.logits.empty()) setTwoLayers(given, spec, out, problems);
    if (spec.net == Net::cosine && given.logits.empty()) setCosine(given, spec, out, problems);
    if (spec.net == Net::attention && given.logits.empty()) setAttention(given, spec, out, problems);
    if (spec.net == Net::linear && given.weights.defined()) out.tensors.tensors["weight"] = given.weights;
    if (spec.net == Net::tree) setTree(given, spec, out, problems);
    if (spec.net == Net::bitcode) setSelectors(given, spec, out, problems);
    setState(given, spec, out, problems);
}

RouterInput inputOf(const Given& given, const RouterSpec& spec, const at::Tensor& muted) {
    RouterInput in;
    in.features = given.logits.empty() ? (given.selectorLogits.defined() ? given.selectorLogits : given.features) : at::Tensor();
    if (given.groupLogits.defined()) in.features = at::cat({given.groupLogits, given.logits.front()}, 1);
    in.tokenIds = given.tokenIds;
    in.domains = given.domains;
    in.sequences = given.sequences;
    in.training = given.training;
    in.draws = {given.seed, 0, 0};
    in.noise = given.noise;
    in.uniform = given.uniform;
    in.gumbel = given.gumbel;
    in.noiseLogits = given.noiseLogits;
    if (spec.noise == Noise::logitGaussLearned && !in.noiseLogits.defined())  // the paper's zero start
        in.noiseLogits = at::zeros({given.tokens, spec.experts}, at::TensorOptions().dtype(at::kFloat));
    if (!hasLogits(spec) && !in.features.defined() && !in.tokenIds.defined()) in.logits = given.logits.front();
    in.muted = muted;
    return in;
}

}  // namespace

std::vector<StateName> statesOf(const RouterSpec& spec) {
    std::vector<StateName> out;
    if (spec.offset == Offset::biasQuantile) out.push_back({"beta", "selection_bias", true});
    else if (spec.offset != Offset::none) out.push_back({"bias", "selection_bias"});
    if (spec.offset == Offset::loadPenalty) out.push_back({"load", "load_average"});
    if (spec.select == Select::reluThreshold) out.push_back({"controller", "controller"});
    if (spec.options.contains("importance_sampling")) out.push_back({"load_share", "load_share"});
    return out;
}

TableInput readTable(const json& object, Problems& problems) {
    checkKeys(object, problems);
    TableInput out;
    const Given given = readGiven(object, problems);
    const config::RunConfig config = readConfig(object, given, problems);
    if (!problems.empty()) return out;
    out.specs = makeSpecs(config);
    out.quantiles = config.telemetry.quantiles;
    const RouterSpec& spec = out.specs.front();
    checkShapes(given, spec, problems);
    if (!problems.empty()) return out;
    setTensors(given, spec, out, problems);
    const at::Tensor muted = mutedMask(given, spec, problems);
    for (std::size_t layer = 0; layer < out.specs.size(); ++layer) {
        out.inputs.push_back(inputOf(given, spec, muted));
        if (hasLogits(spec) && !given.logits.empty() && !given.groupLogits.defined()) out.inputs.back().logits = given.logits[layer];
    }
    out.sequences = given.sequences;
    out.training = given.training;
    out.taskGradient = given.taskGradient;
    out.domains = given.domains;
    out.domainCount = given.domains.defined() ? given.domains.max().item<std::int64_t>() + 1 : 0;
    if (out.domainCount > 4096) refuseInput("more than 4096 domains", "domains");
    for (RouterSpec& each : out.specs)
        if (each.net == Net::domainHash && each.groups == 1 && out.domainCount > 0) each.groups = out.domainCount;
    return out;
}

}  // namespace moescope::routing
