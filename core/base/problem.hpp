// A thing the user can put right, told before anything starts.
#pragma once

#include <string>
#include <vector>

namespace moescope::base {

// `key` names the setting or argument ("router.k", "--store"); `text` is a sentence that says what is wrong
// and what would be right. A list of problems means exit code 2 and nothing was changed.
struct Problem {
    std::string key;
    std::string text;
    bool operator==(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

}  // namespace moescope::base
