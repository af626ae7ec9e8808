// One file per known way in which readers of this format have been fooled.
#include "tests/checkpoint/hostile_headers.hpp"

namespace moescope::checkpoint::testing {

namespace {

// Bytes [begin, end) as tensor `index`.
void appendEntry(std::string& text, std::size_t index, std::uint64_t begin, std::uint64_t end) {
    text.append("\"t").append(std::to_string(index)).append("\":{\"dtype\":\"U8\",\"shape\":[").append(std::to_string(end - begin));
    text.append("],\"data_offsets\":[").append(std::to_string(begin)).append(",").append(std::to_string(end)).append("]}");
}

std::string places(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges) {
    std::string text;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        text.append(i == 0 ? "{" : ",");
        appendEntry(text, i, ranges[i].first, ranges[i].second);
    }
    return text.append("}");
}

std::string repeated(const std::string& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

std::string withLength(std::uint64_t length, const std::string& rest) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i));
    return bytes + rest;
}

std::string fileOf(const std::string& header, std::size_t dataBytes) { return withLength(header.size(), header + std::string(dataBytes, '\0')); }

std::string oneTensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return "{\"t\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
}

std::vector<HostileFile> hostileLengths() {
    const std::string rest = oneTensor("\"U8\"", "[4]", "[0,4]") + "abcd";
    std::vector<HostileFile> files = {{"empty file", ""}, {"seven bytes", "1234567"}, {"header of no bytes", withLength(0, "")}, {"header of no bytes before data", withLength(0, rest)}};
    for (const std::uint64_t length : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{1} << 31, std::uint64_t{1} << 53, std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 7, rest.size() - 1,
                                       rest.size(), rest.size() + 1, rest.size() + 8, std::uint64_t{32u << 20} + 1})
        files.push_back({"length " + std::to_string(length), withLength(length, rest)});
    return files;
}

std::vector<HostileFile> hostilePlaces() {
    return {
        {"overlap", fileOf(places({{0, 4}, {3, 7}}), 7)},
        {"same bytes twice", fileOf(places({{0, 4}, {0, 4}}), 4)},
        {"a thousand tensors on the same bytes", fileOf(places(std::vector<std::pair<std::uint64_t, std::uint64_t>>(1000, {0, 4})), 4)},
        {"one inside the other", fileOf(places({{0, 8}, {2, 4}}), 8)},
        {"gap", fileOf(places({{0, 4}, {5, 9}}), 9)},
        {"gap at the beginning", fileOf(places({{4, 8}}), 8)},
        {"bytes left over", fileOf(places({{0, 4}}), 5)},
        {"data missing", fileOf(places({{0, 4}}), 3)},
        {"data without tensors", fileOf("{}", 1)},
        {"tensor without data", fileOf(places({{0, 4}}), 0)},
        {"backwards", fileOf(oneTensor("\"U8\"", "[4]", "[4,0]"), 4)},
        {"backwards to a wrapped size", fileOf(oneTensor("\"U8\"", "[18446744073709551612]", "[4,0]"), 4)},
        {"outside the file", fileOf(oneTensor("\"U8\"", "[4]", "[1000000,1000004]"), 4)},
        {"at the end of the number range", fileOf(oneTensor("\"U8\"", "[4]", "[18446744073709551611,18446744073709551615]"), 4)},
        {"empty tensor inside another", fileOf(places({{0, 4}, {2, 2}}), 4)},
        {"empty tensor behind the end", fileOf(places({{0, 4}, {5, 5}}), 4)},
        {"empty tensor sharing another's first byte after it", fileOf(places({{0, 4}, {4, 8}, {1, 1}}), 8)},
    };
}

std::vector<HostileFile> hostileShapes() {
    std::vector<HostileFile> files;
    const auto add = [&](const std::string& shape, const std::string& offsets, std::size_t data) { files.push_back({"shape " + shape.substr(0, 80), fileOf(oneTensor("\"F32\"", shape, offsets), data)}); };
    add("[4294967296,4294967296]", "[0,0]", 0);
    add("[4194305,4194305,211106198978564]", "[0,16]", 16);
    add("[9223372036854775807,2]", "[0,8]", 8);
    add("[9223372036854775808]", "[0,0]", 0);
    add("[0,9223372036854775808]", "[0,0]", 0);
    add("[0,1099511627777]", "[0,0]", 0);
    add("[0,1099511627776,2]", "[0,0]", 0);
    add("[4611686018427387904]", "[0,0]", 0);
    add("[4611686018427387905]", "[0,4]", 4);
    add("[-1]", "[0,4]", 4);
    add("[-1,-1]", "[0,4]", 4);
    add("[-0]", "[0,0]", 0);
    add("[1.0]", "[0,4]", 4);
    add("[1e0]", "[0,4]", 4);
    add("[18446744073709551616]", "[0,0]", 0);
    add("[\"1\"]", "[0,4]", 4);
    add("[null]", "[0,4]", 4);
    add("[true]", "[0,4]", 4);
    add("[[1]]", "[0,4]", 4);
    add("[{}]", "[0,4]", 4);
    add("1", "[0,4]", 4);
    add("null", "[0,4]", 4);
    add("{}", "[0,4]", 4);
    add("\"[1]\"", "[0,4]", 4);
    add("[1,1,1,1,1,1,1,1,1]", "[0,4]", 4);
    add(std::string("[").append(repeated("1,", 999)).append("1]"), "[0,4]", 4);
    add("[2]", "[0,4]", 4);
    add("[1]", "[0,8]", 8);
    add("[1,2]", "[0,4]", 4);
    return files;
}

std::vector<HostileFile> hostileNames() {
    const std::string value = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    const auto named = [&](const std::string& name) { return fileOf("{\"" + name + "\":" + value + "}", 0); };
    return {
        {"one name twice", fileOf("{\"a\":" + value + ",\"a\":" + value + "}", 0)},
        {"one name twice, once escaped", fileOf("{\"a\":" + value + ",\"\\u0061\":" + value + "}", 0)},
        {"one name twice, far apart", fileOf("{\"a\":" + value + ",\"b\":" + value + ",\"a\":" + value + "}", 0)},
        {"names that differ behind a NUL", fileOf("{\"a\\u0000x\":" + value + ",\"a\\u0000y\":" + value + "}", 0)},
        {"a raw NUL in a name", named(std::string("a\0b", 3))},
        {"an empty name", named("")},
        {"a line break", named("a\\nb")},
        {"a raw control character", named("a\x01" "b")},
        {"an escape sequence", named("a\\u001b[31m")},
        {"a C1 control", named("a\xC2\x9B" "31m")},
        {"invalid UTF-8", named("a\xFF")},
        {"overlong UTF-8", named("a\xC0\xAF")},
        {"a lone surrogate", named("a\\ud800")},
        {"a surrogate in UTF-8", named("a\xED\xA0\x80")},
        {"513 bytes", named(std::string(513, 'n'))},
        {"ten million bytes", named(std::string(10'000'000, 'n'))},
        {"metadata is a list", fileOf("{\"__metadata__\":[]}", 0)},
        {"metadata is a number", fileOf("{\"__metadata__\":1}", 0)},
        {"metadata holds a number", fileOf("{\"__metadata__\":{\"a\":1}}", 0)},
        {"metadata holds an object", fileOf("{\"__metadata__\":{\"a\":{}}}", 0)},
        {"metadata holds null", fileOf("{\"__metadata__\":{\"a\":null}}", 0)},
        {"metadata twice", fileOf("{\"__metadata__\":{},\"__metadata__\":{}}", 0)},
        {"a metadata key twice", fileOf("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0)},
        {"dtype twice", fileOf("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0)},
        {"shape twice", fileOf("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"shape\":[0],\"data_offsets\":[0,0]}}", 0)},
        {"offsets twice", fileOf("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"data_offsets\":[0,0]}}", 0)},
        {"an unknown key", fileOf("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":1}}", 0)},
        {"no dtype", fileOf("{\"a\":{\"shape\":[0],\"data_offsets\":[0,0]}}", 0)},
        {"no shape", fileOf("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,0]}}", 0)},
        {"no offsets", fileOf("{\"a\":{\"dtype\":\"U8\",\"shape\":[0]}}", 0)},
        {"an empty tensor object", fileOf("{\"a\":{}}", 0)},
        {"a tensor that is a list", fileOf("{\"a\":[]}", 0)},
        {"a tensor that is a text", fileOf("{\"a\":\"b\"}", 0)},
    };
}

std::vector<HostileFile> hostileTypes() {
    std::vector<HostileFile> files;
    for (const std::string type : {"\"\"", "\"f32\"", "\"F32 \"", "\"F4\"", "\"F6_E2M3\"", "\"F8_E4M3\"", "\"F8_E5M2\"", "\"U16\"", "\"U32\"", "\"U64\"", "\"C64\"", "\"float32\"", "0", "null", "true", "[\"F32\"]", "{}"})
        files.push_back({"dtype " + type, fileOf(oneTensor(type, "[1]", "[0,4]"), 4)});
    files.push_back({"dtype of a megabyte", fileOf(oneTensor(std::string(1, '"').append(1 << 20, 'F').append(1, '"'), "[1]", "[0,4]"), 4)});
    for (const std::string type : {"F64", "F16", "BF16", "I64", "I16", "I8", "U8", "BOOL"}) files.push_back({type + " with four bytes", fileOf(oneTensor(std::string(1, '"').append(type).append(1, '"'), "[1]", "[0,4]"), 4)});
    return files;
}

std::vector<HostileFile> hostileOffsets() {
    std::vector<HostileFile> files;
    for (const std::string offsets : {"[0.0,4]", "[0,4.0]", "[0,4e0]", "[-0,4]", "[-4,0]", "[\"0\",\"4\"]", "[0,18446744073709551620]", "[0,18446744073709551616]", "[0,1e400]", "[0]", "[]", "[0,4,4]", "[0,4,]", "4", "null",
                                      "{}", "[[0,4]]", "[0,[4]]", "[null,4]", "[false,4]", "[00,4]", "[0x0,4]", "[0,NaN]", "[0,Infinity]"})
        files.push_back({"offsets " + offsets, fileOf(oneTensor("\"F32\"", "[1]", offsets), 4)});
    return files;
}

std::vector<HostileFile> hostileJson() {
    const std::string good = oneTensor("\"U8\"", "[0]", "[0,0]");
    std::vector<HostileFile> files = {
        {"leading space", fileOf(" " + good, 0)},
        {"byte order mark", fileOf("\xEF\xBB\xBF" + good, 0)},
        {"text behind the object", fileOf(good + "x", 0)},
        {"a second object", fileOf(good + good, 0)},
        {"NUL behind the object", fileOf(good + std::string("\0", 1), 0)},
        {"hidden text behind a NUL", fileOf(good + std::string("\0evil", 5), 0)},
        {"a list", fileOf("[]", 0)},
        {"a text", fileOf("\"a\"", 0)},
        {"only an opening brace", fileOf("{", 0)},
        {"a comment", fileOf("{/* */}", 0)},
        {"a comma too many", fileOf("{\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},}", 0)},
        {"single quotes", fileOf("{'t':{}}", 0)},
        {"spaces only", fileOf("        ", 0)},
    };
    for (std::size_t depth = 10; depth <= 10'000'000; depth *= 10) {
        files.push_back({"lists nested " + std::to_string(depth) + " deep", fileOf("{\"t\":" + std::string(depth, '['), 0)});
        files.push_back({"objects nested " + std::to_string(depth) + " deep", fileOf(repeated("{\"a\":", depth / 5), 0)});
    }
    return files;
}

std::vector<HostileFile> allHostileFiles() {
    std::vector<HostileFile> all;
    for (const auto& part : {hostileLengths(), hostilePlaces(), hostileShapes(), hostileNames(), hostileTypes(), hostileOffsets(), hostileJson()}) all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace moescope::checkpoint::testing
