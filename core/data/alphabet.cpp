// The table of named alphabets.
#include "core/data/alphabet.hpp"

#include <array>

#include "core/base/utf8.hpp"

namespace moescope::data {

namespace {

struct Alphabet {
    std::string_view name;
    std::u32string_view letters;
};

constexpr std::array<Alphabet, 13> kAlphabets = {{
    {"latin", U"abcdefghijklmnopqrstuvwxyz"},
    {"latin_upper", U"ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"latin_a_j", U"abcdefghij"},
    {"latin_k_t", U"klmnopqrst"},
    {"latin_u_z", U"uvwxyz"},
    {"digits", U"0123456789"},
    {"greek", U"αβγδεζηθικλμνξοπρστυφχψω"},
    {"cyrillic", U"абвгдежзийклмнопрстуфхцчшщъыьэюя"},
    {"hebrew", U"אבגדהוזחטיכלמנסעפצקרשת"},
    {"kana", U"あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん"},
    {"armenian", U"աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփք"},
    {"georgian", U"აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ"},
    {"hangul", U"ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎㅏㅑㅓㅕㅗㅛㅜㅠㅡㅣ"},
}};

const Alphabet *find(std::string_view name) {
    for (const Alphabet &alphabet : kAlphabets)
        if (alphabet.name == name) return &alphabet;
    return nullptr;
}

}  // namespace

std::vector<std::string> alphabetNames() {
    std::vector<std::string> names;
    for (const Alphabet &alphabet : kAlphabets)
        names.emplace_back(alphabet.name);
    return names;
}

bool isAlphabetName(std::string_view name) { return find(name) != nullptr; }

std::u32string codePoints(std::string_view text) {
    std::u32string points;
    base::forEachCodePoint(text, [&](base::CodePoint point, std::size_t) { points.push_back(point.value); });
    return points;
}

std::u32string alphabetLetters(std::string_view nameOrLetters) {
    if (const Alphabet *named = find(nameOrLetters)) return std::u32string(named->letters);
    return codePoints(nameOrLetters);
}

}  // namespace moescope::data
