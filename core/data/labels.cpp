// The names of the sub-kinds.
#include "core/data/labels.hpp"

namespace moescope::data {

const std::vector<std::string> &kindNames() {
    static const std::vector<std::string> names = {
        "digit",      "operator",   "answer digit", "opening bracket", "closing bracket", "key half",
        "copy half",  "word start", "word inside",  "suffix",          "space",           "separator",
        "end",        "key",        "value",        "query",           "answer",          "keyword",
        "identifier", "number",     "text",         "punctuation",     "date part",       "unit name",
        "element",    "noise"};
    return names;
}

}  // namespace moescope::data
