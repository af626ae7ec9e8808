// Which things are alike: average-linkage clustering of a similarity matrix, and the order in which a picture shows it best.
#pragma once

#include <vector>

namespace moescope::statistics {

/// One merge of a dendrogram. Nodes 0 .. n-1 are the things, node n + i is merge i.
struct Merge {
    int left = 0, right = 0;
    double similarity = 0;     ///< mean over all pairs between the two sides; a node's merge is at most as similar as those below it
    bool operator==(const Merge&) const = default;
};

/// n - 1 merges, most similar first (average linkage, UPGMA: Sokal and Michener 1958); ties go to the lowest nodes. `similarity`
/// [n][n] is symmetric; NaN counts as less alike than anything. Pure function, O(n^3).
std::vector<Merge> cluster(const std::vector<std::vector<double>>& similarity);

/// The n things from left to right so that no lines of the dendrogram cross; of two sides the one with the lower first thing comes first.
std::vector<int> leafOrder(const std::vector<Merge>& merges);

}  // namespace moescope::statistics
