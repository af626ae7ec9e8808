// Merges the most alike pair until one is left.
#include "core/statistics/clustering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace moescope::statistics {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

struct Node {
    int id = 0, size = 1;
    std::vector<double> to;    ///< mean similarity to each active node, by its place
};

std::vector<Node> leaves(const std::vector<std::vector<double>>& similarity) {
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < similarity.size(); ++i) {
        Node node{static_cast<int>(i), 1, similarity[i]};
        for (double& value : node.to)
            if (std::isnan(value)) value = kNothing;
        nodes.push_back(std::move(node));
    }
    return nodes;
}

std::pair<std::size_t, std::size_t> mostAlike(const std::vector<Node>& nodes) {
    std::pair<std::size_t, std::size_t> best{0, 1};
    for (std::size_t i = 0; i < nodes.size(); ++i)
        for (std::size_t j = i + 1; j < nodes.size(); ++j)
            if (nodes[i].to[j] > nodes[best.first].to[best.second]) best = {i, j};
    return best;
}

// The second of the pair goes into the first.
void join(std::vector<Node>& nodes, std::size_t a, std::size_t b, int id) {
    const double left = nodes[a].size, right = nodes[b].size;
    for (std::size_t other = 0; other < nodes.size(); ++other) {
        const double mean = (left * nodes[a].to[other] + right * nodes[b].to[other]) / (left + right);
        nodes[a].to[other] = nodes[other].to[a] = mean;
    }
    nodes[a].size += nodes[b].size;
    nodes[a].id = id;
    nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(b));
    for (Node& node : nodes) node.to.erase(node.to.begin() + static_cast<std::ptrdiff_t>(b));
}

}  // namespace

std::vector<Merge> cluster(const std::vector<std::vector<double>>& similarity) {
    std::vector<Node> nodes = leaves(similarity);
    std::vector<Merge> merges;
    for (auto id = static_cast<int>(nodes.size()); nodes.size() > 1; ++id) {
        const auto [a, b] = mostAlike(nodes);
        merges.push_back({std::min(nodes[a].id, nodes[b].id), std::max(nodes[a].id, nodes[b].id), nodes[a].to[b]});
        join(nodes, a, b, id);
    }
    return merges;
}

std::vector<int> leafOrder(const std::vector<Merge>& merges) {
    const auto count = merges.size() + 1;
    std::vector<std::vector<int>> below(count + merges.size());
    for (std::size_t i = 0; i < count; ++i) below[i] = {static_cast<int>(i)};
    for (std::size_t i = 0; i < merges.size(); ++i) {
        std::vector<int> *first = &below[static_cast<std::size_t>(merges[i].left)], *second = &below[static_cast<std::size_t>(merges[i].right)];
        if (second->front() < first->front()) std::swap(first, second);
        std::vector<int>& all = below[count + i];
        all = *first;
        all.insert(all.end(), second->begin(), second->end());
    }
    return below.back();
}

}  // namespace moescope::statistics
