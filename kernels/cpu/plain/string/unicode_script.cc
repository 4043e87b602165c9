// The script a code point belongs to, numbered as ICU's UScriptCode. Which
// characters belong to a script, RE2 knows.

#ifdef TERN_HAS_RE2
#include <re2/set.h>
#endif

#include <array>
#include <string>
#include <vector>

#include "kernels/cpu/plain/string/unicode_decoder.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

#ifdef TERN_HAS_RE2

struct Script {
  std::int32_t code;
  const char* name;
};

constexpr Script kScripts[] = {{0, "Common"},
                               {1, "Inherited"},
                               {2, "Arabic"},
                               {3, "Armenian"},
                               {4, "Bengali"},
                               {5, "Bopomofo"},
                               {6, "Cherokee"},
                               {7, "Coptic"},
                               {8, "Cyrillic"},
                               {9, "Deseret"},
                               {10, "Devanagari"},
                               {11, "Ethiopic"},
                               {12, "Georgian"},
                               {13, "Gothic"},
                               {14, "Greek"},
                               {15, "Gujarati"},
                               {16, "Gurmukhi"},
                               {17, "Han"},
                               {18, "Hangul"},
                               {19, "Hebrew"},
                               {20, "Hiragana"},
                               {21, "Kannada"},
                               {22, "Katakana"},
                               {23, "Khmer"},
                               {24, "Lao"},
                               {25, "Latin"},
                               {26, "Malayalam"},
                               {27, "Mongolian"},
                               {28, "Myanmar"},
                               {29, "Ogham"},
                               {30, "Old_Italic"},
                               {31, "Oriya"},
                               {32, "Runic"},
                               {33, "Sinhala"},
                               {34, "Syriac"},
                               {35, "Tamil"},
                               {36, "Telugu"},
                               {37, "Thaana"},
                               {38, "Thai"},
                               {39, "Tibetan"},
                               {40, "Canadian_Aboriginal"},
                               {42, "Tagalog"},
                               {43, "Hanunoo"},
                               {44, "Buhid"},
                               {45, "Tagbanwa"},
                               {46, "Braille"},
                               {47, "Cypriot"},
                               {48, "Limbu"},
                               {49, "Linear_B"},
                               {50, "Osmanya"},
                               {51, "Shavian"},
                               {52, "Tai_Le"},
                               {53, "Ugaritic"},
                               {55, "Buginese"},
                               {56, "Glagolitic"},
                               {57, "Kharoshthi"},
                               {58, "Syloti_Nagri"},
                               {59, "New_Tai_Lue"},
                               {60, "Tifinagh"},
                               {61, "Old_Persian"},
                               {62, "Balinese"},
                               {63, "Batak"},
                               {65, "Brahmi"},
                               {66, "Cham"},
                               {71, "Egyptian_Hieroglyphs"},
                               {75, "Pahawh_Hmong"},
                               {76, "Old_Hungarian"},
                               {78, "Javanese"},
                               {79, "Kayah_Li"},
                               {82, "Lepcha"},
                               {83, "Linear_A"},
                               {84, "Mandaic"},
                               {86, "Meroitic_Hieroglyphs"},
                               {87, "Nko"},
                               {88, "Old_Turkic"},
                               {89, "Old_Permic"},
                               {90, "Phags_Pa"},
                               {91, "Phoenician"},
                               {92, "Miao"},
                               {99, "Vai"},
                               {101, "Cuneiform"},
                               {103, "Cypro_Minoan"},
                               {103, "Kawi"},
                               {103, "Nag_Mundari"},
                               {103, "Old_Uyghur"},
                               {103, "Tangsa"},
                               {103, "Toto"},
                               {103, "Vithkuqi"},
                               {104, "Carian"},
                               {106, "Tai_Tham"},
                               {107, "Lycian"},
                               {108, "Lydian"},
                               {109, "Ol_Chiki"},
                               {110, "Rejang"},
                               {111, "Saurashtra"},
                               {113, "Sundanese"},
                               {115, "Meetei_Mayek"},
                               {116, "Imperial_Aramaic"},
                               {117, "Avestan"},
                               {118, "Chakma"},
                               {120, "Kaithi"},
                               {121, "Manichaean"},
                               {122, "Inscriptional_Pahlavi"},
                               {123, "Psalter_Pahlavi"},
                               {125, "Inscriptional_Parthian"},
                               {126, "Samaritan"},
                               {127, "Tai_Viet"},
                               {130, "Bamum"},
                               {131, "Lisu"},
                               {133, "Old_South_Arabian"},
                               {134, "Bassa_Vah"},
                               {135, "Duployan"},
                               {136, "Elbasan"},
                               {137, "Grantha"},
                               {140, "Mende_Kikakui"},
                               {141, "Meroitic_Cursive"},
                               {142, "Old_North_Arabian"},
                               {143, "Nabataean"},
                               {144, "Palmyrene"},
                               {145, "Khudawadi"},
                               {146, "Warang_Citi"},
                               {149, "Mro"},
                               {150, "Nushu"},
                               {151, "Sharada"},
                               {152, "Sora_Sompeng"},
                               {153, "Takri"},
                               {154, "Tangut"},
                               {156, "Anatolian_Hieroglyphs"},
                               {157, "Khojki"},
                               {158, "Tirhuta"},
                               {159, "Caucasian_Albanian"},
                               {160, "Mahajani"},
                               {161, "Ahom"},
                               {162, "Hatran"},
                               {163, "Modi"},
                               {164, "Multani"},
                               {165, "Pau_Cin_Hau"},
                               {166, "Siddham"},
                               {167, "Adlam"},
                               {168, "Bhaiksuki"},
                               {169, "Marchen"},
                               {170, "Newa"},
                               {171, "Osage"},
                               {175, "Masaram_Gondi"},
                               {176, "Soyombo"},
                               {177, "Zanabazar_Square"},
                               {178, "Dogra"},
                               {179, "Gunjala_Gondi"},
                               {180, "Makasar"},
                               {181, "Medefaidrin"},
                               {182, "Hanifi_Rohingya"},
                               {184, "Old_Sogdian"},
                               {185, "Elymaic"},
                               {186, "Nyiakeng_Puachue_Hmong"},
                               {187, "Nandinagari"},
                               {188, "Wancho"},
                               {189, "Chorasmian"},
                               {190, "Dives_Akuru"},
                               {191, "Khitan_Small_Script"},
                               {192, "Yezidi"}};

constexpr std::int32_t kInvalid = -1;
constexpr std::int32_t kUnknown = 103;

/// All scripts as one automaton: match k is kScripts[k].
const RE2::Set& script_set() {
  static const RE2::Set set = [] {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(64 << 20);
    RE2::Set scripts(options, RE2::ANCHOR_BOTH);
    for (const Script& script : kScripts)
      if (scripts.Add(std::string("\\p{") + script.name + "}", nullptr) < 0)
        scripts.Add("[^\\x{0}-\\x{10ffff}]", nullptr);  // keeps the numbers
    if (!scripts.Compile())
      throw InternalError("the automaton of all scripts was not built");
    return scripts;
  }();
  return set;
}

std::int32_t script_of(std::int32_t character) {
  const auto code = static_cast<char32_t>(character);
  if (character < 0 || code > 0x10ffff) return kInvalid;
  if (code >= 0xd800 && code <= 0xdfff) return kUnknown;
  std::string text;
  append_character(code, UnicodeForm::kUtf8, text);
  std::vector<int> matches;
  if (!script_set().Match(text, &matches) || matches.empty()) return kUnknown;
  return kScripts[static_cast<std::size_t>(matches[0])].code;
}

#else

std::int32_t script_of(std::int32_t) {
  throw UnimplementedError(
      "scripts of characters: Tern was built without RE2 (TERN_WITH_RE2)");
}

#endif

void scripts(KernelContext& c) {
  auto in = c.in<std::int32_t>(0);
  auto out = c.out<std::int32_t>();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = script_of(in[i]);
}

}  // namespace

void register_unicode_script_kernels(KernelRegistry& registry) {
  registry.add("UnicodeScript", {}, scripts);
}

}  // namespace tern
